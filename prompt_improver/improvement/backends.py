"""Which improver answers which request."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from prompt_improver.domain.errors import ImproverNotConfiguredError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.improver import Improvement, Improver

MODEL_UNAVAILABLE = "model_unavailable"
"""The warning of an answer that the offline backend gave in the model's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """The improvers of this process, and which one ``auto`` means."""

    improvers: Mapping[BackendType, Improver]
    default: BackendType
    provider: str
    """Where the model is: ``openai``, ``ollama``, ``offline``, ..."""
    model: str | None = None
    """The model's name; None without one."""
    reason: str = field(default="")
    """Why this provider was taken, for the log and ``/health``."""
    notice: str | None = None
    """What the user should know of that choice, and do; None where all is as it was set."""

    def get(self, backend: BackendType) -> Improver:
        """The improver for ``backend``.

        Raises:
            ImproverNotConfiguredError: no model is configured for it; says what to set.
        """
        if backend not in self.improvers:
            raise ImproverNotConfiguredError(
                f"The backend {backend.value} needs a model: set LLM_PROVIDER and its key, "
                "or use the backend offline."
            )
        return self.improvers[backend]

    async def improve_without_model(
        self, idea: str, context: str, brief: Brief = CHAT
    ) -> Improvement:
        """The answer where nobody asked for a model by name and the model gives none: the
        offline one, with the warning MODEL_UNAVAILABLE."""
        improvement = await self.get(BackendType.OFFLINE).improve(idea, context, brief=brief)
        return replace(improvement, warnings=(MODEL_UNAVAILABLE, *improvement.warnings))
