"""The gate on tasks: every step, question and item of the idea has a trace in the prompt."""

import re
from collections.abc import Iterator

from prompt_improver.improvement.gates.comparison import (
    FailureKind,
    GateFailure,
    Rewrite,
    failure,
)
from prompt_improver.improvement.gates.names import FUNCTION_WORDS
from prompt_improver.improvement.language import stems_of
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import mask

_ITEM = lazy_pattern(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)])[ \t]+(?P<item>[^\n]{3,300})$", re.MULTILINE)
# A new task within a sentence: "and translate it", "luego arregla".
_VERBS = (
    "translate|write|summari[sz]e|explain|add|list|compare|fix|rewrite|create|merge|delete|remove"
    "|update|document|test|deploy|plan|draw|calculate|suggest|check|convert|sort|rename|describe"
    "|design|review|refactor|include|generate|give me|tell me|show|send|format|extract|propose"
    "|traduce|escribe|resume|explica|añade|agrega|lista|compara|arregla|corrige|reescribe|crea|borra"
    "|elimina|actualiza|documenta|prueba|planifica|dibuja|calcula|sugiere|revisa|convierte|ordena"
    "|genera|dame|muestra|envía|formatea|extrae|propón"
    "|traduza|escreva|resuma|explique|adicione|liste|compare|corrija|crie|apague|atualize|mostre"
    "|traduis|écris|résume|ajoute|liste|corrige|crée|supprime|montre|donne"
    "|übersetze|schreibe?|fasse|erkläre?|füge|liste|vergleiche|korrigiere|erstelle?|lösche|zeige?"
    "|traduci|scrivi|riassumi|spiega|aggiungi|elenca|confronta|correggi|crea|mostra"
)
_FURTHER = lazy_pattern(
    rf"(?:,|;|\.|\n|\b(?:and|then|y|luego|e|et|puis|und|dann|poi|después|depois)\b)[ \t]+"
    rf"(?:(?:and|then|also|y|luego|también|e|et|puis|und|dann|poi)[ \t]+)?"
    rf"(?P<task>(?:{_VERBS})(?!\w)[^.,;:!?\n]{{3,120}})"
)
_LISTED = lazy_pattern(
    r"[:：][ \t]*(?P<list>\w+(?: و\w+){1,8}"
    r"|[^:：.!?\n,،、]{2,40}(?:[,،、][^،,、:：.!?\n]{1,40}){1,8})(?=[.!?\n,،]|\Z)"
)
_PARTED = lazy_pattern(r"[,،、]|(?<!\w)(?:and|or|y|e|o|et|ou|und|oder|и|και)(?!\w)|(?<!\w)و(?=\w)")
_WORD = lazy_pattern(r"[^\W\d_]{2,40}|\d{1,9}")
_QUESTION = lazy_pattern(r"[^.!?？。\n]{8,200}[?？]")
_STEP = lazy_pattern(r"(?<!\S)\d{1,2}[.)][ \t]+(?P<item>[^\n]+?)(?=\s+\d{1,2}[.)]\s|\n|\Z)")
_SHORTEST = 4
_MOST_PIECES = 40
_MOST_LOST = 0.6  # of the words that only this piece has
_LONGEST_TEXT = 8_000


def tasks(rewrite: Rewrite) -> GateFailure | None:
    """Fails where a bullet, a numbered step, one of several questions, a further imperative
    ("and translate it") or an item of a list of names ("in 3 cities: Riyadh, Jeddah and Dammam")
    leaves no trace: most of the words that only it has are not in the prompt, in no form."""
    if rewrite.quotes_idea:
        return None
    lost = list(_lost(rewrite))
    return failure("tasks", (f"Keep this task: {task}" for task in lost), FailureKind.MISSING)


def _lost(rewrite: Rewrite) -> Iterator[str]:
    masked = mask(rewrite.idea[:_LONGEST_TEXT]).masked
    pieces = list(dict.fromkeys(_pieces(masked)))[:_MOST_PIECES]
    if not pieces:
        return
    text = rewrite.text.lower()
    there: set[str] | None = None
    lower = masked.lower()
    for piece in pieces:
        wanted = set(_words(piece))
        own = wanted.difference(_WORD.findall(lower.replace(piece.lower(), " "))) or wanted
        if not own or (len(own) == 1 and piece.endswith(("?", "？"))):
            continue  # "When does one take which?" says nothing by itself
        missing = [word for word in own if word not in text]
        if missing and there is None:
            there = {stem for word in _words(text) for stem in stems_of(word)}
        lost = sum(1 for word in missing if there and there.isdisjoint(stems_of(word)))
        if lost > _MOST_LOST * len(own):
            yield piece


def _pieces(masked: str) -> Iterator[str]:
    items = [match["item"].strip() for match in _ITEM.finditer(masked)]
    if len(items) > 1:
        yield from items
    questions = [match.group().strip() for match in _QUESTION.finditer(masked)]
    if len(questions) > 1:
        yield from questions
    steps = [match["item"].strip() for match in _STEP.finditer(masked)]
    if len(steps) > 1:
        yield from (step for step in steps if step not in items)
    lower = masked.lower()
    yield from (match["task"].strip() for match in _FURTHER.finditer(lower))
    for match in _LISTED.finditer(lower):
        parts = [part.strip() for part in _PARTED.split(match["list"])]
        if all(0 < len(part.split()) <= 2 for part in parts if part):
            yield from filter(None, parts)


def _words(text: str) -> list[str]:
    """The words that say something."""
    return [
        word
        for word in _WORD.findall(text.lower())
        if (len(word) >= _SHORTEST or not word.isascii() or word.isdigit())
        and word not in FUNCTION_WORDS
    ]
