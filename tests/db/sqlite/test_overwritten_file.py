"""The file is written over, or changed by other SQLite processes, under an open connection."""

import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest

from db.files.database_file import shm_path, wal_path
from db.files.database_lock import lock_exclusive
from db.sqlite.connection import open_connection
from db.sqlite.current_connection import CurrentConnection
from db.sqlite.database import Database
from db.sqlite.quick_check import QuickCheck
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.domain.errors import RepositoryBusyError, RepositoryCorruptError
from prompt_improver.domain.prompt_repository import RepositoryDescription
from tests.histories import make_history
from tests.server_process import ROOT
from tests.sqlite_files import cli, needs_cli, raw

pytestmark = pytest.mark.anyio

COUNT = "SELECT COUNT(*) FROM prompt_history"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


@pytest.fixture
async def repository(path):
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    yield repository
    await repository.close()


def in_another_process(path, script):
    """Run ``script`` with a connection ``c`` and end by SIGKILL: closing would tidy up."""
    code = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)\n"
        f"{script}\nos.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, timeout=30)
    assert done.returncode == -signal.SIGKILL, done.stderr


async def make_copy(path, rows, name="copy.db"):
    """Another history, whole and closed."""
    copy = path.with_name(name)
    repository = SQLitePromptRepository(Database(copy))
    await repository.open()
    await repository.save_many([make_history(role="copy") for _ in range(rows)])
    await repository.close()
    copy.with_name(copy.name + ".lock").unlink()
    return copy


def overwrite(source, target):
    """As cp does: the inode stays."""
    target.write_bytes(source.read_bytes())


def asides(path):
    return sorted(path.parent.glob("*.doubtful-*"))


async def roles(repository):
    return [row.role for row in reversed(await repository.find_recent(limit=1_000))]


async def test_made_copyable_the_file_alone_holds_every_row_and_nobody_has_it_open(
    path, repository
):
    await repository.save(make_history(role="kept"))
    await repository.make_copyable(60)
    assert wal_path(path).stat().st_size > 0, "somebody wrote within a minute"
    await repository.make_copyable(0)
    assert not wal_path(path).exists()
    copy = shutil.copy(path, path.with_name("copy.db"))
    assert raw(copy, "SELECT role FROM prompt_history") == [("kept",)]
    assert await roles(repository) == ["kept"]


async def test_made_copyable_it_is_still_in_use_for_a_restore(path, repository):
    await repository.save(make_history())
    await repository.make_copyable(0)
    with pytest.raises(RepositoryBusyError, match="open in another program"):
        lock_exclusive(path)
    await repository.close()
    lock_exclusive(path).release()


async def test_a_reader_in_another_process_puts_it_off_and_nobody_waits(path, repository):
    await repository.save(make_history(role="first"))
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM prompt_history").fetchall()
        await repository.save(make_history(role="second"))
        await repository.make_copyable(0)
        assert wal_path(path).stat().st_size > 0
        await repository.save(make_history(role="third"))
        reader.execute("COMMIT")
    await repository.make_copyable(0)
    assert not wal_path(path).exists()
    assert await roles(repository) == ["first", "second", "third"]


async def test_what_a_killed_process_left_in_the_log_is_brought_into_the_file(path, repository):
    await repository.save(make_history(role="ours"))
    await repository.make_copyable(0)
    in_another_process(path, "c.execute(\"UPDATE prompt_history SET role = 'theirs'\")")
    assert wal_path(path).stat().st_size > 0
    await repository.make_copyable(0)
    assert not wal_path(path).exists()
    assert await roles(repository) == ["theirs"]
    assert asides(path) == []


@pytest.mark.parametrize("rows", [0, 2, 300])
async def test_a_file_written_over_is_used_as_it_is_and_the_log_set_aside(path, repository, rows):
    copy = await make_copy(path, rows)
    await repository.save_many([make_history(role="old") for _ in range(20)])
    overwrite(copy, path)
    await repository.save(make_history(role="new"))
    assert await roles(repository) == ["copy"] * rows + ["new"]
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
    (aside,) = asides(path)
    assert aside.stat().st_size > 0


