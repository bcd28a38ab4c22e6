"""What a piece of feedback is about, as far as its words tell."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from prompt_improver.improvement.language import WORDS, stems_of
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import form_of, mask

_TOKEN = lazy_pattern(r"\d+(?:[.,:]\d+)*|[^\W\d_]+")
_CLAUSE = lazy_pattern(r"[^,.;:!?\n，。；！？、]+|(?<=\d)[.,:](?=\d)")
# What takes something away, or puts something else in its place.
_LIFTS = lazy_pattern(
    r"\b(?:drop|remove|delete|skip|lift|ignore|forget|omit|leave out|take out|get rid of"
    r"|no longer|no need|not needed|instead of|rather than|without (?:the|any|a)|not"
    r"|quita\w*|elimin\w*|borra\w*|olvida\w*|suprim\w*|en vez de"
    r"|en lugar de|ya no|sin (?:el|la|los|las)"
    r"|remov\w*|tir[ae]\w*|retir[ae]\w*|apag\w*|em vez de|sem [oa]s?"
    r"|supprim\w*|enl[eè]v\w*|oubli\w*|au lieu d\w*|plus de|sans l[ea]s?"
    r"|streich\w*|entfern\w*|l[oö]sch\w*|vergiss|statt|anstatt|ohne|nicht|kein\w*|weg mit"
    r"|togli\w*|rimuov\w*|invece d\w*|al posto d\w*|senza (?:il|la|i|le|l)"
    r"|убер\w*|удал\w*|вместо|без)\b"
    r"|去掉|删除|删掉|不要|取消|而不是|不用|削除|外し|なくし|ではなく|の代わり",
    re.IGNORECASE,
)
# These come behind what they take away.
_LIFTS_BEHIND = lazy_pattern(
    r"削除|外し|なくし|ではなく|の代わり|\b(?:weg|raus|not needed|is fine)\b"
)
_SHORTENS = lazy_pattern(
    r"\b(?:short\w*|brief\w*|concis\w*|compact|fewer|trim|cut|condens\w*|tight\w*"
    r"|breve\w*|cort[oa]\w*|resum\w*|curt[oa]\w*|court\w*|bref|kürz\w*|knapp\w*"
    r"|короче|кратко)\b|简短|短く|簡潔|精简|更短",
    re.IGNORECASE,
)
_PARTS = {
    "role": r"role|persona|rol|papel|r[oô]le|rolle|ruolo|роль|角色|役割",
    "guardrails": r"rules?|guardrails?|constraints?|limits?|reglas?|restriccion\w*|regras?"
    r"|r[eè]gles?|regeln?|regol[ae]|правил\w*|规则|ルール",
    "output_format": r"format|output|layout|structure|formato|salida|sa[ií]da|sortie|ausgabe\w*"
    r"|формат\w*|格式|形式",
    "examples": r"examples?|ejemplos?|exemplos?|exemples?|beispiele?|esempi\w*|пример\w*|例",
    "framework": r"method|step by step|reason\w*|approach|m[eé]todo|paso a paso|méthode|methode"
    r"|schritt\w*|метод\w*|步骤",
    "assumptions": r"assum\w+|supuestos?|suposi\w+|hypoth[eè]ses?|annahmen?|ipotesi"
    r"|допущен\w*|假设",
}
_PART_PATTERNS = {
    name: lazy_pattern(rf"(?i)(?<!\w)(?:{said})(?!\w)") for name, said in _PARTS.items()
}
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
        return bool(_SHORTENS.search(self.text))

    def concerns(self, words: frozenset[str]) -> bool:
        """Whether it speaks of one of these stems."""
        return not self.stems.isdisjoint(words)

    def names(self, part: str) -> bool:
        """Whether it speaks of this part of a prompt by its name."""
        pattern = _PART_PATTERNS.get(part)
        return pattern is not None and bool(pattern.search(self.text))

    def lifts(self, piece: str) -> bool:
        """Whether it takes ``piece`` away, or puts something in its place."""
        words = stems_in(piece)
        for clause in _CLAUSE.findall(self.text):
            lift = _LIFTS.search(clause)
            if lift is None:
                continue
            behind = clause if _LIFTS_BEHIND.search(clause) else clause[lift.end() :]
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
        if not numbers:
            return self.concerns(words)
        own = {word for word in self.stems if word[0].isdigit()}
        beside = stems_in(" ".join(_around(numbers, given))) - numbers
        return bool(numbers & own) or bool(own and self.concerns((words | beside) - numbers))


def _around(numbers: set[str], text: str) -> Iterator[str]:
    """The words that stand beside each of the numbers."""
    words = _TOKEN.findall(text.lower())
    for at, word in enumerate(words):
        if word in numbers:
            yield " ".join(words[max(0, at - _BESIDE) : at + _BESIDE + 1])


def pieces_of(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Lines of a gate, each with what it quotes."""
    return [(line, line.partition(": ")[2] or line) for line in lines]
