"""The gate on negations and limits: what the idea forbids or bounds, the prompt does too."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from prompt_improver.improvement.gates.bans import is_soft, lost_bans
from prompt_improver.improvement.gates.bounds import SAME_BOUND, bounds_in
from prompt_improver.improvement.gates.comparison import (
    FailureKind,
    GateFailure,
    Rewrite,
    failure,
)
from prompt_improver.improvement.gates.limit_phrases import limit_patterns
from prompt_improver.improvement.gates.limit_words import (
    CARRYING,
    MARKS,
    PHRASES,
    SAME,
    TELLING,
)
from prompt_improver.improvement.gates.numbers import ARTICLES
from prompt_improver.improvement.gates.verbatim import without_set_off
from prompt_improver.improvement.language import WORDS, detect_language, stems_of
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import mask

_MOST_LIMITS = 60  # kept, ...
_MOST_MARKERS = 300  # ... and looked at: what bounds the time for an idea of nothing but "no"
_TOKEN = lazy_pattern(r"\d+(?:[.,]\d+)*|[^\W_][\w+#]*(?:[.'’-]\w+)*|[,;:!?\n().≤≥<>]")
_CLAUSE_END = lazy_pattern(r"(?<!max)(?<!máx)(?<!min)[.;!?]+(?=\s|\Z)|\n")
_BULLET = lazy_pattern(r"\s*(?:[-*•]|\d{1,2}[.)])\s")
_SAME_UNIT = 4  # letters
_ONE_OF = lazy_pattern(rf"(?<!\w)(?:1|one|{'|'.join(ARTICLES)})[ -](?P<unit>[^\W\d_]+)")
_UNIT = lazy_pattern(r"[ \u00a0-]?[^\W\d_]+")
_CLAUSE_MARKS = ".,;:!?\n("
_LONGEST_CLAUSE = 200
_STOPS = frozenset(".;:!?\n)(")
_OR = frozenset("or nor ni o u ou oder noch né nem".split())
_AND = frozenset("and y e und et".split())
_TURNS = frozenset(
    """
    but pero mas sino mais aber sondern ma then luego because porque since so if si cuando when
    while that que which for para pour für per to in with con avec mit as instead at
    """.split()
)
_GENERIC = """
    use uses used using utilise utilize make making do doing be being have having want wants
    need get let put take go give please thing things way kind type everything anything like
    too really very much many any other else ever even still yet own
    usar usa uses use usando utilizar utilices utiliza utilice hacer hagas haga hagan hace ser
    sea sean seas estar esté tener tenga tengan tengas haber haya quiero quieras querer debe
    deben debes deba poder puede puedas pueda poner pongas ponga dar des ir vaya vayas vamos
    cosa cosas tipo muy tan demasiado otra otro otras otros ningún ninguna nada más
