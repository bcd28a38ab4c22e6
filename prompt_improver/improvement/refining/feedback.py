"""What a piece of feedback is about, as far as its words tell."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from prompt_improver.improvement.gates.names import names_in
from prompt_improver.improvement.language import WORDS, stems_of
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import form_of, mask
from prompt_improver.improvement.refining.feedback_words import (
    LIFTS,
    LIFTS_BEHIND,
    LIMIT_WORDS,
    NEGATES,
    PART_PATTERNS,
    PERMITS,
    REPLACES,
    SHORTENS,
    TAKES_AWAY,
)

_TOKEN = lazy_pattern(r"\d+(?:[.,:]\d+)*|[^\W\d_]+")
_CLAUSE = lazy_pattern(r"[^,.;:!?\n，。；！？、]+|(?<=\d)[.,:](?=\d)")
_COMMON = frozenset(" ".join(WORDS.values()).split())
_SHORTEST = 2
_BESIDE = 6  # words that tell what a number is of


def stems_in(text: str) -> frozenset[str]:
    """The stems of the words that say something, and the numbers."""
    found: set[str] = set()
    for word in _TOKEN.findall(text.lower()):
        if word[0].isdigit():
            found.add(word)
        elif word not in _COMMON and (len(word) >= _SHORTEST or not word.isascii()):
            found.update(stems_of(word))
    return frozenset(found)


_CALLED = stems_in("called named name mention llamado nombre appelé nom genannt name chiamato nome")
"""Beside any name; what is called so they do not tell."""


@dataclass(frozen=True)
class Feedback:
    """What somebody wants to have changed."""

    text: str

    @cached_property
    def stems(self) -> frozenset[str]:
        return stems_in(self.text)

    @cached_property
    def sets_form(self) -> frozenset[str]:
        """What of the form of the answer it sets: formats, counts, length, language, ..."""
        return frozenset(form_of(mask(self.text).masked).stated)

    @cached_property
    def shortens(self) -> bool:
        """Whether it wants less of something."""
        return bool(SHORTENS.search(self.text))

    @property
    def takes_away(self) -> bool:
        """Whether it wants something gone."""
        return bool(TAKES_AWAY.search(self.text))

    @cached_property
    def lifts_limits(self) -> bool:
        """Whether it takes a limit away without saying its figure."""
        named = any(word[0].isdigit() for word in self.stems)
        return self.takes_away and bool(LIMIT_WORDS.search(self.text)) and not named

    def concerns(self, words: frozenset[str]) -> bool:
        """Whether it speaks of one of these stems."""
        return not self.stems.isdisjoint(words)

    def speaks_of(self, text: str) -> bool:
        """Whether it is about ``text``, or takes it away."""
        return self.concerns(stems_in(text)) or self.lifts(text)

    def names(self, part: str) -> bool:
        """Whether it speaks of this part of a prompt by its name."""
        pattern = PART_PATTERNS.get(part)
        return pattern is not None and bool(pattern.search(self.text))

    def lifts(self, piece: str) -> bool:
        """Whether it takes ``piece`` away, puts something in its place, or permits what it bans."""
        words = stems_in(piece)
        for clause in _CLAUSE.findall(self.text):
            permits = PERMITS.search(clause) and NEGATES.search(piece)
            if permits and not words.isdisjoint(stems_in(clause)):
                return True
            lift = LIFTS.search(clause)
            if lift is None:
                continue
            behind = clause if LIFTS_BEHIND.search(clause) else clause[lift.end() :]
            if not words.isdisjoint(stems_in(behind)):
                return True
        return False

    def explains(self, piece: str, given: str) -> bool:
        """Whether ``piece`` of ``given`` may be gone because of it: it is taken away, or another
        number comes in its place, or it is spoken of."""
        if self.lifts(piece):
            return True
        words = stems_in(piece)
        numbers = {word for word in words if word[0].isdigit()}
        if numbers:
            own = {word for word in self.stems if word[0].isdigit()}
            beside = stems_in(" ".join(_around(numbers, given))) - numbers
            speaks = self.concerns((words | beside) - numbers) or bool(REPLACES.search(self.text))
            other = bool(own) and speaks
            return bool(numbers & own) or other or self.lifts_limits
        if self.concerns(words):
            return True
        # Another name in the place of this one: "the cat is called Waffle", "into Italian instead".
        told = given.lower()
        if not any(name.lower() not in told for name in names_in(f"- {self.text}")):
            return False
        beside = stems_in(" ".join(_around(set(_TOKEN.findall(piece.lower())), given)))
        beside -= words | _CALLED
        return self.concerns(beside) or bool(REPLACES.search(self.text))


def _around(wanted: set[str], text: str) -> Iterator[str]:
    """The words that stand beside each of those that are wanted."""
    words = _TOKEN.findall(text.lower())
    for at, word in enumerate(words):
        if word in wanted:
            yield " ".join(words[max(0, at - _BESIDE) : at + _BESIDE + 1])


def pieces_of(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Lines of a gate, each with what it quotes."""
    return [(line, line.partition(": ")[2] or line) for line in lines]
