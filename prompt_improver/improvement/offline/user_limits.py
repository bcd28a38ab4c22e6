"""The user's own limits as rules: the one place here that knows how they are found."""

import re

from prompt_improver.improvement.gates import user_limits
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import MaskedText, Material

# "I have nausea but no fever" tells; "no libraries" forbids.
_TELLS = lazy_pattern(
    r"(?:\A|[.!?\n]\s*)(?:i|i'm|i’m|i've|we|he|she|it|my|our|tengo|soy|estoy|mi|me|ich|j'ai|ho)\b"
    r"[^.!?\n]*\b(?:but|and|with|have|has|pero|y|con|et|mais|und|aber|e|ma)\s+\Z",
    re.I,
)
_BARE_NO = lazy_pattern(r"(?:no|not|kein\w*|pas de|sin|nessun\w*)\b", re.I)
# Who asks for advice tells the situation behind it: "buy or rent? 31, no other debt".
_ASKS = lazy_pattern(
    r"\s*[¿\"'(]*(?:is|are|am|should|can|could|would|do|does|did|what|why|how|which|when|where|who"
    r"|qué|que (?:puedo|hago|debo)|cómo|como (?:puedo|hago)|por qué|cuál|es mejor|me conviene"
    r"|wie|warum|was|welche\w*|kann|soll|comment|pourquoi|quel\w*|come|perché|quale)\b|[^.!?\n]*\?",
    re.I,
)
_A_FACT = lazy_pattern(r"(?:no|not|kein\w*|nessun\w*)\b", re.I)
_FOR_SO_LONG = lazy_pattern(r"\bllev(?:o|as|a|amos|an)\b[^.!?,;\n]{0,40}\Z", re.I)
# "funny but not embarrassing": the rule is the second half.
_JOINS = lazy_pattern(
    r"\A(?:but|and|yet|pero|y|mas|e|mais|et|aber|und|ma|но|а|и)\s+(?=\S+\s)", re.I
)
_LOOKED_BACK = 300


def own_limits(masked: MaskedText, language: str | None, before: str = "") -> tuple[str, ...]:
    """The limits that a text states outside its material, as they stand in it, each once,
    in order; without what white space ran on. ``before`` is what the text was added to: a
    context may be nothing but a limit, an idea that is one has no task besides."""
    head = f"{before}\n\n" if before else ""
    at = len(head)
    apart = masked.apart
    ranges = [(0, at), *((at + m.start, at + m.end) for m in apart)]
    # Addresses are no limits; a text of nothing but signs of them would cost minutes there.
    text = f"{head}{masked.text}".replace("@", "\u00b7")
    found = []
    asks = bool(_ASKS.match(masked.masked))
    for limit in user_limits(text, language=language, mask=ranges if at else ranges[1:]):
        joins = _JOINS.match(limit.text)
        start = limit.start + (joins.end() if joins else 0)
        if _tells(text, start, limit.end, asks):
            continue
        # Pasted lines that follow without a full stop are no part of it.
        cuts = (m.start for m in apart if limit.start < at + m.start < limit.end)
        piece = masked.text[limit.start - at : min(cuts, default=limit.end - at)]
        if any(_breaks_off(masked.text, limit.start - at + len(piece), m) for m in apart):
            continue
        found.append(_JOINS.sub("", " ".join(piece.split()).rstrip(" ,;:.")))
    return tuple(dict.fromkeys(filter(None, found)))


def _tells(text: str, start: int, end: int, asks: bool) -> bool:
    """Whether what stands there tells how things are, and forbids nothing."""
    said, ahead = text[start:end], text[max(0, start - _LOOKED_BACK) : start]
    if _BARE_NO.match(said) and (_TELLS.search(ahead) or _FOR_SO_LONG.search(ahead)):
        return True
    return asks and bool(_A_FACT.match(said))


def _breaks_off(text: str, end: int, material: Material) -> bool:
    """Whether what ends at ``end`` goes on in ``material``: half a limit is none."""
    between = text[end : material.start]
    return end <= material.start and not between.strip(" \t")
