"""Reading the history piece by piece: pages, searches, and all of it in chunks. The
connection is let go of between two pieces."""

import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from db.sqlite.database import Database
from db.sqlite.rows import COLUMNS, from_row, to_text
from db.sqlite.search import find_matching_ids, to_match
from prompt_improver.domain.history_page import HistoryCursor, HistoryPage, page_of
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.values import MAX_COUNT, find_unstorable_character

# Matches looked at in one go when a search is narrowed by backend or time as well.
_MATCHES_A_STEP = 1_000
_FIRST, _LAST = "0000", "9999-12-31 23:59:59.999"


@dataclass(frozen=True, slots=True)
class _Filters:
    backend: BackendType | None
    first: str
    last: str

    @property
    def narrow(self) -> bool:
        return (self.backend, self.first, self.last) != (None, _FIRST, _LAST)

    @property
    def sql(self) -> str:
        # Two statements: with "backend = ? OR ? IS NULL" SQLite would use no index.
        return "" if self.backend is None else "backend = :backend AND "

    @property
    def parameters(self) -> dict[str, str | int]:
        backend = {} if self.backend is None else {"backend": self.backend.value}
        return {"first": self.first, "last": self.last, **backend}


async def find_page(
    database: Database,
    limit: int,
    cursor: str | None,
    backend: BackendType | None,
    start: datetime | None,
    end: datetime | None,
    text: str | None,
) -> HistoryPage:
    """As ``PromptRepository.find_page``."""
    if limit < 1:
        raise ValueError(f"limit must be 1 or more, got {limit}")
    after = None if cursor is None else HistoryCursor.decode(cursor)
    first, last = bounds(start, end)
    filters = _Filters(None if backend is None else BackendType(backend), first, last)
    wanted = min(limit, MAX_COUNT - 1) + 1  # the one too many tells of a next page
    if text is None:
        rows = await database.run(lambda c: _select_page(c, filters, after, wanted))
    else:
        if found := find_unstorable_character(text):
            raise ValueError(f"text must not hold {found}")
        rows = await _search(database, text, filters, after, wanted)
    return page_of(rows, limit)


async def iterate(database: Database, chunk: int) -> AsyncIterator[list[PromptHistory]]:
    """As ``PromptRepository.iterate``. By id, which is the order in which the rows lie in
    the file."""
    if chunk < 1:
        raise ValueError(f"chunk must be 1 or more, got {chunk}")
    (last, end) = await database.run(_id_bounds)
    limit = min(chunk, MAX_COUNT)
    while rows := await database.run(partial(_select_chunk, after=last, end=end, limit=limit)):
        yield rows
        assert rows[-1].id is not None, "rows of the history have their numbers"
        last = rows[-1].id


def bounds(start: datetime | None, end: datetime | None) -> tuple[str, str]:
    """From when to when, as the table has it.

    Raises:
        ValueError: one has no time zone, or they are the wrong way round.
    """
    first = _FIRST if start is None else to_text(start, "start")
    last = _LAST if end is None else to_text(end, "end")
    if first > last:
        raise ValueError(f"start must not be after end, got {start!r} and {end!r}")
    return first, last


def _id_bounds(connection: sqlite3.Connection) -> tuple[int, int]:
    """What all ids of now are above, and the largest of them."""
    smallest, largest = connection.execute(
        "SELECT coalesce((SELECT MIN(id) FROM prompt_history), 0), "
        "coalesce((SELECT MAX(id) FROM prompt_history), 0)"
    ).fetchone()
    return smallest - 1, largest


def _select_chunk(
    connection: sqlite3.Connection, *, after: int, end: int, limit: int
) -> list[PromptHistory]:
    sql = f"SELECT {COLUMNS} FROM prompt_history WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"  # noqa: S608  # nosec B608
    return [from_row(row) for row in connection.execute(sql, (after, end, limit))]


def _select_page(
    connection: sqlite3.Connection, filters: _Filters, after: HistoryCursor | None, limit: int
) -> list[PromptHistory]:
    timestamp, number = filters.last, MAX_COUNT
    if after is not None and to_text(after.timestamp) <= filters.last:
        timestamp, number = to_text(after.timestamp), after.id - 1
    rows = connection.execute(
        f"""
        SELECT {COLUMNS}
        FROM prompt_history
        WHERE {filters.sql} timestamp >= :first
            AND (timestamp, id) <= (:timestamp, :id)
        ORDER BY timestamp DESC, id DESC
        LIMIT :limit
        """,  # noqa: S608  # nosec B608
        {**filters.parameters, "timestamp": timestamp, "id": number, "limit": limit},
    )
    return [from_row(row) for row in rows]


async def _search(
    database: Database, text: str, filters: _Filters, after: HistoryCursor | None, wanted: int
) -> list[PromptHistory]:
    match = await database.run(lambda c: to_match(c, text))
    below = MAX_COUNT if after is None else after.id
    step = max(wanted, _MATCHES_A_STEP) if filters.narrow else wanted
    rows: list[PromptHistory] = []
    while match is not None and len(rows) < wanted:
        select = partial(_select_matches, match=match, filters=filters, below=below, step=step)
        seen, found = await database.run(partial(select, limit=wanted - len(rows)))
        rows += found
        if len(seen) < step:
            break
        below = seen[-1]
    return rows


def _select_matches(
    connection: sqlite3.Connection,
    *,
    match: str,
    filters: _Filters,
    below: int,
    step: int,
    limit: int,
) -> tuple[list[int], list[PromptHistory]]:
    """The ids of the next ``step`` matches, and the rows of these that pass the filters."""
    ids = find_matching_ids(connection, match, below=below, limit=step)
    # The plus keeps SQLite from going along an index of all rows of a backend or a time.
    rows = connection.execute(
        f"""
        SELECT {COLUMNS}
        FROM prompt_history
        WHERE id IN (SELECT value FROM json_each(:ids))
            AND {filters.sql.replace("backend =", "+backend =")}
                +timestamp BETWEEN :first AND :last
        ORDER BY id DESC
        LIMIT :limit
        """,  # noqa: S608  # nosec B608
        {**filters.parameters, "ids": json.dumps(ids), "limit": limit},
    )
    return ids, [from_row(row) for row in rows]
