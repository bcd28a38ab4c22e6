"""What an idea can be for, and which facts decide then: knowledge/artefacts.toml."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from prompt_improver.domain.question import Question
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.offline.grammar import FOLDER
from prompt_improver.improvement.offline.knowledge import LANGUAGES
from prompt_improver.improvement.reading import Form

MOST_QUESTIONS = 3
_READ = 2_000  # characters that are searched for what is told
_SHAPED = frozenset({"formats", "only", "waits", "json", "table", "list", "one"})


@cache
def pattern(text: str) -> re.Pattern[str]:
    """``text`` as a pattern, the same each time: an idea needs few of them all."""
    return lazy_pattern(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence by language, and when it is wrong."""

    texts: dict[str, str]
    unless: str
    """A pattern of the request."""
    unless_stated: frozenset[str]
    """Names of ``Form.stated``."""

    def fits(self, request: str, form: Form) -> bool:
        if not form.stated.isdisjoint(self.unless_stated):
            return False
        return not (self.unless and pattern(self.unless).search(request[:_READ]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact that decides; texts are by language."""

    id: str
    told: str
    """A pattern: what occurs where the fact is told."""
    condition: str
    """A pattern: where it does not occur, the fact decides nothing."""
    bare: bool
    """It decides only where there is no material."""
    quiet: bool
    """It is assumed, but not worth a question."""
    text: dict[str, str]
    why: dict[str, str]
    default: dict[str, str]
    options: dict[str, list[str]]

    def is_open(self, told: str, *, given: bool) -> bool:
        """Whether folded ``told`` leaves it open; ``given``: there is material."""
        if self.bare and given:
            return False
        told = told[:_READ]
        if self.condition and not pattern(self.condition).search(told):
            return False
        return not pattern(self.told).search(told)

    def question(self, language: str) -> Question:
        return Question(
            id=self.id,
            text=self.text[language],
            why=self.why[language],
            default=self.default[language],
            options=tuple(self.options.get(language, ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One kind of result."""

    name: str
    says: str
    unless: str
    parts: Line | None
    rules: tuple[Line, ...]
    facts: tuple[Fact, ...]
    material: str
    """What it works on, where it cannot be done without: code, text, or bug (code with a fault)."""

    def allows(self, request: str) -> bool:
        """Whether nothing in the folded ``request`` speaks against it."""
        request = request[:_READ]
        if self.says and not pattern(self.says).search(request):
            return False
        return not (self.unless and pattern(self.unless).search(request))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words by which artefacts are recognised, by language."""

    sections: dict[str, str]
    """TOML of each artefact: what an idea does not need is not parsed."""
    things: dict[str, dict[str, str]]
    """The name of the artefact of each thing."""
    weak: dict[str, dict[str, str]]
    """The same, of things that count beside a sign of programming only."""
    acts: dict[str, dict[str, str]]
    """The same, of a verb with its object."""
    frames: dict[str, tuple[str, ...]]
    """The names of the artefacts that a frame may be for."""
    verbs: dict[str, frozenset[str]]
    """Those of ``acts``."""
    matches: dict[str, str]
    """A pattern of the request that shows an artefact by itself, by its name."""


_SECTION = lazy_pattern(r"^\[(\w+)\]\n(.*?)(?=^\[\w+\]\n|\Z)", re.MULTILINE | re.DOTALL)
_RECOGNISES = lazy_pattern(r"^(?:(?:things|weak|acts)\.\w+|frames|matches) = .*$", re.MULTILINE)


@cache
def catalogue() -> Catalogue:
    """Read at the first call and then kept."""
    text = (FOLDER / "artefacts.toml").read_text("utf-8")
    sections = {match[1]: match[2] for match in _SECTION.finditer(text)}
    read = {
        name: tomllib.loads("\n".join(_RECOGNISES.findall(section)))
        for name, section in sections.items()
    }

    def words(key: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
        for name, given in read.items():
            for language, things in given.get(key, {}).items():
                found[language] |= dict.fromkeys(things.split("|"), name)
        return found

    frames: dict[str, tuple[str, ...]] = {}
    for name, given in read.items():
        for frame in given.get("frames", ()):
            frames[frame] = (*frames.get(frame, ()), name)
    acts = words("acts")
    verbs = {
        language: frozenset(act.partition(" ")[0] for act in found)
        for language, found in acts.items()
    }
    matches = {name: given["matches"] for name, given in read.items() if "matches" in given}
    return Catalogue(sections, words("things"), words("weak"), acts, frames, verbs, matches)


@cache
def artefact(name: str) -> Artefact:
    """That of ``name``, one of the catalogue's."""
    return _artefact(name, tomllib.loads(catalogue().sections[name]))


def open_facts(
    facts: tuple[Fact, ...], told: str, settled: frozenset[str], *, given: bool = False
) -> list[Fact]:
    """Those that folded ``told`` leaves open, without the ids in ``settled``. Of several with
    one id the first: they go from the particular to the general."""
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.id not in settled and fact.is_open(told, given=given):
            found.setdefault(fact.id, fact)
    return list(found.values())


def questions_of(facts: list[Fact], language: str, asked: frozenset[str]) -> tuple[Question, ...]:
    """At most three, without the ids in ``asked``."""
    left = [fact for fact in facts if not fact.quiet and fact.id not in asked]
    return tuple(fact.question(language) for fact in left[:MOST_QUESTIONS])


def facts_of(given: list[dict[str, Any]]) -> tuple[Fact, ...]:
    """From TOML."""
    return tuple(
        Fact(
            id=one["id"],
            told=one["told"],
            condition=one.get("if", ""),
            bare=one.get("when") == "none",
            quiet=one.get("quiet", False),
            text=one.get("text", {}),
            why=one.get("why", {}),
            default=one["default"],
            options=one.get("options", {}),
        )
        for one in given
    )


def _line(given: dict[str, Any], *, parts: bool = False) -> Line:
    stated = frozenset(given.get("stated", ())) | (_SHAPED if parts else frozenset())
    return Line(texts=given, unless=given.get("unless", ""), unless_stated=stated)


def _artefact(name: str, given: dict[str, Any]) -> Artefact:
    return Artefact(
        name=name,
        says=given.get("says", ""),
        unless=given.get("unless", ""),
        parts=_line(given["parts"], parts=True) if "parts" in given else None,
        rules=tuple(_line(rule) for rule in given.get("rules", ())),
        facts=facts_of(given.get("facts", [])),
        material=given.get("material", ""),
    )
