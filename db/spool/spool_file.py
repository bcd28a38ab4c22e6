"""One file of a spool: whole lines, appended and read from the front. Everything here runs in
the caller's thread."""

import logging
import os
import stat
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from db.files.database_file import FILE_MODE, identity, sync_folder
from db.files.database_lock import take_lock
from db.files.time_stamp import time_stamp

if sys.platform == "darwin":
    import fcntl

logger = logging.getLogger(__name__)

_BLOCK = 1024 * 1024


class SpoolFile:
    """Belongs to one process: it is locked for as long as it is open.

    A last line without its end was torn by a power cut, in the middle of an append that
    nobody was told of as done; it is cut off.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.lines = 0
        """How many are still to be read."""
        self._descriptor = descriptor
        self._read_from = 0
        self._end = 0
        self._refused = False
        self._count_lines()

    @classmethod
    def open(cls, path: Path, *, new: bool) -> "SpoolFile | None":
        """The file at ``path``: a ``new`` one, or one that is there already. None where it is
        not so, or where another process has it.

        Raises:
            OSError: it cannot be made or read, or is no regular file.
        """
        # Not blocking and no links: what stands there may be a FIFO, or lead elsewhere.
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(path, flags | (os.O_CREAT | os.O_EXCL if new else 0), FILE_MODE)
        except FileExistsError:
            return None
        except FileNotFoundError:
            if new:
                raise  # there is no folder for it
            return None
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(0, "it is no regular file", str(path))
            # Its owner may have removed it between the two: then the name is free, or leads
            # to the next one.
            mine = take_lock(descriptor, exclusive=True)
            if mine and identity(path) == (found.st_dev, found.st_ino):
                if found.st_uid == os.geteuid():
                    os.fchmod(descriptor, FILE_MODE)
                if new:
                    sync_folder(path.parent)  # or its name does not survive a power cut
                return cls(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    @property
    def size(self) -> int:
        """Bytes of its whole lines, with those that were removed."""
        return self._end

    @property
    def is_in_place(self) -> bool:
        """Whether it still stands at its path."""
        found = os.fstat(self._descriptor)
        return identity(self.path) == (found.st_dev, found.st_ino)

    @property
    def is_whole(self) -> bool:
        """Whether it is as long as it was left, or longer."""
        return os.fstat(self._descriptor).st_size >= self._end

    def append(self, lines: Sequence[bytes]) -> None:
        """Bring whole lines to the disk; all of them, or none.

        Raises:
            OSError: there is no room, or the disk fails.
        """
        # What an append that failed has left would join this one's first line.
        if os.fstat(self._descriptor).st_size != self._end:
            os.ftruncate(self._descriptor, self._end)
        rest = memoryview(b"".join(lines))
        total = len(rest)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            _sync_file(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._end)
            raise
        self._end += total
        self.lines += len(lines)

    def read(self, limit: int) -> list[bytes]:
        """The first lines that were not removed, ``limit`` at the most, each with its end.
        None at all, where there should be some: the file was cut short.

        Raises:
            OSError: the disk fails.
        """
        data, start = b"", self._read_from
        while data.count(b"\n") < limit and start + len(data) < self._end:
            position = start + len(data)
            # Not what somebody has written behind our lines: it is in nobody's books.
            block = os.pread(self._descriptor, min(_BLOCK, self._end - position), position)
            if not block:
                break
            data += block
        return [line + b"\n" for line in data.split(b"\n")[:-1][:limit]]

    def remove(self, lines: Sequence[bytes], *, refused: bool) -> None:
        """Go on behind ``lines``, the last that were read. With ``refused`` the file will be
        put aside, not deleted."""
        self._read_from += sum(map(len, lines))
        self.lines -= len(lines)
        self._refused |= refused

    def finish(self) -> None:
        """Remove the file, or put it aside as ``<name>.refused-<time>``, and let go of it.

        Raises:
            OSError: it is still there.
        """
        try:
            if self.is_in_place:
                if self._refused:
                    self.path.rename(self._aside())
                else:
                    # Where it cannot be removed its rows shall not come again, least of all
                    # those that were deleted since.
                    os.ftruncate(self._descriptor, 0)
                    self.path.unlink()
                sync_folder(self.path.parent)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file, which stays."""
        os.close(self._descriptor)

    def _aside(self) -> Path:
        name = f"{self.path.name}.refused-{time_stamp(datetime.now(UTC))}"
        number, aside = 1, self.path.with_name(name)
        while aside.exists():
            number += 1
            aside = self.path.with_name(f"{name}_{number}")
        return aside

    def _count_lines(self) -> None:
        position = 0
        while block := os.pread(self._descriptor, _BLOCK, position):
            self.lines += block.count(b"\n")
            if (last := block.rfind(b"\n")) >= 0:
                self._end = position + last + 1
            position += len(block)
        if position > self._end:
            logger.warning("The last line of %s is incomplete and was skipped", self.path)


def _sync_file(descriptor: int) -> None:
    if sys.platform == "darwin":  # where fsync alone leaves it in the disk's own cache
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)
