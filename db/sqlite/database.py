"""The one connection of the program: its lock, the hop into a thread, retries and faults."""

import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import CancelScope, CapacityLimiter, to_thread
from tenacity import AsyncRetrying, RetryCallState

from db.files.database_file import size_of, wal_path
from db.sqlite.busy import BUSY_TIMEOUT_S, RETRY, STOP, WAIT
from db.sqlite.connection import open_connection
from db.sqlite.current_connection import CurrentConnection
from db.sqlite.errors import damaged, translate
from db.sqlite.quick_check import QuickCheck
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
    RepositoryError,
)

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

    A file that was deleted, replaced, emptied or written over, or whose log was deleted,
    replaced or cut short, is noticed at the next call: it is opened (made, migrated) again.
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
        self.busy_retries = 0
        """How often a call was tried again because another process held the file."""
        self._within = within
        self._busy_timeout_s = busy_timeout_s
        self._sleep = sleep
        self._limiter: CapacityLimiter | None = None
        # Held inside the thread. A task can be cancelled while its thread runs on, and
        # would let go of a lock of its own: the next call would join the open transaction.
        self._lock = threading.Lock()
        self._is_open = False
        self._check = QuickCheck(self.path)
        self._checked_generation = 0
        self._current = CurrentConnection(
            self.path,
            partial(
                open_connection,
                self.path,
                wal=wal,
                private_directory=private_directory,
                within=within,
                busy_timeout_s=busy_timeout_s,
            ),
            self._check,
            wal=wal,
            busy_timeout_s=busy_timeout_s,
        )

    @property
    def is_damaged(self) -> bool:
        """Whether damage was found, and the file is therefore left alone."""
        return self._current.is_damaged

    @property
    def is_unchecked(self) -> bool:
        """Whether it was opened, or others have changed it, since it was last checked."""
        return self._is_open and self._checked_generation != self._current.generation

    def sizes(self) -> tuple[int, int]:
        """Bytes of the file and of its log; 0 for one that is not there or cannot be seen."""
        return size_of(self.path), size_of(wal_path(self.path))

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

    async def make_copyable(self, quiet_s: float) -> None:
        """Have all rows in the file itself, if nobody has written for ``quiet_s`` seconds.
        Where another process is in the way this does nothing."""
        with suppress(RepositoryBusyError):
            await to_thread.run_sync(self._make_copyable, quiet_s, limiter=self._own_limiter())

    async def check(self) -> None:
        """Read the whole file, while others go on, and raise RepositoryCorruptError where it is
        damaged; from then on everything does."""
        await to_thread.run_sync(self._look_for_damage)

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
            self._current.get()
            self._is_open = True

    def _close(self) -> None:
        with self._lock:
            self._is_open = False
            with self._check.stopped():
                pass  # or SQLite would not take this connection for the last one
            self._current.close()

    def _call(self, operation: Operation[T], *, transaction: bool) -> T:
        with self._in_use():
            connection = self._current.get()
            try:
                # IMMEDIATE: a transaction that reads first and writes later gets BUSY at
                # once, without waiting, when somebody else wrote in between.
                if transaction:
                    connection.execute("BEGIN IMMEDIATE")
                result = operation(connection)
                if transaction:
                    connection.execute("COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise
            return result

    def _make_copyable(self, quiet_s: float) -> None:
        with self._in_use():
            self._current.make_copyable(quiet_s)

    def _look_for_damage(self) -> None:
        with self._in_use():
            self._current.get()
            generation = self._current.generation
        damage: RepositoryError | None = None
        try:
            if found := self._check.find_damage(self._busy_timeout_s):
                damage = damaged(self.path, "; ".join(found))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return  # stopped: it is to be done again
            raise translate(error, self.path) from error
        except sqlite3.Error as error:
            damage = translate(error, self.path)
        with self._lock:
            if generation != self._current.generation:
                return
            if isinstance(damage, RepositoryCorruptError):
                damage = self._current.damage(damage)
            if damage is not None:
                raise damage
            self._checked_generation = generation

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """The file, for one thread; SQLite's errors become the domain's."""
        with self._lock:
            if not self._is_open:
                raise RepositoryConnectionError(f"the history database {self.path} is closed")
            try:
                yield
            except sqlite3.Error as error:
                translated = translate(error, self.path)
                if isinstance(translated, RepositoryCorruptError):
                    raise self._current.damage(translated) from error
                raise translated from error
            finally:
                self._current.learn_own_changes()

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        # Some errors (a full disk) have rolled back by themselves.
        if not connection.in_transaction:
            return
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            # Closing rolls back too, and the next call begins with a new connection.
            self._current.drop()
