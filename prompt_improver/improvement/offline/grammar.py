"""How sentences are taken apart: knowledge/grammar.toml, read once."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prompt_improver.improvement.lazy_pattern import lazy_pattern

FOLDER = Path(__file__).parent / "knowledge"


@dataclass(frozen=True, slots=True)
class Grammar:
    """The sets are of folded words; those in a dict are by language, en and es."""

    boundary: dict[str, frozenset[str]]
    skipped: dict[str, frozenset[str]]
    pointing: dict[str, frozenset[str]]
    containers: dict[str, frozenset[str]]
    nouns: dict[str, frozenset[str]]
    verbs: dict[str, frozenset[str]]
    leads: dict[str, re.Pattern[str]]
    wanting: dict[str, re.Pattern[str]]
    clitics: tuple[str, ...]
    own_act: re.Pattern[str]
    no_thing: re.Pattern[str]
    role: re.Pattern[str]
    questions: tuple[tuple[str, re.Pattern[str]], ...]
    signs: dict[str, re.Pattern[str]]


@cache
def grammar() -> Grammar:
    """The grammar, read at the first call and then kept."""
    read = tomllib.loads((FOLDER / "grammar.toml").read_text("utf-8"))

    def words(section: str) -> dict[str, frozenset[str]]:
        return {name: frozenset(text.split()) for name, text in read[section].items()}

    leads, wanting = {}, {}
    for language, lead in read["leads"].items():
        asking = "|".join(lead["asking"])
        leads[language] = lazy_pattern(f"(?:{lead['opening']})*(?:{asking})?{lead['closing']}")
        wanting[language] = lazy_pattern(lead["wanting"])
    return Grammar(
        boundary=words("boundary"),
        skipped=words("skipped"),
        pointing=words("pointing"),
        containers=words("containers"),
        nouns=words("nouns"),
        verbs=words("verbs"),
        leads=leads,
        wanting=wanting,
        clitics=tuple(read["clitics"]["es"].split()),
        no_thing=lazy_pattern(read["no_thing"]["pattern"]),
        own_act=lazy_pattern(read["own_act"]["pattern"]),
        role=lazy_pattern(read["role"]["pattern"]),
        questions=tuple(
            (one["kind"], lazy_pattern("|".join(one["patterns"]))) for one in read["questions"]
        ),
        signs={name: lazy_pattern(pattern) for name, pattern in read["signs"].items()},
    )
