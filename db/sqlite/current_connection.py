"""The connection to the database that stands at a path now, whatever others do to the files."""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from db.files.database_file import State, state, state_of
from db.files.database_lock import DatabaseLock
from db.sqlite.connection import LockedConnection, translate_os_error
from db.sqlite.doubtful_log import Verdict, is_still_written, judge_log, put_stale_log_aside
from db.sqlite.known_files import Change, KnownFiles
from db.sqlite.quick_check import QuickCheck
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
    RepositoryError,
)

logger = logging.getLogger(__name__)


class CurrentConnection:
    """Opens the database at ``path`` with ``connect``, and again when the files are not what
    they were: SQLite would go on writing into what is gone, or over what is new, without an
    error. For one thread at a time.

    ``check``: it has no connection open while files are opened and closed behind SQLite's back.
    """

    def __init__(
        self,
        path: Path,
        connect: Callable[..., LockedConnection],
        check: QuickCheck,
        *,
        wal: bool,
        busy_timeout_s: float,
    ) -> None:
        self._path = path
        self._connect = connect
        self._check = check
        self._wal = wal
        self._busy_timeout_s = busy_timeout_s
        self._files = KnownFiles(path)
        self._connection: LockedConnection | None = None
        self._lock: DatabaseLock | None = None
        self._damaged: tuple[State | None, str] | None = None
        self.generation = 0
        """Counts how often others may have put something else in the place of the contents."""

    @property
    def is_damaged(self) -> bool:
        """Whether damage was found; no longer once another file was opened."""
        return self._damaged is not None

    def get(self) -> sqlite3.Connection:
        """The connection, in autocommit.

        Raises:
            RepositoryBusyError: another process holds it, or is writing over it.
            RepositoryConnectionError: it cannot be opened.
            RepositoryCorruptError: it is damaged, and no other stands in its place yet.
        """
        try:
            self._notice_changes()
            return self._connection or self._open()
        except OSError as error:
            raise translate_os_error(error, self._path) from error

    def learn_own_changes(self) -> None:
        """To be called after the connection was used."""
        with suppress(OSError):  # the next call tells of it
            self._files.learn_own_changes()

    def damage(self, error: RepositoryCorruptError) -> RepositoryError:
        """Leave the file alone, because of ``error``, until another one, or a mended one, stands
        in its place. Returns what to raise: RepositoryBusyError where the damage is a file that
        is being written over at this moment."""
        if self._files.is_being_changed():
            return self._being_changed()
        # Closed first: closing may still bring the log into the file and change its state.
        self.drop()
        self._files.learn()
        self._damaged = (state(self._path), str(error))
        return error

    def make_copyable(self, quiet_s: float) -> None:
        """Have all rows in the file itself, if nobody has written for ``quiet_s`` seconds, and
        let go of it; where somebody reads what is in the log, do nothing. Raises as ``get``,
        and sqlite3.Error."""
        if not self._files.quiet_log_bytes(quiet_s, time.time()):
            if self._files.find_change() is not None:
                self.get()
            return
        connection = self.get()
        # Nobody is to wait for this: it is tried again.
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.execute(f"PRAGMA busy_timeout = {round(self._busy_timeout_s * 1000)}")
            self.learn_own_changes()
        if not busy:
            self._rest()

    def drop(self) -> None:
        """Close the connection; the next ``get`` opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Let go of the file, and of the lock beside it. Raises nothing."""
        try:
            self._notice_changes()
        except (RepositoryError, OSError) as error:
            logger.warning("closing %s: its log stays as it is: %s", self._path, error)
            if self._connection is not None:
                self._connection.interrupt()  # closing then does not bring it into the file
        self.drop()
        self._files.forget()
        self._release()

    def _open(self) -> LockedConnection:
        if self._files.is_being_changed():
            raise self._being_changed()
        found = state(self._path)
        if self._damaged is not None:
            state_then, message = self._damaged
            if found == state_then:
                raise RepositoryCorruptError(message)
            self._damaged = None
        try:
            connection = self._connect(before_migrating=lambda: self._refuse_emptied(found))
        except RepositoryCorruptError as error:
            if found is not None and state(self._path) != found:
                raise self._being_changed() from error
            raise self.damage(error) from error
        self._release()
        self._connection = connection
        self._files.learn()
        self.generation = self.generation or 1
        return connection

    def _refuse_emptied(self, found: State | None) -> None:
        """What was no new file when the opening began is none now, though it may be empty: cp
        empties a file before it writes to it."""
        if found is not None and found[3] > 0 and state(self._path) != found:
            raise self._being_changed()

    def _notice_changes(self) -> None:
        change = self._files.find_change()
        if change is None:
            return
        connection = self._connection
        if change is Change.GONE:
            logger.warning("history database %s was deleted or replaced; reopening it", self._path)
            self._let_go_of_the_old_file()
        elif change is Change.CHANGED:
            self._look_at_the_changed_file()
        elif connection is None:
            self._files.learn()
        elif change is Change.LOG_GONE:
            logger.warning("the log of %s was deleted or replaced; reopening it", self._path)
            self._empty_the_old_log(connection)
            self.drop()
            self._files.learn()
        else:
            # Another process may have emptied it in good order, and then this costs nothing.
            # If not, SQLite would write behind the hole, and then copy the hole into the file.
            logger.warning("the log of %s was truncated; reopening it", self._path)
            connection.interrupt()  # closing then leaves out what would copy it
            self.drop()
            self._files.learn()

    def _let_go_of_the_old_file(self) -> None:
        # A file that was only moved away gets the rows that still stand in its log, which
        # closing alone leaves there.
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if aside := put_stale_log_aside(self._path, self._files.log_identity):
            logger.warning("the log of the old %s is set aside: %s", self._path, aside)
        self.drop()
        self._files.forget()
        self.generation += 1

    def _look_at_the_changed_file(self) -> None:
        if not self._wal:
            stat = self._path.lstat()
            found = state_of(stat)
            if stat.st_size == 0 and is_still_written(stat, is_whole=False):
                raise self._being_changed()
            self.drop()
            self._files.learn_file(found)
            self.generation += 1
            return
        with self._check.stopped():
            judged = judge_log(self._path, wait_s=self._busy_timeout_s, let_go=self._let_go)
        self._files.learn()
        self._files.learn_file(judged.file)
        if judged.verdict is Verdict.OWN:
            return
        self.generation += 1
        if judged.verdict is Verdict.DOUBTFUL:
            logger.warning(
                "history database %s was written over; the log of the file that stood there "
                "before is set aside: %s",
                self._path,
                judged.aside,
            )
        else:
            logger.info("history database %s was written by another program", self._path)

    def _let_go(self, verdict: Verdict) -> None:
        if self._connection is not None and verdict is not Verdict.OWN:
            self._connection.interrupt()  # closing then brings nothing into the file
        self.drop()

    def _empty_the_old_log(self, connection: sqlite3.Connection) -> None:
        """Bring into the file what stands in a log that has lost its name: rows that were
        told to be kept."""
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:  # another process was here first, and has emptied it
            return
        if busy:
            raise RepositoryBusyError(
                f"the log of the history database {self._path} was deleted, and another process "
                "keeps it from being saved; end what holds it"
            )

    def _rest(self) -> None:
        """Close the connection, but not the lock: a restore is still refused. What is typed
        then (cp, sqlite3) finds one whole file that nobody has open."""
        if self._connection is not None:
            self._lock = self._connection.take_lock()
        self.drop()
        self._files.learn_log()

    def _release(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    def _being_changed(self) -> RepositoryConnectionError:
        return RepositoryBusyError(
            f"the history database {self._path} is being written over; it is opened again after "
            "that"
        )
