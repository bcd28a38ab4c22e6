import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.domain.errors import RepositoryConnectionError
from tests.histories import make_history
from tests.sqlite_files import mode, raw

pytestmark = pytest.mark.anyio

MARKER = "CREATE TABLE IF NOT EXISTS marker (x UNIQUE)"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


@contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


async def test_making_a_database_touches_nothing(path):
    Database(path / "folder" / "history.db")
    assert not path.exists()


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277])
async def test_all_files_are_private_whatever_the_umask(path, mask):
    with umask(mask):
        database = Database(path)
        await database.open()
        await database.write(lambda connection: connection.execute(MARKER).close())
    files = sorted(path.parent.iterdir())
    names = ["history.db", "history.db-shm", "history.db-wal", "history.db.lock"]
    assert [file.name for file in files] == names
    assert [mode(file) for file in files] == [0o600] * 4
    await database.close()


async def test_a_database_that_others_could_read_is_tightened(path):
    with umask(0o022):
        raw(path, "PRAGMA user_version")
        path.touch()
    assert mode(path) == 0o644
    database = Database(path)
    await database.open()
    assert mode(path) == 0o600
    await database.close()


async def test_missing_folders_are_made_private_and_others_are_left_alone(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o755)
    for folder in (theirs / "a" / "b", theirs):
        database = Database(folder / "history.db")
        await database.open()
        await database.close()
    modes = [mode(folder) for folder in (theirs, theirs / "a", theirs / "a" / "b")]
    assert modes == [0o755, 0o700, 0o700]


async def test_the_folder_of_the_program_is_tightened(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    database = Database(folder / "history.db", private_directory=True)
    await database.open()
    await database.close()
    assert mode(folder) == 0o700


async def test_a_relative_path_named_like_a_uri_is_a_plain_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "file:a?mode=memory#%41.db"
    database = Database(Path(name))
    await database.open()
    await database.close()
    assert (tmp_path / name).stat().st_size > 0


@pytest.mark.parametrize("wal", [True, False])
async def test_a_deleted_file_is_made_again_at_the_next_call(path, wal):
    repository = SQLitePromptRepository(Database(path, wal=wal))
    await repository.open()
    await repository.save(make_history())
    path.unlink()
    await repository.save(make_history(role="second"))
    await repository.close()
    assert raw(path, "SELECT role FROM prompt_history") == [("second",)]
    assert mode(path) == 0o600


async def test_a_restored_backup_is_used_and_the_old_log_not_played_into_it(path):
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    await repository.save(make_history(role="old"))
    backup = path.with_name("backup.db")
    raw(path, f"VACUUM INTO '{backup}'")
    await repository.save_many([make_history(role="lost") for _ in range(300)])
    # Somebody who reads keeps the log from being emptied.
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM prompt_history").fetchall()
        await repository.save(make_history(role="lost"))
        backup.replace(path)
        assert [row.role for row in await repository.find_recent()] == ["old"]
    await repository.save(make_history(role="new"))
    await repository.close()
    assert raw(path, "SELECT role FROM prompt_history ORDER BY id") == [("old",), ("new",)]
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


async def test_a_file_that_is_moved_away_takes_the_rows_of_its_log_along(path):
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    await repository.save(make_history(role="before"))
    moved = path.rename(path.with_name("moved.db"))
    await repository.save(make_history(role="after"))
    await repository.close()
    assert raw(moved, "SELECT role FROM prompt_history") == [("before",)]
    assert raw(path, "SELECT role FROM prompt_history") == [("after",)]


async def test_a_file_replaced_by_a_folder_fails_until_it_is_gone(path):
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    path.unlink()
    path.mkdir()
    with pytest.raises(RepositoryConnectionError, match="a folder"):
        await repository.save(make_history())
    path.rmdir()
    await repository.save(make_history())
    await repository.close()
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(1,)]
