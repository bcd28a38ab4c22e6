"""What an idea asks for and in which field, by its words."""

import re
from dataclasses import dataclass

from prompt_improver.improvement.offline_vocabulary import Item, Vocabulary

NO_TASK = SEVERAL_TASKS = "carry_out"
NO_FIELD = "general"

_FEW_WORDS = 3
_TITLE_WORDS = 8
_LONG_ENOUGH_FOR_MATERIAL = 200
_LOOKED_AT_FOR_LISTS = 1_500
_SHOWS_MATERIAL = re.compile(r":\s*\S|[\"“«`{=;]|\S\s*\n\s*\S")
_LIST_ITEM = re.compile(r"^[ \t]*(?:[0-9]{1,3}[.)]|[-*•])[ \t]", re.MULTILINE)
_SMALL_WORDS = frozenset(
    {
        "lead",
        "negation",
        "undecided",
        "unclear",
        "pointing",
        "indefinite",
        "boundary",
        "empty",
        "hazy",
    }
)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was recognised in an idea and its context."""

    intent: str
    """Name of an intent; ``carry_out`` where ``certainty`` is 0."""
    certainty: int
    """3: a verb asks for it. 2: a title names it. 1: a statement mentions it. 0: nothing."""
    field: str
    bare_title: bool
    """Nothing says what is asked, but it reads as a title ("Secure headers")."""
    defaulted: bool
    """A verb such as "create" or "want" says it, without an object that is known."""
    small: bool
    content_words: int
    """Different words of the idea that say something about what is wanted."""
    supplied: bool
    """The context says something."""
    points_at_missing: bool
    """The idea points at a thing ("this bug", "a function") that it does not show."""
    hazy: bool
    """The idea speaks of "something"."""
    unclear: bool
    """The user says that the request is not clear yet."""
    undecided: bool
    excludes: bool
    framework: str
    """Method that the idea names, or empty."""
    leaning: str
    """``en`` or ``es``, by the words that only one of them has; empty in a tie."""


@dataclass(slots=True)
class _Clause:
    intent: str = ""
    certainty: int = 0
    defaulted: bool = False
    small: bool = False
    points: bool = False
    excludes: bool = False


def recognise(
    vocabulary: Vocabulary, idea: str, context: str, language: str | None = None
) -> Recognition:
    """What ``idea`` asks for. ``language`` (of the idea, where known) says at which end
    of a noun phrase its main word stands."""
    clauses = vocabulary.clauses(idea)
    items = [item for clause in clauses for item in clause]
    leaning = _leaning(items)
    main_word_first = (language or leaning) == "es"
    found = [_read(vocabulary, clause, main_word_first) for clause in clauses]
    best = max(found, key=lambda one: one.certainty, default=_Clause())  # the first of them
    asked = {one.intent for one in found if one.certainty == 3}
    if len(asked) > 1 and len(_LIST_ITEM.findall(idea[:_LOOKED_AT_FOR_LISTS])) > 1:
        best = _Clause(intent=SEVERAL_TASKS, certainty=3)
    around = [item for clause in vocabulary.clauses(context) for item in clause]
    content = _content(items)
    shows_material = len(idea) > _LONG_ENOUGH_FOR_MATERIAL or _SHOWS_MATERIAL.search(idea)
    marks = set().union(*(item.entry.marks for item in items)) if items else set()
    return Recognition(
        intent=best.intent or NO_TASK,
        certainty=best.certainty,
        field=_field(vocabulary, items, around),
        bare_title=best.certainty == 0
        and 1 < len(content) <= _TITLE_WORDS
        and "statement" not in items[0].entry.marks,
        defaulted=best.defaulted,
        small=best.small,
        content_words=len(content),
        supplied=len(_content(around)) > 1,
        points_at_missing=best.points and len(content) <= _FEW_WORDS and not shows_material,
        hazy="hazy" in marks,
        unclear="unclear" in marks,
        undecided="undecided" in marks,
        excludes="exclusion" in marks or any(clause.excludes for clause in found),
        framework=next((i.entry.framework for i in items if i.entry.framework), ""),
        leaning=leaning,
    )


def _read(vocabulary: Vocabulary, clause: list[Item], main_word_first: bool) -> _Clause:
    """What one clause asks for: its first verb, else its noun phrase."""
    if "persona" in clause[0].entry.marks:
        joint = (at for at, item in enumerate(clause) if "joint" in item.entry.marks)
        clause = clause[next(joint, len(clause)) :]
    result, generic, start = _Clause(), None, 0
    for position, item in enumerate(clause):
        entry = item.entry
        if "negation" in entry.marks:
            result.excludes = generic is None
            return result
        if entry.verb:
            result.intent, result.certainty = entry.verb, 3
            start = position + 1
            break
        if entry.generic:
            generic, start = entry.generic, position + 1
            main_word_first = entry.languages == {"es"}
        elif "lead" in entry.marks or item.text.isdigit():
            start += generic is None
        else:
            break
    symptom = next((item.entry.symptom for item in clause if item.entry.symptom), "")
    if result.certainty == 0 and generic is None and symptom:
        return _Clause(intent=symptom, certainty=2)
    if result.certainty == 0:
        _read_nouns(vocabulary, clause[start:], generic, main_word_first, result)
        if clause and generic is None and result.intent and "statement" in clause[0].entry.marks:
            result.certainty = 1
    marks = [item.entry.marks for item in clause[start:]]
    result.points = any("pointing" in one for one in marks) or (
        start > 0 and bool(marks) and ("indefinite" in marks[0] or len(marks) == 1)
    )
    return result


def _read_nouns(
    vocabulary: Vocabulary,
    phrase: list[Item],
    generic: str | None,
    main_word_first: bool,
    result: _Clause,
) -> None:
    """What the main word of a noun phrase says, after a generic verb or in a title."""
    rule = vocabulary.generic[generic] if generic else {}
    allowed = rule.get("objects")
    for item in phrase:
        if "boundary" in item.entry.marks and (result.intent or generic):
            break
        name = (generic and item.entry.object) or item.entry.noun
        if name and (allowed is None or name in allowed):
            result.intent, result.small = name, "small" in item.entry.marks
            if main_word_first:
                break
    if generic:
        result.certainty = (3 if result.intent else 2) if phrase else 1
        result.defaulted = not result.intent
        result.intent = result.intent or rule["otherwise"]
    elif result.intent:
        opens = main_word_first and phrase[0].entry.noun == result.intent
        result.certainty = 3 if opens else 2


def _field(vocabulary: Vocabulary, items: list[Item], around: list[Item]) -> str:
    scores = dict.fromkeys(vocabulary.fields, 0)
    for weight, source in ((2, items), (1, around)):
        for item in {item.text: item for item in source}.values():
            for name in item.entry.fields:
                scores[name] += weight + (item.words > 1)
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] else NO_FIELD


def _content(items: list[Item]) -> set[str]:
    """The different words that say something about what is wanted."""
    content: set[str] = set()
    for position, item in enumerate(items):
        entry = item.entry
        if entry.marks & _SMALL_WORDS or entry.generic or entry.framework or item.text.isdigit():
            continue
        if entry.verb and (position == 0 or not entry.noun):
            continue
        content.update(item.text.split())
    return content


def _leaning(items: list[Item]) -> str:
    votes = {"en": 0, "es": 0}
    for item in items:
        entry = item.entry
        if len(entry.languages) == 1:
            (language,) = entry.languages
            if entry.marks or entry.verb or entry.generic:
                votes[language] += 2
            elif language == "es":  # English names of things are used in Spanish as well
                votes["es"] += 1
    if votes["en"] == votes["es"]:
        return ""
    return max(votes, key=votes.__getitem__)
