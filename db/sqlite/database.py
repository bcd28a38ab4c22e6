"""The one connection of the program: its lock, the hop into a thread, retries and faults."""

import logging
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import CancelScope, CapacityLimiter, to_thread
from tenacity import AsyncRetrying, RetryCallState

from db.files.database_file import Identity, State, identity, remove_stale_wal, state, wal_path
from db.sqlite.busy import BUSY_TIMEOUT_S, RETRY, STOP, WAIT
from db.sqlite.connection import open_connection, translate_os_error
from db.sqlite.errors import translate
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
)

logger = logging.getLogger(__name__)
T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]


class Database:
    """The SQLite file at ``path``, used by one thread at a time.

    ``wal``: keep a write-ahead log. ``private_directory``: the folder is the program's own
    and is tightened to 0700. ``within``: a link that leads out of this folder is refused.
    ``sleep`` waits between attempts. Making one touches nothing.

    ``open``, ``run`` and ``write`` raise RepositoryConnectionError when the file cannot be
    reached, RepositoryBusyError (one of its kind) when another process held it for longer
    than db/sqlite/busy.py allows, RepositoryCorruptError when it is damaged and
    RepositoryConstraintError when a row breaks a rule. A damaged file is not touched again
    until another one, or a mended one, stands in its place.

    A file that was deleted, replaced or emptied, or whose log was deleted, replaced or cut
    short, is noticed at the next call: it is opened (made, migrated) again, because SQLite
    would go on writing into what is gone, without an error.
    """

    def __init__(
        self,
        path: Path,
        *,
        wal: bool = True,
        private_directory: bool = False,
        within: Path | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        # Absolute, so that no path is taken for a URI (SQLite parses "file:..." names).
        self.path = path.absolute()
        self._log_path = wal_path(self.path)
        self.busy_retries = 0
        """How often a call was tried again because another process held the file."""
        self._wal = wal
        self._private_directory = private_directory
        self._within = within
        self._busy_timeout_s = busy_timeout_s
        self._sleep = sleep
        self._limiter: CapacityLimiter | None = None
        # Held inside the thread. A task can be cancelled while its thread runs on, and
        # would let go of a lock of its own: the next call would join the open transaction.
        self._lock = threading.Lock()
        self._is_open = False
        self._connection: sqlite3.Connection | None = None
        self._file: Identity | None = None
        self._log: State | None = None
        self._damaged: tuple[State | None, str] | None = None

    async def open(self) -> None:
        """Make the file ready: make it if it is missing, and migrate it."""
        await self._in_thread(self._open)

    async def close(self) -> None:
        """Let go of the file, after what is running. Closing twice is fine; raises nothing."""
        with CancelScope(shield=True):
            await to_thread.run_sync(self._close, limiter=self._own_limiter())

    async def run(self, operation: Operation[T]) -> T:
        """What ``operation`` returns, outside any transaction: for reading and for pragmas."""
        return await self._in_thread(lambda: self._call(operation, transaction=False))

    async def write(self, operation: Operation[T]) -> T:
        """What ``operation`` returns, within one transaction: all that it writes is kept, or
        nothing. It runs again from its start where another process was in the way."""
        return await self._in_thread(lambda: self._call(operation, transaction=True))

    async def _in_thread(self, function: Callable[[], T]) -> T:
        retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=STOP,
            wait=WAIT,
            retry=RETRY,
            before_sleep=self._count_retry,
            reraise=True,
        )
        return await retrying(to_thread.run_sync, function, limiter=self._own_limiter())

    def _own_limiter(self) -> CapacityLimiter:
        # Its own, so that a slow disk does not use up the threads that everybody shares;
        # one, because one thread at a time can use the connection.
        if self._limiter is None:
            self._limiter = CapacityLimiter(1)
        return self._limiter

    def _count_retry(self, _: RetryCallState) -> None:
        self.busy_retries += 1

    def _open(self) -> None:
        with self._lock:
            self._current_connection()
            self._is_open = True

    def _close(self) -> None:
        with self._lock:
            self._is_open = False
            self._drop_connection()

    def _call(self, operation: Operation[T], *, transaction: bool) -> T:
        with self._lock:
            if not self._is_open:
                raise RepositoryConnectionError(f"the history database {self.path} is closed")
            connection = self._current_connection()
            try:
                # IMMEDIATE: a transaction that reads first and writes later gets BUSY at
                # once, without waiting, when somebody else wrote in between.
                if transaction:
                    connection.execute("BEGIN IMMEDIATE")
                result = operation(connection)
                if transaction:
                    connection.execute("COMMIT")
            except sqlite3.Error as error:
                translated = translate(error, self.path)
                self._roll_back(connection)
                if isinstance(translated, RepositoryCorruptError):
                    self._remember_damage(translated)
                raise translated from error
            except BaseException:
                self._roll_back(connection)
                raise
            finally:
                self._remember_log()
            return result

    def _current_connection(self) -> sqlite3.Connection:
        """The connection to the file that stands at the path now."""
        try:
            if self._connection is not None:
                self._let_go_of_what_is_gone(self._connection)
            if self._connection is None:
                self._connection = self._connect()
        except OSError as error:
            raise translate_os_error(error, self.path) from error
        return self._connection

    def _let_go_of_what_is_gone(self, connection: sqlite3.Connection) -> None:
        file, log = state(self.path), state(self._log_path)
        if file is not None and file[:2] == self._file and file[3] == 0:
            # Emptied by hand. Without its name, closing cannot bring into it what stands in
            # the log, which is a part of a database and no whole one.
            self.path.unlink()
            file = None
        if file is None or file[:2] != self._file:
            logger.warning("history database %s is gone or replaced; opening again", self.path)
            self._let_go_of_the_old_file(connection)
        elif self._log is None:
            return
        elif log is None or log[:2] != self._log[:2]:
            logger.warning("the log of %s is gone or replaced; opening again", self.path)
            self._empty_the_old_log(connection)
            self._drop_connection()
        elif log[3] < self._log[3]:
            # Another process may have emptied it in good order, and then this costs nothing.
            # If not, SQLite would write behind the hole, and then copy the hole into the file.
            logger.warning("the log of %s is shorter than it was; opening again", self.path)
            connection.interrupt()  # closing then leaves out what would copy it
            self._drop_connection()

    def _let_go_of_the_old_file(self, connection: sqlite3.Connection) -> None:
        # A file that was only moved away gets the rows that still stand in its log, which
        # closing alone leaves there.
        with suppress(sqlite3.Error):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        remove_stale_wal(self.path, None if self._log is None else self._log[:2])
        self._drop_connection()

    def _empty_the_old_log(self, connection: sqlite3.Connection) -> None:
        """Bring into the file what stands in a log that has lost its name: rows that were
        told to be kept."""
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:  # another process was here first, and has emptied it
            return
        if busy:
            raise RepositoryBusyError(
                f"the log of the history database {self.path} was deleted, and another process "
                "keeps it from being saved; end what holds it"
            )

    def _remember_log(self) -> None:
        with suppress(OSError):  # the next call tells of it
            log = state(self._log_path)
            if log is not None and self._log is not None and log[:2] == self._log[:2]:
                self._log = log

    def _connect(self) -> sqlite3.Connection:
        if self._damaged is not None:
            state_then, message = self._damaged
            if state(self.path) == state_then:
                raise RepositoryCorruptError(message)
            self._damaged = None
        try:
            connection = open_connection(
                self.path,
                wal=self._wal,
                private_directory=self._private_directory,
                within=self._within,
                busy_timeout_s=self._busy_timeout_s,
            )
        except RepositoryCorruptError as error:
            self._remember_damage(error)
            raise
        self._file = identity(self.path)
        self._log = state(self._log_path)
        return connection

    def _remember_damage(self, error: RepositoryCorruptError) -> None:
        # Closed first: closing may still bring the log into the file and change its state.
        self._drop_connection()
        self._damaged = (state(self.path), str(error))

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        # Some errors (a full disk) have rolled back by themselves.
        if not connection.in_transaction:
            return
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            # Closing rolls back too, and the next call begins with a new connection.
            self._drop_connection()

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
