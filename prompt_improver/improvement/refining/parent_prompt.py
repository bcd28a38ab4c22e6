"""The prompt that a row of the history holds, in its parts."""

from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.question import Answer
from prompt_improver.domain.target import Target
from prompt_improver.improvement.brief import with_answers
from prompt_improver.improvement.offline.answers import answer_labels
from prompt_improver.improvement.structured_prompt import (
    Framework,
    GuardrailSource,
    StructuredPrompt,
)


def prompt_of(history: PromptHistory) -> StructuredPrompt:
    """What renders as the prompt of ``history``: its parts, or one part that is the whole text
    where somebody has edited it, or where an earlier version or another program wrote it."""
    whole = StructuredPrompt(
        role=history.role,
        directive=history.directive,
        framework=_framework(history.framework),
        guardrails=history.guardrails,
        guardrail_sources=_sources(history),
        output_format=history.output_format or "",
        context=history.context,
        material=history.material or "",
        original_request=told_idea(history) if history.quotes_idea else "",
        assumptions=history.assumptions or (),
        examples=history.examples or "",
        reasoning=history.reasoning,
        confidence=history.confidence,
        language=history.language,
        task=history.task,
        field=history.field,
        artefact=history.artefact,
        questions=history.questions or (),
        target=Target(history.target or Target.CHAT),
    )
    if whole.render() == history.prompt_to_use:
        return whole
    return StructuredPrompt(
        directive=history.prompt_to_use,
        language=history.language,
        task=history.task,
        field=history.field,
        artefact=history.artefact,
        questions=history.questions or (),
    )


def told_idea(history: PromptHistory, answers: tuple[Answer, ...] = ()) -> str:
    """The idea of ``history`` with its answers and ``answers``, as the prompt was made of it."""
    every = (*(history.answers or ()), *answers)
    labels = answer_labels(history.original_idea) if every else {}
    return with_answers(history.original_idea, every, labels)


def _framework(name: str) -> Framework:
    try:
        return Framework(name)
    except ValueError:  # another program's
        return Framework.NONE


def _sources(history: PromptHistory) -> tuple[GuardrailSource, ...]:
    known = {source.value for source in GuardrailSource}
    found = history.guardrail_sources or ()
    return tuple(map(GuardrailSource, found)) if known.issuperset(found) else ()
