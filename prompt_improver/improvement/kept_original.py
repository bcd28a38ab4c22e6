"""The prompt that keeps the user's own words, where a model's would be worse."""

from dataclasses import replace
from typing import Any

from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.gates import Rewrite, assumed, check
from prompt_improver.improvement.gates.bans import allows_banned, is_soft
from prompt_improver.improvement.gates.bounds import bounds_in
from prompt_improver.improvement.gates.user_limits import limits_of_request
from prompt_improver.improvement.guardrail_source import source_of
from prompt_improver.improvement.offline import Composition, compose
from prompt_improver.improvement.reading import mask
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
    alone = _faults(
        idea, context, replace(kept, directive="-", guardrails=(), **_BARE), model_backend
    )
    for rule in written.guardrails:
        source = source_of(rule, idea, context)
        if (
            len(kept.guardrails) >= MOST_GUARDRAILS
            or not rule.strip()
            or _changes(rule, idea, context, kept.language)
        ):
            continue
        # Beside the idea much passes that goes against it: the rule is held against it alone.
        by_itself = replace(kept, directive="-", guardrails=(rule,), **_BARE)
        if not _faults(idea, context, by_itself, model_backend) <= alone:
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


def _changes(rule: str, idea: str, context: str, language: str | None) -> bool:
    """Whether ``rule`` has a figure or a name that the user does not have, names what they
    forbid, bounds one of their numbers in another way, or makes soft what they did not."""
    alone = StructuredPrompt(directive="-", guardrails=(rule,), language=language)
    if assumed(Rewrite.of(idea, context, alone)):
        return True
    bans = [each for each in limits_of_request(mask(idea), language) if each.kind == "not"]
    if bans and allows_banned(rule, bans, language or ""):
        return True
    given = f"{idea}\n{context}"
    theirs = {(number, kind) for number, kind, _, _ in bounds_in(given.lower())}
    bounded = {number for number, _ in theirs}
    if any(n in bounded and (n, k) not in theirs for n, k, _, _ in bounds_in(rule.lower())):
        return True
    return is_soft(rule) and not is_soft(given)


_BARE: dict[str, Any] = {"material": "", "guardrail_sources": (), "output_format": ""}


def _faults(
    idea: str, context: str, prompt: StructuredPrompt, model_backend: bool
) -> frozenset[str]:
    failures = check(idea, context, prompt, model_backend=model_backend)
    return frozenset(line for failure in failures for line in failure.missing)
