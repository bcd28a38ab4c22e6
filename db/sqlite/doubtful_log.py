"""Whether a write-ahead log still belongs to its database, when another program has changed
that file under an open connection.

Two kinds of programs do that. Another SQLite process has brought the log, or a part of it,
into the file (a checkpoint); then the rest of the log holds rows that only it has. Or somebody
wrote another file over it (``cp backup.db prompt_history.db`` keeps the inode); then what the
log holds is of the file that is gone, and SQLite would write it over the new one.

The locks are those of SQLite: https://sqlite.org/walformat.html.
"""

import fcntl
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from db.files.database_file import (
    FILE_MODE,
    Identity,
    State,
    identity,
    shm_path,
    state_of,
    sync_folder,
    wal_path,
)
from db.sqlite.log_frames import INDEX_HEADER, LogFrames
from prompt_improver.domain.errors import RepositoryBusyError

STILL_WRITTEN_S = 0.25
"""A file that was written so recently may be only a part of what is being copied there."""

_HALF_WRITTEN_S = 2.0
"""The same for one that is empty or shorter than it says: cp begins with an empty file, and on a
busy disk its first bytes come late."""

_MAGIC = b"SQLite format 3\0"
# The three locks of the index that keep others from writing, checkpointing and recovering.
_FIRST_LOCK, _LOCKS = 120, 3
_PAUSE_S = 0.005


class Verdict(Enum):
    """What a log is to the file that stands beside it now."""

    OWN = "its own"
    """Another SQLite process has made a checkpoint. The log is needed."""
    NONE = "none"
    """There is nothing in the log. Who has changed the file cannot be told, and need not be."""
    DOUBTFUL = "doubtful"
    """The file was written over. The log was set aside."""


@dataclass(frozen=True, slots=True)
class Judged:
    """``file``: the state that was looked at. ``aside``: where a doubtful log is now."""

    verdict: Verdict
    file: State
    aside: Path | None = None


def judge_log(path: Path, *, wait_s: float, let_go: Callable[[Verdict], None]) -> Judged:
    """Find out whether the log of the database at ``path`` belongs to it, and set aside what
    does not. In every case connections to it have to be opened anew: ``let_go`` closes the one
    of this process, which must not be in use, and have no other.

    Raises:
        RepositoryBusyError: the file is still being written, or another process is writing to
            the log for longer than ``wait_s``.
        OSError: it cannot be read, or there is no room to set the log aside.
    """
    descriptors: list[int] = []

    def opened(file: Path, flags: int) -> int | None:
        try:
            descriptors.append(os.open(file, flags | os.O_NOFOLLOW))
        except FileNotFoundError:
            return None
        return descriptors[-1]

    try:
        file = opened(path, os.O_RDONLY)
        if file is None:
            raise RepositoryBusyError(f"the history database {path} is being replaced")
        index = opened(shm_path(path), os.O_RDWR)
        deadline = time.monotonic() + wait_s
        while True:
            with _nobody_writing(index, path, deadline):
                judged = _judge(path, file, index)
            if judged is not None:
                break
            if time.monotonic() >= deadline:
                raise RepositoryBusyError(f"the history database {path} is being written over")
            # Without the locks: what is typed meanwhile is not to find them.
            time.sleep(4 * _PAUSE_S)
        let_go(judged.verdict)
        return judged
    finally:
        # Not before the connection is closed: that would drop its locks.
        for descriptor in descriptors:
            os.close(descriptor)


def put_stale_log_aside(path: Path, stale: Identity | None) -> Path | None:
    """Set aside the log that belonged to a database that is gone from ``path``, and remove its
    index. SQLite leaves them there, and would play this log into the next database of the same
    name. A log that came with the new database is left alone. Returns where the log is now;
    None where there was nothing in it."""
    log = wal_path(path)
    if stale is None or identity(log) != stale:
        return None
    aside = _set_aside(log) if log.stat().st_size > 0 else None
    log.unlink(missing_ok=True)
    shm_path(path).unlink(missing_ok=True)
    return aside


