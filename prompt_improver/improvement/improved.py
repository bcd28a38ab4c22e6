"""What a call of the use case has brought, and who hears of it."""

from dataclasses import dataclass
from datetime import datetime

from prompt_improver.domain.errors import PromptImproverError
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.recorder import SaveOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Improved:
    """What one call has brought."""

    history: PromptHistory
    """The record: what the answer shows, and what is kept."""
    saved: SaveOutcome
    instead_of: PromptImproverError | None = None
    """Why the model gave no answer, where the offline backend answers in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One thing that a prompt must not have lost or changed, and has."""

    gate: str
    text: str
    """What to put right; it names the piece as it stands in the idea."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What became of a prompt that the caller's own model wrote."""

    broken: tuple[Broken, ...] = ()
    improved: Improved | None = None
    """The improvement, kept; None where something is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFailure:
    """That the model gave no answer, and when."""

    code: str
    """Of the error, as in domain/error_table.py."""
    at: datetime
    """UTC."""


class ImprovementObserver:
    """Hears of every call, for figures. This one does nothing with it."""

    def count_improvement(self, history: PromptHistory) -> None:
        """An idea was answered."""

    def count_failure(self, backend: BackendType, error: Exception) -> None:
        """An idea was not answered."""

    def count_fallback(self, backend: BackendType, error: PromptImproverError) -> None:
        """The offline backend is to answer in the place of ``backend``."""

    def observe_first_field(self, backend: BackendType, seconds: float) -> None:
        """A stream has shown its first field so long after its request."""

    def count_cancellation(self, backend: BackendType, cause: str) -> None:
        """A call of the model was given up. That is neither an answer nor a failure."""
