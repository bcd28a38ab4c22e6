"""What the offline backend knows: TOML files that a reader can check, read once."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.offline.grammar import FOLDER, grammar

LANGUAGES = ("en", "es")
"""Languages that have frame sentences."""


@dataclass(frozen=True, slots=True)
class Task:
    """How a task is recognised; see knowledge/tasks.toml."""

    name: str
    verbs: dict[str, frozenset[str]]
    things: dict[str, frozenset[str]]
    weak: dict[str, frozenset[str]]
    design_only: frozenset[str]
    needs: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    generic: dict[str, frozenset[str]]
    tasks: dict[str, Task]
    ambiguous: frozenset[str]
    """English verbs that are nouns too; see knowledge/tasks.toml."""
    verbs: dict[str, frozenset[str]]
    """Every form that is read as a predicate, by language."""
    fields: dict[str, "Terms"]
    shared: "Terms"
    """Weak signs of programming that belong to no field."""
    weak: "Terms"
    """Terms of the fields that are weak signs too."""
    sensitive: "Terms"
    settings: "Terms"
    """Sensitive words that may only name who or where."""
    excluded_any: "Terms"
    excluded_text: "Terms"
    messages: frozenset[str]
    """Things to write that are sent to somebody."""
    frames: dict[str, Any]
    answer_in: dict[str, str]
    missing: dict[str, "Missing"]
    """By language."""
    labels: dict[str, dict[str, str]]
    """What an answer is called where it is folded into the idea, by language and id."""
    reasoning: dict[str, dict[str, str]]
    greetings: frozenset[str]
    purpose: re.Pattern[str]
    constraint: re.Pattern[str]
    headings: re.Pattern[str]
    system: re.Pattern[str]
    prompt_for: re.Pattern[str]
    not_for_chat: re.Pattern[str]


@cache
def knowledge() -> Knowledge:
    """The knowledge, read at the first call and then kept."""
    read = _read("tasks")
    tasks = {name: _task(name, given) for name, given in read["tasks"].items()}
    generic = {language: _words(read["generic"][language]) for language in LANGUAGES}
    verbs = {
        language: generic[language].union(*(task.verbs[language] for task in tasks.values()))
        | grammar().verbs["edits"]
        | grammar().verbs["converts"]
        for language in LANGUAGES
    }
    fields, wording, finished = _read("fields"), _read("wording"), _read("finished")
    return Knowledge(
        generic=generic,
        ambiguous=_words(read["generic"]["ambiguous"]),
        tasks=tasks,
        verbs=verbs,
        fields={name: Terms(words) for name, words in fields["fields"].items()},
        shared=Terms(fields["shared"]["programming"]),
        weak=Terms(fields["shared"]["also"]),
        sensitive=Terms(fields["sensitive"]["words"]),
        settings=Terms(fields["sensitive"]["settings"]),
        excluded_any=Terms(fields["excluded"]["any"]),
        excluded_text=Terms(fields["excluded"]["text"]),
        messages=frozenset(read["messages"].split("|")),
        frames=_compiled(_read("frames")),
        answer_in=wording["answer_in"],
        missing={code: _missing(given) for code, given in wording["missing"].items()},
        labels=wording["labels"],
        reasoning=wording["reasoning"],
        greetings=frozenset(finished["greetings"].split("|")),
        purpose=lazy_pattern(finished["purpose"]),
        constraint=lazy_pattern(finished["constraint"]),
        headings=lazy_pattern(finished["headings"], re.MULTILINE),
        system=lazy_pattern("|".join(finished["system"])),
        prompt_for=_prompt_for(finished),
        not_for_chat=lazy_pattern(finished["not_for_chat"], re.I),
    )


def _task(name: str, given: dict[str, Any]) -> Task:
    def by_language(key: str, separator: str | None) -> dict[str, frozenset[str]]:
        lists = given.get(key, {})
        return {lang: frozenset(lists.get(lang, "").split(separator)) - {""} for lang in LANGUAGES}

    return Task(
        name=name,
        verbs=by_language("verbs", None),
        things=by_language("things", "|"),
        weak=by_language("weak", "|"),
        design_only=frozenset(given.get("design_only", "").split("|")) - {""},
        needs=given.get("needs", ""),
    )


@dataclass(frozen=True, slots=True)
class Missing:
    """What an idea fits that only points at material, the line for it, and the question."""

    forms: re.Pattern[str]
    line: str
    question: str
    why: str


def _missing(given: dict[str, Any]) -> Missing:
    forms = "|".join(given["forms"]).replace("VERB", given["verbs"]).replace("NOUN", given["nouns"])
    please = rf"(?:{given['polite']})"
    pattern = rf"\s*(?:{please}[,،， ]*)*(?:{forms})(?:[,،， ]*{please})*[\s.!。！]*"
    return Missing(lazy_pattern(pattern), given["line"], given["question"], given["why"])


def _prompt_for(finished: dict[str, Any]) -> re.Pattern[str]:
    before, after = ("|".join(finished[key]) for key in ("before_prompt", "after_prompt"))
    pattern = rf"\s*(?:{before})?prompt\s+(?:{after})\s+(?P<what>\S.*)\Z"
    return lazy_pattern(pattern, re.IGNORECASE | re.DOTALL)


def _compiled(frames: dict[str, Any]) -> dict[str, Any]:
    for frame in frames.values():
        for line in (*frame["rules"], *filter(None, [frame.get("output")])):
            for key in ("without", "only_if"):
                if key in line:
                    line[key] = lazy_pattern(rf"\b(?:{line[key]})")
    return frames


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Terms:
    """Words to be found in a folded text: whole ones, and beginnings (``*`` at the end)."""

    def __init__(self, words: str) -> None:
        self._exact = {word for word in words.split() if not word.endswith("*")}
        self._beginnings = {word[:-1] for word in words.split() if word.endswith("*")}
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})
        if self._lengths and self._lengths[-1] > _LONGEST_BEGINNING:
            raise ValueError(f"a beginning has over {_LONGEST_BEGINNING} letters: {words}")

    def __contains__(self, word: str) -> bool:
        if word in self._exact:
            return True
        return any(word[:length] in self._beginnings for length in self._lengths)

    def among(self, words: frozenset[str]) -> frozenset[str]:
        """Those of ``words`` that are such words."""
        found = words & self._exact
        # Mostly there is none, and a dozen fields ask about the same words.
        if self._beginnings.isdisjoint(_beginnings_of(words)):
            return found
        return found | {word for word in words if word in self}


_LONGEST_BEGINNING = 24


@lru_cache(maxsize=4)
def _beginnings_of(words: frozenset[str]) -> frozenset[str]:
    """Bounded: a "word" of 100,000 letters has as many beginnings."""
    return frozenset(
        word[:length]
        for word in words
        for length in range(1, min(len(word), _LONGEST_BEGINNING) + 1)
    )


_WORD = lazy_pattern(r"\w(?:[\w+#/.-]*[\w+#])?")


def words_of(folded: str) -> frozenset[str]:
    """The words of a folded text: ``c++``, ``ci/cd`` and ``next.js`` are one each."""
    return frozenset(_WORD.findall(folded))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