async def test_an_older_copy_with_the_newest_row_in_the_log_alone(path, repository):
    await repository.save(make_history(role="old"))
    await repository.make_copyable(0)
    copy = shutil.copy(path, path.with_name("copy.db"))
    await repository.save(make_history(role="taken back"))
    overwrite(path.with_name("copy.db"), path)
    assert await roles(repository) == ["old"]
    assert copy.exists()


async def test_a_copy_over_a_log_that_was_partly_brought_into_the_file(path, repository):
    await repository.save_many([make_history(role="a") for _ in range(10)])
    copy = await make_copy(path, 10)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM prompt_history").fetchall()
        await repository.save(make_history(role="b"))
        in_another_process(path, "c.execute('PRAGMA wal_checkpoint(PASSIVE)')")
        assert await roles(repository) == ["a"] * 10 + ["b"], "a part of a checkpoint is no cp"
        assert asides(path) == []
        reader.execute("COMMIT")
    overwrite(copy, path)
    assert await roles(repository) == ["copy"] * 10
    assert len(asides(path)) == 1


async def test_a_checkpoint_and_one_row_more_by_another_process_are_kept(path, repository):
    await repository.save(make_history(role="ours"))
    in_another_process(
        path,
        "c.execute('CREATE TABLE big (x)')\n"
        "for _ in range(60): c.execute('INSERT INTO big VALUES (zeroblob(100000))')\n"
        "c.execute('PRAGMA wal_checkpoint(RESTART)')\n"
        "c.execute('INSERT INTO big VALUES (1)')",
    )
    assert wal_path(path).stat().st_size > 0
    await repository.save(make_history(role="after"))
    assert await roles(repository) == ["ours", "after"]
    assert raw(path, "SELECT COUNT(*) FROM big") == [(61,)]
    assert asides(path) == []


def first_page_in(log, file):
    """Write the page of the log with the lowest number into the file, as a checkpoint that is
    killed behind its first page does."""
    content = log.read_bytes()
    (size,) = struct.unpack_from(">I", content, 8)
    frames = range(32, len(content), 24 + size)
    found = {struct.unpack_from(">I", content, at)[0]: at + 24 for at in frames}
    page = min(found)
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(content[found[page] : found[page] + size])


def broken_off_in_another_process(path):
    script = (
        "from pathlib import Path\n"
        "from tests.db.sqlite.test_overwritten_file import first_page_in\n"
        "first_page_in(Path(sys.argv[1] + '-wal'), Path(sys.argv[1]))"
    )
    in_another_process(path, f"sys.path.insert(0, {str(ROOT)!r})\n{script}")


async def test_a_checkpoint_that_was_killed_half_way_costs_nothing(path, repository):
    await repository.save_many([make_history(role="kept") for _ in range(30)])
    before = path.read_bytes()
    broken_off_in_another_process(path)
    assert path.read_bytes() != before
    assert await roles(repository) == ["kept"] * 30
    assert asides(path) == []


@needs_cli
async def test_a_larger_copy_can_be_read_by_hand_before_the_program_has_noticed(path, repository):
    copy = await make_copy(path, 500)
    await repository.save(make_history())
    await repository.make_copyable(0)
    assert await roles(repository)  # the file is open again
    overwrite(copy, path)
    done = cli(path, COUNT)
    assert (done.stdout, done.stderr) == ("500\n", "")


@contextmanager
def counting_in_another_process(path):
    """A function that asks a process how many rows it sees. It has the file open all the
    time, and its log and the log's index."""
    script = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)\n"
        "for _ in sys.stdin: print(c.execute(sys.argv[2]).fetchone()[0], flush=True)\n"
        "c.close()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, path, COUNT],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip

        def ask():
            other.stdin.write("\n")
            other.stdin.flush()
            return int(other.stdout.readline())

        yield ask
        other.stdin.close()
        assert other.wait(30) == 0


