"""Taking the words of deleted improvements out of the database's files, in the background."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from prompt_improver.domain.errors import RepositoryError
from prompt_improver.domain.prompt_repository import PromptRepository

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
"""What is deleted within this time is tidied together."""
NEXT_PAUSE_S = 60.0
"""Each time the search index is written anew, which takes 20 s for a million rows."""


class HistoryTidying:
    """A task that tidies up after deletions: a second after the first, and then once a
    minute at the most. What a stop or an error leaves undone the daily cleanup does."""

    def __init__(
        self,
        repository: PromptRepository,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._repository = repository
        self._sleep = sleep
        self._asked = False
        self._task: asyncio.Task[None] | None = None

    def soon(self) -> None:
        """Something was deleted."""
        self._asked = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tidy(), name="history tidying")

    async def stop(self) -> None:
        """End between two steps."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _tidy(self) -> None:
        await self._sleep(FIRST_PAUSE_S)
        while self._asked:
            self._asked = False
            try:
                await self._repository.forget_deleted()
            except RepositoryError as error:
                logger.warning("Tidying up after deletions is put off: %s", error)
            await self._sleep(NEXT_PAUSE_S)
