import math
from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime, timedelta, timezone

import pytest

from prompt_improver.domain.prompt_history import (
    COLUMN_RULES,
    DETAIL_RULES,
    TAGS_RULE,
    BackendType,
    PromptHistory,
)
from prompt_improver.domain.question import Question
from prompt_improver.domain.values import find_unstorable_character, utc_milliseconds
from tests.histories import NOON, make_history


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("original_idea", "", "blank"),
        ("original_idea", " \n\t\u00a0", "blank"),
        ("improved_prompt", "  ", "blank"),
        ("original_idea", None, "NoneType"),
        ("role", 7, "int"),
        ("confidence", -0.01, "-0.01"),
        ("confidence", 1.01, "1.01"),
        ("confidence", math.nan, "nan"),
        ("confidence", True, "True"),
        ("confidence", "0.5", "'0.5'"),
        ("latency_ms", -1, "-1"),
        ("latency_ms", math.nan, "nan"),
        ("latency_ms", math.inf, "inf"),
        ("latency_ms", 10**400, "10000"),
        ("timestamp", datetime(2026, 1, 1), "time zone"),
        ("timestamp", "2026-01-01", "2026-01-01"),
        ("prompt_id", "7", "'7'"),
        ("prompt_id", None, "None"),
        ("backend", "magic", "'magic'"),
        ("guardrails", "one text", "str"),
        ("input_tokens", -1, "-1"),
        ("output_tokens", 1.0, "1.0"),
        ("model_calls", True, "True"),
        ("input_tokens", "7", "'7'"),
        ("output_tokens", 2**63, "2**63 - 1"),
        ("language", "eng", "ISO 639-1"),
        ("language", "EN", "ISO 639-1"),
        ("kept_original", 1, "int"),
        ("imported_at", datetime(2026, 1, 1), "time zone"),
        ("warnings", "vague", "str"),
        ("task", 7, "int"),
        ("changed", "yes", "str"),
        ("guardrail_sources", ("idea",), "got 1"),
        ("questions", "How large?", "str"),
        ("questions", ["How large?"], "questions[0] must be an object, got str"),
        ("questions", [{"id": "size"}], "questions[0] lacks text"),
        ("questions", [{"id": 7, "text": "?"}], "questions[0].id"),
        ("questions", [{"id": "a", "text": "?", "options": "S"}], "questions[0].options"),
        ("answers", [{"id": "a", "text": "\0"}], "answers[0].text"),
        ("rating", 2, "2"),
        ("rating", True, "True"),
        ("version", 0, "1 or more"),
        ("starred", 1, "int"),
        ("note", " ", "blank"),
        ("edited_prompt", "\n", "blank"),
        ("instruction", "", "blank"),
        ("parent_id", "7", "'7'"),
        ("tags", "work", "str"),
        ("tags", ("a", " "), "got 0"),
        ("tags", ("a" * 101,), "got 101"),
    ],
)
def test_a_field_that_breaks_a_rule_is_refused_by_name_and_value(field, value, words):
    with pytest.raises(ValueError, match=field) as refusal:
        make_history(**{field: value})
    assert words in str(refusal.value)


TEXT_FIELDS = (
    "original_idea", "context", "improved_prompt", "role", "directive", "framework", "reasoning",
    "model_version", "output_format", "task", "field", "artefact", "target", "fallback_reason",
    "instruction", "note", "edited_prompt", "source",
)  # fmt: skip


@pytest.mark.parametrize("field", TEXT_FIELDS)
@pytest.mark.parametrize("code", [0x0000, 0xD800, 0xDFFF])
def test_text_that_cannot_be_stored_is_refused_and_never_quoted(field, code):
    with pytest.raises(ValueError, match=f"{field} .* at character 7") as refusal:
        make_history(**{field: "secret" + chr(code)})
    assert "secret" not in str(refusal.value)


def test_a_guardrail_that_cannot_be_stored_is_refused_by_its_place():
    with pytest.raises(ValueError, match=r"guardrails\[1\]"):
        make_history(guardrails=("fine", "\0"))


def test_what_only_a_later_version_knows_of_a_question_is_left_out():
    known = {"id": "size", "text": "How large?", "options": ["S"]}
    history = make_history(questions=[known | {"mood": "good"}])
    assert history.questions == (Question(id="size", text="How large?", options=("S",)),)


def test_every_field_has_one_rule():
    names = [*COLUMN_RULES, *DETAIL_RULES, *TAGS_RULE]
    assert sorted([*names, "id"]) == sorted(field.name for field in fields(PromptHistory))


def test_contents_cannot_be_changed():
    history = make_history(guardrails=["from a list"])
    assert history.guardrails == ("from a list",)
    with pytest.raises(FrozenInstanceError):
        history.role = "another"


def test_the_timestamp_is_kept_in_utc_milliseconds():
    madrid = timezone(timedelta(hours=2))
    moment = datetime(2026, 5, 4, 14, 0, 0, 123_999, tzinfo=madrid)
    assert make_history(timestamp=moment).timestamp == NOON
    assert make_history(timestamp=moment).timestamp.tzinfo is UTC


def test_a_moment_without_time_zone_is_refused_by_its_name():
    with pytest.raises(ValueError, match="start must be a datetime with a time zone"):
        utc_milliseconds("start", datetime(2026, 1, 1))


def test_the_uuid_is_kept_in_one_spelling():
    spelled = "{0A1B2C3D-0000-4000-8000-00000000000F}"
    assert make_history(prompt_id=spelled).prompt_id == "0a1b2c3d-0000-4000-8000-00000000000f"


def test_tags_are_kept_each_once_and_in_their_order():
    assert make_history(tags=("work", " api ", "work", "Árbol")).tags == ("api", "work", "Árbol")


def test_the_backend_may_come_as_text():
    assert make_history(backend="few-shot").backend is BackendType.FEW_SHOT


@pytest.mark.parametrize(
    ("confidence", "latency_ms", "score"),
    [
        (0.8, None, 0.8),
        (0.8, 0, 0.8),
        (0.8, 1_000, 0.7),
        (0.8, 3_000, 0.5),
        (0.8, 60_000, 0.5),
        (None, None, 0.5),
        (None, 2_000, 0.3),
        (0.0, None, 0.0),
        (0.1, 3_000, 0.0),
        (1.0, None, 1.0),
    ],
)
def test_quality_is_confidence_less_a_penalty_for_slowness(confidence, latency_ms, score):
    history = make_history(confidence=confidence, latency_ms=latency_ms)
    assert history.quality_score == pytest.approx(score)


def test_ordinary_text_can_be_stored():
    assert find_unstorable_character("ñ 😀 \n\t\x01\uffff") is None
