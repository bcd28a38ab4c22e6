"""The backend without a model."""

import asyncio

from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.improver import Correction, Improvement, Improver
from prompt_improver.improvement.offline.composition import compose
from prompt_improver.improvement.refining.feedback_rule import add_feedback

MODEL_VERSION = "offline/3"


class OfflineImprover(Improver):
    """Deterministic, without model and network. It protects the idea (the user's words, form
    and limits stay) and completes it only where independent signals agree on what is asked.

    Warnings: ``vague`` where the prompt asks for something missing before anything else,
    ``already_good`` where the idea comes back as it is because it says enough.
    """

    backend = BackendType.OFFLINE
    model_version = MODEL_VERSION

    async def warm(self) -> None:
        """Read knowledge, vocabulary and patterns now, so that the first improvement is as quick
        as the next: by an improvement, in a thread, because it takes some 200 ms."""
        await asyncio.to_thread(compose, "Write a line of at most 3 words", "")

    async def improve(
        self,
        idea: str,
        context: str = "",
        correction: Correction | None = None,
        *,
        brief: Brief = CHAT,
    ) -> Improvement:
        if brief.revision is not None:
            return Improvement(
                prompt=add_feedback(brief.revision),
                backend=self.backend,
                model_version=MODEL_VERSION,
            )
        composed = compose(idea, context, brief)
        return Improvement(
            prompt=composed.prompt,
            backend=self.backend,
            model_version=MODEL_VERSION,
            warnings=composed.warnings,
            changed=composed.prompt.render() != idea,
        )