async def test_a_second_program_sees_the_new_file_too(path, repository):
    copy = await make_copy(path, 40)
    await repository.save(make_history(role="old"))
    with counting_in_another_process(path) as ask:
        assert ask() == 1
        overwrite(copy, path)
        await repository.save(make_history(role="new"))
        assert ask() == 41
    await repository.close()
    assert raw(path, COUNT) == [(41,)]
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


async def test_closing_brings_nothing_into_a_file_that_was_written_over(path, repository):
    copy = await make_copy(path, 5)
    await repository.save_many([make_history(role="old") for _ in range(5)])
    overwrite(copy, path)
    await repository.close()
    assert raw(path, "SELECT DISTINCT role FROM prompt_history") == [("copy",)]
    assert len(asides(path)) == 1


async def test_without_a_log_a_file_written_over_is_opened_again(path):
    copy = await make_copy(path, 5)
    repository = SQLitePromptRepository(Database(path, wal=False))
    await repository.open()
    await repository.save(make_history(role="old"))
    overwrite(copy, path)
    await repository.save(make_history(role="new"))
    assert await roles(repository) == ["copy"] * 5 + ["new"]
    await repository.close()
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


async def test_the_index_of_a_log_that_is_gone_is_made_anew(path, repository):
    copy = await make_copy(path, 5)
    await repository.save(make_history(role="old"))
    overwrite(copy, path)
    wal_path(path).unlink()
    shm_path(path).unlink()
    await repository.save(make_history(role="new"))
    assert await roles(repository) == ["copy"] * 5 + ["new"]


async def test_a_file_that_was_replaced_leaves_the_log_of_the_old_one_aside(path, repository):
    await repository.save(make_history(role="old"))
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM prompt_history").fetchall()
        await repository.save(make_history(role="old"))
        (await make_copy(path, 5)).replace(path)
        assert await roles(repository) == ["copy"] * 5
    assert len(asides(path)) == 1


def spoil(path):
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[:half] + b"\xff" * (len(content) - half))


async def test_a_check_finds_damage_that_nobody_has_read_and_the_file_is_left_alone(path):
    copy = await make_copy(path, 300)
    spoil(copy)
    copy.rename(path)
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    assert repository.describe() == RepositoryDescription(is_unchecked=True)
    with pytest.raises(RepositoryCorruptError, match="damaged"):
        await repository.check()
    assert repository.describe().is_damaged
    with pytest.raises(RepositoryCorruptError, match="damaged"):
        await repository.save(make_history())
    mended = await make_copy(path, 3, "mended.db")
    overwrite(mended, path)
    assert await roles(repository) == ["copy"] * 3
    assert repository.describe() == RepositoryDescription(is_unchecked=True)
    await repository.check()
    assert not repository.describe().is_unchecked
    await repository.close()


async def test_a_sound_file_is_checked_once_and_again_when_others_have_changed_it(path, repository):
    await repository.save(make_history())
    await repository.check()
    await repository.save(make_history())
    assert not repository.describe().is_unchecked
    await repository.make_copyable(0)
    overwrite(await make_copy(path, 3), path)
    await repository.make_copyable(0)
    assert repository.describe().is_unchecked


async def test_a_row_that_breaks_a_rule_is_no_damage(path, repository):
    await repository.save(make_history())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA ignore_check_constraints = ON")
        other.execute("UPDATE prompt_history SET guardrails = 'no json'")
        other.execute("PRAGMA ignore_check_constraints = OFF")
        assert other.execute("PRAGMA quick_check").fetchall() != [("ok",)]
    await repository.check()
    assert not repository.describe().is_damaged


async def test_a_file_that_cp_empties_while_it_is_opened_is_not_taken_for_a_new_one(path):
    copy = await make_copy(path, 5)
    overwrite(copy, path)

    def connect(**options):
        path.write_bytes(b"")  # as cp does first
        return open_connection(path, **options)

    current = CurrentConnection(path, connect, QuickCheck(path), wal=True, busy_timeout_s=0.01)
    with pytest.raises(RepositoryBusyError, match="written over"):
        current.get()
    assert path.read_bytes() == b""
    overwrite(copy, path)
    current.close()
