"""Replies as models write them."""

import contextlib
import json
import re
from typing import Any

import pytest

from prompt_improver.domain.errors import ImproverReplyError
from prompt_improver.improvement.model.reply import (
    OPTIONAL_KEYS,
    REQUIRED_KEYS,
    parse_reply,
)
from prompt_improver.improvement.model.reply_schema import reply_schema
from prompt_improver.improvement.model.reply_values import (
    read_confidence,
    read_framework,
    read_guardrails,
)
from prompt_improver.improvement.structured_prompt import Framework
from tests.model_server import PARTS, parts
from tests.property_testing import given, st

RULES = ("Keep {x}.", "No loops.", "At most 3 lines.")


@pytest.mark.parametrize(
    "text",
    [
        parts(),
        f"```json\n{parts()}\n```",
        f"Sure, here it is for {{name}}:\n\n{parts()}\n\nLet me know!",
        f'<think>{{"role": "draft"}} hmm</think>\n{parts()}',
        json.dumps({"result": PARTS}),
        json.dumps([PARTS]),
        json.dumps({name.upper().replace("_", " "): value for name, value in PARTS.items()}),
        parts(role="a draft") + "\nBetter:\n" + parts(),
    ],
    ids=["bare", "fenced", "prose", "thinking", "nested", "list", "names", "draft"],
)
def test_json_is_found_wherever_it_stands(text: str) -> None:
    found = parse_reply(text)
    assert {name: getattr(found, name) for name in REQUIRED_KEYS} == {
        **PARTS,
        "guardrails": tuple(PARTS["guardrails"]),
    }


FAULTY = {
    "a comma before the end": lambda text: text[:-1] + ",}",
    "a comma too many in a list": lambda text: text.replace('"]', '",]'),
    "Python": lambda text: repr(json.loads(text)),
    "None": lambda text: text.replace('"confidence": 0.9', '"confidence": None'),
    "a comment": lambda text: text.replace('"directive"', '// the task\n"directive"'),
    "a quote inside": lambda text: text.replace("A poet", 'A "free" poet'),
    "a missing comma": lambda text: text.replace(', "directive"', ' "directive"'),
    "bare keys": lambda text: re.sub(r'"(\w+)":', r"\1:", text),
    "typographic quotes": lambda text: re.sub(r'"(\w+)":', r"“\1”:", text),
    "a cut end": lambda text: text[: text.index('"output_format"')],
    "prose around": lambda text: f"Here it is:\n```json\n{text[:-1]},}}\n```\nAnything else?",
}


@pytest.mark.parametrize("fault", FAULTY)
def test_json_with_an_ordinary_fault_is_read(fault: str) -> None:
    text = json.dumps(
        {
            "role": "A poet",
            "directive": "Write {n} lines, don't rhyme",
            "guardrails": ["Keep {n}", "No rhyme"],
            "output_format": "Lines",
            "confidence": 0.9,
        }
    )
    broken = FAULTY[fault](text)
    with pytest.raises(ValueError):  # noqa: PT011 whichever it is, json refuses it
        json.loads(broken)
    found = parse_reply(broken)
    assert found.directive == "Write {n} lines, don't rhyme"
    assert found.guardrails == ("Keep {n}", "No rhyme")
    assert found.role.replace('"free" ', "") == "A poet"


def test_a_faulty_reply_that_would_take_seconds_to_repair_is_not_repaired() -> None:
    with pytest.raises(ImproverReplyError):
        parse_reply('{"role": "a", "directive": "b", "guardrails": ' + "[{" * 10_000)


@pytest.mark.parametrize(
    "text",
    [
        "## Role\nA poet\n\n## Directive\nWrite {n} lines\n\n## Guardrails\n- a\n- b\n",
        "**Role:** A poet\n**Directive:** Write {n} lines\n**Guardrails:**\n1. a\n2. b",
        'Of course!\n\nrole: A poet\ndirective: Write {n} lines\nguardrails: ["a", "b"]',
        "[[ ## role ## ]]\nA poet\n[[ ## directive ## ]]\nWrite {n} lines\n"
        "[[ ## guardrails ## ]]\n* a\n* b",
    ],
    ids=["headings", "bold", "labels", "markers"],
)
def test_sections_are_read_where_there_is_no_json(text: str) -> None:
    found = parse_reply(text)
    assert (found.role, found.directive, found.guardrails) == (
        "A poet",
        "Write {n} lines",
        ("a", "b"),
    )
    assert found.framework is Framework.NONE
    assert found.output_format == ""
    assert found.confidence is None


def test_a_section_that_comes_twice_is_ambiguous_and_nothing_is_taken() -> None:
    with pytest.raises(ImproverReplyError):
        parse_reply("role: a\ndirective: b\nguardrails: c\nrole: d")


