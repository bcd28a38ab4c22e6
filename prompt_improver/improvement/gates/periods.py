"""What a number is counted by: 0,50 € a day, 3 times a week."""

import re
from collections.abc import Iterator

from prompt_improver.improvement.lazy_pattern import lazy_pattern

_PERIODS = {
    "second": "second segundo seconde sekunde secondo секунд",
    "minute": "minute minuto minuten min мин",
    "hour": "hour hora heure stunde ora час h",
    "day": "day día dia jour tag giorno день сутки",
    "week": "week semana semaine woche settimana неделю",
    "month": "month mes mês mois monat mese месяц",
    "year": "year año ano an jahr anno год",
}
_NAMES = {word: period for period, words in _PERIODS.items() for word in words.split()}
_ADVERBS = {
    "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year",
    "annually": "year", "täglich": "day", "wöchentlich": "week", "monatlich": "month",
    "jährlich": "year", "diarios": "day", "semanales": "week", "mensuales": "month",
    "anuales": "year",
}  # fmt: skip
_WORDS = "|".join(sorted((*_NAMES, *_ADVERBS), key=len, reverse=True))
_COUNTED = lazy_pattern(
    # Each word with a blank before it: what can be cut in several ways costs minutes.
    r"(?<![\d.,])(?P<number>\d+(?:[.,]\d+)*)[ \u00a0]?[€$£%×]?"
    r"(?:(?:[ \u00a0]|(?<=\d))[^\W\d_]+){0,5}?"
    r"(?:[ \u00a0]?/[ \u00a0]?|[ \u00a0](?:per|an?|each|every|al|a la|por|cada|ao|à|por cada|par"
    r"|pro|je|am|im|in der|die|alla|allo|all'|ogni|в|за|на)[ \u00a0]|[ \u00a0])"
    rf"(?P<period>{_WORDS})s?(?!\w)"
)


def lost_periods(idea: str, text: str) -> Iterator[str]:
    """The numbers of ``idea`` that are counted by a time, as they stand there, which ``text``
    counts by another time and nowhere by theirs."""
    lower = idea.lower()
    wanted = [match for match in _COUNTED.finditer(lower) if _is_rate(match)]
    if not wanted:
        return
    found: dict[str, set[str]] = {}
    for match in _COUNTED.finditer(text.lower()):
        if _is_rate(match):
            found.setdefault(match["number"], set()).add(_period(match))
    for match in wanted:
        there = found.get(match["number"])
        if there and _period(match) not in there:
            yield match.group()


def _period(match: re.Match[str]) -> str:
    word = match["period"]
    return _NAMES.get(word) or _ADVERBS[word]


def _is_rate(match: re.Match[str]) -> bool:
    """ "5 € a day" and "2 trips weekly" are, "5 days" is none."""
    between = match.group()[len(match["number"]) : -len(match["period"])].strip(" \u00a0")
    return match["period"] in _ADVERBS or bool(between)
