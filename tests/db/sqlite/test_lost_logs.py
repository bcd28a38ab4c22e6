"""The log of an open database is deleted or cut short while another connection is there."""

import os
import sqlite3

import pytest

from db.files.database_file import wal_path
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.domain.errors import RepositoryBusyError
from tests.histories import make_history
from tests.sqlite_files import connect, raw

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


@pytest.fixture
async def repository(path):
    repository = SQLitePromptRepository(Database(path, busy_timeout_s=0.01))
    await repository.open()
    yield repository
    await repository.close()


def count(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT COUNT(*) FROM prompt_history").fetchone()[0]


async def test_rows_of_a_deleted_log_are_kept_though_another_connection_is_open(path, repository):
    await repository.save(make_history(role="before"))
    with connect(path) as other:
        assert count(other) == 1
        wal_path(path).unlink()
        await repository.save(make_history(role="after"))
        assert [row.role for row in await repository.find_recent()] == ["after", "before"]
    await repository.close()
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(2,)]


async def test_rows_of_a_deleted_log_wait_for_whoever_reads_it(path, repository):
    await repository.save(make_history())
    with connect(path) as other:
        other.execute("BEGIN")
        assert count(other) == 1
        await repository.save(make_history())  # the reader does not see this one
        wal_path(path).unlink()
        with pytest.raises(RepositoryBusyError, match="log"):
            await repository.save(make_history())
        other.execute("ROLLBACK")
        await repository.save(make_history())
    await repository.close()
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(3,)]
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("part", [0.0, 0.3, 0.5, 0.9])
async def test_a_log_that_is_cut_short_leaves_a_database_that_is_sound(path, repository, part):
    for _ in range(20):
        await repository.save(make_history(improved_prompt="word " * 2_000))
    log = wal_path(path)
    os.truncate(log, int(log.stat().st_size * part))
    await repository.save(make_history(role="after"))
    await repository.close()
    assert raw(path, "SELECT role FROM prompt_history ORDER BY id DESC LIMIT 1") == [("after",)]
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
