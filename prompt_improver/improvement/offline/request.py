"""The sentences in which an idea asks for something, and what their predicate is."""

import unicodedata
from dataclasses import dataclass
from itertools import takewhile

from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.offline.grammar import grammar
from prompt_improver.improvement.reading import MASK

_SENTENCE = lazy_pattern(r"[^.!?;\n…。！？]*(?:\.(?=\w)[^.!?;\n…。！？]*)*[.!?;\n…。！？]*")
_COMMA = lazy_pattern(r", ?(?:(?:and|so|y|pero|but) )?[¿ ]*")
_MOST_SENTENCES = 40
_LONGEST_PHRASE = 6  # words
_TOKEN = lazy_pattern(rf"[^\W_]+(?:[-+#/][^\W_]+)*[+#]*|{MASK}|[,:()]")


@dataclass(frozen=True, slots=True)
class Request:
    """One sentence that asks for something."""

    kind: str
    """imperative, wanted (a thing that is wished for), compare, how, how_after (the same after
    a comma) or explain."""
    verb: str
    """Folded predicate of an imperative; else empty."""
    phrase: tuple[str, ...]
    """Folded words of its object, up to the first preposition; articles and numbers left out."""
    rest: tuple[str, ...]
    """The folded words after ``phrase``."""
    points: bool
    """The object is pointed at: "this code", "el siguiente texto"."""
    definite: bool
    """An article, a number or a pronoun comes first in the object."""


def fold(text: str) -> str:
    """Lower case, without accents and apostrophes."""
    text = text.lower().replace("'", "").replace("’", "")
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def requests(
    masked: str, language: str, verbs: frozenset[str], ambiguous: frozenset[str]
) -> list[Request]:
    """What ``masked`` asks for, sentence by sentence. ``verbs`` are the folded forms that
    count as a predicate, ``ambiguous`` those that do so only before an article, a number or
    a pronoun; ``language`` is en or es."""
    read = (_read(fold(sentence), language, verbs) for sentence in _sentences(masked))
    return [one for one in read if one and (one.verb not in ambiguous or one.definite)]


_STATES = frozenset("is are was were be been has have had can will would should must doesnt dont "
    "es son era fue esta estan tiene puede debe hay".split())  # fmt: skip


def bare_request(masked: str, language: str, verbs: frozenset[str]) -> Request | None:
    """What ``masked`` names first without any verb ("cover letter for a nurse"); None where it
    begins as a sentence, or a question, does. ``verbs`` are forms that a predicate has."""
    sentence = next(iter(_sentences(masked)), "")
    text = fold(sentence)
    if text.endswith("?"):
        return None
    lead = grammar().leads[language].match(text)
    text = text[lead.end() :] if lead else text
    words = tuple(_TOKEN.findall(text))
    if not words or grammar().no_thing.match(text):
        return None
    request = _request("bare", "", words, language)
    # "Analyse this function" begins with a verb that is on no list.
    named = takewhile(lambda word: word not in grammar().boundary[language], words[1:])
    if not grammar().skipped[language].isdisjoint(named) or words[0] in verbs:
        return None
    return None if request.rest and request.rest[0] in _STATES else request


def _sentences(masked: str) -> list[str]:
    """Those with a letter; the first 20 and the last 20 where there are more than 40."""
    found = []
    for match in _SENTENCE.finditer(masked):
        bare = match.group().strip(f" \t\n-*•>¿¡\"'()[]{MASK}")
        if any(map(str.isalpha, bare)):
            found.append(bare)
    if len(found) > _MOST_SENTENCES:
        found = found[: _MOST_SENTENCES // 2] + found[-_MOST_SENTENCES // 2 :]
    return found


def _read(text: str, language: str, verbs: frozenset[str]) -> Request | None:
    known = grammar()
    if role := known.role.match(text):
        text = text[role.end() :]
    lead = known.leads[language].match(text)
    bare = text[lead.end() :] if lead else text
    for candidate in (bare, text):
        for kind, pattern in known.questions:
            if match := pattern.match(candidate):
                words = tuple(_TOKEN.findall(candidate[match.end() :]))
                return _request(kind, "", words, language)
    words = tuple(_TOKEN.findall(bare))
    if not words:
        return None
    verb = words[0] if words[0] in verbs else _without_clitics(words[0], language, verbs)
    if verb and not known.own_act.match(text):
        return _request("imperative", verb, words[1:], language)
    if wanted := known.wanting[language].match(text):
        words = tuple(_TOKEN.findall(text[wanted.end() :]))
        if words and (words[0] in known.skipped[language] or words[0].isdigit()):
            return _request("wanted", "", words, language)
    return _after_comma(text, language)


def _after_comma(text: str, language: str) -> Request | None:
    """The question that ends a report: "The build fails, how do I fix it"."""
    questions = [pattern for kind, pattern in grammar().questions if kind == "how"]
    for comma in _COMMA.finditer(text):
        for pattern in questions:
            if match := pattern.match(text, comma.end()):
                words = tuple(_TOKEN.findall(text[match.end() :]))
                return _request("how_after", "", words, language)
    return None


def _without_clitics(word: str, language: str, verbs: frozenset[str]) -> str:
    """``explicame`` is ``explica``, ``hazlo`` ``haz``."""
    if language != "es":
        return ""
    shorter = (word.removesuffix(clitic) for clitic in grammar().clitics if word.endswith(clitic))
    return next((verb for verb in shorter if verb in verbs), "")


def _request(kind: str, verb: str, words: tuple[str, ...], language: str) -> Request:
    known = grammar()
    boundary, skipped = known.boundary[language], known.skipped[language]
    articles = {"the", "el", "la", "los", "las", "it", "lo"}
    position, points = 0, False
    phrase: list[str] = []
    while position < len(words) and len(phrase) < _LONGEST_PHRASE:
        word = words[position]
        if word in known.pointing[language] and not phrase and word not in articles:
            points = True
        if word in boundary:
            if phrase and word in ("of", "de", "para", "for"):
                if phrase[-1 if language == "en" else 0] not in known.containers[language]:
                    break
                phrase.clear()
            elif phrase or word != "a":
                break
        elif word not in skipped and not word.isdigit():
            phrase.append(word)
        position += 1
    definite = bool(words) and (words[0] in skipped or words[0].isdigit() or words[0] == MASK)
    return Request(kind, verb, tuple(phrase), words[position:], points, definite)
