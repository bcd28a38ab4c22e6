"""The database's files are damaged, replaced or taken away while the server runs."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.books import await_books, await_saved, both_books, breaker_state, settled
from tests.faults.callers import Told, post
from tests.faults.health_watch import HealthWatch
from tests.faults.history_copies import (
    copy_of,
    make_database,
    make_killed_database,
    read_back,
)
from tests.faults.kept_rows import assert_kept_once, in_database, in_spools, spool_files
from tests.server_process import ServerProcess
from tests.sqlite_files import raw

ROWS = 40
slow = pytest.mark.slow  # for what differs little from its neighbour
SETTINGS = {
    "BREAKER_MAX_FAILURES": "2",
    "BREAKER_COOLDOWN_S": "0.4",
    "SQLITE_AUTO_CLEANUP": "false",
}


def log_of(database_file: Path) -> Path:
    return database_file.with_name(database_file.name + "-wal")


@contextmanager
def running(folder: Path, name: str, **settings: str) -> Iterator[ServerProcess]:
    """A server whose health is asked for all the time."""
    with ServerProcess(folder, **SETTINGS | settings) as server:
        with HealthWatch(server.url, name):
            yield server
        server.stop()
        assert "Traceback" not in server.log


def post_and_settle(server: ServerProcess) -> list[Told]:
    told = post(server.url, ROWS)
    await_books(server, settled)
    return told


def assert_sound(database_file: Path) -> None:
    assert raw(database_file, "PRAGMA integrity_check") == [("ok",)]
    assert spool_files(database_file) == []


def assert_nothing_is_lost_but_by_hand(server: ServerProcess) -> None:
    found = both_books(server.client)
    assert (found.unsettled, found.dropped, found.rejected) == (0, 0, 0)


def unlink(database_file: Path) -> None:
    database_file.unlink()


def truncate(database_file: Path) -> None:
    os.truncate(database_file, 0)


@pytest.mark.parametrize("fault", [unlink, truncate])
def test_a_file_that_is_gone_under_the_server_is_made_anew(tmp_path, fault):
    with running(tmp_path, fault.__name__) as server:
        post_and_settle(server)
        fault(server.database_file)
        told = post_and_settle(server)
        assert_nothing_is_lost_but_by_hand(server)
    assert_kept_once(server.database_file, told)
    assert_sound(server.database_file)


def test_a_file_that_is_replaced_under_the_server_gets_the_rows_that_come_after(tmp_path):
    other = make_database(tmp_path / "other.db", rows=20)
    theirs = in_database(other)
    with running(tmp_path, "another database in its place") as server:
        post_and_settle(server)
        other.replace(server.database_file)
        told = post_and_settle(server)
        assert_nothing_is_lost_but_by_hand(server)
    assert_kept_once(server.database_file, told)
    assert in_database(server.database_file).total() == len(told) + theirs.total()
    assert theirs <= in_database(server.database_file)
    assert_sound(server.database_file)


def test_a_folder_in_place_of_the_file_sends_rows_to_the_spool(tmp_path):
    with running(tmp_path, "a folder in its place") as server:
        told = post_and_settle(server)
        away = server.database_file.rename(tmp_path / "away.db")
        server.database_file.mkdir()
        told += post(server.url, ROWS)
        await_books(server, lambda found: found.spooled == ROWS)
        server.database_file.rmdir()
        away.rename(server.database_file)
        await_books(server, settled)
        assert_nothing_is_lost_but_by_hand(server)
    assert_kept_once(server.database_file, told)
    assert_sound(server.database_file)


def overwrite_the_header(database_file: Path) -> None:
    overwrite(database_file, 0, 100)


def overwrite_the_middle(database_file: Path) -> None:
    size = database_file.stat().st_size
    overwrite(database_file, size // 4 // 4096 * 4096, size // 2)


def overwrite(file: Path, offset: int, length: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(b"\xa5" * length)


def append_garbage_to_the_log(database_file: Path) -> None:
    with log_of(database_file).open("ab") as opened:
        opened.write(b"\xa5" * 5_000)


@pytest.mark.parametrize(
    "fault", [overwrite_the_header, pytest.param(append_garbage_to_the_log, marks=slow)]
)
def test_what_sqlite_writes_again_by_itself_costs_nothing(tmp_path, fault):
    with running(tmp_path, fault.__name__) as server:
        told = post_and_settle(server)
        fault(server.database_file)
        told += post_and_settle(server)
        assert_nothing_is_lost_but_by_hand(server)
    assert_kept_once(server.database_file, told)
    assert_sound(server.database_file)


def test_damage_in_the_middle_sends_rows_to_the_spool_until_a_backup_is_in_its_place(tmp_path):
    database_file = tmp_path / "data" / "prompt_history.db"
    make_database(database_file, rows=1_000)
    backup = copy_of(database_file, tmp_path / "backup.db")
    with running(tmp_path, "a damaged file") as server:
        overwrite_the_middle(database_file)
        # The first ones may find only sound pages; they go with the damaged file.
        post(server.url, ROWS)
        noticed = await_books(server, lambda found: found.waiting == 0 and found.spooled > 0)
        untouched = database_file.read_bytes()
        told = post(server.url, ROWS)
        await_books(server, lambda found: found.spooled == noticed.spooled + ROWS)
        assert breaker_state(server.client) != "closed"
        assert database_file.read_bytes() == untouched
        spooled = in_spools(database_file)
        backup.replace(database_file)
        await_books(server, settled)
        assert_nothing_is_lost_but_by_hand(server)
    assert_kept_once(database_file, told)
    assert spooled <= in_database(database_file)
    assert in_database(database_file).total() == 1_000 + spooled.total()
    assert_sound(database_file)


@pytest.mark.parametrize("sent", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=slow)])
def test_rows_outlive_a_log_that_is_deleted_under_the_server(tmp_path, sent):
    settings = SETTINGS | {"SQLITE_ASYNC_ENABLED": "false"}
    with ServerProcess(tmp_path, **settings) as server:
        with HealthWatch(server.url, "the log deleted"):
            told = post(server.url, ROWS)
            log_of(server.database_file).unlink()
            told += post(server.url, ROWS)
            assert_nothing_is_lost_but_by_hand(server)
        server.stop(sent)
    assert {each.saved for each in told} == {"saved"}
    assert_kept_once(server.database_file, told)
    assert_sound(server.database_file)


@pytest.mark.parametrize("part", [pytest.param(0.0, marks=slow), 0.5])
def test_a_log_that_is_torn_under_the_server_costs_no_row_that_comes_after(tmp_path, part):
    with running(tmp_path, "the log torn") as server:
        post_and_settle(server)
        log = log_of(server.database_file)
        os.truncate(log, int(log.stat().st_size * part))
        readable = read_back(server.database_file, tmp_path / "readable.db")
        told = post_and_settle(server)
        assert_nothing_is_lost_but_by_hand(server)
    assert_kept_once(server.database_file, told)
    assert readable <= in_database(server.database_file)
    assert_sound(server.database_file)


def delete_the_log(database_file: Path) -> None:
    log_of(database_file).unlink()


def halve_the_log(database_file: Path) -> None:
    log = log_of(database_file)
    os.truncate(log, log.stat().st_size // 2 + 13)


def nothing(database_file: Path) -> None:
    """The log of a killed server is all that is special."""


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(nothing, marks=slow),
        delete_the_log,
        halve_the_log,
        pytest.param(append_garbage_to_the_log, marks=slow),
    ],
)
def test_what_is_left_of_a_log_between_two_runs_is_recovered(tmp_path, fault):
    database_file = make_killed_database(tmp_path / "data" / "prompt_history.db", rows=ROWS)
    fault(database_file)
    readable = read_back(database_file, tmp_path / "readable.db")
    with running(tmp_path, f"a start after {fault.__name__}") as server:
        told = post_and_settle(server)
        assert_nothing_is_lost_but_by_hand(server)
    assert_kept_once(database_file, told)
    assert ROWS // 2 <= readable.total() <= ROWS
    assert readable <= in_database(database_file)
    assert in_database(database_file).total() == readable.total() + len(told)
    assert_sound(database_file)


@slow
@pytest.mark.parametrize("fault", [overwrite_the_header, overwrite_the_middle])
def test_a_file_damaged_between_two_runs_is_left_as_it_is(tmp_path, fault):
    database_file = tmp_path / "data" / "prompt_history.db"
    make_database(database_file, rows=300)
    sound = copy_of(database_file, tmp_path / "sound.db")
    fault(database_file)
    damaged = database_file.read_bytes()
    with running(tmp_path, f"a start after {fault.__name__}") as server:
        told = post(server.url, ROWS)
        await_books(server, lambda found: found.spooled == ROWS)
    assert database_file.read_bytes() == damaged
    shutil.copy(sound, database_file)
    with running(tmp_path, "the start with the mended file") as server:
        await_saved(server, ROWS)
    assert_kept_once(database_file, told)
    assert in_database(database_file).total() == 300 + ROWS
    assert_sound(database_file)


@slow
def test_a_file_emptied_between_two_runs_is_a_new_database(tmp_path):
    database_file = make_database(tmp_path / "data" / "prompt_history.db", rows=1)
    truncate(database_file)
    with running(tmp_path, "a start with an empty file") as server:
        told = post_and_settle(server)
        assert_nothing_is_lost_but_by_hand(server)
    assert_kept_once(database_file, told)
    assert in_database(database_file).total() == len(told)
    assert_sound(database_file)