"""
_EMPTY = (frozenset(" ".join(WORDS.values()).split()) - CARRYING) | frozenset(_GENERIC.split())


@dataclass(frozen=True, slots=True)
class _Limit:
    kind: str
    said: str
    stems: frozenset[str]


def limits(rewrite: Rewrite) -> GateFailure | None:
    """Fails where the idea forbids or excludes something and no clause of the prompt has both
    a word that does so and a word of what is forbidden, or where no clause bounds a number the
    same way. A ban that is made soft ("try to avoid") is lost.

    ``don't use jQuery`` may become ``Avoid jQuery`` or ``jQuery is not allowed``; ``at most 3
    retries`` ``no more than three retries``. Negations that only tell (``no sé``, ``it does
    not work``) are not held against the prompt.
    """
    if rewrite.quotes_idea:
        return None
    language = detect_language(rewrite.idea) or ""
    # What pasted text forbids or bounds is nothing that the user wants.
    idea = mask(rewrite.idea).request
    bounds = list(_lost_bounds(rewrite, idea))
    limits_gone = list(_lost_limits(rewrite, idea, language))
    bans = list(lost_bans(idea, rewrite.text, language))
    if not (bounds or limits_gone or bans):
        return None
    broken = bans or rewrite.has_another_figure(bounds) or _are_broken(rewrite, limits_gone)
    kind = FailureKind.CONTRADICTS if broken else FailureKind.MISSING
    lost = dict.fromkeys((*bounds, *(limit.said for limit in limits_gone), *bans))
    return failure("limits", (f"Keep this limit: {said}" for said in lost), kind)


def _are_broken(rewrite: Rewrite, lost: list[_Limit]) -> bool:
    """Whether the answer goes against what it does not keep: it names what was forbidden, makes
    a ban soft, or leaves out an "only", beside which anything else is too much."""
    if not lost:
        return False
    if any(limit.kind == "only" for limit in lost):
        return True
    if is_soft(rewrite.written) and not is_soft(rewrite.given):
        return True
    words = {stem for word in _TOKEN.findall(rewrite.written.lower()) for stem in stems_of(word)}
    return any(not limit.stems.isdisjoint(words) for limit in lost)


def _lost_bounds(rewrite: Rewrite, request: str) -> Iterator[str]:
    """The numbers that the idea bounds and the prompt does not, or the other way round."""
    idea = without_set_off(request).lower()
    wanted = [bound for bound in bounds_in(idea) if bound[1] != "about"]
    if not wanted:
        return
    kept = {(number, kind) for number, kind, _, _ in bounds_in(rewrite.text.lower())}
    for number, kind, first, last in wanted:
        if not any((number, same) in kept for same in SAME_BOUND[kind]):
            unit = _UNIT.match(idea, last)
            if number == "1" and unit and _has_one(rewrite.text.lower(), unit.group().strip(" -")):
                continue  # "at most a page" may become "on one page"
            yield " ".join(
                (request if len(request) == len(idea) else idea)[
                    first : unit.end() if unit else last
                ].split()
            )


def _has_one(text: str, unit: str) -> bool:
    return any(
        match.group("unit").startswith(unit[:_SAME_UNIT]) for match in _ONE_OF.finditer(text)
    )


def _lost_limits(rewrite: Rewrite, request: str, language: str) -> Iterator[_Limit]:
    wanted = _limits_of(request, language)
    if not wanted:
        return
    clauses = list(_clauses(rewrite.text, soft_counts=is_soft(rewrite.idea)))
    for limit in wanted:
        if not any(_keeps(limit, clause) for clause in clauses):
            yield limit


@dataclass(frozen=True, slots=True)
class _Clause:
    kinds: frozenset[str]
    stems: frozenset[str]


def _keeps(limit: _Limit, clause: _Clause) -> bool:
    if clause.kinds.isdisjoint(SAME[limit.kind]):
        return False
    return not limit.stems.isdisjoint(clause.stems)


def _clauses(text: str, *, soft_counts: bool) -> Iterator[_Clause]:
    """The clauses that forbid or limit. One that ends in a colon does so for the list below."""
    carried: frozenset[str] = frozenset()
    for clause in _CLAUSE_END.split(text):
        if not clause.strip():
            continue
        words = _TOKEN.findall(clause.lower())
        kinds = frozenset(kind for word in words for kind in _KINDS.get(word, ()))
        if carried and _BULLET.match(clause):
            kinds |= carried
        else:
            carried = kinds if clause.rstrip().endswith((":", ":**")) else frozenset()
        if kinds and (soft_counts or not is_soft(clause)):
            yield _Clause(kinds, frozenset(stem for word in words for stem in stems_of(word)))


def _limits_of(idea: str, language: str) -> list[_Limit]:
    pattern = _PATTERNS.get(language)
    if pattern is None:
        return []
    plain = idea.replace("’", "'")
    found: list[_Limit] = []
    bound_to = 0
    lower = plain.lower()
    known = limit_patterns(language or "en")
    for match in islice(pattern.finditer(lower), _MOST_MARKERS):
        kind = match.lastgroup or ""
        start, end = match.span()
        begin = max(start - _LONGEST_CLAUSE, 0)
        begin += max(lower[begin:start].rfind(mark) + 1 for mark in _CLAUSE_MARKS)
        if kind in ("most", "least") or (known and known.tells.search(lower, begin, start)):
            continue
        if start >= bound_to or match.group() not in _OR:
            for first, last, stems in _bound(plain, start, end, before=kind == "only"):
                found.append(_Limit(kind, " ".join(plain[first:last].split()), stems))
                bound_to = last
        if len(found) >= _MOST_LIMITS:
            break
    return found


def _bound(
    text: str, start: int, end: int, *, before: bool
) -> Iterator[tuple[int, int, frozenset[str]]]:
    """What the marker at start..end binds: the span and the stems of each thing in
    ``without jQuery, React or Vue``."""
    scope = list(_TOKEN.finditer(text, end, min(len(text), end + 160)))
    if any(match.group().lower() in TELLING for match in _first_words(scope)):
        return
    groups: list[list[re.Match[str]]] = [[]]
    spare: re.Match[str] | None = None
    for position, match in enumerate(scope):
        token = match.group().lower()
        if token in _STOPS or (token in _TURNS and groups[0]):
            break
        if token == ",":  # noqa: S105  # nosec B105
            if not _list_goes_on(scope[position + 1 : position + 7]):
                break
            groups.append([])
        elif token in _OR or (token in _AND and _closes(scope[position + 1 : position + 3])):
            groups.append([])
        elif token in _AND:
            break
        elif token in _EMPTY or token[0].isdigit():
            spare = match if token in _NAMES_TOO else spare
        elif len(groups[-1]) < 3:
            groups[-1].append(match)
    groups = [group for group in groups if group] or ([[spare]] if spare else [])
    if not groups and before:
        words = list(_TOKEN.finditer(text, max(0, start - 60), start))[-3:]
        words = [m for m in words if m.group().isalnum() and m.group().lower() not in _EMPTY]
        groups = [words[-1:]]
    for group in groups:
        stems = frozenset(stem for match in group for stem in stems_of(match.group().lower()))
        if stems:
            yield min(start, group[0].start()), max(end, group[-1].end()), stems


def _first_words(scope: list[re.Match[str]]) -> list[re.Match[str]]:
    """The word after the marker, or the one after it where that is a pronoun."""
    skipped = 0
    while skipped < min(2, len(scope) - 1) and scope[skipped].group().lower() in _PRONOUNS:
        skipped += 1
    return scope[skipped : skipped + 1]


# Words that say little, but are names in code: TypeScript's any, Python's with.
_NAMES_TOO = frozenset("any else with while for if this".split())
_PRONOUNS = frozenset("me te se le les lo la los las nos i you we they it".split())


def _list_goes_on(ahead: list[re.Match[str]]) -> bool:
    for match in ahead:
        token = match.group().lower()
        if token in _OR:
            return True
        if token in _STOPS or token in _TURNS:
            return False
    return False


def _closes(ahead: list[re.Match[str]]) -> bool:
    """Whether one word and then the end follows: ``without jQuery and Bootstrap.``"""
    if not ahead or ahead[0].group().lower() in _EMPTY:
        return False
    return len(ahead) == 1 or ahead[1].group() in _STOPS


_WORDS_OF = {kind: frozenset(words.split()) for kind, words in MARKS.items()}
_KINDS: dict[str, tuple[str, ...]] = {
    word: tuple(kind for kind in MARKS if word in _WORDS_OF[kind])
    for word in frozenset().union(*_WORDS_OF.values())
}


def _pattern(*languages: str) -> re.Pattern[str]:
    kinds = (
        f"(?P<{kind}>{'|'.join(PHRASES[language][kind] for language in languages)})"
        for kind in ("most", "least", "only", "not")
    )
    return lazy_pattern(rf"(?<![\w/\-])(?:{'|'.join(kinds)})(?![\w\-(])")


_PATTERNS = {
    "": _pattern("en", "es"),
    "en": _pattern("en"),
    "es": _pattern("es", "en"),
    "pt": _pattern("pt"),
    "fr": _pattern("fr"),
    "de": _pattern("de"),
    "it": _pattern("it"),
}
