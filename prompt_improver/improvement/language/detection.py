"""Which language a short text is in, from its script and its commonest words."""

import re
import unicodedata
from collections import Counter, defaultdict

from prompt_improver.improvement.language.words import DECOYS, ELISIONS, ENDINGS, LETTERS, WORDS

_SAMPLE = 2_000
"""Characters looked at: enough to tell, and what bounds the time."""

_ENOUGH = 1.0
"""One word that no other language has, or a few that two or three share."""

_LEAD = 0.3
"""How much more than the next language the first one needs, in words of its own ..."""

_RATIO = 1.25
"""... and how many times as much, so that a text half in each is told as neither."""

_FIRST_GUESS = 0.4
"""Added to Spanish where it leads or ties: ``Crea un componente Modal con backdrop`` is
Spanish and Italian, and Spanish is what our users write."""

_FENCE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTE = re.compile("[\"“«„']")
_QUOTED = re.compile(
    r"\"[^\"\n]{2,400}\"|“[^“”\n]{2,400}”|«[^«»\n]{2,400}»|„[^„“\n]{2,400}“"
    r"|(?<!\w)'[^'\n]{2,200}'(?!\w)"
)
# A token with one of these is code, an address or a placeholder, whatever its letters say.
_CODE = re.compile(r"[_/\\@{}<>$=|#\[\]\d]|\w\.\w|[a-z][A-Z]|\w\(|::|->")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_MARKS = re.compile(f"[{''.join(LETTERS)}]")
_NOT_LATIN = re.compile(
    r"[\u0370-\u052f\u0590-\u06ff\u1100-\u11ff\u1f00-\u1fff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f]"
)


def detect_language(text: str) -> str | None:
    """ISO 639-1 code of the language of ``text``: en, es, pt, fr, de, it by its words; ru,
    el, ar, he, zh, ja, ko by its script (so that Ukrainian counts as ru, Persian as ar).

    None where it is too short or too mixed to tell. Code, identifiers, addresses and quoted
    pieces are passed over; only the first 2,000 characters are looked at.
    """
    plain = _without_code(text)
    if _QUOTE.search(plain):
        unquoted = _QUOTED.sub(" ", plain)
        # All of it in quotation marks is an idea that somebody quoted, not a quotation.
        if _WORD.search(unquoted) or not _QUOTE.match(plain.lstrip()):
            plain = unquoted
    return _of_plain(plain)


def could_be(text: str, language: str) -> bool:
    """Whether ``text``, though told as another language, may as well be ``language``."""
    scores = _scores(_without_code(text))
    best = max(scores.values(), default=0.0)
    return 0 < best <= scores.get(language, 0.0) * _RATIO


def _without_code(text: str) -> str:
    sample = text[:_SAMPLE]
    return _FENCE.sub(" ", sample) if "`" in sample else sample


def _of_plain(plain: str) -> str | None:
    script, share = None, 0.0
    if not plain.isascii() and (foreign := _NOT_LATIN.findall(plain)):
        script, share = _script(foreign, sum(map(str.isalpha, plain)))
    if share >= 0.4:
        return script
    return _by_words(plain) or (script if share >= 0.15 else None)


def _script(foreign: list[str], letters: int) -> tuple[str, float]:
    """The language whose script these characters are in, and its share of the text."""
    counts: Counter[str] = Counter(map(_script_of, foreign))
    # Japanese is written with Chinese characters between the kana, never the other way round.
    if counts["ja"]:
        counts["ja"] += counts.pop("zh", 0)
    language, count = counts.most_common(1)[0]
    weight = 3 if language in ("zh", "ja", "ko") else 1  # one of theirs is half a word
    latin = letters - len(foreign)
    return language, count * weight / (count * weight + max(latin, 0) or 1)


def _script_of(character: str) -> str:
    code = ord(character)
    for first, last, language in _SCRIPTS:
        if first <= code <= last:
            return language
    return "zh"


_SCRIPTS = (
    (0x0370, 0x03FF, "el"),
    (0x1F00, 0x1FFF, "el"),
    (0x0400, 0x052F, "ru"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x06FF, "ar"),
    (0x3040, 0x30FF, "ja"),
    (0xFF66, 0xFF9F, "ja"),
    (0xAC00, 0xD7AF, "ko"),
    (0x1100, 0x11FF, "ko"),
)


def _by_words(plain: str) -> str | None:
    scores = _scores(plain)
    if not scores:
        return None
    if "es" in scores and scores["es"] >= max(scores.values()) - 0.01:
        scores["es"] += _FIRST_GUESS
    language = max(scores, key=scores.__getitem__)
    score = scores.pop(language)
    second = max(scores.values(), default=0.0)
    if score < _ENOUGH or score < second + _LEAD or score < second * _RATIO:
        return None
    return language if language in WORDS else None


def _scores(plain: str) -> dict[str, float]:
    """What speaks for each language, in words that only it has."""
    scores: defaultdict[str, float] = defaultdict(float)
    ascii_only = plain.isascii()
    known = _WEIGHTS.get
    for token in plain.split():
        weights = known(token.lower())  # most words that count stand free of signs
        if weights is not None:
            for language, weight in weights:
                scores[language] += weight
        elif not token.isalpha() or not ascii_only:
            if _CODE.search(token):
                continue
            for word in _WORD.findall(unicodedata.normalize("NFC", token).lower()):
                for language, weight in known(word) or _by_shape(word):
                    scores[language] += weight
        elif token.endswith(_ALL_ENDINGS) and not _CODE.search(token):
            for language, weight in _by_shape(token.lower()):
                scores[language] += weight
    if not ascii_only:
        for mark in set(_MARKS.findall(plain.lower())):
            scores[LETTERS[mark]] += 0.7
    return scores


def _by_shape(word: str) -> tuple[tuple[str, float], ...]:
    before, apostrophe, _ = word.replace("’", "'").partition("'")
    if apostrophe:
        whole = _WEIGHTS.get(word.replace("’", "'"))
        return whole if whole is not None else _ELISIONS.get(before, ())
    if len(word) > 4 and word.endswith(_ALL_ENDINGS):
        for ending, weights in _ENDINGS:
            if word.endswith(ending):
                return weights
    return ()


def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    languages: dict[str, list[str]] = {}
    for language, words in (*WORDS.items(), *DECOYS.items()):
        for word in set(words.split()):
            languages.setdefault(word, []).append(language)
    return {
        word: tuple((language, 1 / len(known)) for language in known)
        for word, known in languages.items()
    }


_WEIGHTS = _weights()
_ENDINGS = tuple((ending, ((language, 0.7),)) for ending, language in ENDINGS)
_ALL_ENDINGS = tuple(ending for ending, _ in ENDINGS)
_ELISIONS = {
    before: tuple((language, 1 / len(known)) for language in known)
    for before, known in ELISIONS.items()
}
