"""Saves that do not block the response."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from prompt_improver.domain.breaker import Breaker, BreakerState
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.prompt_spool import PromptSpool
from prompt_improver.domain.recorder import Recorder, RecorderCounts, SaveOutcome
from prompt_improver.recording.spooler import HistorySpooler
from prompt_improver.recording.waiting_rows import WaitingRow, WaitingRows
from prompt_improver.recording.writer import HistoryWriter

logger = logging.getLogger(__name__)

DRAIN_S = 3.0
LAST_COMMIT_S = 2.5
LAST_APPEND_S = 1.5
LONGEST_DRAIN_S = DRAIN_S + LAST_COMMIT_S + 2 * LAST_APPEND_S
"""Seconds that ``stop`` takes at the most: the spool's twice, for letting go of its file."""


CATCH_UP_S = 1.0
"""Seconds that ``catch_up`` waits at the most: a batch is committed in some milliseconds."""


class HistoryRecorder(Recorder):
    """Takes rows in at once. A writer task commits them together; what the database cannot
    take (the breaker is open, the queue full, or the program stops) goes to the spool, and
    only what that cannot take either is dropped."""

    def __init__(
        self,
        repository: PromptRepository,
        spool: PromptSpool,
        breaker: Breaker,
        *,
        capacity: int = 1_000,
        batch_size: int = 64,
        wait_for_commit: bool = False,
        wait_s: float = 5.0,
        spool_wait_s: float = 0.05,
        drain_s: float = DRAIN_S,
        last_commit_s: float = LAST_COMMIT_S,
        last_append_s: float = LAST_APPEND_S,
        first_spool_pause_s: float = 0.5,
        observe_commit: Callable[[float], None] = lambda seconds: None,
        hurried: asyncio.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """
        Args:
            capacity: how many rows may wait for the database, and as many for the spool.
            batch_size: how many rows are committed together at the most.
            wait_for_commit: ``record`` waits for the commit, ``wait_s`` seconds at the most.
            spool_wait_s: seconds that it waits for the spool otherwise.
            drain_s: seconds that ``stop`` gives to what still waits for the database.
            last_commit_s: seconds beyond that for a commit that is under way.
            last_append_s: seconds then for the spool.
            first_spool_pause_s: seconds until the spool is tried again after a failure.
            observe_commit: is told the seconds of each commit.
            hurried: once it is set, ``stop`` leaves what waits for the database to the spool.
        """
        self._breaker = breaker
        self._wait_for_commit = wait_for_commit
        self._wait_s = wait_s
        self._spool_wait_s = spool_wait_s
        self._drain_s = drain_s
        self._last_commit_s = last_commit_s
        self._last_append_s = last_append_s
        self._hurried = hurried or asyncio.Event()
        self._rows = WaitingRows(capacity)
        self._spooler = HistorySpooler(spool, self._rows, first_pause_s=first_spool_pause_s)
        self._writer = HistoryWriter(
            repository,
            spool,
            breaker,
            self._rows,
            batch_size=batch_size,
            observe_commit=observe_commit,
            clock=clock,
            sleep=sleep,
        )
        self._running = False
        self._is_dropping = False

    @property
    def has_opened(self) -> bool:
        """Whether the repository has been open at least once."""
        return self._writer.has_opened

    @property
    def breaker(self) -> Breaker:
        return self._breaker

    @property
    def counts(self) -> RecorderCounts:
        return self._rows.counts

    @property
    def last_failure(self) -> type[Exception] | None:
        """Why the history could not be written at the last try; None when it has worked."""
        return self._writer.last_failure

    def failing_for_s(self) -> float:
        """Seconds since the first try that has not worked began; 0 when the last one did."""
        return self._writer.failing_for_s()

    async def start(self, *, wait_s: float = 0.0) -> None:
        """Start the writer, which opens the repository first. Waits ``wait_s`` seconds at
        the most for that: a database that is locked or migrating does not hold up the API.
        """
        self._running = True
        self._spooler.start()
        await self._writer.start(wait_s=wait_s)

    async def record(self, history: PromptHistory) -> SaveOutcome:
        """Take a row in.

        Returns ``queued`` at once while the database is well. A row that goes to the spool
        is waited for, ``spool_wait_s`` seconds at the most and only while the spool works:
        ``spooled``, or ``queued``. ``dropped`` when neither can take it. With
        ``wait_for_commit`` it returns ``saved``, ``spooled``, ``dropped`` (nobody can take
        it, or it breaks a constraint), or ``queued`` when that takes longer than ``wait_s``.
        """
        row = WaitingRow(history)
        if not self._running:
            self._rows.drop()
            return SaveOutcome.DROPPED
        if self._breaker.state is BreakerState.CLOSED and not self._rows.is_queue_full:
            self._is_dropping = False
            self._rows.queue(row)
            if not self._wait_for_commit:
                return SaveOutcome.QUEUED
        elif not self._rows.overflow(row):
            if not self._is_dropping:
                logger.error("Neither history nor spool can be written: improvements are dropped")
            self._is_dropping = True
            return SaveOutcome.DROPPED
        elif not self._spooler.works:
            return SaveOutcome.QUEUED
        row.outcome = asyncio.get_running_loop().create_future()
        # asyncio.wait leaves the future alone when its time is over or the caller is
        # cancelled: the row is kept all the same.
        wait_s = self._wait_s if self._wait_for_commit else self._spool_wait_s
        done, _ = await asyncio.wait({row.outcome}, timeout=wait_s)
        return row.outcome.result() if done else SaveOutcome.QUEUED

    async def catch_up(self) -> None:
        newest = self._rows.newest_queued
        if newest is None or self._breaker.state is not BreakerState.CLOSED:
            return
        if newest.outcome is None:
            newest.outcome = asyncio.get_running_loop().create_future()
        await asyncio.wait({newest.outcome}, timeout=CATCH_UP_S)

    async def stop(self) -> None:
        """Write what waits, to the database within ``drain_s`` seconds or else to the spool,
        and end. What could not be written is dropped, counted, and told in one line."""
        self._rows.reclaim()
        await self._writer.stop(
            drain_s=self._drain_s, last_commit_s=self._last_commit_s, hurried=self._hurried
        )
        self._running = False
        self._rows.spill()
        await self._spooler.stop(within_s=self._last_append_s)
        if lost := self._rows.drop_all():
            logger.error(
                "Dropped %d improvements that could be written neither to the history nor to "
                "its spool at shutdown",
                lost,
            )
        elif self._rows.spooled:
            logger.warning(
                "%d improvements stay in the spool until the next start", self._rows.spooled
            )
