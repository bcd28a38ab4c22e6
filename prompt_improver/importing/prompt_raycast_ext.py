"""The history of prompt_raycast_ext (github.com/fegome90-cmd/prompt_raycast_ext), whose backend
has the same HTTP contract: its SQLite file, table ``prompt_history``, schema version 1."""

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from prompt_improver.domain.errors import FileError
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.importing.export_file import BadLine

_ROWS = """
SELECT id, created_at, original_idea, context, improved_prompt, role, directive, framework,
       guardrails, reasoning, confidence, backend, model, provider, latency_ms
FROM prompt_history
ORDER BY id
"""
_OURS = {BackendType.ZERO_SHOT.value, BackendType.FEW_SHOT.value}

SOURCE = "prompt_raycast_ext"


def read_database(path: Path) -> Iterator[PromptHistory | BadLine]:
    """What each row of the database at ``path`` holds; a bad row goes by its ``id``. The same
    row has the same ``prompt_id`` each time, so that an import can be repeated.

    Raises:
        FileError: it is no such database, or cannot be read. It is not changed.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            for row in connection.execute(_ROWS):
                try:
                    yield _to_history(row)
                except (ValueError, TypeError) as error:
                    yield BadLine(row["id"], str(error))
    except sqlite3.Error:
        raise FileError(
            f"{path} is not a readable history of prompt_raycast_ext; use its prompt_history.db"
        ) from None


def _to_history(row: sqlite3.Row) -> PromptHistory:
    identity = f"{row['id']} {row['created_at']} {row['original_idea']} {row['improved_prompt']}"
    backend = BackendType(row["backend"]) if row["backend"] in _OURS else BackendType.IMPORTED
    return PromptHistory(
        prompt_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SOURCE} {identity}")),
        timestamp=_moment(row["created_at"]),
        original_idea=row["original_idea"],
        context=row["context"] or "",
        improved_prompt=row["improved_prompt"],
        role=row["role"] or "",
        directive=row["directive"] or "",
        framework=row["framework"] or "",
        guardrails=_guardrails(row["guardrails"]),
        backend=backend,
        confidence=row["confidence"],
        reasoning=row["reasoning"],
        latency_ms=row["latency_ms"],
        model_version=f"{row['provider']}/{row['model']}",
        source=SOURCE,
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise ValueError("created_at is no ISO 8601 date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _guardrails(text: str | None) -> tuple[str, ...]:
    """A JSON list, as their program writes it; of older rows, lines."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        found = (text or "").splitlines()
    lines = found if isinstance(found, list) else str(found).splitlines()
    return tuple(str(line).strip() for line in lines if str(line).strip())