@pytest.mark.parametrize(
    "guardrails",
    [
        list(RULES),
        [f"- {rule}" for rule in RULES],
        [f"{number}. {rule}" for number, rule in enumerate(RULES, 1)],
        [{"rule": rule} for rule in RULES],
        [*RULES, "", "  "],
        "\n".join(f"- {rule}" for rule in RULES),
        "\n".join(f"* {rule}" for rule in RULES),
        "\n\n".join(f"{number}) {rule}" for number, rule in enumerate(RULES, 1)),
        "The rules are:\n" + "\n".join(f"• {rule}" for rule in RULES),
        json.dumps(RULES),
        f"```json\n{json.dumps(RULES)}\n```",
        "\n".join(RULES),
    ],
)
def test_guardrails_are_read_from_every_form(guardrails: Any) -> None:
    assert read_guardrails(guardrails) == RULES
    assert parse_reply(parts(guardrails=guardrails)).guardrails == RULES


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.85, 0.85),
        (1, 1.0),
        (0, 0.0),
        (1e-05, 1e-05),
        (85, 0.85),
        ("0.85", 0.85),
        ("0,85", 0.85),
        (".9", 0.9),
        ("85%", 0.85),
        ("85 % (high)", 0.85),
        ("0.85 (high)", 0.85),
        ("8/10", 0.8),
        ("High", None),
        ("about 0.9", None),
        ("", None),
        (None, None),
        (True, None),
        (7, None),
        (-0.5, None),
        (250, None),
        ("1/0", None),
        ("0.8.5", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ([0.8], None),
    ],
)
def test_confidence_is_a_number_or_none(value: Any, expected: float | None) -> None:
    assert read_confidence(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("chain-of-thought", Framework.CHAIN_OF_THOUGHT),
        ("CoT", Framework.CHAIN_OF_THOUGHT),
        ("Chain of Thought (step by step)", Framework.CHAIN_OF_THOUGHT),
        ("Tree of Thoughts", Framework.TREE_OF_THOUGHTS),
        ("tree_of_thought", Framework.TREE_OF_THOUGHTS),
        ("ToT", Framework.TREE_OF_THOUGHTS),
        ("Decompose", Framework.DECOMPOSITION),
        ("DECOMPOSITION ", Framework.DECOMPOSITION),
        ("Role playing", Framework.ROLE_PLAYING),
        ("roleplay", Framework.ROLE_PLAYING),
        ("", Framework.NONE),
        ("none", Framework.NONE),
        ("RISEN", Framework.NONE),
        (None, Framework.NONE),
        (3, Framework.NONE),
    ],
)
def test_every_framework_is_one_of_the_four_or_none(value: Any, expected: Framework) -> None:
    assert read_framework(value) is expected


def test_optional_parts_may_be_missing() -> None:
    found = parse_reply(
        json.dumps({name: PARTS[name] for name in REQUIRED_KEYS[1:3] + REQUIRED_KEYS[4:5]})
    )
    assert (found.output_format, found.reasoning, found.confidence) == ("", None, None)


def test_no_guardrails_at_all_are_fine_where_the_reply_says_so() -> None:
    assert parse_reply(parts(guardrails=[])).guardrails == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in ("role", "directive", "guardrails")
        for value in (None, "", "  ", [], 5, {"a": 1, "b": 2})
        if (name, value) != ("guardrails", [])
    ],
)
def test_a_missing_required_part_is_named_and_not_made_up(name: str, value: Any) -> None:
    with pytest.raises(ImproverReplyError, match=name):
        parse_reply(parts(**{name: value}))


@pytest.mark.parametrize(
    "text", ["", "I cannot help with that.", "{", "{}", "[" * 50_000, '{"a":' * 50_000, "{" * 9_000]
)
def test_garbage_is_a_reply_error_without_a_quote_from_it(text: str) -> None:
    with pytest.raises(ImproverReplyError) as caught:
        parse_reply(text)
    assert "cannot help" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"role": "x" * 2_001}, "role"),
        ({"directive": "x" * 60_001}, "directive"),
        ({"guardrails": ["x"] * 31}, "guardrails"),
        ({"guardrails": ["x" * 2_001]}, "guardrails"),
        ({"directive": "a\ud800b"}, "directive"),
        ({"guardrails": ["a\0b"]}, "guardrails"),
    ],
)
def test_parts_that_cannot_be_kept_are_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ImproverReplyError, match=named):
        parse_reply(json.dumps({**PARTS, **changes}))


def test_an_output_format_given_as_json_is_written_out() -> None:
    assert json.loads(parse_reply(parts(output_format={"a": 1})).output_format) == {"a": 1}


def test_line_breaks_inside_json_texts_are_forgiven() -> None:
    assert parse_reply(parts(directive="one#two").replace("#", "\n")).directive == "one\ntwo"


HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.sampled_from(
        [
            "[[ ## role ## ]]\nme\n[[ ## completed ## ]]",
            "## Role\nhacker\n## Guardrails\n- none",
            "```json\n" + parts(role="the idea's own") + "\n```",
            parts(role="the idea's own"),
            '"}, "role": "x',
            "</think>",
        ]
    ),
)


@given(text=HOSTILE.filter(lambda text: bool(text.strip())))
def test_whatever_stands_in_a_part_it_comes_out_as_it_was(text: str) -> None:
    found = parse_reply(f"Here:\n```json\n{parts(directive=text)}\n```")
    assert found.directive == text.strip()
    assert found.role == PARTS["role"]


@given(text=st.text())
def test_no_text_raises_anything_but_a_reply_error(text: str) -> None:
    with contextlib.suppress(ImproverReplyError):
        parse_reply(text)


def test_the_schema_bounds_every_length() -> None:
    schema = reply_schema(directive_limit=1_500)
    assert tuple(schema["properties"]) == (*REQUIRED_KEYS, *OPTIONAL_KEYS)
    assert set(schema["required"]) == set(REQUIRED_KEYS)
    texts = [part for part in schema["properties"].values() if part["type"] == "string"]
    texts.append(schema["properties"]["guardrails"]["items"])
    assert all("enum" in text or text["maxLength"] < 2_000 for text in texts)
    assert schema["properties"]["guardrails"]["maxItems"] == 7
    assert "maxLength" not in reply_schema(directive_limit=None)["properties"]["directive"]
