"""One improvement as a row of prompt_history, and back."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from prompt_improver.domain.prompt_history import (
    COLUMN_RULES,
    DETAIL_RULES,
    EDITABLE,
    TAGS_RULE,
    PromptHistory,
)
from prompt_improver.domain.values import utc_milliseconds

_NEW = (*COLUMN_RULES, "details")
_TAGS = (
    "(SELECT json_group_array(tag) FROM prompt_tags WHERE history_id = prompt_history.id) AS tags"
)
COLUMNS = ", ".join(("id", *_NEW, _TAGS))
"""What a SELECT from prompt_history has to read for ``from_row``."""

FIRST_VERSION = 7
"""The first schema whose table has COLUMNS."""

# Bound by name; a row that is kept already is left as it is.
INSERT_ROW = f"""
    INSERT INTO prompt_history ({", ".join(_NEW)})
    VALUES ({", ".join(f":{name}" for name in _NEW)})
    ON CONFLICT (prompt_id) DO NOTHING
"""  # noqa: S608  # nosec B608

_INSERT_TAG = "INSERT INTO prompt_tags (history_id, tag) VALUES (?, ?) ON CONFLICT DO NOTHING"


class RowError(ValueError):
    """A row that no improvement can be made of. ``column`` is what is wrong in it."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def insert_row(connection: sqlite3.Connection, history: PromptHistory) -> int | None:
    """Add the row with its tags; returns its id, or None where it is kept already."""
    cursor = connection.execute(INSERT_ROW, to_parameters(history))
    if cursor.rowcount != 1:
        return None
    assert cursor.lastrowid is not None, "a row was added"
    insert_tags(connection, cursor.lastrowid, history.tags)
    return cursor.lastrowid


def update_row(connection: sqlite3.Connection, history: PromptHistory) -> None:
    """Bring what is EDITABLE of the row to what ``history`` says; no other column is written."""
    connection.execute(
        """
        UPDATE prompt_history
        SET
            starred = :starred,
            rating = :rating,
            note = :note,
            edited_prompt = :edited_prompt
        WHERE id = :id
        """,
        {name: getattr(history, name) for name in ("id", *EDITABLE) if name != "tags"},
    )
    connection.execute(
        """
        DELETE FROM prompt_tags
        WHERE history_id = :id
            AND tag NOT IN (SELECT value FROM json_each(:tags))
        """,
        {"id": history.id, "tags": _json(history.tags)},
    )
    assert history.id is not None, "a row that was read has its number"
    insert_tags(connection, history.id, history.tags)


def insert_tags(connection: sqlite3.Connection, id: int, tags: Sequence[str]) -> None:
    """Add those of ``tags`` that the row lacks."""
    if tags:
        connection.executemany(_INSERT_TAG, [(id, tag) for tag in tags])


def to_parameters(history: PromptHistory) -> dict[str, str | float | None]:
    """The values of a new row, by column, without its tags; the id is the database's to give."""
    imported_at = history.imported_at
    details = {name: getattr(history, name) for name in DETAIL_RULES}
    return {name: getattr(history, name) for name in COLUMN_RULES} | {
        "timestamp": to_text(history.timestamp),
        "imported_at": None if imported_at is None else to_text(imported_at, "imported_at"),
        "guardrails": _json(history.guardrails),
        "backend": history.backend.value,
        "confidence": _real(history.confidence),
        "latency_ms": _real(history.latency_ms),
        "details": _json({name: value for name, value in details.items() if value is not None}),
    }


def from_row(row: sqlite3.Row) -> PromptHistory:
    """The improvement in a row that has COLUMNS, whose text was read by ``decode_text``. What
    only a later version knows of ``details`` is left out.

    Nothing but what ``to_parameters`` writes is taken: with a timestamp in another form, for
    one, pages would not follow each other.

    Raises:
        RowError: the row was changed by hand into what no improvement can be. It says
            nothing of what the row holds.
    """
    values: dict[str, Any] = {name: row[name] for name in COLUMN_RULES}
    details = _parsed(row, "details", dict)
    values |= {name: details[name] for name in DETAIL_RULES if name in details}
    values["timestamp"] = _moment(row, "timestamp")
    values["guardrails"] = _parsed(row, "guardrails", list)
    values["tags"] = _parsed(row, "tags", list)
    values["starred"] = bool(row["starred"])
    if row["kept_original"] is not None:
        values["kept_original"] = bool(row["kept_original"])
    if row["imported_at"] is not None:
        values["imported_at"] = _moment(row, "imported_at")
    sources = values.get("guardrail_sources")
    if isinstance(sources, list) and len(sources) != len(values["guardrails"]):
        # Somebody took a guardrail out by hand, or added one: that is no reason to lose a row.
        del values["guardrail_sources"]
    try:
        history = PromptHistory(id=row["id"], **values)
    except ValueError as error:
        raise RowError(_column_of(str(error))) from error
    if history.prompt_id != row["prompt_id"]:
        raise RowError("prompt_id")
    return history


def decode_text(text: bytes) -> str:
    """A text of the database, to be the ``text_factory`` of a connection. What is no UTF-8
    becomes lone surrogates, which no improvement holds: Python's own reading would fail for
    the whole statement."""
    return text.decode(errors="surrogateescape")


def to_text(moment: datetime, name: str = "timestamp") -> str:
    """UTC as ``YYYY-MM-DD HH:MM:SS.mmm``: text order is time order, and SQLite's own
    datetime('now') compares with it.

    Raises:
        ValueError: ``moment``, called ``name``, has no time zone.
    """
    utc = utc_milliseconds(name, moment).replace(tzinfo=None)
    return utc.isoformat(sep=" ", timespec="milliseconds")


def _moment(row: sqlite3.Row, column: str) -> datetime:
    try:
        moment = datetime.fromisoformat(row[column]).replace(tzinfo=UTC)
    except (TypeError, ValueError) as error:
        raise RowError(column) from error
    if to_text(moment) != row[column]:
        raise RowError(column)
    return moment


def _parsed(row: sqlite3.Row, column: str, kind: type) -> Any:
    try:
        value = json.loads(row[column]) if isinstance(row[column], str) else None
    except (ValueError, RecursionError) as error:  # no JSON, or 100,000 brackets
        raise RowError(column) from error
    if not isinstance(value, kind):
        raise RowError(column)
    return value


def _column_of(message: str) -> str:
    """PromptHistory's errors begin with the field; the rest may quote what was typed."""
    field = message.split(" ", 1)[0].split("[", 1)[0]
    if field in DETAIL_RULES:
        return "details"
    return field if field in COLUMN_RULES or field in TAGS_RULE else "values"


def _json(value: object) -> str:
    # Not escaped to ASCII, so that people find their words with LIKE.
    return json.dumps(value, ensure_ascii=False, default=asdict)


def _real(number: float | None) -> float | None:
    # A whole number over 2**63 - 1 cannot be bound as such.
    return None if number is None else float(number)
