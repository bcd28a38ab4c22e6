"""Looking into a database without changing anything, not even making a file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from db.files.database_file import refuse_links_out
from db.sqlite.busy import BUSY_TIMEOUT_S
from db.sqlite.connection import refuse_other_databases, translate_os_error
from db.sqlite.database import Database, Operation
from db.sqlite.errors import translate
from db.sqlite.migrator import (
    DatabaseNewerError,
    Migration,
    pending_migrations,
    read_migrations,
    schema_version,
)
from db.sqlite.rows import decode_text
from prompt_improver.domain.errors import RepositoryConnectionError

T = TypeVar("T")

_WAL_FORMAT = b"\x02\x02"  # bytes 18 and 19 of a database that keeps a write-ahead log


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection to the database at ``path`` that cannot write. For processes that have
    no other connection to it: this looks into the file, and closing a file drops the locks
    that SQLite holds on it in the same process.

    Raises:
        RepositoryConnectionError: it is not there, or cannot be read.
    """
    if not path.is_file():
        raise RepositoryConnectionError(f"there is no database at {path}; give another path")
    try:
        with path.open("rb") as file:
            in_wal_format = file.read(20)[18:] == _WAL_FORMAT
    except OSError as error:
        raise translate_os_error(error, path) from error
    # A reader of such a database makes its side files where they are missing and leaves them
    # there. Where there is no log nobody has it open, so there is nobody to be shut out.
    closed = in_wal_format and not path.with_name(path.name + "-wal").exists()
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if closed else ''}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
    )
    connection.row_factory = sqlite3.Row
    connection.text_factory = decode_text
    return connection


def plan_migration(path: Path) -> list[Migration]:
    """What migrating the database at ``path``, which need not be there, would apply.

    Raises:
        RepositoryConnectionError: it cannot be read, or is newer than this program.
        RepositoryCorruptError: it is damaged, or the database of another program.
    """
    migrations = read_migrations()
    if not path.exists():
        return migrations
    connection = open_read_only(path)
    try:
        pending = pending_migrations(schema_version(connection), migrations)
        refuse_other_databases(connection, path)
        return pending
    except sqlite3.Error as error:
        raise translate(error, path) from error
    except DatabaseNewerError as error:
        raise RepositoryConnectionError(f"the history database {path}: {error}") from error
    finally:
        connection.close()


class ReadOnlyDatabase(Database):
    """A database that is only looked at: neither made nor migrated nor locked. For processes
    that have no other connection to it, as ``open_read_only``.

    Each call opens it anew: so it sees the log of a server that was started in between.
    ``open`` raises RepositoryConnectionError where it is not there, or not of today's schema;
    ``write`` raises it always.
    """

    def _open(self) -> None:
        refuse_links_out(self.path, self._within)
        if pending := plan_migration(self.path):
            raise RepositoryConnectionError(
                f"the history database {self.path} lacks {pending[0].name}: bring it up to date "
                "with `migrate`, which makes a copy of it first"
            )
        self._is_open = True

    def _call(self, operation: Operation[T], *, transaction: bool) -> T:
        if transaction or not self._is_open:
            raise RepositoryConnectionError(
                f"the history database {self.path} is {'read-only' if self._is_open else 'closed'}"
            )
        with closing(open_read_only(self.path)) as connection:
            try:
                # Sorting puts no prompts into files.
                connection.execute("PRAGMA temp_store = MEMORY")
                return operation(connection)
            except sqlite3.Error as error:
                raise translate(error, self.path) from error
