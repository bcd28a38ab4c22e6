"""Statistics of a stretch of time, from the daily summary."""

import sqlite3
from contextlib import suppress
from datetime import date

from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.usage_statistics import (
    FIGURES,
    Opinions,
    UsageFigures,
    UsageStatistics,
)

# The formulas are those of the view daily_summary_from_rows, which would look at every row.
_PART_OF_A_DAY = """
    SELECT
        substr(timestamp, 1, 10) AS day,
        backend,
        COUNT(*) AS improvements,
        COUNT(confidence) AS rated,
        coalesce(SUM(CAST(round(confidence * 1e9) AS INTEGER)), 0) AS confidence_billionths,
        COUNT(latency_ms) AS timed,
        coalesce(SUM(CAST(round(min(latency_ms, 86400000) * 1e3) AS INTEGER)), 0)
            AS latency_microseconds,
        coalesce(SUM(min(model_calls, 1000000000)), 0) AS model_calls,
        coalesce(SUM(min(input_tokens, 1000000000)), 0) AS input_tokens,
        coalesce(SUM(min(output_tokens, 1000000000)), 0) AS output_tokens
    FROM prompt_history
    WHERE timestamp BETWEEN {first} AND {last}
    GROUP BY substr(timestamp, 1, 10), backend
"""

_SUMS = ", ".join(f"SUM({name})" for name in FIGURES)

# One statement, so that all of it is of the same moment; added up here, because years of days
# take Python four times as long.
_USAGE = f"""
    WITH parts AS MATERIALIZED (
        SELECT day, backend, {", ".join(FIGURES)}
        FROM daily_summary
        WHERE day >= :first_whole
            AND day < :behind_last_whole
        UNION ALL
        {_PART_OF_A_DAY.format(first=":head_first", last=":head_last")}
        UNION ALL
        {_PART_OF_A_DAY.format(first=":tail_first", last=":tail_last")}
    )
    SELECT NULL AS day, backend, {_SUMS}
    FROM parts
    GROUP BY backend
    UNION ALL
    SELECT day, NULL AS backend, {_SUMS}
    FROM parts
    GROUP BY day
"""  # noqa: S608  # nosec B608

_OPINIONS = """
    SELECT
        (
            SELECT COUNT(*)
            FROM prompt_history INDEXED BY prompt_history_by_starred
            WHERE starred = 1
                AND timestamp BETWEEN :first AND :last
        ),
        (
            SELECT COUNT(*)
            FROM prompt_history
            WHERE rating = 1
                AND timestamp BETWEEN :first AND :last
        ),
        (
            SELECT COUNT(*)
            FROM prompt_history
            WHERE rating = -1
                AND timestamp BETWEEN :first AND :last
        )
"""

_NOTHING = ("1", "0")
_MIDNIGHT, _LAST_MOMENT = " 00:00:00.000", " 23:59:59.999"


def read_usage(connection: sqlite3.Connection, first: str, last: str) -> UsageStatistics:
    """The statistics from ``first`` to ``last``, both as the table has its timestamps.
    Whole days come from the summary; where a day is cut, its rows are read."""
    first_day, last_day = first[:10], last[:10]
    head = tail = _NOTHING
    # A day with a sign behind it comes after the day itself and before the next one.
    first_whole, behind_last_whole = first_day, f"{last_day}~"
    cut_at_first = first > first_day + _MIDNIGHT
    cut_at_last = last < last_day + _LAST_MOMENT
    if first_day == last_day and (cut_at_first or cut_at_last):
        head, behind_last_whole = (first, last), first_day
    else:
        if cut_at_first:
            head, first_whole = (first, first_day + _LAST_MOMENT), f"{first_day}~"
        if cut_at_last:
            tail, behind_last_whole = (last_day + _MIDNIGHT, last), last_day
    rows = connection.execute(
        _USAGE,
        {
            "first_whole": first_whole,
            "behind_last_whole": behind_last_whole,
            "head_first": head[0],
            "head_last": head[1],
            "tail_first": tail[0],
            "tail_last": tail[1],
        },
    )
    by_backend, by_day = {}, {}
    for day, backend, *sums in rows:
        # Days and backends that somebody put there by hand count in nothing.
        with suppress(ValueError):
            if day is None:
                by_backend[BackendType(backend)] = UsageFigures._make(sums)
            else:
                by_day[date.fromisoformat(day)] = UsageFigures._make(sums)
    counts = connection.execute(_OPINIONS, {"first": first, "last": last}).fetchone()
    return UsageStatistics.of(by_backend, by_day, Opinions(*counts))
