"""A restore puts back every row, keeps what was there, and never lets two programs at it."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from db.files.database_lock import lock_exclusive, lock_shared
from db.sqlite.connection import open_connection
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.upkeep.backup import back_up
from db.sqlite.upkeep.restore import restore
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
)
from tests.forked_program import run_program
from tests.full_disk import full_disk
from tests.histories import make_history
from tests.history_files import LATEST, make_old, names, old_rows, save_rows
from tests.server_process import ServerProcess
from tests.sqlite_files import connect, mode, raw

ALL = "SELECT * FROM prompt_history ORDER BY id"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data" / "history.db"
    save_rows(path, 10)
    return path


@pytest.fixture
def backup(path, tmp_path):
    return back_up(path, tmp_path / "backups").path


def aside(path):
    return sorted(path.parent.glob("history.db.replaced-*"))


def test_every_row_comes_back_and_what_was_there_is_kept(path, backup):
    rows = raw(path, ALL)
    save_rows(path, 5)
    later = raw(path, ALL)
    umask = os.umask(0o022)
    try:
        done = restore(path, backup)
    finally:
        os.umask(umask)
    assert raw(path, ALL) == rows
    assert mode(path) == 0o600
    assert [done.aside] == aside(path)
    assert raw(done.aside, ALL) == later
    assert mode(done.aside) == 0o600
    assert (done.before.rows, done.now.rows) == (15, 10)
    assert names(path.parent) == ["history.db", "history.db.lock", done.aside.name]
    save_rows(path, 1)
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
    assert raw(path, "PRAGMA auto_vacuum") == [(2,)]


def test_the_backup_is_left_as_it_is(path, backup):
    before, there = backup.read_bytes(), names(backup.parent)
    restore(path, backup)
    restore(path, backup)
    assert (backup.read_bytes(), names(backup.parent)) == (before, there)
    assert len(aside(path)) == 2


def test_a_restore_where_nothing_was_makes_the_folder(tmp_path, backup):
    path = tmp_path / "new" / "folder" / "history.db"
    done = restore(path, backup)
    assert (done.before, done.aside, done.now.rows) == (None, None, 10)
    assert mode(path.parent) == 0o700
    assert raw(path, ALL) == raw(backup, ALL)


def test_a_log_left_by_a_crash_is_kept_with_the_old_and_not_played_into_the_new(path, backup):
    script = (
        "import os, sys\nfrom pathlib import Path\n"
        "from db.sqlite.connection import open_connection\n"
        "connection = open_connection(Path(sys.argv[1]))\n"
        "connection.execute('DELETE FROM prompt_history WHERE id < 10')\nos._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, path], check=True, cwd=Path(__file__).parents[4])
    assert path.with_name("history.db-wal").stat().st_size > 0
    done = restore(path, backup)
    assert raw(path, ALL) == raw(backup, ALL)
    assert done.before.rows == 1
    assert len(raw(done.aside, ALL)) == 1


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_stale_file_beside_is_moved_away(path, backup, suffix):
    path.unlink()
    path.with_name(path.name + suffix).write_bytes(b"stale" * 1000)
    restore(path, backup)
    assert raw(path, ALL) == raw(backup, ALL)
    (kept,) = aside(path)
    assert kept.name.endswith(suffix)


def test_a_damaged_database_is_moved_aside_with_all_that_belongs_to_it(path, backup):
    path.write_bytes(b"x" * 8192)
    wal = path.with_name("history.db-wal")
    wal.write_bytes(b"evidence")
    done = restore(path, backup)
    assert done.before is None
    assert done.aside.read_bytes() == b"x" * 8192
    assert done.aside.with_name(done.aside.name + "-wal").read_bytes() == b"evidence"
    assert raw(path, ALL) == raw(backup, ALL)


def refuse(path, backup, error, match):
    before, there = raw(path, ALL), names(path.parent)
    with pytest.raises(error, match=match):
        restore(path, backup)
    assert raw(path, ALL) == before
    assert set(names(path.parent)) - set(there) <= {"history.db.lock"}


def test_damage_within_a_backup_is_found_before_anything_is_moved(path, tmp_path):
    save_rows(path, 2000)
    damaged = back_up(path, tmp_path / "backups").path
    content = bytearray(damaged.read_bytes())
    half = len(content) // 2 // 4096 * 4096
    content[half : half + 8192] = b"\xff" * 8192
    damaged.write_bytes(content)
    refuse(path, damaged, RepositoryCorruptError, r"backups.*damaged")


@pytest.mark.parametrize("content", [b"", b"not a database" * 500])
def test_what_is_no_backup_is_refused(path, tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    refuse(path, tmp_path / "file", RepositoryCorruptError, "file")


def test_a_cut_off_backup_is_refused(path, backup):
    backup.write_bytes(backup.read_bytes()[:-4096])
    refuse(path, backup, RepositoryCorruptError, "damaged")


def test_a_backup_of_a_newer_program_is_refused(path, backup):
    raw(backup, "PRAGMA user_version = 99")
    refuse(path, backup, RepositoryConnectionError, "use a newer program")


def test_the_database_itself_and_what_is_not_there_are_refused(path, tmp_path):
    refuse(path, path, RepositoryConnectionError, "is the database itself")
    refuse(path, tmp_path / "nothing", RepositoryConnectionError, "there is no database at")


def test_without_room_the_database_stays(path, backup):
    before, there = raw(path, ALL), names(path.parent)
    with full_disk(8192), pytest.raises(RepositoryConnectionError, match="make room"):
        restore(path, backup)
    assert set(names(path.parent)) - set(there) <= {"history.db.lock"}
    assert raw(path, ALL) == before


def test_while_the_program_has_it_open_a_restore_is_refused(path, backup):
    with closing(open_connection(path)):
        refuse(path, backup, RepositoryBusyError, rf"process {os.getpid()}.*stop the Prompt")
    restore(path, backup)


def test_while_the_sqlite3_command_line_has_it_open_a_restore_is_refused(path, backup):
    with connect(path) as other:
        other.execute("SELECT COUNT(*) FROM prompt_history").fetchall()
        refuse(path, backup, RepositoryBusyError, "such as sqlite3; end it")


@pytest.mark.anyio
async def test_while_it_is_restored_a_server_waits_and_then_uses_the_new_one(path):
    repository = SQLitePromptRepository(Database(path))
    lock = lock_exclusive(path)
    with pytest.raises(RepositoryBusyError, match="being restored"):
        await repository.open()
    lock.release()
    await repository.open()
    await repository.save(make_history())
    await repository.close()
    assert len(raw(path, ALL)) == 11


@pytest.mark.anyio
async def test_a_closed_database_holds_no_lock(path, backup):
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    await repository.close()
    restore(path, backup)


def test_many_may_share_a_lock_and_each_holds_it_alone(path):
    first, second = lock_shared(path), lock_shared(path)
    first.release()
    first.release()
    with pytest.raises(RepositoryBusyError):
        lock_exclusive(path)
    second.release()
    lock_exclusive(path).release()
    assert mode(path.with_name("history.db.lock")) == 0o600


def test_an_older_backup_is_restored_as_it_is_and_migrated_at_the_next_start(path, tmp_path):
    old = tmp_path / "old.db"
    make_old(old, 1)
    rows = old_rows(old)
    assert restore(path, old).now.version == 1
    with closing(open_connection(path)):
        pass
    assert old_rows(path) == rows
    assert raw(path, "PRAGMA user_version") == [(LATEST,)]


def test_the_command_refuses_while_the_server_runs_and_says_what_was_and_is(tmp_path):
    def run(*arguments):
        return run_program(tmp_path, *arguments)

    with ServerProcess(tmp_path, SQLITE_ASYNC_ENABLED="false") as server:
        server.improve("kept")
        run("backup", "--to", "elsewhere")
        (backup,) = (tmp_path / "elsewhere").iterdir()
        server.improve("later")
        refused = run("restore", str(backup))
        assert refused.returncode == 1
        assert f"process {server.pid}" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert server.improve("still served").json()["saved"] == "saved"
        server.stop()
    done = run("restore", str(backup.relative_to(tmp_path)))
    assert (done.returncode, done.stderr) == (0, "")
    was, now_at, now_is, at = done.stdout.splitlines()
    assert was.startswith("was: 3 improvements")
    assert now_is.startswith("is:  1 improvements")
    assert raw(server.database_file, "SELECT original_idea FROM prompt_history") == [("kept",)]
    assert Path(now_at.removeprefix("     now at ")).exists()
    assert at == f"     at {server.database_file}"


def test_the_backup_on_a_medium_that_cannot_be_written_is_restored(path, backup):
    backup.chmod(0o400)
    backup.parent.chmod(0o500)
    try:
        restore(path, backup)
    finally:
        backup.parent.chmod(0o700)
    assert raw(path, ALL) == raw(backup, ALL)
