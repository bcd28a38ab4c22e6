"""One improvement as a row of prompt_history, and back."""

import json
import sqlite3
from datetime import UTC, datetime

from prompt_improver.domain.errors import RepositoryCorruptError
from prompt_improver.domain.prompt_history import BackendType, PromptHistory, utc_milliseconds

COLUMNS = (
    "id, timestamp, original_idea, context, improved_prompt, role, directive, framework, "
    "guardrails, backend, confidence, reasoning, latency_ms, model_version, prompt_id, "
    "input_tokens, output_tokens, model_calls"
)


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
    """The improvement in a row that has COLUMNS.

    Raises:
        RepositoryCorruptError: the row was changed by hand into what no improvement can be.
    """
    try:
        return PromptHistory(
            id=row["id"],
            prompt_id=row["prompt_id"],
            timestamp=datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC),
            original_idea=row["original_idea"],
            context=row["context"],
            improved_prompt=row["improved_prompt"],
            role=row["role"],
            directive=row["directive"],
            framework=row["framework"],
            guardrails=tuple(json.loads(row["guardrails"])),
            backend=BackendType(row["backend"]),
            confidence=row["confidence"],
            reasoning=row["reasoning"],
            latency_ms=row["latency_ms"],
            model_version=row["model_version"],
            input_tokens=row["input_tokens"],
            output_tokens=row["output_tokens"],
            model_calls=row["model_calls"],
        )
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


def _real(number: float | None) -> float | None:
    # A whole number over 2**63 - 1 cannot be bound as such.
    return None if number is None else float(number)
