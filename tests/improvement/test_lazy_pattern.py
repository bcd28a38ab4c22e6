"""Patterns that are compiled at their first use."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import ModuleType

import pytest

import prompt_improver.improvement as package
from prompt_improver.improvement.gates.limit_phrases import limit_patterns
from prompt_improver.improvement.gates.unspaced_limits import _phrases
from prompt_improver.improvement.language.words import WORDS
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.offline.grammar import grammar
from prompt_improver.improvement.offline.knowledge import knowledge

LAZY = type(lazy_pattern(""))


def patterns_in(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, LAZY):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from patterns_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from patterns_in(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from patterns_in(getattr(value, field.name))


def modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(module.name) for module in found]


def test_it_works_as_the_compiled_pattern_does():
    word = lazy_pattern(r"(?P<first>\w)\w*", re.ASCII)
    assert word.findall("to be") == ["t", "b"]
    assert word.sub("-", "to be") == "- -"
    assert word.flags & re.ASCII
    assert word.groupindex == {"first": 1}


def test_a_mistake_shows_at_the_first_use():
    wrong = lazy_pattern("(")
    with pytest.raises(re.error):
        wrong.search("")


def test_every_pattern_of_the_gates_and_the_offline_backend_compiles():
    languages = {language: limit_patterns(language) for language in WORDS}
    found = list(patterns_in([vars(module) for module in modules()]))
    tables = list(patterns_in([languages, _phrases(), grammar(), knowledge()]))
    assert len(found) > 100
    assert len(tables) > 100
    for pattern in found + tables:
        assert pattern.pattern
