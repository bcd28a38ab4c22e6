"""What every backend does, and the few ways in which one can fail."""

import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime

from prompt_improver.domain.evidence import Evidence
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.question import Answer
from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.structured_prompt import GuardrailSource, StructuredPrompt

UNREADABLE_REPLY = "reply"
"""The warning of an improvement for which no reply of the model could be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """A structured prompt, and what made it."""

    prompt: StructuredPrompt
    backend: BackendType
    model_version: str
    """What answered: ``openai/gpt-6-luna``, ``ollama/llama3.2``, ``offline/3``."""
    warnings: tuple[str, ...] = ()
    """Names, one word each, of what the reader should know of this prompt."""
    input_tokens: int | None = None
    """As the model's server counted them; None where it did not say, or without a model."""
    output_tokens: int | None = None
    model_calls: int = 0
    """Requests sent to the model for this one."""
    kept_original: bool = False
    """No answer passed the gates: the prompt is the offline one of the idea."""
    changed: bool = True
    """False where the prompt is the idea as it was typed."""
    evidence: Evidence | None = None
    """None where nobody has held the prompt against the idea."""

    @property
    def guardrail_sources(self) -> tuple[GuardrailSource, ...]:
        """Where each guardrail comes from, in their order."""
        return self.prompt.guardrail_sources

    @property
    def task(self) -> str | None:
        """What kind of request a frame shapes the prompt for; None without one."""
        return self.prompt.task

    @property
    def field(self) -> str | None:
        """The field that the frame was chosen for; None without one."""
        return self.prompt.field

    @property
    def language(self) -> str | None:
        """ISO 639-1, of the idea; None where it is not known."""
        return self.prompt.language

    def to_history(
        self,
        *,
        idea: str,
        context: str,
        latency_ms: float,
        brief: Brief = CHAT,
        answers: tuple[Answer, ...] = (),
        fallback_reason: str | None = None,
    ) -> PromptHistory:
        """The record of this improvement of ``idea``, made now: what the answer shows and the
        history keeps. Every fact comes onto the record here. ``idea`` is as it was typed,
        without ``answers``."""
        return PromptHistory(
            prompt_id=str(uuid.uuid4()),
            timestamp=datetime.now(UTC),
            original_idea=idea,
            context=context,
            improved_prompt=self.prompt.render(),
            role=self.prompt.role,
            directive=self.prompt.directive,
            framework=self.prompt.framework.value,
            guardrails=self.prompt.guardrails,
            backend=self.backend,
            confidence=self.prompt.confidence,
            reasoning=self.prompt.reasoning,
            latency_ms=round(latency_ms, 3),
            model_version=self.model_version,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            model_calls=self.model_calls,
            output_format=self.prompt.output_format,
            language=self.language,
            kept_original=self.kept_original,
            warnings=self.warnings,
            material=self.prompt.material,
            assumptions=self.prompt.assumptions,
            examples=self.prompt.examples,
            evidence=self.evidence,
            quotes_idea=bool(self.prompt.original_request.strip()),
            task=self.task,
            field=self.field,
            changed=self.changed or any(answer.text.strip() for answer in answers),
            artefact=self.prompt.artefact,
            target=brief.target.value,
            questions=tuple(q for q in self.prompt.questions if q.id not in brief.answered),
            answers=answers,
            # None where nobody has said, which is not the same as no guardrails.
            guardrail_sources=None
            if len(self.guardrail_sources) < len(self.prompt.guardrails)
            else self.guardrail_sources,
            fallback_reason=fallback_reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a first attempt broke, and what is left for a second one."""

    broken: tuple[str, ...]
    """A line for each thing to put right, for the model to read."""
    calls_left: int
    seconds_left: float
    refused: StructuredPrompt | None = None
    """What the first attempt wrote; None where it could not be read."""


class Improver(ABC):
    """Turns a raw idea into a structured prompt."""

    backend: BackendType
    model_version: str
    """What answers, as Improvement tells it."""
    can_correct: bool = False
    """Whether a second attempt could come out differently."""

    @abstractmethod
    async def improve(
        self,
        idea: str,
        context: str = "",
        correction: Correction | None = None,
        *,
        brief: Brief = CHAT,
    ) -> Improvement:
        """Improve ``idea``, which is not blank. ``correction`` tells what a first attempt
        broke; it is handed only to those that ``can_correct``.

        Raises:
            ImproverError: the model did not give an answer that can be used; which of its
                kinds says why. The offline backend raises none.
        """

    @property
    def ready(self) -> bool:
        """False while a first call would have to wait for something to be loaded."""
        return True

    async def warm(self) -> None:  # noqa: B027 most have nothing to load
        """Load what the first call needs. ``improve`` waits for it by itself.

        Raises:
            ImproverError: it cannot be loaded.
        """

    async def close(self) -> None:  # noqa: B027 most hold nothing
        """Let go of what is held. Raises nothing."""
