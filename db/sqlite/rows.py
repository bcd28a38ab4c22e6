"""One improvement as a row of prompt_history, and back."""

import json
import sqlite3
from datetime import UTC, datetime

from prompt_improver.domain.prompt_history import PromptHistory, utc_milliseconds

COLUMNS = (
    "id, timestamp, original_idea, context, improved_prompt, role, directive, framework, "
    "guardrails, backend, confidence, reasoning, latency_ms, model_version, prompt_id, "
    "input_tokens, output_tokens, model_calls"
)


FIRST_VERSION = 2
"""The first schema whose table has COLUMNS."""


class RowError(ValueError):
    """A row that no improvement can be made of. ``column`` is what is wrong in it."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def to_parameters(history: PromptHistory) -> dict[str, str | float | None]:
    """The values of a new row, by column; the id is the database's to give."""
    return {
        "timestamp": to_text(history.timestamp),
        "original_idea": history.original_idea,
        "context": history.context,
        "improved_prompt": history.improved_prompt,
        "role": history.role,
        "directive": history.directive,
        "framework": history.framework,
        # Not escaped to ASCII, so that people find their words with LIKE.
        "guardrails": json.dumps(history.guardrails, ensure_ascii=False),
        "backend": history.backend.value,
        "confidence": _real(history.confidence),
        "reasoning": history.reasoning,
        "latency_ms": _real(history.latency_ms),
        "model_version": history.model_version,
        "prompt_id": history.prompt_id,
        "input_tokens": history.input_tokens,
        "output_tokens": history.output_tokens,
        "model_calls": history.model_calls,
    }


def from_row(row: sqlite3.Row) -> PromptHistory:
    """The improvement in a row that has COLUMNS, whose text was read by ``decode_text``.

    Nothing but what ``to_parameters`` writes is taken: with a timestamp in another form, for
    one, pages would not follow each other.

    Raises:
        RowError: the row was changed by hand into what no improvement can be. It says
            nothing of what the row holds.
    """
    try:
        history = PromptHistory(
            id=row["id"],
            prompt_id=row["prompt_id"],
            timestamp=_moment(row["timestamp"]),
            original_idea=row["original_idea"],
            context=row["context"],
            improved_prompt=row["improved_prompt"],
            role=row["role"],
            directive=row["directive"],
            framework=row["framework"],
            guardrails=_guardrails(row["guardrails"]),
            backend=row["backend"],
            confidence=row["confidence"],
            reasoning=row["reasoning"],
            latency_ms=row["latency_ms"],
            model_version=row["model_version"],
            input_tokens=row["input_tokens"],
            output_tokens=row["output_tokens"],
            model_calls=row["model_calls"],
        )
    except RowError:
        raise
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


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise RowError("timestamp") from error
    if to_text(moment) != text:
        raise RowError("timestamp")
    return moment


def _guardrails(text: object) -> tuple[str, ...]:
    try:
        guardrails = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError) as error:  # no JSON, or 100,000 brackets
        raise RowError("guardrails") from error
    if not isinstance(guardrails, list):
        raise RowError("guardrails")
    return tuple(guardrails)


def _column_of(message: str) -> str:
    """PromptHistory's errors begin with the field; the rest may quote what was typed."""
    return next((name for name in COLUMNS.split(", ") if message.startswith(name)), "values")


def _real(number: float | None) -> float | None:
    # A whole number over 2**63 - 1 cannot be bound as such.
    return None if number is None else float(number)
