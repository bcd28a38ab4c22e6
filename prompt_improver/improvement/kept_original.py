"""The prompt that keeps the user's own words, where a model's would be worse."""

from dataclasses import replace

from prompt_improver.improvement.gates import check
from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.structured_prompt import Framework, StructuredPrompt

_SECTIONS = ("guardrails", "role", "output_format")


def keep_original(
    idea: str, context: str, written: StructuredPrompt | None, *, model_backend: bool
) -> StructuredPrompt:
    """The idea verbatim as the task, among those sections of ``written`` that pass the gates
    together with it; None wrote none."""
    kept = StructuredPrompt(
        role="",
        directive=idea,
        framework=Framework.CHAIN_OF_THOUGHT if written is None else written.framework,
        guardrails=(),
        context=context,
        language=detect_language(idea) or "en",
    )
    if written is None:
        return kept
    # What the bare idea does not pass itself (it has no guardrails) is not the section's fault.
    faults = _faults(idea, context, kept, model_backend)
    for section in _SECTIONS:
        more = replace(kept, **{section: getattr(written, section)})
        faults_with_it = _faults(idea, context, more, model_backend)
        if section == "guardrails" and "guardrail_count" in faults_with_it:
            continue
        if faults_with_it <= faults:
            kept, faults = more, faults_with_it
    return kept


def _faults(
    idea: str, context: str, prompt: StructuredPrompt, model_backend: bool
) -> frozenset[str]:
    failures = check(idea, context, prompt, model_backend=model_backend)
    return frozenset(failure.gate for failure in failures)
