"""Taking the words of deleted improvements out of the database's files, in the background."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from prompt_improver.background_task import log_text, start_background_task
from prompt_improver.domain.breaker import Breaker, BreakerState
from prompt_improver.domain.prompt_repository import PromptRepository

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
"""What is deleted within this time is tidied together."""
NEXT_PAUSE_S = 60.0
"""Each time the search index is written anew, which takes 20 s for a million rows."""


class HistoryCompaction:
    """A task that tidies up after deletions: a second after the first, and then once a
    minute at the most. What does not succeed, or has to wait while ``breaker`` is not closed,
    is tried again a minute later; what a stop leaves undone ``start`` does."""

    def __init__(
        self,
        repository: PromptRepository,
        breaker: Breaker,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._repository = repository
        self._breaker = breaker
        self._sleep = sleep
        self._asked = False
        self._failing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Finish, soon, what an earlier run may have left."""
        self._begin(next_pause_s=0.0)

    def soon(self) -> None:
        """Something was deleted."""
        self._begin(next_pause_s=NEXT_PAUSE_S)

    def _begin(self, *, next_pause_s: float) -> None:
        self._asked = True
        if self._task is None or self._task.done():
            self._task = start_background_task(self._compact(next_pause_s), "history compaction")

    async def stop(self) -> None:
        """End between two steps."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _compact(self, next_pause_s: float) -> None:
        await self._sleep(FIRST_PAUSE_S)
        while self._asked:
            self._asked = False
            if not await self._forget():
                self._asked, next_pause_s = True, NEXT_PAUSE_S
            await self._sleep(next_pause_s)
            next_pause_s = NEXT_PAUSE_S

    async def _forget(self) -> bool:
        """Whether all is tidied that was deleted before this began."""
        if self._breaker.state is not BreakerState.CLOSED:
            return False
        try:
            await self._repository.compact()
        except Exception as error:  # noqa: BLE001 the task's edge: it is to come again
            if not self._failing:
                logger.warning("Compacting the history is postponed: %s", log_text(error))
            self._failing = True
            return False
        self._failing = False
        return True
