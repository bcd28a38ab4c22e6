"""Before a migration changes rows there is a copy of the database as it was."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from db.sqlite.connection import migrate_database, open_connection
from db.sqlite.upkeep.database_copy import CopyError, copy_database, copy_to_free_name
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
)
from tests.full_disk import full_disk
from tests.history_files import LATEST, make_old, names, old_rows, save_rows, schema
from tests.sqlite_files import connect, mode, raw

ROOT = Path(__file__).parents[4]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


def copies(path):
    return sorted(path.parent.glob("history.db.before-*.backup"))


def test_a_database_with_rows_is_copied_beside_it_first(path):
    make_old(path, 1)
    before, rows = schema(path), old_rows(path)
    umask = os.umask(0o022)
    try:
        migrate_database(path)
    finally:
        os.umask(umask)
    (copy,) = copies(path)
    assert copy.name.startswith("history.db.before-0002-20")
    assert mode(copy) == 0o600
    assert (schema(copy), old_rows(copy)) == (before, rows)
    assert schema(path)[1] == LATEST
    assert old_rows(path) == rows
    migrate_database(path)
    assert copies(path) == [copy]


def test_rows_that_stand_only_in_the_log_are_in_the_copy(path):
    make_old(path, 1, rows=0)
    with connect(path) as server:
        server.execute("PRAGMA wal_autocheckpoint = 0")
        server.execute("BEGIN")
        server.execute(
            "INSERT INTO prompt_history SELECT NULL, '2026-05-04 12:00:00.000', 'idea', '', "
            "'prompt', '', '', '', '[]', 'offline', NULL, NULL, NULL, NULL, "
            "'00000000-0000-4000-8000-000000000001'"
        )
        server.execute("COMMIT")
        migrate_database(path)
    (copy,) = copies(path)
    assert len(old_rows(copy)) == 1


@pytest.mark.parametrize("version", [0, 1])
def test_a_database_without_rows_is_migrated_without_a_copy(path, version):
    if version:
        make_old(path, version, rows=0)
    migrate_database(path)
    assert copies(path) == []


def test_without_room_for_the_copy_nothing_is_migrated(path):
    make_old(path, 1, rows=2000)
    before, rows, there = schema(path), old_rows(path), names(path.parent)
    with (
        full_disk(path.stat().st_size // 2),
        pytest.raises(RepositoryConnectionError, match=r"not migrated.*make room") as refusal,
    ):
        migrate_database(path)
    assert "idea" not in str(refusal.value)
    assert set(names(path.parent)) - set(there) <= {"history.db.lock"}
    assert (schema(path), old_rows(path)) == (before, rows)
    migrate_database(path)
    assert old_rows(path) == rows


def test_a_damaged_database_is_not_migrated(path):
    make_old(path, 1, rows=2000)
    content = bytearray(path.read_bytes())
    half = len(content) // 2 // 4096 * 4096
    content[half : half + 8192] = b"\xff" * 8192
    path.write_bytes(content)
    with pytest.raises(RepositoryCorruptError, match="damaged"):
        migrate_database(path)
    assert copies(path) == []
    assert raw(path, "PRAGMA user_version") == [(1,)]


def test_a_migration_that_cannot_run_leaves_no_copy_behind(path):
    """Else a server that tries again every second would fill the disk with them."""
    make_old(path, 1)
    with connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RepositoryBusyError):
            migrate_database(path)
    # A column that is there already makes the migration itself fail.
    raw(path, "ALTER TABLE prompt_history ADD COLUMN output_tokens INTEGER")
    with pytest.raises(RepositoryConnectionError, match="output_tokens"):
        migrate_database(path)
    assert copies(path) == []


def test_several_processes_at_once_lose_nothing_and_have_a_copy(path):
    make_old(path, 1, rows=500)
    before, rows = schema(path), old_rows(path)
    script = (
        "import sys; from pathlib import Path; from db.sqlite.connection import migrate_database\n"
    )
    script += "sys.stdin.readline(); migrate_database(Path(sys.argv[1]))"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", script, path], stdin=subprocess.PIPE, text=True, cwd=ROOT
        )
        for _ in range(4)
    ]
    for racer in racers:
        racer.stdin.write("\n")
        racer.stdin.flush()
    for racer in racers:
        racer.communicate(timeout=60)
    assert [racer.returncode for racer in racers] == [0] * 4
    assert schema(path)[1] == LATEST
    assert old_rows(path) == rows
    assert schema(copies(path)[0]) == before
    # One that came in between two migrations has copied what it found then.
    for copy in copies(path):
        assert old_rows(copy) == rows


def test_a_name_that_is_taken_is_never_written_over(path):
    save_rows(path, 1)
    taken = path.with_name("copy.backup")
    taken.write_text("mine")
    with closing(open_connection(path)) as connection:
        with pytest.raises(FileExistsError):
            copy_database(connection, taken)
        made, contents = copy_to_free_name(connection, taken)
        again, _ = copy_to_free_name(connection, made)
    assert (made.name, again.name, contents.rows) == ("copy_2.backup", "copy_3.backup", 1)
    assert taken.read_text() == "mine"


def test_a_copy_that_lacks_rows_gets_no_name(path):
    """As if the copying itself had gone wrong: the count is taken from more rows."""
    save_rows(path, 3)

    class Forgetful(sqlite3.Connection):
        def execute(self, sql, *parameters):
            if sql.startswith("VACUUM INTO"):
                with connect(path) as other:
                    other.execute("DELETE FROM prompt_history WHERE id = 2")
                result = super().execute(sql, *parameters)
                with connect(path) as other:
                    other.execute(INSERT_BACK)
                return result
            return super().execute(sql, *parameters)

    with closing(sqlite3.connect(path, factory=Forgetful, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        with pytest.raises(CopyError, match="has 2 rows where 3 to 3"):
            copy_database(connection, path.with_name("copy"))
    assert not list(path.parent.glob("copy*"))


INSERT_BACK = (
    "INSERT INTO prompt_history (id, timestamp, original_idea, context, improved_prompt, role, "
    "directive, framework, guardrails, backend, prompt_id) VALUES (2, '2026-05-04 12:00:00.000', "
    "'idea', '', 'prompt', '', '', '', '[]', 'offline', '00000000-0000-4000-8000-000000000009')"
)
