"""Ideas that need nothing: finished prompts, greetings; and "a prompt for X", which is X."""

import re

from prompt_improver.improvement.offline.knowledge import knowledge
from prompt_improver.improvement.offline.request import fold
from prompt_improver.improvement.reading import Form, MaskedText

_LONG = 60  # words
_ENOUGH = 25  # words of a text with headings, or of a system prompt
_FEW = 12  # words that say role, form and limits all the same


def is_greeting(idea: str) -> bool:
    """Whether the whole idea is a greeting, a thank-you or the like."""
    if len(idea) > 60:
        return False
    bare = " ".join(re.sub(r"[^\w\s]|_", " ", fold(idea)).split())
    return bare in knowledge().greetings or idea.strip(" !.?。！") in knowledge().greetings


def is_finished(masked: MaskedText, form: Form) -> bool:
    """Whether an idea is a prompt that already says enough: role or purpose, form and
    constraints; or over 60 words (without its material) and two of the three; or a system
    prompt."""
    folded = fold(masked.masked)
    words = len(folded.split())
    known = knowledge()
    role = bool(form.role) or known.purpose.search(folded) is not None
    shape = bool(form.formats or form.counts or form.length or form.only)
    bound = known.constraint.search(folded) is not None
    headings = len(known.headings.findall(masked.masked)) >= 2
    if role and shape and bound and words > _FEW:
        return True
    if headings and words > _ENOUGH:
        return True
    if words > _LONG and role + shape + bound >= 2:
        return True
    return bool(known.system.match(folded)) and words > _ENOUGH


def meant(idea: str) -> str:
    """``idea``, or X where the idea is "a prompt for X" or "un prompt para X"."""
    match = knowledge().prompt_for.match(idea)
    if match is None:
        return idea
    what = match["what"]
    if len(what.split()) < 2 or knowledge().not_for_chat.search(what):
        return idea
    first, _, rest = what.partition(" ")
    what = f"{_imperative(first)} {rest}" if match["for"] else what
    return what[:1].upper() + what[1:]


def _imperative(word: str) -> str:
    """``summarizing`` is ``summarize``; what is no known verb stays."""
    stem = word.lower().removesuffix("ing")
    verbs = knowledge().verbs["en"]
    doubled = stem[:-1] if stem[-1:] == stem[-2:-1] else ""
    return next((verb for verb in (stem, f"{stem}e", doubled) if verb in verbs), word)
