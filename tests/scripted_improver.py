"""An improver for tests of what stands above it."""

import asyncio
from dataclasses import replace
from typing import Any

from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.question import Question
from prompt_improver.improvement.backends import Backends
from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.improver import Correction, Improvement, Improver
from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.structured_prompt import Framework, StructuredPrompt


class ScriptedImprover(Improver):
    """Answers with the idea as the directive. ``fail_with``: raises it instead. ``gate``:
    waits until it is set. ``answer_with``: facts of the Improvement. ``is_ready``: what
    ``ready`` tells."""

    model_version = "scripted/1"

    def __init__(self, backend: BackendType = BackendType.ZERO_SHOT) -> None:
        self.backend = backend
        self.fail_with: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.calls: list[tuple[str, str]] = []
        self.briefs: list[Brief] = []
        self.questions: tuple[Question, ...] = ()
        self.answer_with: dict[str, Any] = {}
        self.is_ready = True

    @property
    def ready(self) -> bool:
        return self.is_ready

    async def improve(
        self,
        idea: str,
        context: str = "",
        correction: Correction | None = None,
        *,
        brief: Brief = CHAT,
    ) -> Improvement:
        self.calls.append((idea, context))
        self.briefs.append(brief)
        if self.gate is not None:
            await self.gate.wait()
        if self.fail_with is not None:
            raise self.fail_with
        improvement = Improvement(
            prompt=StructuredPrompt(
                role="A careful engineer",
                directive=idea,
                framework=Framework.DECOMPOSITION,
                guardrails=("Name every assumption", "Return one result", "Keep every name"),
                output_format="A numbered list",
                context=context,
                reasoning="It has parts",
                confidence=0.5,
                language=detect_language(idea),
                questions=self.questions,
            ),
            backend=self.backend,
            model_version=self.model_version,
            warnings=("vague",) if idea == "vague" else (),
        )
        return replace(improvement, **self.answer_with)


def make_backends(*improvers: Improver) -> Backends:
    """Backends of these improvers; the first is what auto takes."""
    return Backends(
        improvers={improver.backend: improver for improver in improvers},
        default=improvers[0].backend,
        provider="scripted",
        model="1",
        reason="a test says so",
    )
