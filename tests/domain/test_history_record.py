"""Records of improvements, of this version and of earlier ones."""

import json
from datetime import UTC, datetime

import pytest

from prompt_improver.domain.history_record import (
    COLUMNS,
    from_line,
    from_record,
    to_json_record,
    to_line,
)
from prompt_improver.domain.prompt_history import DETAIL_RULES, OPTIONAL, BackendType
from tests.histories import NOON, make_history

# A line as the first version exported it.
FIRST_VERSION = (
    b'{"id": 7, "timestamp": "2026-05-04 12:00:00.123", "original_idea": "Design a REST API", '
    b'"context": "", "improved_prompt": "## Task", "role": "", "directive": "Design", '
    b'"framework": "decomposition", "guardrails": ["Name every status code"], "backend": '
    b'"few-shot", "confidence": 0.9, "reasoning": null, "latency_ms": 1200.5, "model_version": '
    b'"openai/gpt-4o-mini", "prompt_id": "6f1d4a52-5e0a-4c8c-9d6b-0d3f6d7c1b2e", '
    b'"input_tokens": 310, "output_tokens": 120, "model_calls": 1}\n'
)


def test_a_line_of_the_first_version_is_read_and_what_it_lacks_is_unknown():
    found = from_line(FIRST_VERSION)
    assert (found.timestamp, found.backend) == (NOON, BackendType.FEW_SHOT)
    assert found.guardrails == ("Name every status code",)
    assert (found.latency_ms, found.model_calls) == (1200.5, 1)
    unknown = ("output_format", "language", "kept_original", "imported_at", *DETAIL_RULES)
    assert {name: getattr(found, name) for name in unknown} == dict.fromkeys(unknown)


@pytest.mark.parametrize(
    "changes",
    [
        {"imported_at": datetime(2026, 5, 5, 1, 2, 3, tzinfo=UTC), "backend": "imported"},
        {"warnings": (), "kept_original": True, "changed": False, "backend": "client"},
        {"guardrails": (), "guardrail_sources": ()},
        dict.fromkeys(OPTIONAL),
    ],
)
def test_a_line_carries_every_field(changes):
    history = make_history(**changes)
    line = to_line(history)
    assert list(json.loads(line)) == list(COLUMNS)
    assert from_line(line.encode()) == history


def test_a_record_with_iso_8601_times_is_read_as_well():
    history = make_history(imported_at=NOON)
    record = to_json_record(history)
    assert record["timestamp"] == record["imported_at"] == "2026-05-04T12:00:00.123Z"
    assert from_record(record) == history


def test_what_only_a_later_version_knows_is_left_out():
    assert from_record(json.loads(FIRST_VERSION) | {"mood": "good"}) == from_line(FIRST_VERSION)
