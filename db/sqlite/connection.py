"""Opens the database: file, pragmas, migrations. Everything here runs in the caller's thread."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tenacity import Retrying

from db.files.database_file import prepare_file, tighten_file
from db.files.database_lock import DatabaseLock, lock_shared
from db.sqlite import set_aside_rows
from db.sqlite.busy import BUSY_TIMEOUT_S, RETRY, STOP, WAIT
from db.sqlite.errors import translate
from db.sqlite.migrator import (
    DatabaseNewerError,
    Migration,
    migrate,
    pending_migrations,
    read_migrations,
    schema_version,
)
from db.sqlite.rows import decode_text
from db.sqlite.upkeep.copy_before_migration import CopyBeforeMigration
from prompt_improver.domain.errors import (
    RepositoryConnectionError,
    RepositoryCorruptError,
    RepositoryNewerError,
    RepositoryNotMadeError,
)

OLDEST_SQLITE = (3, 37, 0)  # the first with STRICT tables

# Not among them is trusted_schema = OFF: SQLite 3.40 then refuses json_valid() in a CHECK.
_PRAGMAS = (
    # A commit that was confirmed survives a power cut; with NORMAL, WAL loses the last ones,
    # and with FULL, which is the same in WAL, a database without a log loses the last one.
    "PRAGMA synchronous = EXTRA",
    # On macOS a plain fsync leaves the data in the disk's own cache. Elsewhere no effect.
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
    # SQLite leaves foreign keys unchecked unless told, connection by connection.
    "PRAGMA foreign_keys = ON",
    # Deleted prompts are overwritten; otherwise they stay readable in the file.
    "PRAGMA secure_delete = ON",
    # Sorting puts no prompts into files outside the database's folder.
    "PRAGMA temp_store = MEMORY",
)


logger = logging.getLogger(__name__)


class LockedConnection(sqlite3.Connection):
    """Holds the lock beside the database for as long as it is open."""

    lock: DatabaseLock | None = None

    def take_lock(self) -> DatabaseLock | None:
        """Hand the lock over, to be held beyond the end of the connection."""
        lock, self.lock = self.lock, None
        return lock

    def close(self) -> None:
        super().close()
        if self.lock is not None:
            self.lock.release()


def _log(migration: Migration) -> None:
    logger.info("history database migrated to version %d (%s)", migration.version, migration.name)


def open_connection(
    path: Path,
    *,
    wal: bool = True,
    private_directory: bool = False,
    within: Path | None = None,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
    on_applied: Callable[[Migration], None] = _log,
    before_migrating: Callable[[], None] = lambda: None,
) -> LockedConnection:
    """A connection in autocommit to the database at ``path``, which is made if it is
    missing and brought to the schema of today. No link may lead it out of the folder
    ``within``. ``on_applied`` hears of each migration that this call applied, also where what
    comes after it fails. ``before_migrating`` may still refuse, by raising.

    Raises:
        RepositoryConnectionError: it cannot be opened, is newer than this program, or has
            rows and could not be copied before its migration.
        RepositoryBusyError: another process holds it.
        RepositoryCorruptError: it is damaged, or is no history database. It is left as it is.
    """
    check_sqlite_version(sqlite3.sqlite_version_info)
    try:
        prepare_file(path, private_directory=private_directory, within=within)
    except OSError as error:
        raise RepositoryNotMadeError(str(translate_os_error(error, path))) from error
    try:
        connection = _connect(path, busy_timeout_s)
        try:
            _make_ready(
                connection,
                path,
                wal=wal,
                on_applied=on_applied,
                before_migrating=before_migrating,
            )
        except BaseException:
            connection.close()
            raise
        return connection
    except sqlite3.Error as error:
        raise translate(error, path) from error
    except DatabaseNewerError as error:
        raise RepositoryNewerError(f"the history database {path}: {error}") from error
    except OSError as error:
        raise translate_os_error(error, path) from error


def migrate_database(
    path: Path, *, wal: bool = True, private_directory: bool = False, within: Path | None = None
) -> list[Migration]:
    """Make or migrate the database at ``path`` and let go of it; return what was applied.
    Raises what ``open_connection`` raises."""
    applied: list[Migration] = []
    retrying = Retrying(stop=STOP, wait=WAIT, retry=RETRY, reraise=True)
    retrying(
        open_connection,
        path,
        wal=wal,
        private_directory=private_directory,
        within=within,
        on_applied=applied.append,
    ).close()
    return applied


def translate_os_error(error: OSError, path: Path) -> RepositoryConnectionError:
    """The domain's error for a file or folder that the system refuses."""
    where = error.filename or path
    return RepositoryConnectionError(
        f"the history database {path} cannot be opened ({error.strerror}: {where}); "
        "let this user write there or choose another path"
    )


def check_sqlite_version(version: tuple[int, ...]) -> None:
    """Raises RepositoryConnectionError when Python came with an SQLite that is too old."""
    if version < OLDEST_SQLITE:
        raise RepositoryConnectionError(
            f"this Python has SQLite {'.'.join(map(str, version))}; the history needs "
            f"{'.'.join(map(str, OLDEST_SQLITE))} or newer: use another Python"
        )


def _connect(path: Path, busy_timeout_s: float) -> LockedConnection:
    lock = lock_shared(path)
    try:
        # mode=rw: SQLite itself never makes the file, its mode would be the umask's.
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw",
            uri=True,
            timeout=busy_timeout_s,  # busy_timeout: how long one statement waits for a lock
            isolation_level=None,  # transactions are begun and ended by our own statements
            check_same_thread=False,  # the lock of Database sees to one thread at a time
            factory=LockedConnection,
        )
    except BaseException:
        lock.release()
        raise
    connection.lock = lock
    return connection


def _make_ready(
    connection: sqlite3.Connection,
    path: Path,
    *,
    wal: bool,
    on_applied: Callable[[Migration], None],
    before_migrating: Callable[[], None],
) -> None:
    connection.row_factory = sqlite3.Row
    connection.text_factory = decode_text
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    migrations = read_migrations()
    # First only look: what is damaged, newer or another program's is left as it is.
    if pending_migrations(schema_version(connection), migrations):
        before_migrating()
    refuse_other_databases(connection, path)
    tighten_file(path)
    copy = CopyBeforeMigration(connection, path)

    def applied(migration: Migration) -> None:
        on_applied(migration)
        if migration.version == set_aside_rows.FIRST_VERSION:
            set_aside_rows.warn_of_set_aside(connection)

    try:
        migrate(connection, migrations, applied, before=copy)
    except BaseException:
        with suppress(sqlite3.Error, OSError):  # the first error is the one to hear of
            copy.drop_if_not_needed()
        raise
    # After the migrations: auto_vacuum cannot be set on a database in WAL.
    # WAL: readers and the writer do not wait for each other. DELETE: for file systems that
    # have no shared memory; it turns a database that was in WAL back.
    connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
    # The first read opens the log, with the database's own mode.
    connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()


def refuse_other_databases(connection: sqlite3.Connection, path: Path) -> None:
    """Raises RepositoryCorruptError when it is the database of another program."""
    # One statement sees one state, even while another process is migrating.
    version, tables, ours = connection.execute(
        """
        SELECT
            user_version,
            (SELECT COUNT(*) FROM sqlite_schema),
            (SELECT COUNT(*) FROM sqlite_schema WHERE name = 'prompt_history')
        FROM pragma_user_version
        """
    ).fetchone()
    if (version == 0 and tables > 0) or (version > 0 and not ours):
        raise RepositoryCorruptError(
            f"the history database {path} is a database of something else; "
            "move it away or choose another path"
        )
