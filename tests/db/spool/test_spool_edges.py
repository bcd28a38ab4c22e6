"""What somebody else does to the files of a spool, and what faults leave of them."""

import pytest

from db.spool.file_spool import FileSpool
from prompt_improver.domain.errors import SpoolError
from prompt_improver.domain.history_record import to_line
from tests.contract.prompt_spool_contract import rows
from tests.db.spool.test_spool import database, file, spool, taken  # noqa: F401 among them the fixtures
from tests.full_disk import full_disk

pytestmark = pytest.mark.anyio


async def test_an_empty_file_that_a_failed_append_left_and_somebody_deleted_hides_nothing(
    spool, file
):
    with full_disk(100), pytest.raises(SpoolError):
        await spool.append(rows(1))
    file.unlink()
    await spool.append(rows(2))
    assert await taken(spool) == ["idea 0", "idea 1"]


async def test_lines_that_somebody_else_has_appended_are_in_nobodys_books(spool, file):
    await spool.append(rows(2))
    with file.open("a") as opened:
        opened.write(to_line(rows(1)[0]))
    assert len((await spool.read(9)).histories) == 2


async def test_lines_nested_almost_too_deeply_to_be_read_cost_only_themselves(database, file):
    (row,) = rows(1)
    line = to_line(row)
    deep = [
        line.replace(f'"{row.prompt_id}"', "[" * depth + "]" * depth) for depth in range(900, 1_000)
    ]
    file.write_text("".join(deep) + line)
    spool = FileSpool(database)
    await spool.open()
    found = await spool.read(200)
    assert (found.histories, found.unreadable) == ((row,), 100)
    await spool.close()


async def test_a_file_is_put_aside_for_a_line_that_was_refused_long_before_its_end(database, file):
    file.write_text("no json\n" + "".join(map(to_line, rows(3))))
    spool = FileSpool(database)
    await spool.open()
    await spool.read(1)
    await spool.remove(refused=True)
    assert len(await taken(spool)) == 3
    (aside,) = file.parent.iterdir()
    assert ".refused-" in aside.name


async def test_two_files_put_aside_in_the_same_second_are_both_kept(database, file):
    for number in range(3):
        file.write_text(f"no json {number}\n")
        spool = FileSpool(database)
        await spool.open()
        await spool.read(1)
        await spool.remove(refused=True)
    kept = [path.read_text() for path in file.parent.iterdir()]
    assert sorted(kept) == [f"no json {number}\n" for number in range(3)]


async def test_the_file_of_somebody_else_at_its_path_is_left_alone(spool, file):
    await spool.append(rows(1))
    file.unlink()
    file.write_text("somebody else's")
    assert await taken(spool) == ["idea 0"]
    assert file.read_text() == "somebody else's"
