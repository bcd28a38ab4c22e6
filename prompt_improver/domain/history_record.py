"""An improvement as a plain record, by its field names: for JSON, CSV and back."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from prompt_improver.domain.prompt_history import (
    COLUMN_RULES,
    DETAIL_RULES,
    REQUIRED,
    TAGS_RULE,
    PromptHistory,
)
from prompt_improver.domain.values import utc_milliseconds

COLUMNS = ("id", *COLUMN_RULES, *DETAIL_RULES, *TAGS_RULE)
"""The names in a record, in their order."""
_MOMENTS = ("timestamp", "imported_at")


def iso_text(moment: datetime) -> str:
    """UTC in ISO 8601, with milliseconds and a Z: a moment for readers of JSON.

    Raises:
        ValueError: ``moment`` has no time zone.
    """
    return _text(moment, sep="T") + "Z"


def to_json_record(history: PromptHistory) -> dict[str, Any]:
    """As ``to_record``, with moments in the form of ``iso_text``."""
    record = to_record(history)
    for name in _MOMENTS:
        moment = getattr(history, name)
        record[name] = None if moment is None else iso_text(moment)
    return record


def to_record(history: PromptHistory) -> dict[str, Any]:
    """Every field, sequences as lists, objects as dicts, moments as UTC text as the database has
    it: for exports and the spool."""
    record = {name: getattr(history, name) for name in COLUMNS}
    for name, value in record.items():
        record[name] = _plain(value)
    for name in _MOMENTS:
        if record[name] is not None:
            record[name] = _text(record[name], sep=" ")
    record["backend"] = history.backend.value
    return record


def from_record(record: object) -> PromptHistory:
    """The improvement that ``to_record`` or ``to_json_record`` made ``record`` of, without its
    id, which is of one history only. Fields that an earlier version did not have may be
    missing, and those that only a later one has are left out.

    Raises:
        ValueError: it is no such record. The message names the field.
    """
    if not isinstance(record, Mapping):
        raise ValueError(f"must be an object, got {type(record).__name__}")
    missing = [name for name in COLUMNS if name not in record and name in REQUIRED]
    if missing:
        raise ValueError(f"lacks {', '.join(missing)}")
    values = {name: record[name] for name in COLUMNS if name != "id" and name in record}
    if not isinstance(values["guardrails"], list):
        raise ValueError("guardrails must be a list of texts")
    for name in _MOMENTS:
        if values.get(name) is not None:
            values[name] = _moment(name, values[name])
    try:
        return PromptHistory(**values)
    except OverflowError:  # a time zone that leads out of the calendar
        raise ValueError("timestamp or imported_at is out of the calendar") from None


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
        raise ValueError("not a line of JSON in UTF-8") from None
    try:
        return from_record(record)
    except RecursionError:  # 990 brackets: just few enough to be read
        raise ValueError("is nested too deeply") from None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value


def _text(moment: datetime, *, sep: str) -> str:
    utc = utc_milliseconds("moment", moment).replace(tzinfo=None)
    return utc.isoformat(sep=sep, timespec="milliseconds")


def _moment(name: str, text: object) -> datetime:
    """A time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be text like 2026-05-04 12:00:00.123") from None
    return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment
