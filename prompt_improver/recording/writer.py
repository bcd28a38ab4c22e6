"""The one task that writes the history."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from prompt_improver.background_task import log_text, start_background_task
from prompt_improver.domain.breaker import Breaker, BreakerState
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConstraintError,
    RepositoryCorruptError,
    SpoolError,
)
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.prompt_spool import PromptSpool
from prompt_improver.recording.waiting_rows import WaitingRows

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0
SPOOL_PAUSE_S = 30.0


class HistoryWriter:
    """Opens the repository, commits what waits for it together, and takes in what the spool
    holds.

    A batch that fails for a passing reason is tried again after a growing pause, at most a
    second. A row that breaks a constraint costs only itself. Failures that are nobody's lock
    open ``breaker``; while it is open the database is left alone, and what waits goes to the
    spool. The task's next try is the breaker's one probe.
    """

    def __init__(
        self,
        repository: PromptRepository,
        spool: PromptSpool,
        breaker: Breaker,
        rows: WaitingRows,
        *,
        batch_size: int,
        observe_commit: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._repository = repository
        self._spool = spool
        self._breaker = breaker
        self._rows = rows
        self._batch_size = batch_size
        self._observe_commit = observe_commit
        self._clock = clock
        self._sleep = sleep
        self._trying_since: float | None = None
        self._failing_since: float | None = None
        self._last_failure: type[Exception] | None = None
        self._pause_s = 0.0
        self._spool_again_at = 0.0
        self._first_try = asyncio.Event()
        self._stopping = False
        self._given_up = False
        self._has_opened = False
        self._task: asyncio.Task[None] | None = None

    @property
    def has_opened(self) -> bool:
        """Whether the repository has been open at least once."""
        return self._has_opened

    @property
    def last_failure(self) -> type[Exception] | None:
        """The kind of the last try's failure; None when it has worked."""
        return self._last_failure

    def failing_for_s(self) -> float:
        """Seconds since the first try that has not worked began; 0 when the last one did."""
        since = self._trying_since if self._failing_since is None else self._failing_since
        return 0.0 if since is None else self._clock() - since

    async def start(self, *, wait_s: float) -> None:
        """Begin, and wait ``wait_s`` seconds at the most for the first try."""
        self._task = start_background_task(self._write_until_stopped(), "history writer")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first_try.wait(), wait_s)

    async def stop(self, *, drain_s: float, last_commit_s: float, hurried: asyncio.Event) -> None:
        """Write what waits for the database within ``drain_s`` seconds, or until ``hurried``
        is set, and end."""
        self._stopping = True
        self._rows.queue_filled.set()
        if self._task is None:
            return
        hurrying = asyncio.create_task(hurried.wait(), name="a second signal")
        try:
            await asyncio.wait(
                {self._task, hurrying}, timeout=drain_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            hurrying.cancel()
        # What is being committed goes on in its thread, whoever is cancelled: wait for its
        # end, so that no row is told as not saved that is in the file.
        self._given_up = True
        await asyncio.wait({self._task}, timeout=last_commit_s)
        self._task.cancel()
        # What ended it was logged then; the rows that it has left go to the spool.
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self._task

    async def _write_until_stopped(self) -> None:
        await self._try()
        self._first_try.set()
        while self._rows.queued or not self._stopping:
            await self._wait_for_work()
            if self._rows.queued or not self._stopping:
                await self._try()
            if self._given_up:
                return

    async def _wait_for_work(self) -> None:
        """Until something may be tried: a row waits, or the repository is still to be
        opened, and the pause and the breaker's cooldown are over; or the writer stops."""
        if self._pause_s and (self._stopping or self._breaker.state is not BreakerState.OPEN):
            await self._sleep(self._pause_s)
        while not self._stopping:
            wait_s = self._breaker.seconds_until_probe()
            if wait_s == 0:
                if self._breaker.state is BreakerState.CLOSED:
                    self._rows.reclaim()  # an append may have failed since the last success
                if self._rows.queued or self._failing_since is not None:
                    return
                if self._rows.spooled:
                    wait_s = max(0.0, self._spool_again_at - self._clock())
                    if wait_s == 0:
                        return
            self._rows.queue_filled.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rows.queue_filled.wait(), wait_s or None)

    async def _try(self) -> None:
        """One try at what has waited longest, in memory and in the spool."""
        self._trying_since = self._clock()
        try:
            # Once it is open it opens itself anew after a fault: to ask each time would cost
            # every batch another hop into a thread.
            if not self._has_opened or self._failing_since is not None:
                await self._repository.open()
                self._has_opened = True
            if self._breaker.state is not BreakerState.CLOSED:
                self._rows.reclaim()  # the probe is to write something
            if self._rows.queued:
                await self._commit()
            if self._rows.spooled and not self._stopping and self._clock() >= self._spool_again_at:
                await self._take_in()
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

    async def _commit(self) -> None:
        batch = self._rows.batch(self._batch_size)
        refused = await self._save([row.history for row in batch])
        self._rows.settle(batch, [row for row in batch if row.history in refused])

    async def _take_in(self) -> None:
        """Bring the oldest rows of the spool into the database. They leave the spool after
        that: a kill in between brings them again, and the database knows their prompt_id."""
        try:
            found = await self._spool.read(self._batch_size)
        except Exception as error:  # noqa: BLE001 it is not the database that fails
            self._leave_spool(error)
            return
        refused = await self._save(found.histories)
        bad = found.unreadable + len(refused)
        if not found.histories and not bad:  # it was emptied behind our back
            bad = self._rows.spooled
        if bad:
            logger.error("%d lines of the spool cannot be imported; the spool is kept", bad)
        self._rows.take_in(saved=len(found.histories) - len(refused), rejected=bad)
        try:
            await self._spool.remove(refused=bad > 0)
        except SpoolError as error:
            self._leave_spool(error)

    def _leave_spool(self, error: Exception) -> None:
        logger.error("The spool cannot be imported: %s", log_text(error))
        self._spool_again_at = self._clock() + SPOOL_PAUSE_S

    async def _save(self, histories: Sequence[PromptHistory]) -> list[PromptHistory]:
        """Commit rows; returns those that the repository refuses."""
        if not histories:
            return []
        began = self._clock()
        try:
            await self._repository.save_many(histories)
        except RepositoryConstraintError:
            return await self._save_one_by_one(histories)
        self._observe_commit(self._clock() - began)
        return []

    async def _save_one_by_one(self, histories: Sequence[PromptHistory]) -> list[PromptHistory]:
        refused = []
        for history in histories:
            try:
                await self._repository.save_many([history])
            except RepositoryConstraintError as error:
                logger.error("The history refuses row %s: %s", history.prompt_id, error)
                refused.append(history)
        return refused

    def _succeeded(self) -> None:
        if self._failing_since is not None:
            logger.info(
                "The history can be written again; %d rows wait, %d are in the spool",
                self._rows.counts.waiting,
                self._rows.spooled,
            )
        self._failing_since = None
        self._last_failure = None
        self._pause_s = 0.0
        self._breaker.record_success()
        self._rows.reclaim()

    def _failed(self, error: Exception) -> None:
        """Remember a failed try. It is logged when it is the first, or of another kind than
        the one before; not at every try."""
        if self._failing_since is None:
            self._failing_since = self._trying_since
        if type(error) is not self._last_failure:
            self._last_failure = type(error)
            logger.error(
                "The history cannot be written; the API answers without it: %s", log_text(error)
            )
        self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        if self._breaker.state is BreakerState.OPEN:
            logger.error(
                "The history is not tried again for %.0f s; %d rows wait, or go to the spool",
                self._breaker.seconds_until_probe(),
                self._rows.counts.waiting,
            )
            self._rows.spill()
