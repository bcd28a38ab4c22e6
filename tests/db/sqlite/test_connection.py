import os
from pathlib import Path

import pytest

from db.sqlite.connection import check_sqlite_version, migrate_database
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.domain.errors import RepositoryConnectionError, RepositoryCorruptError
from tests.histories import make_history
from tests.sqlite_files import mode, raw

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


def make_folder(path):
    path.mkdir()
    return "a folder"


def make_fifo(path):
    os.mkfifo(path)
    return "a FIFO"


def make_link(path):
    target = path.with_name("target.db")
    target.write_bytes(b"")
    path.symlink_to(target)
    return "a symbolic link"


def make_dangling_link(path):
    path.symlink_to(path.with_name("nowhere.db"))
    return "a symbolic link"


@pytest.mark.parametrize("make", [make_folder, make_fifo, make_link, make_dangling_link])
async def test_what_is_no_file_is_refused_and_left_as_it_is(path, make):
    kind = make(path)
    before = sorted(each.name for each in path.parent.iterdir()), path.lstat()
    with pytest.raises(RepositoryConnectionError, match=rf"history\.db is {kind}; move that away"):
        await Database(path).open()
    assert (sorted(each.name for each in path.parent.iterdir()), path.lstat()) == before
    if make is make_link:
        assert path.with_name("target.db").read_bytes() == b""


async def test_a_device_is_refused():
    with pytest.raises(RepositoryConnectionError, match="/dev/null is a device"):
        await Database(Path("/dev/null")).open()


async def test_a_file_where_a_folder_should_be_is_refused(path):
    path.touch()
    with pytest.raises(RepositoryConnectionError, match="cannot be opened"):
        await Database(path / "history.db").open()


@pytest.mark.parametrize("rights", ["file", "folder"])
async def test_a_file_or_folder_that_cannot_be_written_is_refused_by_name(tmp_path, rights):
    folder = tmp_path / "folder"
    path = folder / "history.db"
    migrate_database(path)
    target = path if rights == "file" else folder
    target.chmod(0o400 if rights == "file" else 0o500)
    if os.access(target, os.W_OK):
        pytest.skip("needs a user who may not write everywhere, as root may")
    with pytest.raises(RepositoryConnectionError, match=f"let this user write {target}"):
        await Database(path).open()
    folder.chmod(0o700)


@pytest.mark.parametrize("garbage", [b"not a database", b"x" * 8192, b"SQLite format 3\0" * 99])
async def test_garbage_is_left_as_it_is_until_it_is_moved_away(path, garbage):
    path.write_bytes(garbage)
    path.chmod(0o644)
    database = Database(path)
    with pytest.raises(RepositoryCorruptError, match=r"history\.db .*move it away"):
        await database.open()
    assert path.read_bytes() == garbage
    assert mode(path) == 0o644
    path.unlink()
    await database.open()
    await database.close()
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(0,)]


async def test_a_damaged_file_is_not_looked_into_again_while_its_state_is_the_same(path):
    migrate_database(path, wal=False)
    sound = path.read_bytes()
    path.write_bytes(b"x" * len(sound))
    database = Database(path)
    with pytest.raises(RepositoryCorruptError):
        await database.open()
    damaged = path.stat()
    path.write_bytes(sound)
    os.utime(path, ns=(damaged.st_atime_ns, damaged.st_mtime_ns))
    with pytest.raises(RepositoryCorruptError, match="move it away"):
        await database.open()
    os.utime(path)
    await database.open()
    await database.close()


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE places (x)", "PRAGMA user_version = 1", "CREATE TABLE prompt_history (x)"]
)
async def test_the_database_of_another_program_is_left_as_it_is(path, sql):
    raw(path, sql)
    before = path.read_bytes()
    with pytest.raises(RepositoryCorruptError, match="of something else"):
        await Database(path).open()
    assert path.read_bytes() == before


async def test_damage_found_on_the_way_closes_the_file_until_another_is_there(path):
    database = Database(path, wal=False)
    repository = SQLitePromptRepository(database)
    await repository.open()
    await repository.save_many([make_history() for _ in range(200)])
    await repository.close()
    sound = path.read_bytes()
    half = len(sound) // 2  # the schema is before it: opening finds nothing wrong
    path.write_bytes(sound[:half] + b"\xff" * (len(sound) - half))
    await repository.open()
    for _ in range(2):
        with pytest.raises(RepositoryCorruptError, match="damaged"):
            await repository.find_recent()
    with pytest.raises(RepositoryCorruptError):
        await repository.open()
    replacement = path.with_name("backup.db")
    replacement.write_bytes(sound)
    replacement.replace(path)
    assert len(await repository.find_recent(limit=500)) == 200
    await repository.close()


def test_an_sqlite_that_is_too_old_is_refused():
    check_sqlite_version((3, 37, 0))
    with pytest.raises(RepositoryConnectionError, match=r"SQLite 3\.36\.9; .*3\.37\.0 or newer"):
        check_sqlite_version((3, 36, 9))
