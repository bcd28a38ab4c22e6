"""What is known of the files of an open database, to notice what others do to them."""

from enum import Enum
from pathlib import Path

from db.files.database_file import Identity, State, state, wal_path

# From this size on SQLite makes a checkpoint by itself, with a commit: 1,000 pages.
_CHECKPOINT_BYTES = 1_000 * 4_096


class Change(Enum):
    """What happened to the files."""

    GONE = "the file is gone, or another one stands in its place"
    CHANGED = "the file was written by another process"
    LOG_GONE = "the log is gone, or another one stands in its place"
    LOG_SHORTER = "the log is shorter than it was"


class KnownFiles:
    """The database at ``path`` and its log, as they were when they were last looked at. A look
    costs some microseconds and opens nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log_path = wal_path(path)
        self._file: State | None = None
        self._log: State | None = None

    @property
    def log_identity(self) -> Identity | None:
        """Which log it was."""
        return None if self._log is None else self._log[:2]

    def learn(self) -> None:
        """Take the files as they are now."""
        self._file, self._log = state(self._path), state(self._log_path)

    def learn_file(self, file: State | None) -> None:
        """Take the file as somebody has found it."""
        self._file = file

    def learn_log(self) -> None:
        """Take the log as it is now."""
        self._log = state(self._log_path)

    def forget(self) -> None:
        """Know nothing: what stands there next is as good as any."""
        self._file = self._log = None

    def learn_own_changes(self) -> None:
        """Take what this process has just done to the files. It changes the file itself only
        by a checkpoint, which needs a large log, or empties it; without a log always."""
        file, before, log = state(self._path), self._log, state(self._log_path)
        if log is not None and before is not None and log[:2] == before[:2]:
            self._log = log
            largest = max(before[3], log[3])
            if largest < _CHECKPOINT_BYTES and log[3] >= before[3]:
                return
        elif before is not None:  # the next look tells of it
            return
        if file is not None and self._file is not None and file[:2] == self._file[:2]:
            self._file = file

    def find_change(self) -> Change | None:
        """What others have done since."""
        if self._file is None:
            return None
        file, log = state(self._path), state(self._log_path)
        if file is None or file[:2] != self._file[:2]:
            return Change.GONE
        if file != self._file:
            return Change.CHANGED
        if self._log is None:
            return None
        if log is None or log[:2] != self._log[:2]:
            return Change.LOG_GONE
        if log[3] < self._log[3]:
            return Change.LOG_SHORTER
        self._log = log
        return None

    def is_being_changed(self) -> bool:
        """Whether the file is not the one that was known when this process last used it."""
        return self._file is not None and state(self._path) != self._file

    def quiet_log_bytes(self, quiet_s: float, now: float) -> int:
        """What stands in the log, in bytes, if nobody has written to it for ``quiet_s`` seconds
        at ``now`` (Unix time); 0 otherwise."""
        log = state(self._log_path)
        if log is None or 0 <= now - log[2] / 1e9 < quiet_s:
            return 0
        return log[3]
