"""Which language a short text is in, from its script, its words and their shapes."""

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

from prompt_improver.improvement.language.lexicon import Shares, lexicon
from prompt_improver.improvement.language.scripts import MIXED, language_by_script
from prompt_improver.improvement.language.shapes import ALPHABETS, LETTERS
from prompt_improver.improvement.language.words import WORDS
from prompt_improver.improvement.lazy_pattern import lazy_pattern

_SAMPLE = 2_000
"""Characters looked at: enough to tell, and what bounds the time."""

_MOST_WORDS = 60

_ENOUGH = 0.8
"""Nearly a word that no other language has, or a few that two or three share."""

_LEAD = 0.4
"""How much more than the next language the first one needs, in words of its own ..."""

_RATIO = 1.4
"""... and how many times as much, so that a text half in each is told as neither."""

_POSSIBLE = 0.5
"""Enough to say which languages it may be in, where it does not tell in which of them."""

_PERHAPS = 1.5
"""How many times as much the likeliest may have of what a language has that is possible, too."""

_LEAST_LEAD = 0.2
"""Enough where the first language has every word that the next one has."""

_SHARE = 0.15
"""How much of it must speak for the language: one English word in a Welsh sentence does not."""

_FENCE = lazy_pattern(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTE = lazy_pattern("[\"“«„']")
_QUOTED = lazy_pattern(
    r"\"[^\"\n]{2,400}\"|“[^“”\n]{2,400}”|«[^«»\n]{2,400}»|„[^„“\n]{2,400}“"
    r"|(?<!\w)'[^'\n]{2,200}'(?!\w)"
)
# A token with one of these is code, an address, a file or a placeholder, whatever its letters say.
_CODE = lazy_pattern(r"[_/\\@{}<>$=|#\[\]\d*+^~]|\w\.\w|[a-z][A-Z]|\w\(|::|->|-\w+-[A-Z]")
_STATEMENT = lazy_pattern(
    r"^[ \t]*(?!(?:[^\W\d_]+[ \t]+){4})(?:(?:for|if|while|def|class|import|from|return|const|let"
    r"|var|function|public|private|static|else|try|catch)\b.*[=(){};:]|.*[;{}]"
    r"|[\w.\[\]]+[ \t]*[-+*/|&]?=.*)[ \t]*$",
    re.MULTILINE,
)
_EQUATION = lazy_pattern(r"(?<!\w)\w{1,3}[ \t]*[=<>+*^][ \t]*\S+(?:[ \t]*[-+*/^][ \t]*\S+)*")
_OPERATOR = lazy_pattern(r"[=+*^<>]")
_WORD = lazy_pattern(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_SPECIAL = lazy_pattern(f"[{''.join(LETTERS)}]")


# The same idea is asked about by the backend, the gates and the record of one attempt.
@lru_cache(maxsize=8)
def detect_language(text: str, context: str = "") -> str | None:
    """ISO 639-1 code of the language of ``text``: en, es, pt, fr, de, it by its words; by its
    script ru, el, ar, he, zh, ja, ko, and those that ``scripts.py`` names besides.

    None where it is too short or too mixed to tell, and for other languages in Latin letters.
    Where the text does not tell, ``context`` is asked. Code, equations, identifiers, file
    names, addresses and quoted pieces are passed over; only the first 2,000 characters are
    looked at.
    """
    plain = _prose(text)
    found = _of_plain(plain)
    if found is None and context:
        found = _of_plain(_prose(context))
        # "Crea un componente Modal" may be Spanish or Italian, whatever an English context says.
        if found is not None and not _allows(plain, found):
            return None
    return found


def could_be(text: str, language: str) -> bool:
    """Whether ``text``, though told as another language, may as well be ``language``."""
    scores = _scores(_without_code(text))[0]
    best = max(scores.values(), default=0.0)
    return 0 < best <= scores.get(language, 0.0) * _RATIO


def possible_languages(text: str) -> tuple[str, ...]:
    """Where ``detect_language`` tells none: the codes between which it cannot choose, best
    first; empty where little speaks for any, or English is among them."""
    scores = _scores(_prose(text))[0]
    ranked = sorted(WORDS, key=lambda language: -scores.get(language, 0.0))
    best = scores.get(ranked[0], 0.0)
    if best < _POSSIBLE or best < max(scores.values()):
        return ()
    possible = tuple(code for code in ranked if best <= scores.get(code, 0.0) * _PERHAPS)
    # English words of the trade stand in ideas of every language.
    return () if "en" in possible or len(possible) < 2 else possible


def _allows(plain: str, language: str) -> bool:
    scores = _scores(plain)[0]
    best = max((scores.get(known, 0.0) for known in WORDS), default=0.0)
    return best < _ENOUGH or best <= scores.get(language, 0.0) * _RATIO


def _prose(text: str) -> str:
    plain = _without_code(text)
    if _QUOTE.search(plain):
        unquoted = _QUOTED.sub(" ", plain)
        # All of it in quotation marks is an idea that somebody quoted, not a quotation.
        if _WORD.search(unquoted) or not _QUOTE.match(plain.lstrip()):
            plain = unquoted
    return plain


def _without_code(text: str) -> str:
    sample = text[:_SAMPLE]
    if "`" in sample:
        sample = _FENCE.sub(" ", sample)
    if _OPERATOR.search(sample) or ";" in sample or "(" in sample or "{" in sample:
        sample = _EQUATION.sub(" ", _STATEMENT.sub(" ", sample))
    return sample


def _of_plain(plain: str) -> str | None:
    script, share = (None, 0.0) if plain.isascii() else language_by_script(plain)
    if share >= MIXED:
        return script
    return _by_words(plain) or (script if share >= 0.15 else None)


def _by_words(plain: str) -> str | None:
    scores, told = _scores(plain)
    if not scores:
        return None
    first, *others = sorted(scores, key=scores.__getitem__, reverse=True)
    second = others[0] if others else ""
    score, next_score = scores[first], scores.get(second, 0.0)
    if first not in WORDS or score < _SHARE * len(told):
        return None
    if score >= _ENOUGH and score - next_score >= _LEAD and score >= next_score * _RATIO:
        return first
    if score < _ENOUGH or score - next_score < _LEAST_LEAD:
        return None
    # "Crea un wrapper para fetch con retries" is Spanish: no word of it is Italian alone.
    rivals = ({language for language, _ in shares} for shares in told)
    return first if all(first in known for known in rivals if second in known) else None


def _scores(plain: str) -> tuple[dict[str, float], list[Shares]]:
    """What speaks for each language, in words that only it has, and what each word says."""
    scores: defaultdict[str, float] = defaultdict(float)
    ascii_only = plain.isascii()
    known = lexicon()
    word_shares, shape = known.words.get, known.shape
    told: list[Shares] = []
    for token in plain.split(maxsplit=_MOST_WORDS)[:_MOST_WORDS]:
        shares = word_shares(token.lower())  # most words that count stand free of signs
        if shares is not None:
            told.append(shares)
            continue
        if _CODE.search(token):
            continue
        if token.isalpha() and ascii_only:
            parts = [token]
        else:
            parts = _WORD.findall(unicodedata.normalize("NFC", token))
        for word in parts:
            lower = word.lower()
            told.append(word_shares(lower) or shape(lower))
            if word == lower and not word.isascii():
                _count_letters(word, scores)
    for shares in told:
        for language, share in shares:
            scores[language] += share
    if not ascii_only:
        for mark in set(_SPECIAL.findall(plain.lower())):
            scores[LETTERS[mark]] += 0.7
    return scores, told


def _count_letters(word: str, scores: dict[str, float]) -> None:
    """A letter that a language does not have speaks against it: ``rețetă`` is no Italian."""
    for language in {code for letter in word for code in _without(letter)}:
        scores[language] -= 0.7


@lru_cache(maxsize=1_000)
def _without(letter: str) -> tuple[str, ...]:
    if letter.isascii():
        return ()
    return tuple(language for language, letters in ALPHABETS.items() if letter not in letters)
