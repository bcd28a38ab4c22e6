"""The thread of an improvement: what it was refined from, and all that was refined from that."""

import sqlite3

from db.sqlite.filters import Filters
from db.sqlite.spoiled_rows import SpoiledRows
from prompt_improver.domain.history_filter import EVERYTHING
from prompt_improver.domain.prompt_history import PromptHistory

_LONGEST_LINE = 10_000
"""Parents that are followed upwards: rows changed by hand can lead back to each other."""


def select_versions(
    connection: sqlite3.Connection,
    spoiled: SpoiledRows,
    prompt_id: str,
    limit: int,
    cut: int | None,
) -> list[PromptHistory]:
    """As ``PromptRepository.find_versions``. A parent that is gone still holds together what was
    refined from it."""
    filters = Filters(EVERYTHING, cut)
    rows = connection.execute(
        f"""
        WITH RECURSIVE
        line (prompt_id, height) AS (
            SELECT prompt_id, 0
            FROM prompt_history
            WHERE prompt_id = :prompt_id
            UNION ALL
            SELECT prompt_history.parent_id, line.height + 1
            FROM line
            CROSS JOIN prompt_history
            WHERE prompt_history.prompt_id = line.prompt_id
                AND prompt_history.parent_id IS NOT NULL
                AND line.height < {_LONGEST_LINE}
        ),
        thread (prompt_id) AS (
            SELECT prompt_id
            FROM (
                SELECT prompt_id
                FROM line
                ORDER BY height DESC
                LIMIT 1
            )
            UNION
            SELECT prompt_history.prompt_id
            FROM thread
            CROSS JOIN prompt_history
            WHERE prompt_history.parent_id = thread.prompt_id
        )
        SELECT {filters.columns}
        FROM prompt_history
        WHERE prompt_id IN (SELECT prompt_id FROM thread)
        ORDER BY timestamp, id
        LIMIT :limit
        """,  # noqa: S608  # nosec B608
        {**filters.parameters, "prompt_id": prompt_id, "limit": limit},
    )
    return [history for row in rows if (history := spoiled.read(row))]
