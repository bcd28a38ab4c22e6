"""What is old goes, at the start, by the command and by the SQL file alike; what is young
stays; and what went cannot be read any more."""

import asyncio
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.sqlite.connection import open_connection
from db.sqlite.database import Database
from db.sqlite.deletion import MOST_CHUNK
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.rows import INSERT_ROW, to_parameters
from db.sqlite.sql_files import SQL_FOLDER
from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.recording import HistoryCleanup
from prompt_improver.recording.retention import FIRST_DELAY_S
from tests.forked_program import run_program
from tests.histories import make_history
from tests.history_files import save_rows
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.server_process import ServerProcess, clean_environment
from tests.sqlite_files import CLI, cli, connect, needs_cli, raw

DELETE_OLD = (SQL_FOLDER / "maintenance" / "delete_old.sql").read_text()
DAYS = 7
ROWS = 6 * MOST_CHUNK  # two thirds of them old: more than one chunk


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "prompt_history.db"


def fill(path):
    """Old and young rows by turns, so that hardly a page holds old ones alone and is freed
    as a whole; a minute to both sides of the limit, and one of tomorrow."""
    now = datetime.now(UTC)
    moments = [now - timedelta(days=DAYS + 30 - n / 60 if n % 3 else n / 1000) for n in range(ROWS)]
    with closing(open_connection(path)) as connection:
        connection.execute("BEGIN")
        for moment in moments:
            save(connection, moment, "old" if now - moment > timedelta(days=DAYS) else "young")
        save(connection, now - timedelta(days=DAYS, minutes=1), "old")
        save(connection, now - timedelta(days=DAYS, minutes=-1), "young")
        save(connection, now + timedelta(days=1), "young")
        connection.execute("COMMIT")


def save(connection, moment, word):
    fields = ("original_idea", "context", "improved_prompt", "role", "directive", "reasoning")
    texts = dict.fromkeys(fields, f"{word}-secret")
    history = make_history(timestamp=moment, guardrails=(f"{word}-secret",), **texts)
    connection.execute(INSERT_ROW, to_parameters(history))


def by_start(path):
    with ServerProcess(path.parent.parent, SQLITE_RETENTION_DAYS=str(DAYS)) as server:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            old = raw(path, "SELECT COUNT(*) FROM prompt_history WHERE role = 'old-secret'")
            if old == [(0,)]:
                break
            time.sleep(0.05)
        server.stop()


def by_command(path):
    done = run_program(path.parent.parent, "cleanup", "--days", str(DAYS))
    assert (done.returncode, done.stderr) == (0, "")


def by_file(path):
    done = cli(path, DELETE_OLD, "-cmd", f".parameter set :days {DAYS}")
    assert (done.returncode, done.stderr) == (0, "")


def by_file_in_chunks(path):
    arguments = ("-cmd", f".parameter set :days {DAYS}", "-cmd", ".parameter set :rows 100")
    while "\n0 rows deleted" not in f"\n{(done := cli(path, DELETE_OLD, *arguments)).stdout}":
        assert (done.returncode, done.stderr) == (0, "")


WAYS = [by_start, by_command, by_file, by_file_in_chunks]


def bytes_of(path):
    """All that lies on the disk of it, when what stands in the log has come into the file."""
    raw(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(each.read_bytes() for each in path.parent.iterdir() if each.is_file())


@needs_cli
@pytest.mark.parametrize("way", WAYS)
def test_old_rows_go_without_a_trace_and_young_ones_stay(path, way):
    fill(path)
    young = raw(path, "SELECT * FROM prompt_history WHERE role = 'young-secret' ORDER BY id")
    old = raw(path, "SELECT COUNT(*) FROM prompt_history WHERE role = 'old-secret'")[0][0]
    assert old > MOST_CHUNK
    assert b"old-secret" in bytes_of(path)
    size = path.stat().st_size
    way(path)
    assert raw(path, "SELECT * FROM prompt_history ORDER BY id") == young
    left = bytes_of(path)
    assert b"young-secret" in left
    assert b"old-secret" not in left
    assert path.stat().st_size < size
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


def test_without_secure_delete_the_bytes_would_be_found(path):
    """What the test above looks for is there to be found."""
    fill(path)
    with connect(path) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("DELETE FROM prompt_history WHERE role = 'old-secret'")
        connection.executescript("PRAGMA incremental_vacuum")
    assert b"old-secret" in bytes_of(path)


def test_whatever_deletes_overwrites_what_it_deletes(path):
    with closing(open_connection(path)) as connection:
        assert connection.execute("PRAGMA secure_delete").fetchone()[0] == 1
    for file in (SQL_FOLDER / "maintenance").glob("*.sql"):
        text = file.read_text()
        if "\nDELETE " in text or "\nVACUUM" in text:
            assert "\nPRAGMA secure_delete = ON;\n" in text, file.name


@needs_cli
@pytest.mark.parametrize("days", ["0", "-7", "36501", "7.5", "'7 days'", "NULL", "1e9"])
def test_days_out_of_bounds_delete_nothing_by_hand_and_are_refused_by_command(path, days):
    fill(path)
    before = raw(path, "SELECT COUNT(*) FROM prompt_history")
    done = cli(path, DELETE_OLD, "-cmd", f".parameter set :days {days}")
    assert "0 rows deleted" in done.stdout
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == before


@pytest.mark.anyio
async def test_before_the_first_cleanup_the_log_says_what_it_deletes_and_how_to_keep_it(caplog):
    repository = InMemoryPromptRepository()
    await repository.open()
    old = {"timestamp": datetime.now(UTC) - timedelta(days=DAYS + 1)}
    await repository.save_many([make_history(**old), make_history(**old, starred=True)])
    waits, waiting = [], asyncio.Event()

    async def sleep(seconds):
        waits.append(seconds)
        waiting.set()
        await asyncio.Event().wait()

    cleanup = HistoryCleanup(repository, CircuitBreaker(), days=DAYS, sleep=sleep)
    with caplog.at_level("INFO"):
        cleanup.start()
        await asyncio.wait_for(waiting.wait(), 10)
        await cleanup.stop()
    assert caplog.messages == [
        "The next cleanup deletes 1 improvements older than 7 days; "
        "SQLITE_AUTO_CLEANUP=false keeps everything"
    ]
    assert (len(repository.rows), waits) == (2, [FIRST_DELAY_S])


@pytest.mark.anyio
async def test_saves_get_in_while_many_rows_are_deleted(path):
    save_rows(path, 5 * MOST_CHUNK, days_ago=90)
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    deleting = asyncio.create_task(repository.delete_old(30))
    saved = 0
    while not deleting.done():
        await repository.save(make_history(timestamp=datetime.now(UTC)))
        saved += 1
        await asyncio.sleep(0)
    assert deleting.result() == 5 * MOST_CHUNK
    await repository.close()
    # One for each chunk, if every chunk lets one in; chunks grow to 200 rows.
    assert saved >= 5
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(saved,)]


