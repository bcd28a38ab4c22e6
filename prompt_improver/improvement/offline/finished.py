"""Ideas that need nothing: finished prompts, greetings; and "a prompt for X", which is X."""

import re

from prompt_improver.improvement.form import Form
from prompt_improver.improvement.material import MaskedText
from prompt_improver.improvement.offline.knowledge import knowledge
from prompt_improver.improvement.offline.request import fold

_LONG = 60  # words
_HEADINGS = re.compile(r"^[ \t]{0,3}(?:#{1,6}[ \t]+\S|\*\*[^*\n]{2,40}\*\*:?[ \t]*$|[A-Z][A-Z ]{3,30}:[ \t]*$)", re.M)
_SYSTEM = re.compile(
    r"^(?:system(?: prompt)?:|you are (?:an?|the) [^.\n]{0,60}(?:assistant|agent|chatbot|bot|model)\b"
    r"|eres un(?:a)? [^.\n]{0,60}(?:asistente|agente|chatbot)\b)"
)
_PROMPT_FOR = re.compile(
    r"\s*(?:(?:please |can you |could you )?(?:i (?:want|need)|write|create|make|generate|give)(?: me)?\s+"
    r"(?:an?|the)?\s*|an?\s+|por favor,?\s+)?"
    r"(?:(?:quiero|necesito|crea|crear|dame|haz|hazme|genera|generar|escribe|creame)\s+(?:un\s+)?|un\s+)?"
    r"prompt\s+(?:(?P<en>to|for)|para(?:\s+que(?:\s+(?:el modelo|la ia|chatgpt|la inteligencia artificial))?)?)\s+(?P<what>\S.*)\Z",
    re.I | re.S,
)
_NOT_CHAT = re.compile(
    r"\b(?:prompts?|midjourney|dall-?e|stable diffusion|image|imagen|imágenes|picture|foto|photo"
    r"|agente?s?|assistant|asistente|chatbot|bot|llm|gpt|workflow|chain[- ]of|tree[- ]of|react reasoning)\b",
    re.I,
)


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
    headings = len(_HEADINGS.findall(masked.masked)) >= 2
    if role and shape and bound and words > 12:
        return True
    if headings and words > 25:
        return True
    if words > _LONG and role + shape + bound >= 2:
        return True
    return bool(_SYSTEM.match(folded)) and words > 25


def meant(idea: str) -> str:
    """``idea``, or X where the idea is "a prompt for X" or "un prompt para X"."""
    match = _PROMPT_FOR.match(idea)
    if match is None:
        return idea
    what = match["what"]
    if len(what.split()) < 2 or _NOT_CHAT.search(what):
        return idea
    return what[:1].upper() + what[1:]
