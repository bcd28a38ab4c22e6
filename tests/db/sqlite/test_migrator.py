import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from db.sqlite.connection import migrate_database, open_connection
from db.sqlite.migrator import (
    DatabaseNewerError,
    Migration,
    migrate,
    pending_migrations,
    read_migrations,
    schema_version,
)
from db.sqlite.sql_files import SQL_FOLDER
from prompt_improver.domain.errors import RepositoryConnectionError
from tests.sqlite_files import cli, connect, needs_cli

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


LATEST = read_migrations()[-1].version


def schema_of(path):
    with connect(path) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name")
        # ADD COLUMN puts its words behind the last column, wherever that ends: white space
        # is all in which a table that was altered may differ from one that is written out.
        schema = [(kind, name, sql and " ".join(sql.split())) for kind, name, sql in rows]
        (auto_vacuum,) = connection.execute("PRAGMA auto_vacuum").fetchone()
        return schema, schema_version(connection), auto_vacuum


def write_migrations(folder, *bodies):
    for version, body in enumerate(bodies, start=1):
        (folder / f"{version:04}_step.sql").write_text(
            f".bail on\nBEGIN IMMEDIATE;\n"
            f'CREATE TEMP TABLE guard (v, CONSTRAINT "order" CHECK (v = {version - 1}));\n'
            "INSERT INTO guard SELECT user_version FROM pragma_user_version;\n"
            f"DROP TABLE temp.guard;\n{body};\nPRAGMA user_version = {version};\nCOMMIT;\n"
        )
    return read_migrations(folder)


def test_pending_is_what_comes_after_the_version():
    one, two = Migration(1, Path("0001_a.sql")), Migration(2, Path("0002_b.sql"))
    assert pending_migrations(0, [one, two]) == [one, two]
    assert pending_migrations(1, [one, two]) == [two]
    assert pending_migrations(2, [one, two]) == []


def test_a_newer_database_is_refused_and_the_message_says_what_to_do():
    with pytest.raises(DatabaseNewerError, match=r"version 7.* knows 1; .*restore the backup"):
        pending_migrations(7, [Migration(1, Path("0001_a.sql"))])


@pytest.mark.parametrize("names", [[], ["0002_b"], ["0001_a", "0003_c"], ["0001_a", "0001_b"]])
def test_migrations_that_are_not_numbered_in_order_are_refused(tmp_path, names):
    for name in names:
        (tmp_path / f"{name}.sql").touch()
    with pytest.raises(ValueError, match="numbered"):
        read_migrations(tmp_path)


def test_migrating_twice_changes_nothing_the_second_time(path):
    assert [migration.version for migration in migrate_database(path)] == list(range(1, LATEST + 1))
    before = schema_of(path)
    assert migrate_database(path) == []
    assert schema_of(path) == before


def test_a_migration_that_fails_is_rolled_back_and_the_ones_before_it_stay(tmp_path, path):
    migrations = write_migrations(
        tmp_path, "CREATE TABLE a (x)", "CREATE TABLE b (x); INSERT INTO missing VALUES (1)"
    )
    with connect(path) as connection:
        applied = []
        with pytest.raises(sqlite3.OperationalError, match="missing"):
            migrate(connection, migrations, applied.append)
        assert applied == migrations[:1]
        assert not connection.in_transaction
        assert schema_version(connection) == 1
        tables = connection.execute("SELECT name FROM sqlite_schema").fetchall()
        assert tables == [("a",)]


def test_a_migration_that_another_process_was_faster_with_is_skipped(tmp_path, path):
    """The other one comes in between the look at the version and the change."""
    migrations = write_migrations(tmp_path, "CREATE TABLE a (x)", "CREATE TABLE b (x)")
    with connect(path) as ours, connect(path) as other:
        in_between, by_us, by_the_other = iter([True]), [], []

        def let_the_other_in(sql):
            if sql.startswith("BEGIN") and next(in_between, False):
                migrate(other, migrations[:1], by_the_other.append)

        ours.set_trace_callback(let_the_other_in)
        migrate(ours, migrations, by_us.append)
        assert (by_the_other, by_us) == (migrations[:1], migrations[1:])
        assert schema_version(ours) == 2


def test_a_database_of_a_newer_program_is_left_as_it_is(path):
    with connect(path) as connection:
        connection.executescript("CREATE TABLE prompt_history (x); PRAGMA user_version = 99")
    path.chmod(0o644)
    before = path.read_bytes()
    with pytest.raises(RepositoryConnectionError, match=r"history\.db.*version 99.*knows \d"):
        open_connection(path)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_new_file_can_give_room_back_to_the_disk(path):
    migrate_database(path)
    assert schema_of(path)[2] == 2


RACER = """
import sys
from pathlib import Path
from db.sqlite.connection import migrate_database
for line in sys.stdin:
    print(len(migrate_database(Path(line.strip()))), flush=True)
"""


def test_eight_processes_at_once_on_a_new_file_make_one_schema(tmp_path):
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for _ in range(8)
    ]  # fmt: skip
    try:
        for start in range(5):
            for racer in racers:
                racer.stdin.write(f"{tmp_path / f'{start}.db'}\n")
                racer.stdin.flush()
            applied = [racer.stdout.readline().strip() for racer in racers]
            assert sum(map(int, applied)) == LATEST
            assert schema_of(tmp_path / f"{start}.db")[1:] == (LATEST, 2)
    finally:
        for racer in racers:
            racer.communicate(timeout=30)
    assert [racer.returncode for racer in racers] == [0] * 8


def test_schema_sql_and_the_migrations_make_the_same_schema(tmp_path):
    migrate_database(tmp_path / "program.db")
    script = (SQL_FOLDER / "schema.sql").read_text().replace(".bail on\n", "")
    with connect(tmp_path / "schema.db") as connection:
        connection.executescript(script)
    assert schema_of(tmp_path / "schema.db") == schema_of(tmp_path / "program.db")


def test_every_file_has_the_one_frame():
    """Without it an error half way, or a wrong order, leaves half a schema behind."""
    migrations = read_migrations()
    files = [(SQL_FOLDER / "schema.sql", 0, len(migrations))]
    files += [(each.path, each.version - 1, each.version) for each in migrations]
    for path, before, after in files:
        wanted = [".bail on", "BEGIN IMMEDIATE;", f"PRAGMA user_version = {after};", "COMMIT;"]
        lines = path.read_text().splitlines()
        assert [line for line in lines if line in wanted] == wanted, path.name
        assert f"CHECK (version = {before})" in path.read_text()


@needs_cli
def test_files_applied_by_hand_make_what_the_program_makes(tmp_path):
    migrate_database(tmp_path / "program.db")
    by_hand = {
        "schema.db": [SQL_FOLDER / "schema.sql"],
        "migrations.db": [migration.path for migration in read_migrations()],
    }
    for name, files in by_hand.items():
        for file in files:
            assert cli(tmp_path / name, file.read_text()).stderr == ""
        assert schema_of(tmp_path / name) == schema_of(tmp_path / "program.db")
        assert migrate_database(tmp_path / name) == []


@needs_cli
def test_a_file_applied_twice_by_hand_is_refused_and_changes_nothing(path):
    migrate_database(path)
    before = schema_of(path)
    for file in (SQL_FOLDER / "schema.sql", *(each.path for each in read_migrations())):
        again = cli(path, file.read_text())
        assert again.returncode == 1
        assert "runs only on schema version" in again.stderr
        assert schema_of(path) == before
