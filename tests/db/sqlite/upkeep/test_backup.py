"""A backup is row-exact, private and proven, and a failed one changes nothing."""

import os
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest

from db.files.database_lock import lock_exclusive
from db.sqlite.connection import open_connection
from db.sqlite.rows import INSERT_ROW, to_parameters
from db.sqlite.upkeep.backup import back_up, list_backups
from db.sqlite.upkeep.check import check_database
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
)
from tests.forked_program import run_program
from tests.full_disk import full_disk
from tests.histories import make_history
from tests.history_files import LATEST, make_old, names, save_rows
from tests.server_process import ServerProcess
from tests.sqlite_files import mode, raw

ALL = "SELECT * FROM prompt_history ORDER BY id"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "history.db"
    save_rows(path, 10)
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


@contextmanager
def saving(path, pause_s=0.002):
    """Saves rows from another thread, over a connection of the program's, until the end."""
    stop = threading.Event()

    def save():
        with closing(open_connection(path, busy_timeout_s=5)) as connection:
            while not stop.wait(pause_s):
                row = to_parameters(make_history(timestamp=datetime.now(UTC)))
                connection.execute(INSERT_ROW, row)

    thread = threading.Thread(target=save)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_backup_holds_every_row_and_is_private(path, folder):
    umask = os.umask(0o022)
    try:
        made = back_up(path, folder)
    finally:
        os.umask(umask)
    assert names(folder) == [made.path.name]
    assert made.path.name.startswith("history-20")
    assert (mode(folder), mode(made.path)) == (0o700, 0o600)
    assert raw(made.path, ALL) == raw(path, ALL)
    assert (made.contents.rows, made.contents.version) == (10, LATEST)
    assert check_database(made.path).problems == []


def test_rows_that_stand_only_in_the_log_are_in_the_backup(path, folder):
    with closing(open_connection(path)) as server:
        server.execute(INSERT_ROW, to_parameters(make_history(role="newest")))
        made = back_up(path, folder)
        assert raw(made.path, ALL)[-1][5] == "newest"


def test_backups_while_rows_are_saved_are_of_one_moment_each(path, folder):
    with saving(path):
        made = []
        for _ in range(8):
            made.append(back_up(path, folder))
            time.sleep(0.01)
    everything = raw(path, ALL)
    counts = [each.contents.rows for each in made]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1] < len(everything)
    for each in made:
        assert raw(each.path, ALL) == everything[: each.contents.rows]


