"""The user's own limits, lifted word for word: the one place that knows how they are found."""

import re

from prompt_improver.improvement import limits as gate
from prompt_improver.improvement.material import MASK, MaskedText

_CLAUSE_END = re.compile(r"[.!?;\n。！？；]|,\s|\)|\s\d{1,2}[.)]\s")
_STARTS_WELL = re.compile(
    r"(?:without|no|not|dont|don't|don’t|do not|never|avoid|at most|no more|max|maximum|up to|at least|must"
    r"|sin|no|nunca|evita|evitar|evite|como|máximo|maximo|al menos|solo|sólo|sans|ohne|sem|senza|only|nothing)\b",
    re.I,
)
_TELLS = re.compile(
    r"\b(?:i|we|he|she|they|it|there|my \w+|yo|ella?s?|nosotros|ich|je|eu|io)\s+(?:really |just |also |still )?"
    r"(?:do(?:n'?t| not)|did(?:n'?t| not)|do(?:es)?n'?t|does not|ca(?:n'?t|nnot)|could(?:n'?t| not)|have|has|had"
    r"|haven'?t|is|are|am|was|were|wo(?:n'?t)|don’t|only|no|nunca|not|kann|habe|ne|não|non)\b",
    re.I,
)
# "Why does it not ...?" forbids nothing, "... without a library?" does.
_FORBIDS = re.compile(r"(?:not|don'?t|don’t|do not|never|no|nunca|ne|nicht|non|não)\b", re.I)
_LONGEST = 160


def own_limits(masked: MaskedText) -> tuple[str, ...]:
    """The limits that a text states outside its material, as they stand in it, each once,
    in order."""
    text = masked.text
    found: list[str] = []
    last_end = -1
    for start, end in _spans(masked.masked):
        piece, end = _clause(text, masked.masked, start, end)
        if not piece or start < last_end:
            continue
        found.append(piece)
        last_end = end
    return tuple(dict.fromkeys(found))


def _spans(masked: str) -> list[tuple[int, int]]:
    spans, position = [], 0
    for limit in gate._limits_of(masked):
        pattern = r"\s+".join(map(re.escape, limit.said.split()))
        if match := re.compile(pattern, re.I).search(masked, position):
            spans.append(match.span())
    return sorted(spans)


def _clause(text: str, masked: str, start: int, end: int) -> tuple[str, int]:
    """The clause that a limit stands in: from its own beginning where it reads as a rule by
    itself ("without jQuery"), else whole."""
    left = max((m.end() for m in _CLAUSE_END.finditer(masked, 0, start)), default=0)
    match = _CLAUSE_END.search(masked, end)
    right = match.start() if match else len(masked)
    sentence = masked[left:right]
    asked = masked[right : right + 1] in ("?", "？")
    if _TELLS.search(sentence) or (asked and _FORBIDS.match(masked[start:end])):
        return "", right
    first = start if _STARTS_WELL.match(masked[start:end]) else left
    right = _closed(masked, first, right)
    piece = " ".join(text[first:right].split()).strip(" ,:-•*")
    if not piece or len(piece) > _LONGEST or not piece.strip(MASK):
        return "", right
    return piece, right


def _closed(text: str, start: int, end: int) -> int:
    """``end``, or the end of the bracket that is still open there."""
    for opening, closing in ("{}", "[]", "()"):
        piece = text[start:end]
        if piece.count(opening) > piece.count(closing):
            found = text.find(closing, end)
            if 0 <= found - start <= _LONGEST:
                end = found + 1
    return end
