"""The two backends with a model: zero-shot, and few-shot with similar examples."""

from collections.abc import Sequence

from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.improver import Correction, Improvement, Improver
from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.model.connection import ModelConnection
from prompt_improver.improvement.model.demonstrations import Demonstration, Demonstrations
from prompt_improver.improvement.structured_prompt import StructuredPrompt, fit_to_target


class DspyImprover(Improver):
    """Asks the model once for each attempt.

    Args:
        connection: to the model; shared by both backends; closing it twice does nothing.
        demonstrations: the examples of few-shot; without them the backend is zero-shot.
        k: how many of them the model is shown.
    """

    can_correct = True

    def __init__(
        self,
        connection: ModelConnection,
        *,
        demonstrations: Demonstrations | None = None,
        k: int = 3,
    ) -> None:
        self.backend = BackendType.ZERO_SHOT if demonstrations is None else BackendType.FEW_SHOT
        self.model_version = connection.choice.model_version
        self._connection = connection
        self._demonstrations = demonstrations
        self._k = k

    @property
    def ready(self) -> bool:
        return self._connection.ready

    async def warm(self) -> None:
        await self._connection.warm()

    async def close(self) -> None:
        await self._connection.close()

    async def improve(
        self,
        idea: str,
        context: str = "",
        correction: Correction | None = None,
        *,
        brief: Brief = CHAT,
    ) -> Improvement:
        language = detect_language(idea, context)
        shown: Sequence[Demonstration] = ()
        if self._demonstrations is not None and brief.revision is None:
            shown = self._demonstrations.choose(idea, self._k, context)
        parts, use = await self._connection.ask(
            idea,
            context,
            language or "",
            [demonstration.fields for demonstration in shown],
            correction,
            brief.target,
            brief.revision,
        )
        prompt = StructuredPrompt(
            role=parts.role,
            target=brief.target,
            directive=parts.directive,
            framework=parts.framework,
            guardrails=parts.guardrails,
            output_format=parts.output_format,
            material=parts.material,
            assumptions=parts.assumptions,
            examples=parts.examples,
            questions=parts.questions,
            context=context,
            reasoning=parts.reasoning,
            confidence=parts.confidence,
            language=language,
        )
        return Improvement(
            prompt=fit_to_target(prompt),
            backend=self.backend,
            model_version=self.model_version,
            input_tokens=use.input_tokens,
            output_tokens=use.output_tokens,
            model_calls=use.calls,
        )
