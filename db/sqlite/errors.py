"""From SQLite's errors to the domain's: callers never learn SQLite."""

import sqlite3
from pathlib import Path

from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryConstraintError,
    RepositoryCorruptError,
    RepositoryError,
    RepositoryNotWritableError,
)

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_CONSTRAINT = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG}
_NOT_WRITABLE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN}
_MENDS = {
    sqlite3.SQLITE_FULL: "free some room on the disk",
    sqlite3.SQLITE_READONLY: "let this user write the file and its folder",
    sqlite3.SQLITE_PERM: "let this user read and write the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "let this user read and write the file and its folder",
    sqlite3.SQLITE_IOERR: "look at the disk and its free room",
}


def is_of_the_source(error: Exception) -> bool:
    """Whether an error while a database was copied is the fault of what was copied from, and
    not of the place that it was copied to."""
    code = getattr(error, "sqlite_errorcode", -1) & 0xFF
    return code in _BUSY | _CORRUPT


def damaged(path: Path, why: str) -> RepositoryCorruptError:
    """The domain's error for a damaged database."""
    return RepositoryCorruptError(
        f"the history database {path} is damaged or is no database ({why}); move it away "
        "together with its -wal and -shm files, or put a backup in its place"
    )


def translate(error: sqlite3.Error, path: Path) -> RepositoryError:
    """The domain's error for ``error``, with a message for the operator of ``path``.

    Told by the primary result code, never by the text. SQLite's own text names tables,
    columns and constraints, but holds no values, so no prompt gets into a message.
    """
    # An error that Python's module raises by itself (a closed connection) has no code.
    extended = getattr(error, "sqlite_errorcode", -1)
    code = extended & 0xFF
    if extended == sqlite3.SQLITE_CORRUPT_VTAB:
        # The rows are sound: it is no reason to leave the file alone for good.
        return RepositoryConnectionError(
            f"the search index of the history database {path} is damaged; make it anew: "
            f"sqlite3 {path} < sql/maintenance/rebuild.sql"
        )
    if code in _BUSY:
        return RepositoryBusyError(
            f"the history database {path} is held by another process; end what holds it"
        )
    if code in _CORRUPT:
        return damaged(path, str(error))
    if code in _CONSTRAINT:
        return RepositoryConstraintError(f"a row breaks a rule of the history: {error}")
    mend = _MENDS.get(code, "look at the file and its folder")
    kind = RepositoryNotWritableError if code in _NOT_WRITABLE else RepositoryConnectionError
    return kind(f"the history database {path} failed ({error}); {mend}")