def _set_aside(log: Path) -> Path:
    """Copy ``log`` to a private file beside it, on the disk. Not renamed: who has it open would
    go on writing to it under its new name."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    number = 1
    while True:
        suffix = "" if number == 1 else f"_{number}"
        aside = log.with_name(f"{log.name}.doubtful-{stamp}{suffix}")
        try:
            target = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        except FileExistsError:
            number += 1
            continue
        break
    try:
        with log.open("rb") as source, os.fdopen(target, "wb") as copy:
            os.fchmod(copy.fileno(), FILE_MODE)
            while part := source.read(1 << 20):
                copy.write(part)
            copy.flush()
            os.fsync(copy.fileno())
    except BaseException:
        aside.unlink()
        raise
    sync_folder(aside.parent)
    return aside


@contextmanager
def _nobody_writing(index: int | None, path: Path, deadline: float) -> Iterator[None]:
    if index is None:
        yield
        return
    while True:
        try:
            fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKS, _FIRST_LOCK)
        except (BlockingIOError, PermissionError):  # POSIX allows either for a lock
            if time.monotonic() >= deadline:
                raise RepositoryBusyError(
                    f"the history database {path} is held by another process; end what holds it"
                ) from None
            time.sleep(_PAUSE_S)
        else:
            break
    try:
        yield
    finally:
        fcntl.lockf(index, fcntl.LOCK_UN, _LOCKS, _FIRST_LOCK)


def _judge(path: Path, file: int, index: int | None) -> Judged | None:
    """None where it is too early to tell."""
    found = os.fstat(file)
    log_path = wal_path(path)
    with _log_file(log_path) as log:
        verdict = _verdict(file, log, LogFrames.read(log, index))
        log_bytes = 0 if log is None else os.fstat(log).st_size
    judged = Judged(verdict, state_of(found))
    if verdict is Verdict.OWN:
        return judged
    if is_still_written(found, is_whole=_is_whole(file)):
        return None
    aside = None
    if log_bytes:
        # Also what stands in a log that has been used up: SQLite would take it for new.
        aside = _set_aside(log_path)
        os.truncate(log_path, 0)
    if index is not None:
        # Whoever comes next makes the index anew, from the file and the empty log. It remembers
        # how large the file was.
        os.pwrite(index, bytes(2 * INDEX_HEADER), 0)
    return Judged(verdict, judged.file, aside)


def is_still_written(found: os.stat_result, *, is_whole: bool) -> bool:
    """Whether somebody may be at work on a file that was changed as ``found`` says."""
    age_s = time.time() - max(found.st_mtime, found.st_ctime)
    # Under 0 where the clock was put back.
    return 0 <= age_s < (STILL_WRITTEN_S if is_whole else _HALF_WRITTEN_S)


def _is_whole(file: int) -> bool:
    """Whether all pages are there that the first one says there are."""
    header = os.pread(file, 32, 0)
    if len(header) < 32 or not header.startswith(_MAGIC):
        return False
    (page_size,) = struct.unpack_from(">H", header, 16)
    (pages,) = struct.unpack_from(">I", header, 28)
    least: int = pages * (65_536 if page_size == 1 else page_size)
    return os.fstat(file).st_size >= least


@contextmanager
def _log_file(log_path: Path) -> Iterator[int | None]:
    # SQLite has no locks on its log: it can be opened and closed.
    try:
        log = os.open(log_path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        yield None
        return
    try:
        yield log
    finally:
        os.close(log)


def _verdict(file: int, log: int | None, frames: LogFrames) -> Verdict:
    if os.fstat(file).st_size == 0:
        return Verdict.DOUBTFUL if frames.pages else Verdict.NONE
    if log is None or not frames.pages:
        return Verdict.NONE
    if os.pread(file, len(_MAGIC), 0) != _MAGIC:
        # Spoilt by hand: nobody restores what is no database. The log may mend it.
        return Verdict.OWN
    numbers: dict[int, list[int]] = {}
    for number, page in enumerate(frames.pages):
        numbers.setdefault(page, []).append(number)

    def stands_in_the_file(page: int, candidates: list[int]) -> bool:
        content = os.pread(file, frames.page_size, (page - 1) * frames.page_size)
        return any(content == frames.content(log, number) for number in candidates)

    if frames.done:
        # What a checkpoint has brought into the file still stands there. A page that was logged
        # once more it leaves out, and a later checkpoint may have brought that.
        for page, all_of_it in numbers.items():
            newest = all_of_it[-1]
            is_done = newest < frames.done and page <= frames.least
            if is_done and not stands_in_the_file(page, [newest]):
                return Verdict.DOUBTFUL
        return Verdict.OWN
    # No checkpoint has come to its end since this log was begun. So the file was last written
    # before the log, or by a checkpoint that was broken off. They go from the first page on: so
    # what stands in the file is the beginning of what is logged, and nothing behind that. A copy
    # can have some of the same pages too (of an index, or that with the largest id).
    if os.fstat(file).st_ctime_ns <= os.fstat(log).st_mtime_ns:
        return Verdict.OWN
    standing = [stands_in_the_file(page, numbers[page]) for page in sorted(numbers)]
    begun = standing[0] and standing == sorted(standing, reverse=True)
    return Verdict.OWN if begun else Verdict.DOUBTFUL