def test_a_backup_of_the_running_server_holds_what_it_saved(tmp_path):
    with ServerProcess(tmp_path, SQLITE_ASYNC_ENABLED="false") as server:
        for number in range(3):
            assert server.improve(f"idea {number}").json()["saved"] == "saved"
        done = run_program(tmp_path, "backup", "--keep", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 improvements, the newest from 20" in done.stdout
    (backup,) = (tmp_path / "data" / "backups").iterdir()
    assert raw(backup, "SELECT original_idea FROM prompt_history ORDER BY id") == [
        ("idea 0",), ("idea 1",), ("idea 2",)
    ]  # fmt: skip


def test_the_oldest_go_beyond_the_number_to_keep_and_nothing_else(path, folder):
    folder.mkdir()
    others = ["history-20260101T000000Z.txt", "other-20260101T000000Z.db", "history.db", "notes"]
    old = ["history-20260101T000000Z.db", "history-20260101T000000Z_2.db"]
    for name in others + old:
        (folder / name).touch()
    made = back_up(path, folder, keep=2)
    assert [each.name for each in made.removed] == old[:1]
    assert [each.name for each in list_backups(path, folder)] == [old[1], made.path.name]
    assert set(others) < set(names(folder))
    assert back_up(path, folder).removed == []
    with pytest.raises(ValueError, match="keep must be 1 or more"):
        back_up(path, folder, keep=0)


def test_two_backups_within_a_second_are_two_files_in_order(path, folder):
    made = [back_up(path, folder).path for _ in range(3)]
    assert list_backups(path, folder) == made


def test_the_new_backup_is_kept_also_within_a_second_and_where_the_clock_was_put_back(path, folder):
    for _ in range(4):
        assert back_up(path, folder, keep=1).path.exists()
    (folder / "history-29991231T000000Z.db").touch()
    assert back_up(path, folder, keep=1).path.exists()


def test_without_room_the_earlier_backups_stay_and_no_part_is_left(path, folder):
    first = back_up(path, folder)
    save_rows(path, 2000)
    there, content = names(folder), first.path.read_bytes()
    with (
        full_disk(path.stat().st_size // 2),
        pytest.raises(RepositoryConnectionError, match="make room") as refusal,
    ):
        back_up(path, folder, keep=1)
    assert "idea" not in str(refusal.value)
    assert (names(folder), first.path.read_bytes()) == (there, content)
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(2010,)]


def test_a_damaged_database_takes_no_earlier_backup_with_it(path, folder):
    save_rows(path, 2000)
    back_up(path, folder)
    there = names(folder)
    raw(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    half = len(content) // 2 // 4096 * 4096
    content[half : half + 8192] = b"\xff" * 8192
    path.write_bytes(content)
    with pytest.raises(RepositoryCorruptError, match=r"history\.db is damaged"):
        back_up(path, folder, keep=1)
    assert names(folder) == there


def test_what_cannot_be_a_folder_is_refused_by_name(path, folder):
    folder.touch()
    with pytest.raises(RepositoryConnectionError, match="let this user write there"):
        back_up(path, folder)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_without_a_database_there_is_no_backup_and_nothing_is_made(tmp_path, folder, make):
    make(tmp_path / "none.db")
    with pytest.raises(RepositoryConnectionError, match="there is no database at"):
        back_up(tmp_path / "none.db", folder)
    assert not folder.exists()


def test_the_database_of_another_program_is_not_backed_up(tmp_path, folder):
    raw(tmp_path / "places.db", "CREATE TABLE places (x)")
    with pytest.raises(RepositoryCorruptError, match="of something else"):
        back_up(tmp_path / "places.db", folder)


def test_an_older_database_is_backed_up_as_it_is(tmp_path, folder):
    make_old(tmp_path / "old.db", 1)
    assert back_up(tmp_path / "old.db", folder).contents.version == 1
    assert raw(tmp_path / "old.db", "PRAGMA user_version") == [(1,)]


def test_while_it_is_restored_a_database_is_not_backed_up(path, folder):
    lock = lock_exclusive(path)
    with pytest.raises(RepositoryBusyError, match="being restored"):
        back_up(path, folder)
    lock.release()
    back_up(path, folder)


def test_what_a_killed_backup_left_is_removed_after_a_day(path, folder):
    folder.mkdir()
    for name, hours in (("history-1.db.part", 25), ("history-2.db.part", 23), ("x.db.part", 99)):
        (folder / name).touch()
        then = time.time() - hours * 3600
        os.utime(folder / name, (then, then))
    back_up(path, folder)
    assert [name for name in names(folder) if name.endswith("part")] == [
        "history-2.db.part", "x.db.part"
    ]  # fmt: skip


def test_progress_is_told_up_to_the_whole(path, folder):
    save_rows(path, 5000)
    told = []
    back_up(path, folder, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert len(told) > 1
    assert all(0 <= done <= total for done, total in told)


def test_check_says_what_is_wrong_and_ends_with_1(tmp_path):
    def check(*arguments):
        return run_program(tmp_path, "check", *arguments, SQLITE_DB_PATH="history.db")

    path = tmp_path / "history.db"
    make_old(path, 1)
    there = names(tmp_path)
    sound = check()
    assert (sound.returncode, sound.stderr) == (0, "")
    assert "improvements    20\n" in sound.stdout
    assert "hint: the schema is old" in sound.stdout
    assert names(tmp_path) == there
    path.chmod(0o644)
    raw(path, "PRAGMA user_version = 99")
    wrong = check("history.db")
    assert wrong.returncode == 1
    assert [line.split(":")[0] for line in wrong.stderr.splitlines()] == ["wrong"] * 2
    assert "newer than this program" in wrong.stderr
    assert "chmod 600" in wrong.stderr
    assert check("nothing.db").returncode == 1


def test_check_finds_damage(path):
    raw(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    # An index that lacks rows: what a disk that lost a page leaves behind.
    page = raw(path, "SELECT rootpage FROM sqlite_schema WHERE name LIKE '%_by_timestamp'")[0][0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 + 3 : (page - 1) * 4096 + 5] = b"\x00\x03"
    path.write_bytes(content)
    (problem,) = check_database(path).problems
    assert "restore a backup" in problem
