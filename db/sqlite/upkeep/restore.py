"""Putting a backup in the place of the database."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from db.files.database_file import make_folders, refuse_links_out, sync_folder, tighten_file
from db.files.database_lock import lock_exclusive
from db.files.time_stamp import time_stamp
from db.sqlite.connection import refuse_other_databases, translate_os_error
from db.sqlite.errors import is_of_the_source, translate
from db.sqlite.migrator import (
    DatabaseNewerError,
    pending_migrations,
    read_migrations,
    schema_version,
)
from db.sqlite.read_only import open_read_only
from db.sqlite.upkeep.database_copy import (
    Contents,
    CopyError,
    Progress,
    copy_database,
    read_contents,
)
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
)

_SIDE_FILES = ("-wal", "-shm", "-journal")
_WAIT_S = 0.25


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    before: Contents | None
    """What was there; None where nothing was, or it could not be read."""
    aside: Path | None
    """Where that is now; None where nothing was there."""
    now: Contents


def restore(
    path: Path, backup: Path, *, within: Path | None = None, progress: Progress | None = None
) -> Restored:
    """Put a copy of ``backup``, which is checked first and left as it is, in the place of
    the database at ``path``. What was there, with what belongs to it, is moved aside as
    ``<name>.replaced-<time>``. At every moment one of the two stands there, whole.

    Raises:
        RepositoryBusyError: a server or another program has the database open.
        RepositoryCorruptError: the backup is damaged, or no history database.
        RepositoryConnectionError: it is newer than this program, a link leads the database out
            of ``within``, or there is no room, ...
        The database is as it was after each of these.
    """
    refuse_links_out(path, within)
    with closing(open_read_only(backup)) as source:
        _check(source, path, backup)
        try:
            make_folders(path.parent)
            lock = lock_exclusive(path)
        except OSError as error:
            raise translate_os_error(error, path) from error
        try:
            return _replace(path, source, backup, progress)
        finally:
            lock.release()


def _check(source: sqlite3.Connection, path: Path, backup: Path) -> None:
    if path.exists() and backup.samefile(path):
        raise RepositoryConnectionError(f"{backup} is the database itself; give a backup of it")
    try:
        refuse_other_databases(source, backup)
        pending_migrations(schema_version(source), read_migrations())
        if schema_version(source) == 0:
            raise RepositoryCorruptError(f"{backup} holds no history; give a backup of one")
        read_contents(source)
    except sqlite3.Error as error:
        raise translate(error, backup) from error
    except DatabaseNewerError as error:
        raise RepositoryConnectionError(f"the backup {backup}: {error}") from error


def _replace(
    path: Path, source: sqlite3.Connection, backup: Path, progress: Progress | None
) -> Restored:
    stamp = time_stamp(datetime.now(UTC))
    new = path.with_name(f"{path.name}.restoring-{stamp}-{os.getpid()}")
    try:
        # What a restore that was killed has left; with the lock held there is no other.
        for each in path.parent.glob(f"{path.name}.restoring-*"):
            each.unlink()
        now = copy_database(source, new, progress)
        try:
            before = _fold_log(path)
            aside = _move_aside(path, stamp)
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except CopyError as error:
        raise RepositoryCorruptError(f"the backup {backup} is not whole: {error}") from error
    except sqlite3.Error as error:
        if is_of_the_source(error):
            raise translate(error, backup) from error
        raise RepositoryConnectionError(
            f"{backup} was not restored to {path} ({error}); make room there"
        ) from error
    except OSError as error:
        raise translate_os_error(error, path) from error
    return Restored(before, aside, now)


def _fold_log(path: Path) -> Contents | None:
    """Bring what stands in the log of the old database into its file, so that there is one
    file to move. A damaged one is left as it is."""
    if not path.is_file() or _is_damaged(path):
        return None
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_WAIT_S, isolation_level=None
    )
    try:
        contents = read_contents(connection)
        # Refused while anybody else has a database with a log open, be it the sqlite3
        # command line, which holds no lock of ours.
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        translated = translate(error, path)
        if isinstance(translated, RepositoryBusyError):
            raise RepositoryBusyError(
                f"the history database {path} is open in another program, such as sqlite3; "
                "end it and try again"
            ) from error
        return None
    finally:
        connection.close()
    return contents


def _is_damaged(path: Path) -> bool:
    # Looked at without writing: SQLite removes a log that does not fit.
    with closing(open_read_only(path)) as connection:
        try:
            read_contents(connection)
        except sqlite3.Error as error:
            return isinstance(translate(error, path), RepositoryCorruptError)
    return False


def _move_aside(path: Path, stamp: str) -> Path | None:
    """Where the old database is now; its name at ``path`` stays until the new one takes it,
    so that nobody finds nothing there. A log that is left at ``path`` would be played into
    the new one."""
    number, aside = 1, path.with_name(f"{path.name}.replaced-{stamp}")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.replaced-{stamp}_{number}")
    if path.exists():
        try:
            os.link(path, aside)
        except OSError:  # a file system without links
            path.rename(aside)
    for suffix in _SIDE_FILES:
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(aside.with_name(aside.name + suffix))
    tighten_file(aside)
    sync_folder(path.parent)
    return aside if aside.exists() else None
