"""Looking after the file of the history: that a plain copy of it is whole, and that it is sound."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from prompt_improver.background_task import log_text, start_background_task
from prompt_improver.domain.breaker import BreakerState
from prompt_improver.domain.errors import RepositoryBusyError, RepositoryError
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.recording.history_recorder import HistoryRecorder

logger = logging.getLogger(__name__)

LOOK_S = 0.25
QUIET_S = 1.0
"""Nobody is to have written for so long: then the file is likely to stay as it is."""
CHECKED_SHARE = 20
"""A check of a large file takes seconds: it takes one in so many of them at the most."""


class HistoryWatch:
    """A task that looks at the history's file four times a second, which costs next to nothing.
    It makes it copyable once it is quiet, and has it checked after the start and after others
    have changed it. It does nothing while the history is not open or the breaker not closed."""

    def __init__(
        self,
        repository: PromptRepository,
        recorder: HistoryRecorder,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._repository = repository
        self._recorder = recorder
        self._clock = clock
        self._sleep = sleep
        self._check_again_at = 0.0
        self._last_failure: type[Exception] | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the background."""
        self._task = start_background_task(self._repeat(), "history watch")

    async def stop(self) -> None:
        """End; what is being done is left for the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _repeat(self) -> None:
        while True:
            await self._sleep(LOOK_S)
            recorder = self._recorder
            if recorder.has_opened and recorder.breaker.state is BreakerState.CLOSED:
                await self._look()

    async def _look(self) -> None:
        try:
            await self._repository.make_copyable(QUIET_S)
            unchecked = self._repository.describe().is_unchecked
            if unchecked and self._clock() >= self._check_again_at:
                await self._check()
        except RepositoryBusyError:
            return  # it is tried again
        except RepositoryError as error:
            self._tell(error)
        except Exception as error:  # noqa: BLE001 the task's edge: it goes on
            self._tell(error)
        else:
            self._last_failure = None

    async def _check(self) -> None:
        began = self._clock()
        try:
            await self._repository.check()
        finally:
            ended = self._clock()
            self._check_again_at = ended + CHECKED_SHARE * (ended - began)

    def _tell(self, error: Exception) -> None:
        """Once, and not four times a second."""
        if type(error) is not self._last_failure:
            self._last_failure = type(error)
            logger.error("The history file cannot be maintained: %s", log_text(error))
