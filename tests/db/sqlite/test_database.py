import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

import pytest

from db.sqlite.connection import migrate_database
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryConstraintError,
)
from tests.histories import make_history
from tests.sqlite_files import raw

pytestmark = pytest.mark.anyio

MARKER = "CREATE TABLE IF NOT EXISTS marker (x UNIQUE)"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


@pytest.fixture
async def opened(path):
    database = Database(path)
    await database.open()
    yield database
    await database.close()


async def no_pause(_seconds):
    """Instead of waiting between two attempts."""


def patient_never(path):
    """A database that tries as often as any other, but waits for nothing."""
    return Database(path, busy_timeout_s=0, sleep=no_pause)


def value(sql):
    return lambda connection: connection.execute(sql).fetchone()[0]


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@contextmanager
def held_by_another_process(path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.communicate("\n", timeout=30)


async def test_the_pragmas_are_set(opened):
    wanted = {
        "synchronous": 3, "fullfsync": 1, "checkpoint_fullfsync": 1, "foreign_keys": 1,
        "secure_delete": 1, "temp_store": 2, "busy_timeout": 250, "auto_vacuum": 2,
        "journal_mode": "wal",
    }  # fmt: skip
    for name, expected in wanted.items():
        assert await opened.run(value(f"PRAGMA {name}")) == expected, name


async def test_without_wal_a_database_that_had_it_is_turned_back(path):
    for wal, expected in ((True, "wal"), (False, "delete"), (True, "wal")):
        database = Database(path, wal=wal)
        await database.open()
        await database.write(lambda connection: connection.execute(MARKER).close())
        assert await database.run(value("PRAGMA journal_mode")) == expected
        assert path.with_name("history.db-wal").exists() == wal
        await database.close()
        # Bytes 18 and 19 of the file say it: 2 is WAL, 1 is not.
        assert path.read_bytes()[18:20] == (b"\2\2" if wal else b"\1\1")


async def test_a_write_that_fails_leaves_nothing_behind(opened):
    await opened.write(lambda connection: connection.execute(MARKER).close())

    def half(connection):
        connection.execute("INSERT INTO marker VALUES (1)")
        raise KeyError("our own mistake")

    with pytest.raises(KeyError):
        await opened.write(half)

    def double(connection):
        connection.execute("INSERT INTO marker VALUES (1)")
        connection.execute("INSERT INTO marker VALUES (1)")

    with pytest.raises(RepositoryConstraintError, match="UNIQUE") as failure:
        await opened.write(double)
    assert opened.busy_retries == 0
    assert isinstance(failure.value.__cause__, sqlite3.IntegrityError)
    assert await opened.run(value("SELECT COUNT(*) FROM marker")) == 0


async def test_a_full_disk_fails_one_write_and_the_next_one_works(opened):
    await opened.write(lambda connection: connection.execute(MARKER).close())
    pages = await opened.run(value("PRAGMA page_count"))
    await opened.run(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}"))

    def insert(connection):
        connection.execute("INSERT INTO marker VALUES (zeroblob(100000))")

    with pytest.raises(RepositoryConnectionError, match="free some room"):
        await opened.write(insert)
    await opened.run(lambda connection: connection.execute("PRAGMA max_page_count = 100000"))
    await opened.write(insert)
    assert await opened.run(value("SELECT COUNT(*) FROM marker")) == 1


async def test_a_lock_held_for_too_long_is_busy_after_four_attempts(path):
    database = patient_never(path)
    await database.open()
    busy = pytest.raises(RepositoryBusyError, match="held by another process")
    with held_by_another_process(path), busy:
        await database.write(lambda connection: None)
    assert database.busy_retries == 3
    await database.write(lambda connection: None)
    await database.close()


async def test_a_lock_let_go_in_between_costs_a_retry_and_no_row(path):
    repository = None
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:

        async def let_go(_seconds):
            if other.in_transaction:
                other.execute("ROLLBACK")

        database = Database(path, busy_timeout_s=0, sleep=let_go)
        repository = SQLitePromptRepository(database)
        await repository.open()
        other.execute("BEGIN IMMEDIATE")
        await repository.save_many([make_history(), make_history()])
        assert database.busy_retries == 1
        await repository.close()
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(2,)]


async def test_opening_waits_for_a_lock_too(path):
    migrate_database(path, wal=False)
    database = patient_never(path)
    with held_by_another_process(path), pytest.raises(RepositoryBusyError):
        await database.open()
    assert database.busy_retries == 3
    await database.open()
    await database.close()


async def test_a_cancelled_write_keeps_its_transaction_to_itself(opened):
    """A native cancel lets go of the caller at once; its thread is still in the middle."""
    await opened.write(lambda connection: connection.execute(MARKER).close())
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection):
        connection.execute("INSERT INTO marker VALUES ('cancelled')")
        begun.set()
        assert go_on.wait(10)
        raise KeyError("the first one fails, and takes its own row back")

    def quick(connection):
        connection.execute("INSERT INTO marker VALUES ('kept')")

    first = asyncio.create_task(opened.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.create_task(opened.write(quick))
    # Long enough for the second thread to start, which is not to get any further.
    await asyncio.wait([second], timeout=0.1)
    assert not second.done()
    go_on.set()
    await second
    assert await opened.run(lambda c: [r[0] for r in c.execute("SELECT x FROM marker")]) == ["kept"]


async def test_closing_waits_for_what_is_running(path):
    database = Database(path)
    await database.open()
    await database.write(lambda connection: connection.execute(MARKER).close())
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection):
        connection.execute("INSERT INTO marker VALUES (1)")
        begun.set()
        assert go_on.wait(10)

    writing = asyncio.create_task(database.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    closing_task = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    assert not closing_task.done()
    go_on.set()
    await asyncio.gather(writing, closing_task)
    assert raw(path, "SELECT x FROM marker") == [(1,)]
