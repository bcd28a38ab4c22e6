"""Deleting what is older than the retention, after the start and every day."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from prompt_improver.background_task import log_text, start_background_task
from prompt_improver.domain.breaker import Breaker, BreakerState
from prompt_improver.domain.errors import RepositoryError
from prompt_improver.domain.prompt_repository import PromptRepository

logger = logging.getLogger(__name__)

FIRST_DELAY_S = 1.0
"""The server answers first."""
INTERVAL_S = 24 * 3600.0
RETRY_S = 600.0


class HistoryCleanup:
    """A task that deletes what is older than ``days`` days, and is quiet while the breaker
    is not closed."""

    def __init__(
        self,
        repository: PromptRepository,
        breaker: Breaker,
        *,
        days: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._repository = repository
        self._breaker = breaker
        self._days = days
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None
        self.last_done_at: float | None = None
        """When it was last done, in Unix time."""

    def start(self) -> None:
        """Begin, in the background."""
        self._task = start_background_task(self._repeat(), "history cleanup")

    async def stop(self) -> None:
        """End between two steps; what has been deleted stays deleted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _repeat(self) -> None:
        await self._announce()
        await self._sleep(FIRST_DELAY_S)
        while True:
            await self._sleep(INTERVAL_S if await self._clean() else RETRY_S)

    async def _announce(self) -> None:
        """Say in the log, before anything goes, how much that will be and how to keep it."""
        try:
            count = await self._repository.count_old(self._days)
        except RepositoryError:
            return  # not open yet, or broken, which others tell
        except Exception as error:  # noqa: BLE001 the task's edge: the cleanup goes on
            logger.error("The rows of the next cleanup cannot be counted: %s", log_text(error))
            return
        logger.info(
            "The next cleanup deletes %d improvements older than %d days; "
            "SQLITE_AUTO_CLEANUP=false keeps everything",
            count,
            self._days,
        )

    async def _clean(self) -> bool:
        """Whether it is done for today."""
        if self._breaker.state is not BreakerState.CLOSED:
            return False
        try:
            deleted = await self._repository.delete_old(self._days)
        except RepositoryError as error:
            logger.warning("The cleanup of the history is postponed: %s", error)
            return False
        except Exception as error:  # noqa: BLE001 the task's edge: it is to come again tomorrow
            logger.error("The cleanup of the history failed: %s", log_text(error))
            return False
        self.last_done_at = time.time()
        logger.info("Deleted %d improvements older than %d days", deleted, self._days)
        return True
