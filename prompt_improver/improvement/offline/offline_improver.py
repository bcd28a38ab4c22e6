"""The backend without a model."""

from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.improver import Correction, Improvement, Improver
from prompt_improver.improvement.offline.composition import compose
from prompt_improver.improvement.offline.knowledge import knowledge

MODEL_VERSION = "offline/2"


class OfflineImprover(Improver):
    """Deterministic, without model and network. It protects the idea (the user's words, form
    and limits stay) and completes it only where independent signals agree on what is asked.

    Warnings: ``vague`` where the prompt asks for something missing before anything else,
    ``already_good`` where the idea comes back as it is because it says enough.
    """

    backend = BackendType.OFFLINE
    model_version = MODEL_VERSION

    async def warm(self) -> None:
        """Read the knowledge now, so that the first improvement is as quick as the next."""
        knowledge()

    async def improve(
        self, idea: str, context: str = "", correction: Correction | None = None
    ) -> Improvement:
        composed = compose(idea, context)
        return Improvement(
            prompt=composed.prompt,
            backend=self.backend,
            model_version=MODEL_VERSION,
            warnings=composed.warnings,
            changed=composed.prompt.render() != idea,
        )
