"""Brings a database to the schema of today with the files of sql/migrations."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.sqlite.sql_files import SQL_FOLDER

MIGRATIONS_FOLDER = SQL_FOLDER / "migrations"


class DatabaseNewerError(Exception):
    """The database is at a version that these migrations do not know."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: it takes a database from ``version - 1`` to ``version``."""

    version: int
    path: Path

    @property
    def name(self) -> str:
        return self.path.stem


def read_migrations(folder: Path = MIGRATIONS_FOLDER) -> list[Migration]:
    """The migrations in ``folder``, in order.

    Raises:
        ValueError: the numbers of the files are not 1, 2, 3 and so on.
    """
    paths = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    migrations = [Migration(int(path.name[:4]), path) for path in paths]
    versions = [migration.version for migration in migrations]
    if not versions or versions != list(range(1, len(versions) + 1)):
        raise ValueError(f"the migrations in {folder} must be numbered from 0001, got {versions}")
    return migrations


def schema_version(connection: sqlite3.Connection) -> int:
    """The version that the database says it is at; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def pending_migrations(version: int, migrations: Sequence[Migration]) -> list[Migration]:
    """Those of ``migrations`` that a database at ``version`` still lacks, in order.

    Raises:
        DatabaseNewerError: the database is ahead of all of them.
    """
    known = migrations[-1].version
    if version > known:
        raise DatabaseNewerError(
            f"the database is at version {version}, this program knows {known}; "
            "use a newer program or restore the backup"
        )
    return [migration for migration in migrations if migration.version > version]


def migrate(
    connection: sqlite3.Connection,
    migrations: Sequence[Migration],
    on_applied: Callable[[Migration], None],
    before: Callable[[Migration], None] = lambda _: None,
) -> None:
    """Apply what is pending. ``before`` is called before each one that seems to be needed,
    and stops everything by raising. ``on_applied`` hears of each one that this call
    applied; not of those that another process applied at the same time.

    The connection must be in autocommit and, for a new file, not in WAL yet.

    Raises:
        DatabaseNewerError: the database is ahead of all of them; nothing is changed.
        sqlite3.Error: a migration failed; it is rolled back, the ones before it stay.
    """
    pending = pending_migrations(schema_version(connection), migrations)
    for migration in pending:
        before(migration)
        if _apply(connection, migration):
            on_applied(migration)


def _apply(connection: sqlite3.Connection, migration: Migration) -> bool:
    """Whether this call applied it; False where another process was faster."""
    try:
        connection.executescript(_for_python(migration.path.read_text(encoding="utf-8")))
    except sqlite3.Error:
        # The script stopped inside its own transaction, which is still open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if schema_version(connection) < migration.version:
            raise
        return False
    return True


def _for_python(script: str) -> str:
    """Without ``.bail on``, which is for the command line: executescript stops at an error
    anyway, and knows no dot commands."""
    return "\n".join(line for line in script.splitlines() if line != ".bail on")
