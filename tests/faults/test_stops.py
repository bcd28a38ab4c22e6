"""SIGTERM, clients that hang up and cancelled tasks: no row is lost on the way."""

import asyncio
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from db.spool.file_spool import FileSpool
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.rows import INSERT_ROW, to_parameters
from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.recording.history_recorder import HistoryRecorder
from tests.faults.books import await_books, await_saved, both_books, settled
from tests.faults.callers import Told, post, send
from tests.faults.health_watch import HealthWatch, tell
from tests.faults.kept_rows import assert_kept_once, in_database, in_spools, spool_files
from tests.faults.lock_holder import held
from tests.histories import make_history
from tests.server_process import ServerProcess
from tests.sqlite_files import raw

FULL_STOPS = 100
QUEUE_ROWS = 1_000
LONGEST_STOP_S = 8.0
ROWS_BEHIND_A_LOCK = 50


def assert_in_one_place(database_file: Path, told: list[Told]) -> None:
    """Each row that was told of is in the database or in the spool, and nowhere twice."""
    found = in_database(database_file) + in_spools(database_file)
    assert Counter(each.idea for each in told) == +found


def stop(server: ServerProcess) -> float:
    """SIGTERM; the seconds to the end, which is a clean one."""
    began = time.monotonic()
    # uvicorn ends itself by the signal that it got, once it has shut down.
    assert server.stop(wait_s=60) in (0, -15)
    seconds = time.monotonic() - began
    assert seconds <= LONGEST_STOP_S
    assert "Traceback" not in server.log
    return seconds


def stop_with_a_full_queue(folder: Path) -> float:
    """The queue is filled behind a lock, which is let go at the moment of the signal."""
    with ServerProcess(folder) as server:
        told = post(server.url, 1)
        await_books(server, settled)
        with held(server.database_file):
            told += post(server.url, QUEUE_ROWS)
            assert both_books(server.client).waiting > QUEUE_ROWS * 0.9
        seconds = stop(server)
    assert {each.saved for each in told} <= {"queued", "spooled"}
    assert_in_one_place(server.database_file, told)
    return seconds


def stop_with_the_database_locked(folder: Path) -> float:
    with ServerProcess(folder) as server:
        told = post(server.url, 1)
        await_books(server, settled)
        with held(server.database_file, "BEGIN EXCLUSIVE"):
            told += post(server.url, ROWS_BEHIND_A_LOCK)
            seconds = stop(server)
    behind_the_lock = Counter(each.idea for each in told[1:])
    assert in_spools(server.database_file) == behind_the_lock
    with ServerProcess(folder) as server:
        await_saved(server, ROWS_BEHIND_A_LOCK)
        assert both_books(server.client).accepted == ROWS_BEHIND_A_LOCK
        stop(server)
    assert_kept_once(server.database_file, told)
    assert spool_files(server.database_file) == []
    return seconds


def test_a_sigterm_with_a_full_queue_loses_nothing(tmp_path):
    tell(f"stop with {QUEUE_ROWS} rows waiting: {stop_with_a_full_queue(tmp_path):.2f} s")


def test_a_sigterm_with_the_database_locked_leaves_the_rows_to_the_next_start(tmp_path):
    tell(f"stop with a locked database: {stop_with_the_database_locked(tmp_path):.2f} s")


@pytest.mark.slow
@pytest.mark.parametrize("fault", [stop_with_a_full_queue, stop_with_the_database_locked])
def test_a_hundred_stops_lose_nothing(tmp_path, fault):
    seconds = []
    for number in range(FULL_STOPS):
        folder = tmp_path / str(number)
        folder.mkdir()
        seconds.append(fault(folder))
    tell(f"{fault.__name__}: {FULL_STOPS} stops, nothing lost, longest {max(seconds):.2f} s")


def test_clients_that_hang_up_do_not_stop_their_rows(tmp_path):
    ideas = [f"hangs up {number}" for number in range(30)]
    with ServerProcess(tmp_path) as server:
        with HealthWatch(server.url, "clients gone"):
            for idea in ideas:
                send(server.url, f"half of {idea}", share=0.5).close()
                send(server.url, idea).close()
            await_books(server, lambda found: found.saved == len(ideas))
        stop(server)
    assert in_database(server.database_file) == Counter(ideas)


@pytest.mark.anyio
async def test_a_task_cancelled_in_mid_save_leaves_the_next_save_whole(tmp_path):
    """A native cancel lets go of the caller at once; its thread goes on to its commit."""
    path = tmp_path / "history.db"
    begun, go_on = threading.Event(), threading.Event()
    database = Database(path)
    repository = SQLitePromptRepository(database)
    await repository.open()

    first = make_history(role="slow")

    def save_slowly(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT_ROW, to_parameters(first))
        begun.set()
        assert go_on.wait(10)

    cancelled = asyncio.create_task(database.write(save_slowly))
    await asyncio.to_thread(begun.wait, 10)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    recorder = HistoryRecorder(repository, FileSpool(path), CircuitBreaker(), wait_for_commit=True)
    await recorder.start()
    others = [make_history(role="quick") for _ in range(20)]
    saving = [asyncio.create_task(recorder.record(each)) for each in others]
    # Long enough for the recorder's thread to start, which is not to get any further.
    await asyncio.wait(saving, timeout=0.1)
    go_on.set()
    async with asyncio.timeout(10):
        assert {outcome.value for outcome in await asyncio.gather(*saving)} == {"saved"}
    await recorder.stop()
    await repository.close()
    found = raw(path, "SELECT prompt_id FROM prompt_history ORDER BY prompt_id")
    assert found == sorted((each.prompt_id,) for each in (first, *others))
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
    counts = recorder.counts
    assert (counts.accepted, counts.saved) == (20, 20)
