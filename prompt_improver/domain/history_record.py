"""An improvement as a plain record, by its column names: for JSON, CSV and back."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from prompt_improver.domain.prompt_history import PromptHistory, utc_milliseconds

COLUMNS = (
    "id",
    "timestamp",
    "original_idea",
    "context",
    "improved_prompt",
    "role",
    "directive",
    "framework",
    "guardrails",
    "backend",
    "confidence",
    "reasoning",
    "latency_ms",
    "model_version",
    "prompt_id",
    "input_tokens",
    "output_tokens",
    "model_calls",
)

_OPTIONAL = {field.name for field in fields(PromptHistory) if field.default is None}


def to_record(history: PromptHistory) -> dict[str, Any]:
    """The row, guardrails as a list, the timestamp as UTC text as the database has it."""
    record = {name: getattr(history, name) for name in COLUMNS}
    moment = utc_milliseconds("timestamp", history.timestamp).replace(tzinfo=None)
    record["timestamp"] = moment.isoformat(sep=" ", timespec="milliseconds")
    record["guardrails"] = list(history.guardrails)
    record["backend"] = history.backend.value
    return record


def from_record(record: object) -> PromptHistory:
    """The improvement that ``to_record`` made ``record`` of, without its id, which is of one
    history only. Columns that are not known are left out: a later version may have more.

    Raises:
        ValueError: it is no such record. The message names the column.
    """
    if not isinstance(record, Mapping):
        raise ValueError(f"must be an object, got {type(record).__name__}")
    missing = [name for name in COLUMNS if name not in record and name not in _OPTIONAL]
    if missing:
        raise ValueError(f"lacks {', '.join(missing)}")
    values = {name: record[name] for name in COLUMNS if name != "id" and name in record}
    if not isinstance(values["guardrails"], list):
        raise ValueError("guardrails must be a list of texts")
    try:
        moment = datetime.fromisoformat(values["timestamp"])
    except (TypeError, ValueError):
        raise ValueError("timestamp must be text like 2026-05-04 12:00:00.123") from None
    try:
        moment = moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment
        return PromptHistory(**values | {"timestamp": moment})
    except OverflowError:  # a time zone that leads out of the calendar
        raise ValueError("timestamp is out of the calendar") from None


def to_line(history: PromptHistory) -> str:
    """The row as a line of JSON, with its end."""
    return json.dumps(to_record(history), ensure_ascii=False) + "\n"


def from_line(line: bytes) -> PromptHistory:
    """The improvement that ``to_line`` made ``line`` of, in UTF-8.

    Raises:
        ValueError: it is no such line. The message quotes nothing of it.
    """
    try:
        record = json.loads(line.decode())
    except (ValueError, RecursionError):  # no UTF-8, no JSON, 100,000 brackets
        raise ValueError("is no line of JSON in UTF-8") from None
    try:
        return from_record(record)
    except RecursionError:  # 990 brackets: just few enough to be read
        raise ValueError("is nested too deeply") from None
