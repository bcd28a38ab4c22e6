"""One improvement as a row of prompt_history, and back."""

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from prompt_improver.domain.prompt_history import COLUMN_RULES, DETAIL_RULES, PromptHistory
from prompt_improver.domain.prompt_repository import RepositoryCorruptError
from prompt_improver.domain.values import utc_milliseconds

_NEW = (*COLUMN_RULES, "details")
COLUMNS = ", ".join(("id", *_NEW))

# Bound by name; a row that is kept already is left as it is.
INSERT_ROW = f"""
    INSERT INTO prompt_history ({", ".join(_NEW)})
    VALUES ({", ".join(f":{name}" for name in _NEW)})
    ON CONFLICT (prompt_id) DO NOTHING
"""  # noqa: S608  # nosec B608


def to_parameters(history: PromptHistory) -> dict[str, str | float | None]:
    """The values of a new row, by column; the id is the database's to give."""
    imported_at = history.imported_at
    return {name: getattr(history, name) for name in COLUMN_RULES} | {
        "timestamp": to_text(history.timestamp),
        "imported_at": None if imported_at is None else to_text(imported_at, "imported_at"),
        "guardrails": _json(history.guardrails),
        "backend": history.backend.value,
        "confidence": _real(history.confidence),
        "latency_ms": _real(history.latency_ms),
        "details": _json(
            {name: value for name in DETAIL_RULES if (value := getattr(history, name)) is not None}
        ),
    }


def from_row(row: sqlite3.Row) -> PromptHistory:
    """The improvement in a row that has COLUMNS. What only a later version knows of
    ``details`` is left out.

    Raises:
        RepositoryCorruptError: the row was changed by hand into what no improvement can be.
    """
    values: dict[str, Any] = {name: row[name] for name in COLUMN_RULES}
    try:
        details = json.loads(row["details"])
        values |= {name: details[name] for name in DETAIL_RULES if name in details}
        values["timestamp"] = _moment(values["timestamp"])
        values["guardrails"] = json.loads(values["guardrails"])
        if values["kept_original"] is not None:
            values["kept_original"] = bool(values["kept_original"])
        if values["imported_at"] is not None:
            values["imported_at"] = _moment(values["imported_at"])
        return PromptHistory(id=row["id"], **values)
    except ValueError as error:
        raise RepositoryCorruptError(
            f"row {row['id']} of prompt_history is no improvement ({error}); mend or delete it"
        ) from error


def to_text(moment: datetime, name: str = "timestamp") -> str:
    """UTC as ``YYYY-MM-DD HH:MM:SS.mmm``: text order is time order, and SQLite's own
    datetime('now') compares with it.

    Raises:
        ValueError: ``moment``, called ``name``, has no time zone.
    """
    utc = utc_milliseconds(name, moment).replace(tzinfo=None)
    return utc.isoformat(sep=" ", timespec="milliseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _json(value: object) -> str:
    # Not escaped to ASCII, so that people find their words with LIKE.
    return json.dumps(value, ensure_ascii=False)


def _real(number: float | None) -> float | None:
    # A whole number over 2**63 - 1 cannot be bound as such.
    return None if number is None else float(number)
