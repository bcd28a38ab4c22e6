"""Feedback without a model: a rule of the user's, in their own words."""

from dataclasses import replace

from prompt_improver.improvement.guardrail_source import users_rules_first
from prompt_improver.improvement.refining.feedback import Feedback
from prompt_improver.improvement.revision import Revision
from prompt_improver.improvement.structured_prompt import (
    GuardrailSource,
    StructuredPrompt,
    contain,
)


def add_feedback(revision: Revision) -> StructuredPrompt:
    """The parent with the feedback as the last of the user's rules, verbatim. Rules that it lifts
    are gone, and what assumed the default of a question that is answered now. A text that has
    headings of its own gets the feedback as its last paragraph."""
    parent, wish = revision.parent, revision.feedback.strip()
    if _is_text(parent):
        if parent.directive.rstrip().endswith(f"\n\n{wish}"):
            return parent
        return replace(parent, directive=f"{parent.directive.rstrip()}\n\n{wish}")
    feedback = Feedback(wish)
    sources = parent.guardrail_sources or (GuardrailSource.ASSUMED,) * len(parent.guardrails)
    bounded = [rule for rule in parent.guardrails if any(map(str.isdigit, rule))]
    lifted = bounded if feedback.lifts_limits and len(bounded) == 1 else []
    kept = [
        (rule, source)
        for rule, source in zip(parent.guardrails, sources, strict=True)
        if rule == wish
        or not (_is_settled(rule, source, revision) or rule in lifted or feedback.lifts(rule))
    ]
    if wish not in (rule for rule, _ in kept):
        kept.append((wish, GuardrailSource.IDEA))
    changed = replace(
        parent,
        guardrails=tuple(rule for rule, _ in kept),
        guardrail_sources=tuple(source for _, source in kept),
        assumptions=tuple(
            each
            for each in parent.assumptions
            if not _is_settled(each, GuardrailSource.ASSUMED, revision)
        ),
    )
    return users_rules_first(changed)


def _is_text(prompt: StructuredPrompt) -> bool:
    """Whether it is one part, which has headings or the like of its own."""
    is_bare = prompt.render() == prompt.directive
    return is_bare and contain(prompt.directive) != prompt.directive.strip()


def _is_settled(line: str, source: GuardrailSource, revision: Revision) -> bool:
    if source is not GuardrailSource.ASSUMED:
        return False
    return any(default.rstrip(" .") in line for default in revision.settled if default.strip())
