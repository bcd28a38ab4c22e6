import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from db.spool.file_spool import FileSpool, find_spools, read_spools, spool_path
from prompt_improver.domain.errors import SpoolError
from prompt_improver.domain.history_record import to_line
from tests.contract.prompt_spool_contract import PromptSpoolContract, rows
from tests.full_disk import full_disk
from tests.server_process import ROOT, clean_environment
from tests.sqlite_files import mode

pytestmark = pytest.mark.anyio


@pytest.fixture
def database(tmp_path) -> Path:
    return tmp_path / "data" / "prompt_history.db"


@pytest.fixture
def file(database) -> Path:
    """Where the spool of ``database`` is, in a folder that is there."""
    database.parent.mkdir()
    return database.with_name("prompt_history.spool.jsonl")


@pytest.fixture
async def spool(database):
    spool = FileSpool(database)
    await spool.open()
    yield spool
    await spool.close()


async def taken(spool: FileSpool) -> list[str]:
    """The ideas that are in it, oldest first, as they leave it."""
    ideas = []
    while found := (await spool.read(2)).histories:
        ideas += [history.original_idea for history in found]
        await spool.remove(refused=False)
    return ideas


class TestFileSpool(PromptSpoolContract):
    @pytest.fixture
    async def spool(self, database):
        spool = FileSpool(database)
        await spool.open()
        yield spool
        await spool.close()


async def test_making_and_opening_one_makes_no_file(spool, database):
    assert not database.parent.exists()


async def test_the_file_and_a_missing_folder_are_private_whatever_the_umask(spool, file):
    file.parent.rmdir()
    before = os.umask(0)
    try:
        await spool.append(rows(1))
    finally:
        os.umask(before)
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)


async def test_a_line_is_what_an_export_has(spool, file):
    kept = rows(2)
    await spool.append(kept)
    assert file.read_text() == "".join(to_line(history) for history in kept)


def spool_three_rows_and_die(database: Path) -> None:
    code = (
        "import asyncio, os, sys; from pathlib import Path\n"
        "from db.spool.file_spool import FileSpool\n"
        "from tests.contract.prompt_spool_contract import rows\n"
        "spool = FileSpool(Path(sys.argv[1]))\n"
        "asyncio.run(spool.append(rows(3))); os._exit(1)"
    )
    subprocess.run(
        [sys.executable, "-c", code, database], env=clean_environment(), cwd=ROOT, timeout=30
    )


async def test_rows_survive_the_end_of_the_process(database):
    spool_three_rows_and_die(database)
    spool = FileSpool(database)
    assert await spool.open() == 3
    assert await taken(spool) == ["idea 0", "idea 1", "idea 2"]


async def test_the_file_goes_with_its_last_row(spool, file):
    await spool.append(rows(1))
    assert file.exists()
    await taken(spool)
    assert list(file.parent.iterdir()) == []


async def test_a_torn_last_line_is_left_out_and_cut_off_by_the_next_append(database, file, caplog):
    whole, later = rows(2)
    file.write_text(to_line(whole) + to_line(later)[:40])
    spool = FileSpool(database)
    with caplog.at_level(logging.WARNING):
        assert await spool.open() == 1
    assert "torn" in caplog.text
    await spool.append([later])
    assert file.read_text() == to_line(whole) + to_line(later)
    assert (await spool.read(9)).histories == (whole, later)
    await spool.close()


async def test_a_file_with_nothing_but_a_torn_line_is_removed(database, file):
    file.write_text('{"prompt_id": "')
    assert await FileSpool(database).open() == 0
    assert not file.exists()


async def test_a_bad_line_costs_only_itself_and_the_file_is_kept_aside(database, file):
    first, second = rows(2)
    text = f'{to_line(first)}{{"my secret": \n{to_line(second)}'
    file.write_text(text)
    spool = FileSpool(database)
    await spool.open()
    found = await spool.read(9)
    assert (found.histories, found.unreadable) == ((first, second), 1)
    await spool.remove(refused=True)
    (aside,) = file.parent.iterdir()
    assert aside.name.startswith("prompt_history.spool.jsonl.refused-")
    assert (aside.read_text(), mode(aside)) == (text, 0o600)


async def test_a_file_that_was_cut_short_by_hand_is_told_as_unreadable(spool, file):
    await spool.append(rows(3))
    os.truncate(file, 0)
    found = await spool.read(9)
    assert (found.histories, found.unreadable) == ((), 3)
    await spool.remove(refused=True)
    assert (await spool.read(9)).unreadable == 0
    kept = rows(1)
    await spool.append(kept)
    assert (await spool.read(9)).histories == tuple(kept)


