"""The training set of few-shot, and the choice from it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from prompt_improver.improvement.model.demonstrations import (
    DEFAULT_DEMONSTRATIONS,
    Demonstrations,
    load_demonstrations,
)
from prompt_improver.improvement.model.reply import REQUIRED_KEYS, parse_reply
from prompt_improver.improvement.structured_prompt import Framework
from tests.model_server import PARTS

EXAMPLE = {"idea": "Write a poem about rain", "context": "", **PARTS}


def examples(*ideas: str) -> Demonstrations:
    return Demonstrations({**EXAMPLE, "idea": idea} for idea in ideas)


def ideas(demonstrations: Demonstrations, idea: str, k: int) -> list[str]:
    return [chosen.fields["idea"] for chosen in demonstrations.choose(idea, k)]


def test_the_shipped_set_holds_at_least_12_examples_in_english_and_spanish() -> None:
    shipped = load_demonstrations().choose("x", 100)
    languages = [demonstration.language for demonstration in shipped]
    assert len(shipped) >= 12
    assert languages.count("en") >= 6
    assert languages.count("es") >= 6
    assert {demonstration.fields["framework"] for demonstration in shipped} | {
        Framework.NONE
    } == set(Framework)


def test_each_shipped_example_is_a_reply_that_we_would_accept() -> None:
    for line in DEFAULT_DEMONSTRATIONS.read_text(encoding="utf-8").splitlines():
        example = json.loads(line)
        found = parse_reply(json.dumps({name: example[name] for name in REQUIRED_KEYS}))
        assert found.directive == example["directive"]
        assert len(set(example["guardrails"])) == len(example["guardrails"])


def test_the_nearest_example_comes_last() -> None:
    some = examples("Bake a chocolate cake", "Deploy the app with Docker", "Train a dog to sit")
    assert ideas(some, "deploy my docker app", 2)[-1] == "Deploy the app with Docker"
    assert ideas(some, "a cake with chocolate", 1) == ["Bake a chocolate cake"]


def test_the_context_counts_for_the_choice_too() -> None:
    some = Demonstrations(
        {**EXAMPLE, "idea": "Write tests", "context": context}
        for context in ("Python and pytest", "Java and JUnit")
    )
    for context in ("JUnit", "pytest"):
        [chosen] = some.choose("Write tests", 1, context)
        assert context in chosen.fields["context"]


def test_a_third_language_has_an_example_of_its_own() -> None:
    for language, idea in {
        "pt": "escreva um convite para o casamento da minha irmã",
        "fr": "explique la photosynthèse à un enfant",
        "de": "Erstelle einen Trainingsplan für Anfänger",
        "zh": "帮我写一份会议通知",
    }.items():
        assert load_demonstrations().choose(idea, 1)[0].language == language


def test_few_examples_ask_back_and_most_have_no_method() -> None:
    shipped = [each.fields for each in load_demonstrations().choose("x", 100)]
    asking = [each for each in shipped if re.search(r"\b[Aa]sk for|\b[Pp]ide\b", each["directive"])]
    assert len(asking) * 3 <= len(shipped)
    assert sum(each["framework"] == "" for each in shipped) * 2 > len(shipped)


def test_letters_bring_related_words_near() -> None:
    some = examples("Plan the garden", "Build user authentication")
    assert ideas(some, "autenticación", 1) == ["Build user authentication"]


def test_an_example_in_the_language_of_the_idea_goes_before_an_equal_one() -> None:
    some = examples("Write the tests for the parser", "Escribe los tests para el parser")
    assert ideas(some, "quiero tests para mi parser", 1) == ["Escribe los tests para el parser"]
    assert ideas(some, "I want tests for my parser", 1) == ["Write the tests for the parser"]


def test_the_choice_is_the_same_every_time_and_ties_go_by_the_file() -> None:
    some = examples("alpha", "beta", "gamma")
    assert ideas(some, "zzz", 2) == ["beta", "alpha"]
    assert ideas(some, "zzz", 9) == ["gamma", "beta", "alpha"]


def test_a_file_of_ones_own_is_read_with_blank_lines_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(f"\n{json.dumps(EXAMPLE)}\n\n", encoding="utf-8")
    assert len(load_demonstrations(path)) == 1


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in EXAMPLE.items() if key != name}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{not json", "no JSON"),
        ("[]", "not a JSON object"),
        (json.dumps(without("role")), "role missing"),
        (json.dumps({**EXAMPLE, "tone": "x"}), "tone unknown"),
        (json.dumps({**EXAMPLE, "idea": " "}), "idea must not be blank"),
        (json.dumps({**EXAMPLE, "directive": 3}), "directive must be text"),
        (json.dumps({**EXAMPLE, "directive": "a\ud800"}), "lone surrogate"),
        (json.dumps({**EXAMPLE, "framework": "RISEN"}), "framework must be one of"),
        (json.dumps({**EXAMPLE, "guardrails": ["a"] * 8}), "at most 7"),
        (json.dumps({**EXAMPLE, "guardrails": "a"}), "at most 7"),
        (json.dumps({**EXAMPLE, "guardrails": ["a", "b", ""]}), "guardrails must not be blank"),
        (json.dumps({**EXAMPLE, "confidence": "high"}), "confidence must be a number"),
        (json.dumps({**EXAMPLE, "confidence": 1.5}), "confidence must be a number"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(f"{json.dumps(EXAMPLE)}\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=f"line 2: .*{complaint}"):
        load_demonstrations(path)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe"])
def test_a_file_without_examples_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"set\.jsonl"):
        load_demonstrations(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gone\.jsonl cannot be read: No such file"):
        load_demonstrations(tmp_path / "gone.jsonl")
