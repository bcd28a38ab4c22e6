"""Parts of a prompt that feedback does not concern: they stay word for word."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from prompt_improver.improvement.guardrail_source import source_of, users_rules_first
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.refining.feedback import Feedback, stems_in
from prompt_improver.improvement.refining.feedback_words import NEGATES
from prompt_improver.improvement.revision import Revision
from prompt_improver.improvement.structured_prompt import (
    GuardrailSource,
    StructuredPrompt,
)

PARTS = (
    "role",
    "directive",
    "framework",
    "guardrails",
    "output_format",
    "material",
    "assumptions",
    "examples",
)
"""Those that a revision may change."""
_TEXTS = ("role", "directive", "output_format", "examples")
_LISTS = ("guardrails", "assumptions")
_SENTENCE = lazy_pattern(
    r"[^\n.!?。！？]*(?:[.!?。！？]+(?=[\s\"'”»)]|\Z)[\"'”»)]*|\n+|\Z|[.!?])\s*"
)
_FILLERS = stems_in(
    "really very clearly simply just exactly also actually single together always then "
    "realmente muy claramente simplemente también siempre sempre sehr genau immer auch très aussi"
)
_ENDS = " \t\n.!?。！？"
_A_REWRITE = 3  # reworded sentences
_MOST_SENTENCES = 400


def changed_parts(parent: StructuredPrompt, prompt: StructuredPrompt) -> tuple[str, ...]:
    """The names of the parts in which the two differ."""
    return tuple(name for name in PARTS if getattr(parent, name) != getattr(prompt, name))


def restore_unconcerned(
    revision: Revision, idea: str, context: str, written: StructuredPrompt
) -> StructuredPrompt:
    """``written`` with all that it only rewords, though the feedback does not speak of it, as the
    parent has it; and with the parent's rules that it left out for no reason that the feedback
    gives. What it changes otherwise is taken as it is: feedback often asks for more than it says
    ("no interaction" concerns whatever asks something)."""
    parent, feedback = revision.parent, Feedback(revision.feedback)
    new: dict[str, Any] = {
        name: _with_own_sentences(feedback, parent, written, name) for name in _TEXTS
    }
    new |= {name: _with_own_rules(feedback, parent, written, name) for name in _LISTS}
    method = written.framework if feedback.names("framework") else parent.framework
    pasted = written.material.strip()
    revised = replace(
        parent,
        **new,
        framework=method,
        guardrail_sources=_sources(revision, idea, context, new["guardrails"]),
        material=written.material if pasted and pasted in revision.feedback else parent.material,
        reasoning=written.reasoning,
        confidence=written.confidence,
    )
    return users_rules_first(revised)


def _with_own_sentences(
    feedback: Feedback, parent: StructuredPrompt, written: StructuredPrompt, name: str
) -> str:
    """The new text with the old wording of each sentence that was only reworded."""
    old, new = getattr(parent, name), getattr(written, name)
    before, after = _sentences(old), _sentences(new)
    if old == new or max(len(before), len(after)) > _MOST_SENTENCES:
        return str(new)
    found = _aligned(feedback, before, after)
    restored = sum(one != other for one, other in zip(found, after, strict=True))
    if restored >= _A_REWRITE and restored > len(after) / 2:
        return str(new)  # all of it in another tone, not a slip here and there
    return "".join(found).strip()


def _with_own_rules(
    feedback: Feedback, parent: StructuredPrompt, written: StructuredPrompt, name: str
) -> tuple[str, ...]:
    old: tuple[str, ...] = getattr(parent, name)
    new: tuple[str, ...] = getattr(written, name)
    if old == new:
        return old
    kept = _aligned(feedback, old, new)
    missing = [rule for rule in old if rule not in kept and not _may_go(feedback, name, rule, new)]
    if not missing:
        return tuple(kept)
    # In the order of the parent; what is new comes behind.
    stays = [rule for rule in old if rule in kept or rule in missing]
    return (*stays, *(rule for rule in kept if rule not in old))


def _may_go(feedback: Feedback, name: str, rule: str, new: Sequence[str]) -> bool:
    """Whether the feedback gives a reason to leave ``rule`` out: it speaks of it or of such rules,
    wants less, or a new rule that it speaks of has taken its place."""
    wants_less = feedback.shortens or feedback.takes_away
    if feedback.names(name) or wants_less or feedback.concerns(stems_in(rule)):
        return True
    words = stems_in(rule)
    return any(
        feedback.concerns(stems_in(each)) and len(words & stems_in(each)) > len(words) / 2
        for each in new
    )


def _aligned(feedback: Feedback, before: Sequence[str], after: Sequence[str]) -> list[str]:
    """``after`` with those of ``before`` that it only rewords, for no reason of the feedback."""
    left = {each.strip() for each in before} - {each.strip() for each in after}
    found = []
    for piece in after:
        same = next((old for old in before if _rewords(feedback, old, piece, left)), None)
        if same is None:
            found.append(piece)
            continue
        left.discard(same.strip())
        found.append(same.rstrip() + piece[len(piece.rstrip()) :])
    return found


def _rewords(feedback: Feedback, old: str, new: str, left: set[str]) -> bool:
    """Whether ``new`` says what ``old`` says, which is not in the new text as it stands: the same
    words that say something, as often negated. Another day or verb in one's place may be what the
    feedback is after, and is left."""
    if old.strip() not in left or old.strip(_ENDS) == new.strip(_ENDS):
        return False
    before, after = _content(old), _content(new)
    if not before or before != after or feedback.concerns(before):
        return False
    return len(NEGATES.findall(old)) == len(NEGATES.findall(new))


def _content(text: str) -> frozenset[str]:
    return stems_in(NEGATES.sub(" ", text)) - _FILLERS


def _sentences(text: str) -> list[str]:
    return [each for each in _SENTENCE.findall(text) if each]


def _sources(
    revision: Revision, idea: str, context: str, rules: tuple[str, ...]
) -> tuple[GuardrailSource, ...]:
    parent = revision.parent
    known = dict(zip(parent.guardrails, parent.guardrail_sources, strict=False))
    told = f"{idea}\n{revision.before}\n{revision.feedback}"
    return tuple(known.get(rule) or source_of(rule, told, context) for rule in rules)
