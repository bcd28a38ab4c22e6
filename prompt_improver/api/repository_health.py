"""How the history is, without waiting for it."""

import asyncio
import logging
from pathlib import Path

from prompt_improver.api.schemas import (
    RepositoryDisabled,
    RepositoryHealthy,
    RepositoryUnhealthy,
    Saves,
)
from prompt_improver.background_task import start_background_task
from prompt_improver.domain.breaker import BreakerState
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryCorruptError,
    RepositoryError,
    RepositoryNewerError,
    RepositoryNotMadeError,
    RepositoryNotWritableError,
)
from prompt_improver.domain.prompt_repository import PromptRepository, PromptStatistics
from prompt_improver.recording import HistoryRecorder

logger = logging.getLogger(__name__)

LONGEST_WAIT_S = 0.03
LONGEST_FAILING_S = 2.0

_CAUSES: dict[type[Exception], str] = {
    RepositoryCorruptError: "The history database is damaged, or is no history database. Restore "
    "a backup; the cause is in the log.",
    RepositoryNewerError: "The history database was written by a newer version of this program. "
    "Use that version; the cause is in the log.",
    RepositoryNotMadeError: "The history database cannot be made. Look at its folder and at what "
    "stands in its place; the cause is in the log.",
    RepositoryNotWritableError: "The history database cannot be written by this user. Let this "
    "user write the file and its folder; the cause is in the log.",
}
_LEFT_ALONE = (
    "The history does not work and is not tried again for a while; the cause is in the log."
)
_CANNOT_BE_WRITTEN = "The history cannot be written; the cause is in the log."
_CANNOT_BE_READ = "The history cannot be read; the cause is in the log."
_NOT_READ_YET = "The history has not been read yet."


class RepositoryHealth:
    """Asks the repository for its figures, and answers from the last known ones when they
    take longer than ``LONGEST_WAIT_S``. One question is under way at a time."""

    def __init__(
        self,
        repository: PromptRepository,
        recorder: HistoryRecorder,
        database_file: Path,
        cleanup_days: int,
    ) -> None:
        self._repository = repository
        self._recorder = recorder
        self._database_file = database_file
        self._cleanup_days = cleanup_days
        self._known: PromptStatistics | None = None
        self._old_rows: int | None = None
        self._unreadable: type[Exception] | None = None
        """Why it could not be read the last time."""
        self._question: asyncio.Task[None] | None = None

    async def report(self) -> RepositoryHealthy | RepositoryUnhealthy:
        """The figures, or a fixed sentence on what does not work. Raises nothing."""
        breaker = self._recorder.breaker
        await self.refresh()
        failure = self._recorder.last_failure
        if self._repository.describe().is_damaged:
            return self._unhealthy(_CAUSES[RepositoryCorruptError])
        if breaker.state is not BreakerState.CLOSED:
            return self._unhealthy(_cause(failure, _LEFT_ALONE))
        if self._recorder.failing_for_s() > LONGEST_FAILING_S:
            return self._unhealthy(_cause(failure, _CANNOT_BE_WRITTEN))
        if self._known is None:
            default = _NOT_READ_YET if self._unreadable is None else _CANNOT_BE_READ
            return self._unhealthy(_cause(self._unreadable or failure, default))
        return RepositoryHealthy(
            status="healthy",
            total_records=self._known.total_count,
            database_path=str(self._database_file),
            average_confidence=self._known.average_confidence,
            average_latency_ms=self._known.average_latency_ms,
            next_cleanup_deletes=self._old_rows,
            breaker=breaker.state,
            saves=Saves.of(self._recorder.counts),
        )

    @property
    def last_known(self) -> PromptStatistics | None:
        """The figures as they were last read."""
        return self._known

    async def refresh(self) -> None:
        """Read the figures anew, if that takes no longer than ``LONGEST_WAIT_S``, and if the
        database is not left alone."""
        if self._recorder.has_opened and self._recorder.breaker.state is BreakerState.CLOSED:
            await self._ask()

    async def close(self) -> None:
        """Let go of the question that is under way."""
        if self._question is not None:
            self._question.cancel()
            await asyncio.wait({self._question})

    def _unhealthy(self, reason: str) -> RepositoryUnhealthy:
        saves = Saves.of(self._recorder.counts)
        return RepositoryUnhealthy(status="unhealthy", reason=reason, saves=saves)

    async def _ask(self) -> None:
        if self._question is None or self._question.done():
            self._question = start_background_task(self._read(), "history statistics")
        await asyncio.wait({self._question}, timeout=LONGEST_WAIT_S)

    async def _read(self) -> None:
        try:
            if self._cleanup_days:
                self._old_rows = await self._repository.count_old(self._cleanup_days)
            self._known = await self._repository.get_statistics()
            self._unreadable = None
        except RepositoryBusyError:
            pass  # the last known figures are as good as any
        except RepositoryError as error:
            if type(error) is not self._unreadable:
                logger.warning("The history cannot be read: %s", error)
            self._known = None
            self._unreadable = type(error)
        except Exception as error:  # noqa: BLE001 the task's edge
            logger.error("The metrics of the history cannot be read: %s", type(error).__name__)
            self._known = None
            self._unreadable = type(error)


def _cause(failure: type[Exception] | None, default: str) -> str:
    return default if failure is None else _CAUSES.get(failure, default)


class DisabledRepositoryHealth:
    """The history is turned off."""

    async def refresh(self) -> None:
        """There is nothing to read."""

    async def report(self) -> RepositoryDisabled:
        return RepositoryDisabled(status="disabled", reason="SQLITE_ENABLED=false")
