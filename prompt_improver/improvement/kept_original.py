"""The prompt that keeps the user's own words, where a model's would be worse."""

from dataclasses import replace

from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.gates import check
from prompt_improver.improvement.guardrail_source import source_of
from prompt_improver.improvement.offline import Composition, compose
from prompt_improver.improvement.structured_prompt import GuardrailSource, StructuredPrompt

MOST_GUARDRAILS = 7
MOST_ASSUMED = 3


def keep_original(
    idea: str,
    context: str,
    written: StructuredPrompt | None,
    *,
    model_backend: bool,
    brief: Brief = CHAT,
) -> Composition:
    """The offline prompt of ``idea``, with those of the guardrails of ``written`` that pass
    the gates beside it: at most 7 in all, of which at most 3 are assumed. None wrote none,
    and an idea that is good as it is gets none."""
    composed = compose(idea, context, brief)
    faults = _faults(idea, context, composed.prompt, model_backend)
    if faults and not composed.stays:
        # A frame that contradicts the idea is worse than none.
        composed = compose(idea, context, brief, framed=False)
        faults = _faults(idea, context, composed.prompt, model_backend)
    kept = composed.prompt
    if written is None or composed.stays:
        return composed
    # What the offline prompt does not pass itself is not the guardrail's fault.
    for rule in written.guardrails:
        source = source_of(rule, idea, context)
        if len(kept.guardrails) >= MOST_GUARDRAILS or not rule.strip():
            continue
        assumed = kept.guardrail_sources.count(GuardrailSource.ASSUMED)
        if source is GuardrailSource.ASSUMED and assumed >= MOST_ASSUMED:
            continue
        more = replace(
            kept,
            guardrails=(*kept.guardrails, rule),
            guardrail_sources=(*kept.guardrail_sources, source),
        )
        if _faults(idea, context, more, model_backend) <= faults:
            kept = more
    return replace(composed, prompt=kept)


def _faults(
    idea: str, context: str, prompt: StructuredPrompt, model_backend: bool
) -> frozenset[str]:
    failures = check(idea, context, prompt, model_backend=model_backend)
    return frozenset(failure.gate for failure in failures)
