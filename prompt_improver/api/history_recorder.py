"""Saves that do not block the response: a bounded queue and one writer task."""

import asyncio
import contextlib
import itertools
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prompt_improver.api.circuit_breaker import BreakerState, CircuitBreaker
from prompt_improver.api.recorder import Recorder, RecorderCounts, SaveOutcome
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_repository import (
    PromptRepository,
    RepositoryBusyError,
    RepositoryConstraintError,
    RepositoryCorruptError,
    RepositoryError,
)

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0


@dataclass(slots=True, eq=False)
class _Waiting:
    history: PromptHistory
    outcome: asyncio.Future[SaveOutcome] | None


class HistoryRecorder(Recorder):
    """Takes rows in at once, and commits what is waiting together.

    A batch that fails for a passing reason stays at the front of the queue and is tried
    again after a growing pause, at most a second. A row that breaks a constraint costs only
    itself. Failures that are nobody's lock open ``breaker``; while it is open the database
    is left alone and rows wait. Only when the queue is full is a new row dropped.
    """

    def __init__(
        self,
        repository: PromptRepository,
        breaker: CircuitBreaker,
        *,
        capacity: int = 1_000,
        batch_size: int = 64,
        wait_for_commit: bool = False,
        wait_s: float = 5.0,
        drain_s: float = 5.0,
        last_commit_s: float = 2.5,
        observe_commit: Callable[[float], None] = lambda seconds: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """
        Args:
            capacity: how many rows may wait.
            batch_size: how many rows are committed together at the most.
            wait_for_commit: ``record`` waits for the commit, ``wait_s`` seconds at the most.
            drain_s: seconds that ``stop`` gives to what is still waiting.
            last_commit_s: seconds beyond that for a commit that is under way.
            observe_commit: is told the seconds of each commit.
        """
        self._repository = repository
        self._breaker = breaker
        self._capacity = capacity
        self._batch_size = batch_size
        self._wait_for_commit = wait_for_commit
        self._wait_s = wait_s
        self._drain_s = drain_s
        self._last_commit_s = last_commit_s
        self._observe_commit = observe_commit
        self._clock = clock
        self._sleep = sleep
        self._queue: deque[_Waiting] = deque()
        self._accepted = 0
        self._saved = 0
        self._dropped = 0
        self._rejected = 0
        self._dropping = False
        self._trying_since: float | None = None
        self._failing_since: float | None = None
        self._last_failure: type[Exception] | None = None
        self._pause_s = 0.0
        self._wake = asyncio.Event()
        self._first_try = asyncio.Event()
        self._stopping = False
        self._given_up = False
        self._has_opened = False
        self._writer: asyncio.Task[None] | None = None

    @property
    def has_opened(self) -> bool:
        """Whether the repository has been open at least once."""
        return self._has_opened

    @property
    def breaker(self) -> CircuitBreaker:
        return self._breaker

    @property
    def counts(self) -> RecorderCounts:
        return RecorderCounts(
            accepted=self._accepted,
            saved=self._saved,
            dropped=self._dropped,
            rejected=self._rejected,
            waiting=len(self._queue),
        )

    def failing_for_s(self) -> float:
        """Seconds since the first try that has not worked began; 0 when the last one did."""
        since = self._trying_since if self._failing_since is None else self._failing_since
        return 0.0 if since is None else self._clock() - since

    async def start(self, *, wait_s: float = 0.0) -> None:
        """Start the writer, which opens the repository first. Waits ``wait_s`` seconds at
        the most for that: a database that is locked or migrating does not hold up the API.
        """
        self._writer = asyncio.create_task(self._write_until_stopped(), name="history writer")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first_try.wait(), wait_s)

    async def record(self, history: PromptHistory) -> SaveOutcome:
        """Take a row in.

        Returns at once ``queued``, or ``dropped`` when the queue is full. With
        ``wait_for_commit`` it returns ``saved``, ``dropped`` (the queue is full, or the row
        breaks a constraint), or ``queued`` when the commit takes longer than ``wait_s``.
        """
        outcome: asyncio.Future[SaveOutcome] | None = None
        if self._wait_for_commit:
            outcome = asyncio.get_running_loop().create_future()
        if not self._enqueue(history, outcome):
            return SaveOutcome.DROPPED
        if outcome is None or self._breaker.state is not BreakerState.CLOSED:
            return SaveOutcome.QUEUED
        # asyncio.wait leaves the future alone when its time is over or the caller is
        # cancelled: the row is saved all the same.
        done, _ = await asyncio.wait({outcome}, timeout=self._wait_s)
        return outcome.result() if done else SaveOutcome.QUEUED

    async def stop(self) -> None:
        """Write what is waiting, within ``drain_s`` seconds, and end the writer. What could
        not be written is dropped, counted, and told in one line."""
        self._stopping = True
        self._wake.set()
        if self._writer is not None:
            await asyncio.wait({self._writer}, timeout=self._drain_s)
            # What is being committed goes on in its thread, whoever is cancelled: wait for
            # its end, so that no row is told as dropped that is in the file.
            self._given_up = True
            await asyncio.wait({self._writer}, timeout=self._last_commit_s)
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        if lost := len(self._queue):
            logger.error(
                "Dropped %d improvements that could not be written to the history at shutdown", lost
            )
            for row in tuple(self._queue):
                self._dropped += 1
                self._leave(row, SaveOutcome.DROPPED)

    def _enqueue(self, history: PromptHistory, outcome: asyncio.Future[SaveOutcome] | None) -> bool:
        self._accepted += 1
        stopped = self._writer is None or self._writer.done()
        if stopped or len(self._queue) >= self._capacity:
            if not self._dropping:
                logger.error("The queue of the history is full: new improvements are dropped")
            self._dropping = True
            self._dropped += 1
            return False
        self._queue.append(_Waiting(history, outcome))
        self._wake.set()
        return True

    async def _write_until_stopped(self) -> None:
        await self._try_batch()
        self._first_try.set()
        while self._queue or not self._stopping:
            await self._wait_for_work()
            last_try = self._stopping
            if self._queue or not self._stopping:
                await self._try_batch()
            hopeless = (
                self._breaker.state is BreakerState.OPEN
                and self._last_failure is not RepositoryBusyError
            )
            if self._given_up or (last_try and hopeless):
                return

    async def _wait_for_work(self) -> None:
        """Until something may be tried: a row waits, or the repository is still to be
        opened, and the pause and the breaker's cooldown are over; or the recorder stops."""
        if self._pause_s and (self._stopping or self._breaker.state is not BreakerState.OPEN):
            await self._sleep(self._pause_s)
        while not self._stopping:
            cooldown_s = self._breaker.seconds_until_probe()
            if cooldown_s == 0 and (self._queue or self._failing_since is not None):
                return
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), cooldown_s or None)

    async def _try_batch(self) -> None:
        """One try at what is waiting at the front of the queue."""
        self._trying_since = self._clock()
        batch = list(itertools.islice(self._queue, self._batch_size))
        try:
            # Once it is open it opens itself anew after a fault: to ask each time would cost
            # every batch another hop into a thread.
            if not self._has_opened or self._failing_since is not None:
                await self._repository.open()
                self._has_opened = True
            if batch:
                await self._commit(batch)
        except RepositoryBusyError as error:
            self._failed(error)
        except RepositoryCorruptError as error:
            self._breaker.trip()
            self._failed(error)
        except Exception as error:  # noqa: BLE001 the writer's edge: were it to end, every row were lost
            self._breaker.record_failure()
            self._failed(error)
        else:
            self._succeeded()
        finally:
            self._trying_since = None

    async def _commit(self, batch: list[_Waiting]) -> None:
        began = self._clock()
        try:
            await self._repository.save_many([row.history for row in batch])
        except RepositoryConstraintError:
            await self._commit_one_by_one(batch)
            return
        self._observe_commit(self._clock() - began)
        for row in batch:
            self._saved += 1
            self._leave(row, SaveOutcome.SAVED)

    async def _commit_one_by_one(self, batch: list[_Waiting]) -> None:
        for row in batch:
            try:
                await self._repository.save_many([row.history])
            except RepositoryConstraintError as error:
                logger.error("The history refuses row %s: %s", row.history.prompt_id, error)
                self._rejected += 1
                self._leave(row, SaveOutcome.DROPPED)
            else:
                self._saved += 1
                self._leave(row, SaveOutcome.SAVED)

    def _leave(self, row: _Waiting, outcome: SaveOutcome) -> None:
        """Take a row that has just been counted off the front of the queue."""
        front = self._queue.popleft()
        assert front is row, "rows leave the queue in the order in which they came"
        if row.outcome is not None and not row.outcome.done():
            row.outcome.set_result(outcome)

    def _succeeded(self) -> None:
        if self._failing_since is not None:
            logger.info("The history can be written again; %d rows wait", len(self._queue))
        self._failing_since = None
        self._last_failure = None
        self._pause_s = 0.0
        self._dropping = False
        self._breaker.record_success()

    def _failed(self, error: Exception) -> None:
        """Remember a failed try. It is logged when it is the first, or of another kind than
        the one before; not at every try."""
        if self._failing_since is None:
            self._failing_since = self._trying_since
        if type(error) is not self._last_failure:
            self._last_failure = type(error)
            # The messages of the repository's errors name the mend and hold no text of the
            # user's; of any other error only the kind is sure not to.
            why = str(error) if isinstance(error, RepositoryError) else type(error).__name__
            logger.error("The history cannot be written; the API answers without it: %s", why)
        self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        if self._breaker.state is BreakerState.OPEN:
            seconds = self._breaker.seconds_until_probe()
            logger.error(
                "The history is left alone for %.0f s; %d rows wait", seconds, len(self._queue)
            )
            for row in self._queue:
                if row.outcome is not None and not row.outcome.done():
                    row.outcome.set_result(SaveOutcome.QUEUED)