async def test_a_file_that_was_cut_short_by_hand_takes_no_more_rows(spool, file):
    first, second, third = rows(3)
    await spool.append([first, second])
    os.truncate(file, file.stat().st_size - 10)
    await spool.append([third])
    assert (await spool.read(9)).histories == (first,)
    await spool.remove(refused=False)
    assert (await spool.read(9)).unreadable == 1
    await spool.remove(refused=True)
    assert (await spool.read(9)).histories == (third,)


async def test_a_file_that_was_deleted_by_hand_takes_no_more_rows(spool, file):
    first, second = rows(2)
    await spool.append([first])
    file.unlink()
    await spool.append([second])
    assert file.read_text() == to_line(second)
    assert (await spool.read(9)).histories == (first,)
    await spool.remove(refused=False)
    assert (await spool.read(9)).histories == (second,)


async def test_only_whole_rows_within_the_largest_size_are_kept(database):
    kept = rows(3)
    spool = FileSpool(database, max_bytes=2 * len(to_line(kept[0])) + 10)
    assert await spool.append(kept) == 2
    assert await spool.append(kept[2:]) == 0
    assert (await spool.read(9)).histories == tuple(kept[:2])
    await spool.close()


async def test_there_is_room_again_when_the_rows_have_left(database):
    spool = FileSpool(database, max_bytes=2_000)
    await spool.append(rows(9))
    await taken(spool)
    assert await spool.append(rows(1)) == 1
    await spool.close()


async def test_a_full_disk_leaves_whole_lines_and_a_spool_that_works_again(spool, file):
    await spool.append(rows(2))
    before = file.read_bytes()
    with full_disk(len(before) + 100), pytest.raises(SpoolError, match="make room"):
        await spool.append(rows(1))
    assert file.read_bytes() == before
    await spool.append(rows(1))
    assert len((await spool.read(9)).histories) == 3


async def test_two_processes_have_a_file_each(database, spool, file):
    other = FileSpool(database)
    await other.open()
    await spool.append(rows(1))
    await other.append(rows(2))
    assert [path.name for path in find_spools(database)] == [
        "prompt_history.spool.jsonl",
        "prompt_history.spool-2.jsonl",
    ]
    assert await taken(other) == ["idea 0", "idea 1"]
    assert await taken(spool) == ["idea 0"]
    await other.close()


async def test_what_dead_processes_have_left_is_taken_over_but_not_what_others_have_open(
    database, spool, file
):
    await spool.append(rows(1))
    for number in (2, 10):
        path = spool_path(database, number)
        path.write_text("".join(map(to_line, rows(number))))
    late = FileSpool(database)
    assert await late.open() == 12
    assert len(await taken(late)) == 12
    assert find_spools(database) == [file]
    await late.close()


@pytest.mark.parametrize("kind", ["folder", "link", "fifo"])
async def test_what_is_no_file_is_left_alone_and_the_next_name_is_taken(
    database, file, kind, tmp_path
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(to_line(rows(1)[0]))
    if kind == "folder":
        file.mkdir()
    elif kind == "link":
        file.symlink_to(elsewhere)
    else:
        os.mkfifo(file)
    spool = FileSpool(database)
    assert await spool.open() == 0
    assert await spool.append(rows(1)) == 1
    assert elsewhere.read_text().count("\n") == 1
    assert spool_path(database, 2).is_file()
    assert [each.rows for each in read_spools(database)] == [1]
    await spool.close()


async def test_a_folder_that_cannot_be_made_is_told_with_the_mend(tmp_path):
    (tmp_path / "data").write_text("a file")
    spool = FileSpool(tmp_path / "data" / "prompt_history.db")
    assert await spool.open() == 0
    with pytest.raises(SpoolError, match="let this user write"):
        await spool.append(rows(1))


async def test_closing_keeps_the_rows_and_lets_the_next_one_have_them(database, spool):
    await spool.append(rows(2))
    await spool.close()
    following = FileSpool(database)
    assert await following.open() == 2
    await following.close()


async def test_what_waits_is_told_without_opening_a_spool(database, spool, file):
    assert read_spools(database) == []
    await spool.append(rows(2))
    (contents,) = read_spools(database)
    assert (contents.path, contents.rows, contents.size) == (file, 2, file.stat().st_size)


async def test_the_error_holds_nothing_of_the_rows(database, file):
    spool = FileSpool(database)
    with full_disk(10), pytest.raises(SpoolError) as caught:
        await spool.append(rows(1))
    assert "idea" not in str(caught.value)
    assert json.dumps(str(file))[1:-1] in str(caught.value)
