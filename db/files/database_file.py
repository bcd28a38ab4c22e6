"""The database as a file: made private, and looked at without opening it.

Nothing here opens a file that exists already: closing it again would drop the locks that
SQLite holds on it in the same process, and opening a FIFO would wait for ever.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from prompt_improver.domain.errors import (
    RepositoryConnectionError,
    RepositoryNotMadeError,
    RepositoryNotWritableError,
)

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

Identity = tuple[int, int]
"""Device and inode: which file stands at a path."""
State = tuple[int, int, int, int]
"""Device, inode, time of the last change in ns, size: which file, and in what state."""


def prepare_file(path: Path, *, private_directory: bool, within: Path | None = None) -> None:
    """Have a regular file at ``path`` that this user can read and write.

    A missing file is made, 0600 whatever the umask, before SQLite sees it: SQLite gives its
    -wal and -shm files the mode of the database. Missing folders are made 0700. A folder
    that exists is left as it is, unless it is the program's own (``private_directory``).

    Raises:
        RepositoryConnectionError: something else stands there or in the place of a side file,
            a link leads out of ``within``, or this user may not.
        OSError: the file or a folder cannot be made.
    """
    refuse_links_out(path, within)
    # In the place of its journal a FIFO would keep SQLite waiting for ever.
    for side in (*_side_files(path), path.with_name(path.name + "-journal")):
        _refuse_other_kinds(side)
    make_folders(path.parent)
    if private_directory:
        _tighten(path.parent, stat.S_IFDIR, FOLDER_MODE)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
    except FileExistsError:
        _check_existing(path)
        return
    try:
        os.fchmod(descriptor, FILE_MODE)
    finally:
        os.close(descriptor)


def refuse_links_out(path: Path, within: Path | None) -> None:
    """Raises RepositoryConnectionError where symbolic links take the folder of ``path`` out of
    the folder ``within``; None allows every place."""
    if within is None:
        return
    folder = Path(os.path.realpath(path.parent))
    if not folder.is_relative_to(os.path.realpath(within)):
        raise RepositoryConnectionError(
            f"the history database {path} is behind a symbolic link that leads out of {within}; "
            f"set SQLITE_DB_PATH={folder / path.name} if that is meant, or move the link away"
        )


def is_device(path: Path) -> bool:
    """Whether a device stands at ``path``."""
    try:
        return stat.S_IFMT(path.lstat().st_mode) in (stat.S_IFCHR, stat.S_IFBLK)
    except (FileNotFoundError, NotADirectoryError):
        return False


def tighten_file(path: Path) -> None:
    """Bring a database that others could read, and its side files, to 0600: prompts are
    private, and one made by hand has the mode of the umask."""
    for each in (path, *_side_files(path)):
        _tighten(each, stat.S_IFREG, FILE_MODE)


def identity(path: Path) -> Identity | None:
    """Which file stands at ``path``, or None."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def state(path: Path) -> State | None:
    """Which file stands at ``path``, and in what state, or None."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return state_of(found)


def state_of(found: os.stat_result) -> State:
    """The state that a stat has found."""
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def size_of(path: Path) -> int:
    """Bytes of the file at ``path``; 0 where there is none, or it cannot be seen."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def wal_path(path: Path) -> Path:
    """Where the write-ahead log of the database at ``path`` is."""
    return _side_files(path)[0]


def shm_path(path: Path) -> Path:
    """Where the index of that log is."""
    return _side_files(path)[1]


def _side_files(path: Path) -> tuple[Path, Path]:
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def make_folders(folder: Path) -> None:
    """Have ``folder``: what is missing of it is made 0700, what is there is left alone."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=FOLDER_MODE, exist_ok=True)
        # Or a power cut takes the folder and all that is in it, however well that is synced.
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in ``folder`` on the disk. Where a file system cannot sync a folder, or
    this user may not read it, it is as good as it gets: SQLite goes on as well."""
    with suppress(OSError):
        sync(folder)


def sync(path: Path) -> None:
    """Have a file on the disk. Not for a database in use: closing it drops SQLite's locks.

    Raises:
        OSError: it is not there.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_other_kinds(path: Path) -> None:
    """Raises RepositoryNotMadeError where something stands at ``path`` that is no file."""
    try:
        kind = stat.S_IFMT(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return
    if kind != stat.S_IFREG:
        raise RepositoryNotMadeError(
            f"the history database {path} is {_KINDS.get(kind, 'no regular file')}; "
            "move that away or choose another path"
        )


def _check_existing(path: Path) -> None:
    _refuse_other_kinds(path)
    for each, rights in ((path, os.R_OK | os.W_OK), (path.parent, os.W_OK | os.X_OK)):
        if not os.access(each, rights):
            raise RepositoryNotWritableError(
                f"the history database {path} cannot be written; let this user write {each}"
            )


def _tighten(path: Path, kind: int, mode: int) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    # Another user's file, or a link to a place of the user's own choice, is theirs to set.
    is_ours = stat.S_IFMT(found.st_mode) == kind and found.st_uid == os.geteuid()
    if is_ours and stat.S_IMODE(found.st_mode) & ~mode:
        path.chmod(mode)
