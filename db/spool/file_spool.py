"""The spool beside the database: one file of JSON lines for each process that needs one."""

import glob
import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread

from db.files.database_file import is_device, make_folders, refuse_links_out
from db.spool.spool_file import SpoolFile
from prompt_improver.domain.errors import RepositoryConnectionError, SpoolError
from prompt_improver.domain.history_record import from_line, to_line
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_spool import PromptSpool, SpooledRows

logger = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024
MOST_FILES = 100

T = TypeVar("T")


class FileSpool(PromptSpool):
    """Keeps rows in ``<name>.spool.jsonl`` beside the database ``<name>.db``, as an export
    has them; where another process has that file, in ``<name>.spool-2.jsonl``, and so on.
    Making one touches nothing."""

    def __init__(
        self, database: Path, *, within: Path | None = None, max_bytes: int = MAX_BYTES
    ) -> None:
        """``within``: a link that leads out of this folder is refused, as by Database."""
        self._database = database.absolute()
        self._within = within
        self._max_bytes = max_bytes
        self._files: list[SpoolFile] = []
        self._last_read: list[bytes] = []
        self._cut_short = False
        self._limiter: CapacityLimiter | None = None
        # Within the thread, as in Database: a caller that is cancelled leaves its thread
        # running, and the next call must not meet it half way.
        self._lock = threading.Lock()

    async def open(self) -> int:
        return await self._in_thread(self._open)

    async def append(self, histories: Sequence[PromptHistory]) -> int:
        return await self._in_thread(lambda: self._append(histories))

    async def read(self, limit: int) -> SpooledRows:
        return await self._in_thread(lambda: self._read(limit))

    async def remove(self, *, refused: bool) -> None:
        await self._in_thread(lambda: self._remove(refused=refused))

    async def close(self) -> None:
        with CancelScope(shield=True):
            await self._in_thread(self._close)

    async def _in_thread(self, function: Callable[[], T]) -> T:
        def locked() -> T:
            with self._lock:
                return function()

        if self._limiter is None:
            self._limiter = CapacityLimiter(1)
        return await to_thread.run_sync(locked, limiter=self._limiter)

    def _open(self) -> int:
        with self._translated():
            refuse_links_out(self._database, self._within)
            paths = find_spools(self._database)
        for path in paths:
            try:
                if found := SpoolFile.open(path, new=False):
                    if found.lines:
                        self._files.append(found)
                    else:
                        found.finish()
            except OSError as error:
                logger.error(
                    "The spool %s cannot be read (%s); check the file", path, error.strerror
                )
        return sum(file.lines for file in self._files)

    def _append(self, histories: Sequence[PromptHistory]) -> int:
        with self._translated():
            room = self._max_bytes - sum(file.size for file in self._files)
            lines = []
            for history in histories:
                line = to_line(history).encode()
                room -= len(line)
                if room < 0:
                    break
                lines.append(line)
            if lines:
                self._last_file().append(lines)
            return len(lines)

    def _last_file(self) -> SpoolFile:
        # One that was deleted or cut short by hand takes nothing more; what is still in it
        # can be read.
        if self._files and self._files[-1].is_in_place and self._files[-1].is_whole:
            return self._files[-1]
        if self._files and self._files[-1].lines == 0:
            # Left by an append that failed: its emptiness would pass for all there is.
            self._files.pop().close()
        refuse_links_out(self._database, self._within)
        if is_device(self._database):
            # /dev is no place for files; it is in memory, too.
            raise OSError(0, "a device is in the database's place", str(self._database))
        make_folders(self._database.parent)
        for number in range(1, MOST_FILES):
            if made := SpoolFile.open(spool_path(self._database, number), new=True):
                self._files.append(made)
                return made
        raise OSError(0, f"there are {MOST_FILES} of them already", str(self._database.parent))

    def _read(self, limit: int) -> SpooledRows:
        with self._translated():
            self._last_read = []
            if not self._files:
                return SpooledRows((), 0)
            self._last_read = self._files[0].read(limit)
        self._cut_short = not self._last_read
        if self._cut_short:
            return SpooledRows((), self._files[0].lines)
        histories = []
        for line in self._last_read:
            with suppress(ValueError):
                histories.append(from_line(line))
        return SpooledRows(tuple(histories), len(self._last_read) - len(histories))

    def _remove(self, *, refused: bool) -> None:
        if not self._files:
            return
        first = self._files[0]
        first.remove(self._last_read, refused=refused)
        self._last_read = []
        if first.lines == 0 or self._cut_short:
            self._files.pop(0)
            self._cut_short = False
            with self._translated():
                first.finish()

    def _close(self) -> None:
        while self._files:
            file = self._files.pop()
            with suppress(OSError):
                file.finish() if file.lines == 0 else file.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except RepositoryConnectionError as error:
            raise SpoolError(str(error)) from error
        except OSError as error:
            where = error.filename or spool_path(self._database)
            raise SpoolError(
                f"the spool of the history fails ({error.strerror}: {where}); make room there, "
                "and let this user write there"
            ) from error


@dataclass(frozen=True, slots=True)
class SpoolContents:
    """A spool as it stands on the disk."""

    path: Path
    rows: int
    size: int
    """In bytes."""

    def __str__(self) -> str:
        return f"{self.rows:,} improvements in {self.path.name} ({self.size:,} bytes)"


def spool_path(database: Path, number: int = 1) -> Path:
    """Where the spool of the database is; its ``number``-th where others have those before."""
    suffix = "" if number == 1 else f"-{number}"
    return database.with_name(f"{database.stem}.spool{suffix}.jsonl")


def find_spools(database: Path) -> list[Path]:
    """The spools beside the database, in the order of their numbers.

    Raises:
        OSError: the folder cannot be read.
    """
    name = re.compile(re.escape(database.stem) + r"\.spool(?:-(\d+))?\.jsonl")
    try:
        found = [(name.fullmatch(path.name), path) for path in database.parent.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [
        path for _, path in sorted((int(match[1] or 1), path) for match, path in found if match)
    ]


def find_refused(database: Path) -> list[Path]:
    """What was put aside beside the database because some of it could not be taken in.

    Raises:
        OSError: the folder cannot be read.
    """
    return sorted(database.parent.glob(f"{glob.escape(database.stem)}.spool*.jsonl.refused-*"))


def read_spools(database: Path) -> list[SpoolContents]:
    """What waits beside the database, by file; what is no file, or cannot be read, is left
    out."""
    contents = []
    with suppress(OSError):
        for path in find_spools(database):
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    rows = sum(1 for line in file if line.endswith(b"\n"))
                contents.append(SpoolContents(path, rows, path.stat().st_size))
    return contents
