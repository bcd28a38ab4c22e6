"""What a prompt says that nobody told: figures, names, technologies and deadlines."""

import re
from collections.abc import Iterator

from prompt_improver.domain.evidence import Passage
from prompt_improver.improvement.gates.comparison import Rewrite
from prompt_improver.improvement.gates.names import FUNCTION_WORDS, LANGUAGES_WITH_NAMES, names_at
from prompt_improver.improvement.gates.numbers import WORDS_OF_NUMBERS, Number, find_numbers
from prompt_improver.improvement.gates.technologies import COMMON_NAMES, TECHNOLOGIES
from prompt_improver.improvement.gates.verbatim import without_set_off
from prompt_improver.improvement.language import stems_of
from prompt_improver.improvement.lazy_pattern import lazy_pattern

_DIGITS = lazy_pattern(
    r"(?<![\w.,#])(?:[$€£¥]\s?|[vV])?\d+(?:[.,:/-]\d+)*(?:\s?(?:%|[€$£¥°]|(?:[kKM]|[kMG]B|ms|am|pm|[hx])\b)"
    r"|[ \u00a0-][^\W\d_]+)?"
)
_UNSPACED = lazy_pattern(r"[\u0e00-\u0e7f\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff0c-\uff1f]+")
_CALENDAR = frozenset("年月日円元％%名년월일원")
_NOT_COUNTED = frozenset("0 1 2 3".split())
"""Bare figures that say nothing by themselves: 1 to 3 sentences."""
_ENUMERATED = lazy_pattern(r"(?:^|(?<=\s))\(?\d{1,2}[.)](?=\s)", re.MULTILINE)
_PLAIN_DIGITS = lazy_pattern(r"\d+")
_LATIN = lazy_pattern(r"[A-Za-z][A-Za-z0-9+#]*(?:[.-][A-Za-z0-9]+)*")
_FOREIGN = lazy_pattern(r"[\u0370-\u1fff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SPELLED_TIME = lazy_pattern(
    rf"(?<!\w)(?:{'|'.join(sorted(WORDS_OF_NUMBERS, key=len, reverse=True))})"
    r"[ -](?:business |working )?(?:hours?|days?|weeks?|months?|years?|horas?|d[ií]as?|semanas?"
    r"|mes(?:es)?|años?|anos?|heures?|jours?|semaines?|mois|ans?|stunden?|tagen?|wochen?|monaten?"
    r"|jahren?|ore|giorni|settiman[ae]|mesi|anni)(?!\w)",
    re.IGNORECASE,
)
_MOMENT = lazy_pattern(
    r"(?<!\w)(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|tomorrow|tonight"
    r"|end of (?:the )?(?:day|week|month|quarter|year)|(?:next|this) (?:week|month|quarter|year)"
    r"|lunes|martes|miércoles|jueves|viernes|sábados?|domingos?|segunda-feira|terça-feira"
    r"|quarta-feira|quinta-feira|sexta-feira|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonntags?|lunedì|martedì"
    r"|mercoledì|giovedì|venerdì|enero|febrero|abril|mayo|junio|julio|agosto|septiembre|octubre"
    r"|noviembre|diciembre|januar|februar|märz|april|juni|juli|september|oktober|november|dezember"
    r"|january|february|june|july|august|october|december)(?!\w)",
    re.IGNORECASE,
)
_WORD = lazy_pattern(r"[^\W\d_]+")
_SPELLED = frozenset(WORDS_OF_NUMBERS)
_MOMENTS = frozenset(
    """
    monday mondays tuesday tuesdays wednesday wednesdays thursday thursdays friday fridays saturday
    saturdays sunday sundays tomorrow tonight end next this lunes martes miércoles jueves viernes
    sábado sábados domingo domingos segunda terça quarta quinta sexta lundi mardi mercredi jeudi
    vendredi samedi dimanche montag montags dienstag dienstags mittwoch mittwochs donnerstag
    donnerstags freitag freitags samstag samstags sonntag sonntags lunedì martedì mercoledì giovedì
    venerdì enero febrero abril mayo junio julio agosto septiembre octubre noviembre diciembre
    januar februar märz april juni juli september oktober november dezember january february june
    july august october december
    """.split()
)
"""The words of which one stands wherever ``_MOMENT`` finds something."""
_MOST = 20
_LONGEST_PART = 20_000