def test_the_log_that_held_the_deleted_rows_is_emptied_though_another_reads_on(path):
    """A reader that is still at an older state keeps the log; the next cleanup empties it."""
    fill(path)
    wal = Path(f"{path}-wal")
    with connect(path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM prompt_history").fetchall()
        by_command(path)
        assert wal.stat().st_size > 0
        reader.execute("COMMIT")
        by_command(path)
        assert not wal.exists() or wal.stat().st_size == 0
    assert b"old-secret" not in bytes_of(path)


# --- Interrupted ---


def texts(path):
    """Every row's texts by its number, as anybody else sees them at this moment."""
    rows = raw(
        path,
        "SELECT id, original_idea, context, improved_prompt, role, directive, guardrails, "
        "reasoning FROM prompt_history",
    )
    return {number: fields for number, *fields in rows}


def assert_some_rows_went_and_the_others_are_whole(path, before):
    left = texts(path)
    assert 0 < len(left) < len(before)
    assert left == {number: before[number] for number in left}
    raw(path, "INSERT INTO prompt_history_search (prompt_history_search) VALUES "
        "('integrity-check')")  # fmt: skip


@pytest.mark.anyio
async def test_a_cleanup_that_ends_between_two_steps_leaves_no_overwritten_row(path):
    class EndsSoon(Database):
        writes = 0

        async def write(self, operation):
            if self.writes == 3:
                raise InterruptedError
            self.writes += 1
            return await super().write(operation)

    fill(path)
    before = texts(path)
    repository = SQLitePromptRepository(EndsSoon(path))
    await repository.open()
    with pytest.raises(InterruptedError):
        await repository.delete_old(DAYS)
    assert_some_rows_went_and_the_others_are_whole(path, before)
    await repository.close()


def test_a_cleanup_that_is_killed_leaves_no_overwritten_row(path):
    save_rows(path, 3000, days_ago=DAYS + 1)
    before = texts(path)
    cleanup = subprocess.Popen(
        [sys.executable, "-m", "prompt_improver", "cleanup", "--days", str(DAYS)],
        cwd=path.parent.parent, env=clean_environment(), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with connect(path) as other:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                sql = "SELECT COUNT(*) FROM prompt_history"
                if other.execute(sql).fetchone()[0] < len(before):
                    break
    finally:
        cleanup.kill()
        cleanup.wait(30)
    assert_some_rows_went_and_the_others_are_whole(path, before)


@needs_cli
def test_the_file_run_once_over_some_rows_leaves_no_overwritten_row(path):
    fill(path)
    before = texts(path)
    arguments = ("-cmd", f".parameter set :days {DAYS}", "-cmd", ".parameter set :rows 100")
    assert "\n100 rows deleted" in cli(path, DELETE_OLD, *arguments).stdout
    assert_some_rows_went_and_the_others_are_whole(path, before)


@needs_cli
def test_the_file_killed_after_any_of_its_statements_leaves_no_overwritten_row(path):
    assert CLI is not None
    fill(path)
    before, statements = texts(path), DELETE_OLD.split(";\n")
    for number in range(1, len(statements)):
        script = ";\n".join(statements[:number]) + ";\n.print reached\n"
        shell = subprocess.Popen(
            [CLI, "-cmd", f".parameter set :days {DAYS}", "-cmd", ".parameter set :rows 20", path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(script)
        shell.stdin.flush()
        for line in shell.stdout:
            if line == "reached\n":
                break
        seen = texts(path)
        assert seen == {each: before[each] for each in seen}
        shell.kill()
        shell.wait(30)
        shell.stdin.close()
        shell.stdout.close()
        left = texts(path)
        assert left == {each: before[each] for each in left}
    assert_some_rows_went_and_the_others_are_whole(path, before)
