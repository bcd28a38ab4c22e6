"""Who has the database open: a lock on ``<database>.lock``, beside SQLite's own.

SQLite's locks last for a transaction, so they cannot tell that a server is there which just
does nothing. Whoever has the database open holds this lock shared; a restore, which puts
another file in its place, holds it alone. It ends with the process that holds it, however
that ends; the file stays, and is empty.
"""

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path

from db.files.database_file import FILE_MODE
from prompt_improver.domain.errors import RepositoryBusyError

_NO_LOCKS_HERE = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


class DatabaseLock:
    """A lock that is held until ``release``; without a descriptor a lock in name only, where
    the file system has none."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go. Doing so twice is fine."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def lock_path(path: Path) -> Path:
    """The lock's file for the database at ``path``."""
    return path.with_name(path.name + ".lock")


def lock_shared_if_there(path: Path) -> DatabaseLock:
    """As ``lock_shared``, for one who only reads: where there is no lock's file nobody restores
    the database, and none is made."""
    return lock_shared(path) if lock_path(path).exists() else DatabaseLock(None)


def lock_shared(path: Path) -> DatabaseLock:
    """The lock of one who has the database at ``path`` open.

    Raises:
        RepositoryBusyError: it is being restored.
        OSError: the lock's file cannot be made.
    """
    lock = _lock(path, exclusive=False)
    if lock is None:
        raise RepositoryBusyError(
            f"the history database {path} is being restored; try again when that is done"
        )
    return lock


def lock_exclusive(path: Path) -> DatabaseLock:
    """The lock of one who needs the database at ``path`` alone.

    Raises:
        RepositoryBusyError: somebody has it open.
        OSError: the lock's file cannot be made.
    """
    lock = _lock(path, exclusive=True)
    if lock is None:
        holders = _holders(lock_path(path))
        who = f" (process {', '.join(holders)})" if holders else ""
        raise RepositoryBusyError(
            f"the history database {path} is open in another program{who}; stop the Prompt "
            "Improver server, and every other command of it that is still running, and try again"
        )
    return lock


def _lock(path: Path, *, exclusive: bool) -> DatabaseLock | None:
    """The lock, or None where somebody is in the way."""
    # Not blocking: that is for a FIFO that stands there; the lock itself never waits either.
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(lock_path(path), flags, FILE_MODE)
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            os.fchmod(descriptor, FILE_MODE)  # whatever the umask made of it
        if take_lock(descriptor, exclusive=exclusive):
            return DatabaseLock(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def take_lock(descriptor: int, *, exclusive: bool) -> bool:
    """Lock an open file until it is closed; False where somebody else's lock is in the way.
    Where the file system has no locks it is a lock in name only."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS_HERE:
            raise
    return True


def _holders(file: Path) -> list[str]:
    """The processes that hold a lock on ``file``, where the system tells (Linux)."""
    with suppress(OSError):
        inode = str(file.stat().st_ino)
        lines = Path("/proc/locks").read_text().splitlines()
        found = [line.split() for line in lines if " FLOCK " in line]
        return sorted({each[4] for each in found if each[5].split(":")[-1] == inode})
    return []
