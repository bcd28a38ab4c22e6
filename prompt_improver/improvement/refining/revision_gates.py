"""What a revised prompt must not break: it is held against the idea, what was asked before, the
feedback and its parent."""

from collections.abc import Iterator
from dataclasses import replace

from prompt_improver.improvement.gates import GateFailure, check
from prompt_improver.improvement.refining.feedback import Feedback, pieces_of, stems_in
from prompt_improver.improvement.revision import Revision
from prompt_improver.improvement.structured_prompt import GuardrailSource, StructuredPrompt

_OF_WORDS = ("placeholders", "verbatim", "names", "limits")
"""Gates that tell what of a text is not in a prompt."""
_OF_FORM = ("contradiction", "language")


def check_revision(
    revision: Revision, idea: str, context: str, prompt: StructuredPrompt, *, model_backend: bool
) -> tuple[GateFailure, ...]:
    """As ``check``: every gate that ``prompt`` does not pass. What the feedback lifts or changes
    is not held against it, nor what the parent does not pass either; what the feedback asks is."""
    feedback = Feedback(revision.feedback)
    given = f"{idea}\n\n{_user_rules(revision, feedback)}".strip()
    told = f"{context}\n\n{revision.feedback}"
    before = {
        line
        for failure in check(given, told, revision.parent, model_backend=model_backend)
        for line in failure.missing
    }
    found = list(
        _held(check(given, told, prompt, model_backend=model_backend), feedback, given, before)
    )
    return (*found, *_lost_wishes(revision, feedback, given, prompt))


def _lost_wishes(
    revision: Revision, feedback: Feedback, given: str, prompt: StructuredPrompt
) -> Iterator[GateFailure]:
    """What the feedback asks and the prompt does not have. Unlike an idea it may be said in other
    words ("no interaction": ask nothing back), so that of a ban only its opposite counts, and
    of a value its figures."""
    figures = {word for word in stems_in(prompt.render()) if word[0].isdigit()}
    has_more = bool(stems_in(prompt.render()) - stems_in(revision.parent.render()))
    for failure in check(revision.feedback, given, prompt, model_backend=False):
        if failure.gate not in (*_OF_WORDS, "contradiction"):
            continue
        lines = []
        for line, piece in pieces_of(failure.missing):
            numbers = {word for word in stems_in(piece) if word[0].isdigit()}
            said = has_more if not numbers else numbers <= figures and failure.gate != "limits"
            in_other_words = failure.gate in ("limits", "verbatim") and said
            is_lifted = feedback.lifts(line if failure.gate == "contradiction" else piece)
            if not (is_lifted or in_other_words):
                lines.append(line)
        if lines:
            yield replace(failure, missing=tuple(lines))


def _held(
    failures: tuple[GateFailure, ...], feedback: Feedback, given: str, before: set[str]
) -> Iterator[GateFailure]:
    for failure in failures:
        if failure.gate in _OF_FORM and feedback.sets_form:
            continue
        lines = tuple(
            line
            for line, piece in pieces_of(failure.missing)
            if line not in before and not _is_explained(failure.gate, line, piece, feedback, given)
        )
        if lines:
            yield replace(failure, missing=lines)


def _is_explained(gate: str, line: str, piece: str, feedback: Feedback, given: str) -> bool:
    if gate in _OF_WORDS:
        return feedback.explains(piece, given)
    # Lines on form name the value, and quote nothing.
    return gate == "contradiction" and feedback.explains(line, given)


def _user_rules(revision: Revision, feedback: Feedback) -> str:
    """What earlier wishes have left behind, but for what the feedback speaks of."""
    parent = revision.parent
    rules = (
        rule
        for rule, source in zip(parent.guardrails, parent.guardrail_sources, strict=False)
        if source is GuardrailSource.IDEA
    )
    told = (revision.before, *rules)
    return "\n".join(each for each in told if not feedback.speaks_of(each)).strip()
