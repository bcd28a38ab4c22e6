"""The task that brings rows to the spool which the history cannot take."""

import asyncio
import contextlib
import logging

from prompt_improver.background_task import log_text, start_background_task
from prompt_improver.domain.prompt_spool import PromptSpool
from prompt_improver.domain.recorder import SaveOutcome
from prompt_improver.recording.waiting_rows import WaitingRows

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 10
"""In pauses after the first failure."""


class HistorySpooler:
    """Takes over what an earlier run has left in ``spool``, and appends what waits for it,
    ``batch_size`` rows at a time. While that fails, rows wait in memory."""

    def __init__(
        self,
        spool: PromptSpool,
        rows: WaitingRows,
        *,
        batch_size: int = 256,
        first_pause_s: float = 0.5,
    ) -> None:
        self._spool = spool
        self._rows = rows
        self._batch_size = batch_size
        self._first_pause_s = first_pause_s
        self._works = True
        self._pause_s = first_pause_s
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def works(self) -> bool:
        """Whether the last append took all that it was given."""
        return self._works

    def start(self) -> None:
        """Begin, in the background: a slow disk does not hold up the API."""
        self._task = start_background_task(self._spool_until_stopped(), "history spooler")

    async def stop(self, *, within_s: float) -> None:
        """Append what waits, within so many seconds, and let go of the spool."""
        self._stopping.set()
        self._rows.overflow_filled.set()
        if self._task is None:
            return
        _, running = await asyncio.wait({self._task}, timeout=within_s)
        self._task.cancel()
        # What ended it was logged then; the rows that it has left go on.
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self._task
        if running:  # an append that hangs in its thread would keep us here
            return
        with contextlib.suppress(TimeoutError):
            # A read of the writer's may hang in its thread as well.
            await asyncio.wait_for(self._finish(), within_s)

    async def _finish(self) -> None:
        # Rows are left where the task was cancelled, as at a second Ctrl-C.
        if self._task is not None and self._task.cancelled():
            while self._rows.overflowing:
                await self._append()
                if not self._works:
                    break
        await self._spool.close()

    async def _spool_until_stopped(self) -> None:
        try:
            if left := await self._spool.open():
                logger.warning("An earlier run has left %d improvements in the spool", left)
                self._rows.take_over(left)
        except Exception as error:  # noqa: BLE001 the task's edge: it must not end
            logger.error("The spool of an earlier run cannot be read: %s", log_text(error))
        while self._rows.overflowing or not self._stopping.is_set():
            if not self._rows.overflowing:
                self._rows.overflow_filled.clear()
                await self._rows.overflow_filled.wait()
                continue
            await self._append()
            if not self._works:
                if self._stopping.is_set():
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._pause_s)

    async def _append(self) -> None:
        batch = self._rows.begin_spooling(self._batch_size)
        kept, why = 0, "the spool is full"
        try:
            kept = await self._spool.append([row.history for row in batch])
        except Exception as error:  # noqa: BLE001 the task's edge: it must not end
            why = log_text(error)
        finally:
            self._rows.end_spooling(kept)
        if kept == len(batch):
            self._works = True
            self._pause_s = self._first_pause_s
            return
        if self._works:
            logger.error("Improvements cannot be spooled, and wait in memory: %s", why)
        else:
            self._pause_s = min(self._pause_s * 2, self._first_pause_s * LONGEST_PAUSE)
        self._works = False
        self._rows.tell_overflow(SaveOutcome.QUEUED)
