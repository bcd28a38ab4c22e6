"""What each word, ending and elision says of its language, worked out once from the lists."""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prompt_improver.improvement.language.shapes import ELISIONS, ENDINGS
from prompt_improver.improvement.language.words import DECOYS, WORDS

Shares = tuple[tuple[str, float], ...]
"""Languages, each with its share of what a word says; together 1 for a whole word."""

_VOCABULARY = Path(__file__).with_name("vocabulary.toml")
_SMALL = 0.3
"""What a language that is never answered gets of a word, beside 1 for each of the others: nearly
nobody writes Galician, and "escribe" is Spanish unless a word that only Galician has is near."""
_SHORT = 4
"""Words of so many letters or fewer are told by themselves alone, not by their shape."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words that we know, and what the shapes of others say."""

    words: Mapping[str, Shares]
    unaccented: Mapping[str, Shares]
    """Longer words without their accents, which people leave out: they say a little less."""
    endings: Mapping[str, Shares]
    elisions: Mapping[str, Shares]
    all_endings: tuple[str, ...]
    longest_ending: int

    def shape(self, word: str) -> Shares:
        """What speaks for each language in a word in lower case that ``words`` lacks."""
        if "'" in word or "’" in word:
            word = word.replace("’", "'")
            before, _, after = word.partition("'")
            whole = self.words.get(word)
            return whole or self.elisions.get(before, ()) + self.words.get(after, ())
        if "-" in word:
            return tuple(pair for part in word.split("-") for pair in self.words.get(part, ()))
        if len(word) <= _SHORT:
            return ()
        if word.endswith(self.all_endings):
            for length in range(min(self.longest_ending, len(word) - 2), 1, -1):
                if shares := self.endings.get(word[-length:]):
                    return shares
        return self.unaccented.get(word, ())


@cache
def lexicon() -> Lexicon:
    """The lexicon, read at the first call."""
    vocabulary = tomllib.loads(_VOCABULARY.read_text("utf-8"))
    tables = (WORDS, vocabulary["words"], DECOYS, vocabulary["shared"])
    words = _shared(
        (language, (word for table in tables for word in table.get(language, "").split()))
        for language in dict.fromkeys(language for table in tables for language in table)
    )
    endings = _shared(((language, text.split()) for language, text in ENDINGS.items()), 0.7)
    return Lexicon(
        words=words,
        unaccented=_unaccented(words),
        endings=endings,
        elisions=_shared((language, text.split()) for language, text in ELISIONS.items()),
        all_endings=tuple(endings),
        longest_ending=max(map(len, endings)),
    )


def _shared(lists: Iterable[tuple[str, Iterable[str]]], whole: float = 1.0) -> dict[str, Shares]:
    """Each word with its languages, among which ``whole`` is divided."""
    languages: dict[str, list[str]] = {}
    for language, words in lists:
        for word in dict.fromkeys(words):
            languages.setdefault(word, []).append(language)
    # Thousands of words are divided among few sets of languages.
    return {word: _divided(tuple(known), whole) for word, known in languages.items()}


@cache
def _divided(languages: tuple[str, ...], whole: float) -> Shares:
    sizes = [1.0 if language in WORDS else _SMALL for language in languages]
    part = whole / sum(sizes)
    return tuple((language, size * part) for language, size in zip(languages, sizes, strict=True))


def _unaccented(words: Mapping[str, Shares]) -> dict[str, Shares]:
    """The longer ones of ``words`` without their accents, which say a little less."""
    accented = [word for word in words if len(word) > _SHORT and not word.isascii()]
    decomposed = unicodedata.normalize("NFD", "\n".join(accented))
    accents = dict.fromkeys(ord(c) for c in set(decomposed) if unicodedata.combining(c))
    bare = decomposed.translate(accents).split("\n")
    return {plain: _lessened(words[word]) for plain, word in zip(bare, accented, strict=True)}


@cache
def _lessened(shares: Shares) -> Shares:
    return tuple((language, 0.7 * share) for language, share in shares)
