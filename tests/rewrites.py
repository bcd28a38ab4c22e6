"""Ideas with the prompts that a backend might make of them, for the tests of the gates."""

import json
import os
from pathlib import Path

from prompt_improver.improvement.gates import GateFailure, Rewrite
from prompt_improver.improvement.structured_prompt import Framework, StructuredPrompt

ENGLISH_GUARDRAILS = (
    "State every assumption that you make.",
    "Cover the empty input and the largest one.",
    "Name each error that a caller can meet.",
)
SPANISH_GUARDRAILS = (
    "Indica cada suposición que hagas.",
    "Cubre la entrada vacía y la más grande.",
    "Nombra cada error que pueda encontrar quien llama.",
)


def structured(
    directive: str,
    *,
    role: str = "Senior engineer",
    guardrails: tuple[str, ...] = ENGLISH_GUARDRAILS,
    output_format: str = "Markdown",
    context: str = "",
    language: str = "en",
) -> StructuredPrompt:
    """A prompt that passes every gate but for what the test gives it."""
    return StructuredPrompt(
        role=role,
        directive=directive,
        framework=Framework.DECOMPOSITION,
        guardrails=guardrails,
        output_format=output_format,
        context=context,
        language=language,
    )


def rewrite(idea: str, directive: str, *, context: str = "", **parts: object) -> Rewrite:
    """``idea`` beside a prompt with this directive."""
    return Rewrite.of(idea, context, structured(directive, context=context, **parts))  # type: ignore[arg-type]


def said(failure: GateFailure | None) -> str:
    """What a failure tells the model, as one text."""
    return "\n".join(failure.missing) if failure else ""


def real_ideas() -> list[dict[str, str]]:
    """Ideas that people typed, where the file with them is at hand; else none."""
    beside = Path(__file__).parents[2] / "shared" / "ideas.jsonl"
    path = Path(os.environ.get("PROMPT_IMPROVER_IDEAS", beside))
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
