"""The user's own limits, lifted out of what they typed, word for word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from prompt_improver.improvement.gates.limit import Limit
from prompt_improver.improvement.gates.limit_phrases import (
    HAS_NUMBER,
    LimitPatterns,
    limit_patterns,
)
from prompt_improver.improvement.gates.unspaced_limits import UNSPACED, unspaced_limits
from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import MaskedText
from prompt_improver.improvement.reading.code_lines import is_code_line

_LONGEST_TEXT = 8_000
_LONGEST_CLAUSE = 300
_MOST = 20
_MOST_WORDS = 24
"""A longer clause is a story, not a rule."""
_WHOLE_IDEA = 0.85

_FENCE = lazy_pattern(r"```.*?(?:```|\Z)", re.DOTALL)
_SET_OFF = lazy_pattern(
    r"`[^`\n]{1,300}`|\"[^\"\n]{1,400}\"|“[^“”\n]{1,400}”|«[^«»\n]{1,400}»|„[^„“”\n]{1,400}[“”]"
    r"|(?<!\w)'[^'\n]{2,200}'(?!\w)|\{[^{}\n]{1,200}\}|https?://\S+"
    # Bounded, or a text of nothing but @ would take minutes.
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
)
_MAY_BE_SET_OFF = lazy_pattern(r"[`\"“«„'@{]|://")
_SENTENCE = lazy_pattern(
    r"(?:[^.!?;:\n…؟]|(?<=max)\.|(?<=máx)\.|(?<=min)\.|[.:](?=\S))+[.!?;:\n…؟]*"
)
_PIECE = lazy_pattern(r"(?:[^,،()\[\]—– ]+| (?!\d{1,2}\) ))+| \d{1,2}\) |[,،()\[\]—–]")
_BULLET = lazy_pattern(r"[\s>*•\-–]*(?:\d{1,2}[.)]\s)?\s*")
_LIST_TAIL = lazy_pattern(
    r"(?:, ?[\w+#.'’-]+(?: [\w+#.'’-]+){0,2}){0,6},? (?:or|nor|and|ni|o|u|y|e|ou|nem|et|oder|und"
    r"|noch|né|или|и|ή|και|או) [\w+#.'’-]+(?: [\w+#.'’-]+){0,2}(?=\s*(?:[,.;!?)\n]|\Z))"
)
_WORDS = lazy_pattern(r"\S+")
_ASKS_WHY = lazy_pattern(
    r"\W*(?:why|what|when|who|which|where|por qué|por que|porque|qué|que|cuál\w*|cuándo|cuando"
    r"|quién|dónde|pourquoi|quel\w*|quand|qui|où|warum|was|wann|wer|welche\w*|wo|perché|cosa|quale"
    r"|quando|chi|dove|qual|quem|onde|почему|что|когда|кто|какой|где|γιατί|τι|πότε|ποιο\w*"
    r"|لماذا|ما|متى|من|למה|מה|מתי|מי)\b"
)
_IF = lazy_pattern(
    r"(?:if|when|unless|once|si|cuando|wenn|falls|se|quando|quand|lorsque|если|когда|αν|όταν|إذا|אם)\b"
)
_END = lazy_pattern(r"[.!?\n؟]")
# What a new task, and no longer the ban, begins with after "and".
_NEW_TASK = lazy_pattern(
    r"(?:\band|\by|\be|\bet|\bund|\bи|\bкαι|,)\s+(?=(?:with|con|com|avec|mit|με|then|also|add|write|make|give"
    r"|explain|show|include|return|use|keep|put|list|create|tell|ask|answer|provide|luego|después|añade"
    r"|agrega|escribe|haz|da|dame|explica|muestra|incluye|devuelve|usa|adicione|escreva|faça|explique|mostre"
    r"|ajoute|écris|fais|donne|montre|inclus|füge|schreibe?|mach|gib|zeige?|erkläre?|aggiungi|scrivi|fai"
    r"|dammi|spiega|mostra|includi|добавь|напиши|сделай|объясни|покажи)\b)"
)
_CONJUNCTION = lazy_pattern(r"(?<!\w)(?:and|y|e|et|und|и|και) ")
_AND = lazy_pattern(r"(?:\b(?:and|or|y|o|e|ou|et|und|oder|и|или|και|ή)\b|,)\s*$")


@dataclass(frozen=True, slots=True)
class _Clause:
    start: int
    end: int
    first: bool
    question: bool
    asks_why: bool
    condition: int
    """Where an "if" begins that the clause hangs on; where there is none, its own start."""


def user_limits(
    text: str, *, language: str | None = None, mask: Sequence[tuple[int, int]] = ()
) -> tuple[Limit, ...]:
    """The limits that the user states in ``text``, in their order, none twice, at most 20.

    ``language`` is an ISO 639-1 code; without one it is detected. ``mask`` holds the ranges
    (start, end) of what is no request: code, pasted material. Nothing is lifted from there,
    nor from fences, code lines, quotes and addresses; a quoted word may stand within a limit.
    Questions for a cause, and clauses that describe ("it works without errors"), hold none.
    Only the first 8,000 characters are looked at.
    """
    sample = text[:_LONGEST_TEXT]
    return _limits(sample, language or detect_language(sample) or "en", tuple(mask))


def limits_of_request(idea: MaskedText, language: str | None) -> tuple[Limit, ...]:
    """The limits that an idea states outside its material. A sign of an address (@) is none
    there: a text of nothing but those would cost minutes."""
    ranges = tuple((material.start, material.end) for material in idea.apart)
    return user_limits(idea.text.replace("@", "\u00b7"), language=language, mask=ranges)


# The backend, the gates and the evidence ask for those of one idea.
@lru_cache(maxsize=4)
def _limits(sample: str, language: str, mask: tuple[tuple[int, int], ...]) -> tuple[Limit, ...]:
    plain = _blotted(sample, mask)
    if language in UNSPACED:
        found = unspaced_limits(sample, plain, language)
    elif known := limit_patterns(language):
        found = _spaced(sample, plain, known)
    else:
        return ()
    limits: list[Limit] = []
    seen: set[str] = set()
    enough = _WHOLE_IDEA * len(sample.strip())
    for limit in found:
        key = " ".join(limit.text.lower().split())
        within = limits and limit.end <= limits[-1].end
        if key in seen or within or limit.end - limit.start >= enough:
            continue
        seen.add(key)
        limits.append(limit)
        if len(limits) == _MOST:
            break
    return tuple(limits)


def limits_of(
    idea: str,
    context: str = "",
    *,
    idea_mask: Sequence[tuple[int, int]] = (),
    context_mask: Sequence[tuple[int, int]] = (),
) -> tuple[tuple[Limit, str], ...]:
    """The limits of both, none twice, each with its source: ``idea`` or ``context``."""
    found: dict[str, tuple[Limit, str]] = {}
    for text, mask, source in ((idea, idea_mask, "idea"), (context, context_mask, "context")):
        for limit in user_limits(text, mask=mask):
            found.setdefault(" ".join(limit.text.lower().split()), (limit, source))
    return tuple(found.values())


def _blotted(text: str, mask: Sequence[tuple[int, int]]) -> str:
    """``text`` in lower case, its length kept: line breaks for what is masked, code lines and
    fences, letters for what is quoted, so that no phrase and no end is found in there."""
    plain = text.lower()
    if len(plain) != len(text):  # İ becomes two characters
        plain = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    plain = plain.replace("’", "'")
    for start, end in mask:
        plain = plain[:start] + "\n" * len(plain[start:end]) + plain[end:]
    if "```" in plain:
        plain = _FENCE.sub(lambda m: "\n" * len(m.group()), plain)
    if _MAY_BE_SET_OFF.search(plain):
        plain = _SET_OFF.sub(lambda m: "x" * len(m.group()), plain)
    if "\n" in text and any(c in text for c in "(){}=;<"):
        lines, at = [], 0
        for line in plain.split("\n"):
            code = is_code_line(text[at : at + len(line)])
            lines.append("\n" * len(line) if code else line)
            at += len(line) + 1
        plain = "\n".join(lines)
    return plain


def _spaced(text: str, plain: str, known: LimitPatterns) -> Iterator[Limit]:
    for clause in _clauses(plain, known):
        for start, end, kind in sorted(_in_clause(plain, clause, known)):
            end = _with_list(plain, end, known) if kind in ("not", "only") else end
            while end > start and (text[end - 1].isspace() or text[end - 1] in ",.;:!?؟"):
                end -= 1
            while start < end and text[start].isspace():
                start += 1
            if end - start > 3 and len(_WORDS.findall(text, start, end)) <= _MOST_WORDS:
                yield Limit(text[start:end], start, end, kind)


def _clauses(plain: str, known: LimitPatterns) -> Iterator[_Clause]:
    first = True
    for sentence in _SENTENCE.finditer(plain):
        if not known.signs.search(plain, sentence.start(), sentence.end()):
            first = first and not sentence.group().strip()
            continue
        closed = _END.search(plain, sentence.start())
        question = closed is not None and closed.group() in "?؟"
        begin = _BULLET.match(plain, sentence.start()).end()  # type: ignore[union-attr]
        asks_why = question and _ASKS_WHY.match(plain, begin) is not None
        conditional = _IF.match(plain, begin) is not None
        for piece in _PIECE.finditer(plain, begin, sentence.end()):
            if len(piece.group()) < 2:
                continue
            start = piece.start()
            for end in (*_splits(plain, start, piece.end(), known), piece.end()):
                end = min(end, start + _LONGEST_CLAUSE)
                if plain[start:end].strip():
                    condition = begin if conditional else start
                    yield _Clause(start, end, first, question, asks_why, condition)
                    first = False
                start = end


def _splits(plain: str, start: int, end: int, known: LimitPatterns) -> list[int]:
    """Where a clause ends within start..end: at "but", and before a ban after "and"."""
    found = [split.start() for split in known.splits.finditer(plain, start, end)]
    for conjunction in _CONJUNCTION.finditer(plain, start, end):
        ban = known.whole.match(plain, conjunction.end(), end)
        if ban and ban.lastgroup != "must":
            found.append(conjunction.start())
    return sorted(found)


def _in_clause(plain: str, clause: _Clause, known: LimitPatterns) -> Iterator[tuple[int, int, str]]:
    if clause.asks_why:
        return
    start, end = clause.start, clause.end
    while start < end and plain[start].isspace():
        start += 1
    opened = known.opens.match(plain, start, end)
    opening = opened.end() if opened else start
    whole = None if clause.question else known.whole.match(plain, opening, end)
    if whole:
        opening = min(opening, clause.condition) if clause.condition < clause.start else opening
        told = _next_phrase(plain, whole.start(), whole.end(), end, known)
        yield opening, told, str(whole.lastgroup)
        if whole.lastgroup in ("must", "keep", "only"):
            return
        opening = told
    at, told = (opening if whole else start), 0
    for match in known.start.finditer(plain, at, end):
        if match.start() < told or known.tells.search(plain, clause.start, match.start()):
            continue
        told = _next_phrase(plain, match.start(), match.end(), end, known)
        yield match.start(), told, str(match.lastgroup)
    if not whole and HAS_NUMBER.search(plain, clause.start, end):
        yield from _numbers(plain, clause, start, known)


def _next_phrase(plain: str, begin: int, start: int, end: int, known: LimitPatterns) -> int:
    """Where the limit at begin..start ends because another one begins: two bans are two."""
    opening = plain[begin:start].split(" ", 1)[0]
    for pattern in (known.start, known.numbers):
        for match in pattern.finditer(plain, start + 1, end):
            before = plain[start : match.start()]
            if cut := _AND.search(before):
                end = min(end, start + cut.start())
            elif match.group().split(" ", 1)[0] == opening or match.group()[0] == "و":
                end = min(end, match.start())
    task = _NEW_TASK.search(plain, start, end)
    return task.start() if task else end


def _numbers(
    plain: str, clause: _Clause, start: int, known: LimitPatterns
) -> Iterator[tuple[int, int, str]]:
    done = clause.start
    for match in known.numbers.finditer(plain, clause.start, clause.end):
        if match.start() < done:
            continue
        last = match.end()
        for word in list(_WORDS.finditer(plain, last, clause.end))[:4]:
            if known.ends_number.fullmatch(word.group()):
                break
            last = word.end()
        first = match.start()
        words_before = len(_WORDS.findall(plain, start, first))
        if not clause.first and words_before <= 3 and clause.end - last < 3:
            first = start
        elif lead := known.leads_number.search(plain, clause.start, first):
            first = lead.start()
        yield first, last, str(match.lastgroup)
        done = last


def _with_list(plain: str, end: int, known: LimitPatterns) -> int:
    """The end of ``without jQuery, React or Vue``, where its first comma was taken for one."""
    tail = _LIST_TAIL.match(plain, end)
    if tail is None or plain[end : end + 1] != ",":
        return end
    if known.start.search(plain, end, tail.end()) or known.whole.search(plain, end, tail.end()):
        return end
    return tail.end()
