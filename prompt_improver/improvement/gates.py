"""What an improved prompt must never break: each gate holds a prompt against its idea."""

from collections.abc import Callable

from prompt_improver.improvement.answered import answered, unfilled
from prompt_improver.improvement.contradiction import contradiction
from prompt_improver.improvement.language import could_be, detect_language
from prompt_improver.improvement.limits import limits
from prompt_improver.improvement.placeholders import placeholders
from prompt_improver.improvement.repetition import repetition
from prompt_improver.improvement.rewrite import GateFailure, Rewrite, failure
from prompt_improver.improvement.structured_prompt import StructuredPrompt
from prompt_improver.improvement.verbatim import verbatim

__all__ = [
    "GATES",
    "GateFailure",
    "Rewrite",
    "answered",
    "check",
    "contradiction",
    "language",
    "length",
    "length_limit",
    "limits",
    "placeholders",
    "repetition",
    "unfilled",
    "verbatim",
]

_ENOUGH_TO_TELL = 600  # characters of a section

_LANGUAGE_NAMES = {
    "en": "English",
    "es": "Spanish",
    "pt": "Portuguese",
    "fr": "French",
    "de": "German",
    "it": "Italian",
    "ru": "Russian",
    "el": "Greek",
    "ar": "Arabic",
    "he": "Hebrew",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
}


def check(
    idea: str, context: str, prompt: StructuredPrompt, *, model_backend: bool
) -> tuple[GateFailure, ...]:
    """Every gate that ``prompt`` does not pass, at most one failure a gate, in a fixed order;
    empty where the prompt may be handed over. Raises nothing, whatever stands in the text.

    The language gate binds model backends only: the offline one says by a warning of its own
    that it does not write the language of the idea.
    """
    rewrite = Rewrite.of(idea, context, prompt)
    found = (gate(rewrite) for name, gate in GATES.items() if model_backend or name != "language")
    return tuple(one for one in found if one is not None)


def language(rewrite: Rewrite) -> GateFailure | None:
    """Fails where the directive, the guardrails, or role and output format are in another
    language than the idea. What is too short or too mixed to tell passes."""
    wanted = detect_language(rewrite.idea)
    if wanted is None:
        return None
    prompt = rewrite.prompt
    for section in (
        prompt.directive,
        "\n".join(prompt.guardrails),
        f"{prompt.role}\n{prompt.output_format}",
    ):
        found = detect_language(rewrite.without_given(section)[:_ENOUGH_TO_TELL])
        if found not in (None, wanted) and not could_be(rewrite.idea, found or ""):
            name = _LANGUAGE_NAMES[wanted]
            return failure("language", [f"Write every part in {name}, the language of the idea."])
    return None


def length(rewrite: Rewrite) -> GateFailure | None:
    """Fails where the whole text is longer than ``length_limit``."""
    most = length_limit(rewrite.idea, rewrite.context)
    if len(rewrite.text) <= most:
        return None
    line = f"Write less: the prompt has {len(rewrite.text)} characters and may have {most}."
    return failure("length", [line])


def length_limit(idea: str, context: str) -> int:
    """How many characters the prompt may have."""
    return max(1_500, 6 * len(idea)) + len(context)


GATES: dict[str, Callable[[Rewrite], GateFailure | None]] = {
    "placeholders": placeholders,
    "verbatim": verbatim,
    "limits": limits,
    "contradiction": contradiction,
    "language": language,
    "answered": answered,
    "unfilled": unfilled,
    "repetition": repetition,
    "length": length,
}