def assumed(rewrite: Rewrite) -> tuple[Passage, ...]:
    """What the backend wrote that neither idea nor context has, at most 20 passages as they
    stand in their part: figures and versions with the word behind them, names, technologies,
    days and months; and every line that the prompt itself calls an assumption."""
    prompt = rewrite.prompt
    found: dict[Passage, None] = {}
    given = _Given(rewrite.given)
    with_names = (prompt.language or "") in LANGUAGES_WITH_NAMES
    for part, texts in (
        ("role", (prompt.role,)),
        ("directive", (prompt.directive,)),
        ("guardrails", prompt.guardrails),
        ("output_format", (prompt.output_format,)),
        ("examples", (prompt.examples,)),
    ):
        for text in texts:
            # Columns of a table have capitals, and German nouns have.
            named = part != "output_format" and with_names
            if text.strip() and not rewrite.is_given(text):
                own = rewrite.without_given(text[:_LONGEST_PART])
                for piece in given.new_in(own, named=named):
                    found.setdefault(Passage(text=piece, part=part))
    for line in prompt.assumptions:
        if line.strip():
            found.setdefault(Passage(text=line.strip(), part="assumptions"))
    return tuple(found)[:_MOST]


class _Given:
    """The figures and words of what the user wrote."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lower = text.lower()
        self._digits: frozenset[str] | None = None
        self._units: set[str] = set()
        self._stems: frozenset[str] | None = None

    def new_in(self, text: str, *, named: bool) -> Iterator[str]:
        """The passages of ``text`` that hold anything new; what stands side by side is one.
        Only with ``named`` does a capital make a name."""
        spans = sorted((*self._figures(text), *self._words(text, named)))
        merged: list[tuple[int, int]] = []
        for start, end in spans:
            if merged and start <= merged[-1][1] + 1 and "\n" not in text[merged[-1][1] : start]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        yield from (text[start:end] for start, end in merged)

    def _figures(self, text: str) -> Iterator[tuple[int, int]]:
        if any(map(str.isdigit, text)):
            plain = _ENUMERATED.sub(lambda match: " " * len(match.group()), text)
            if not plain.isascii():
                plain = _UNSPACED.sub(lambda match: " " * len(match.group()), plain)
            for match in _DIGITS.finditer(plain):
                bare, (start, end) = match.group(), match.span()
                counted = text[end : end + 1] in _CALENDAR
                if (bare.split(" ")[0] in _NOT_COUNTED and not counted) or self._has_figure(bare):
                    continue
                end += counted
                word = bare.rsplit(" ", 1)[-1]
                if word.lower() in FUNCTION_WORDS:
                    end -= len(word) + 1
                yield start, end
        words = set(_WORD.findall(text.lower()))
        for signs, pattern in ((_SPELLED, _SPELLED_TIME), (_MOMENTS, _MOMENT)):
            for match in () if words.isdisjoint(signs) else pattern.finditer(text):
                said = match.group().lower()
                if said.split()[0] in ("one", "un", "una", "uno", "ein", "eine"):
                    continue
                if said not in self._lower and not self._has_spelled(said):
                    yield match.span()

    def _has_figure(self, written: str) -> bool:
        if self._digits is None:
            forms = {form for number in find_numbers(self._text) for form in number.loose}
            words = {WORDS_OF_NUMBERS.get(word, "") for word in self._lower.split()}
            digits = _PLAIN_DIGITS.findall(self._text)
            self._units = {form for number in find_numbers(self._text) for form in number.own}
            self._digits = frozenset((*forms, *words, *digits))
        numbers = list(find_numbers(written))
        if any(map(self._has_another_unit, numbers)):
            return False
        forms = {form for number in numbers for form in number.loose}
        if not forms.isdisjoint(self._digits):
            return True
        return all(digits in self._digits for digits in _PLAIN_DIGITS.findall(written))

    def _has_another_unit(self, number: Number) -> bool:
        """Whether the user gives it in another unit alone: 200 MB, and not 200 KB."""
        if not number.own.isdisjoint(self._units):
            return False
        values = {form for form in number.own if " " in form}
        bare = {form.split(" ")[0] for form in values}
        there = {form for form in self._units if form.split(" ")[0] in bare}
        return bool(there) and all(" " in form for form in there)

    def _has_spelled(self, said: str) -> bool:
        number = WORDS_OF_NUMBERS.get(said.replace("-", " ").split()[0])
        return number is not None and self._has_figure(number)

    def _words(self, text: str, named: bool) -> Iterator[tuple[int, int]]:
        if not text.isascii() and _FOREIGN.search(text):
            words = [each for each in _latin(text) if len(each[0]) > 1]
        else:
            words = list(names_at(text)) if named else []
            if not TECHNOLOGIES.isdisjoint(_LATIN.findall(text.lower())):
                words += [each for each in _latin(text) if each[0].lower() in TECHNOLOGIES]
        for word, span in words:
            if word.lower() not in COMMON_NAMES and not self._has_word(word):
                yield span

    def _has_word(self, word: str) -> bool:
        lower = word.lower()
        if lower in self._lower:
            return True
        if self._stems is None:
            found = (match.group().lower() for match in _LATIN.finditer(self._text))
            self._stems = frozenset(stem for each in found for stem in stems_of(each))
        return not self._stems.isdisjoint(stems_of(lower))


def _latin(text: str) -> list[tuple[str, tuple[int, int]]]:
    return [(match.group(), match.span()) for match in _LATIN.finditer(without_set_off(text))]
