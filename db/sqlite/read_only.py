"""Looking into a database without changing anything, not even making a file."""

import sqlite3
from pathlib import Path

from db.sqlite.busy import BUSY_TIMEOUT_S
from db.sqlite.connection import refuse_other_databases, translate_os_error
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
