"""Taking improvements in for the history: the interface, and the one that keeps nothing."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

from prompt_improver.domain.prompt_history import PromptHistory


class SaveOutcome(StrEnum):
    """What became of an improvement's row, as the answer tells it."""

    QUEUED = "queued"
    SAVED = "saved"
    SPOOLED = "spooled"
    DROPPED = "dropped"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderCounts:
    """Rows: accepted = saved + spooled + dropped + rejected + waiting, always. Since the
    start, but ``spooled`` and ``waiting``, which are what there is now; what an earlier run
    left in the spool counts as accepted."""

    accepted: int
    saved: int
    spooled: int
    dropped: int
    rejected: int
    waiting: int


class Recorder(ABC):
    """Takes improvements in for the history."""

    @abstractmethod
    async def record(self, history: PromptHistory) -> SaveOutcome:
        """Take a row in; says what became of it. Raises nothing."""

    async def catch_up(self) -> None:  # noqa: B027 most have nothing to wait for
        """Wait until the rows that were taken in before are where others find them; not for
        long, and not where the history does not work. Raises nothing."""


class DisabledRecorder(Recorder):
    """No history is kept."""

    async def record(self, history: PromptHistory) -> SaveOutcome:
        return SaveOutcome.DISABLED
