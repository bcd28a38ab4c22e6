"""Reading the history piece by piece: pages, searches, and all of it in chunks. The
connection is let go of between two pieces."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice

from db.sqlite.database import Database
from db.sqlite.filters import Filters
from db.sqlite.rows import COLUMNS, to_text
from db.sqlite.search import find_matching_ids, find_tagged_ids, keep_tagged_ids, to_match
from db.sqlite.spoiled_rows import SpoiledRows
from prompt_improver.domain.history_filter import HistoryCursor, HistoryFilter
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.values import MAX_COUNT

# Matches looked at in one go when a search is narrowed by backend or time as well.
_MATCHES_A_STEP = 1_000
# Rows read beyond what is wanted, in one go, to fill a page in the place of spoiled ones.
_SPARE = 500
# Where reading begins: a timestamp as the row has it, and an id.
_Position = tuple[str, int]


async def find(
    database: Database,
    spoiled: SpoiledRows,
    wanted: HistoryFilter,
    limit: int,
    *,
    after: HistoryCursor | None = None,
    skip: int = 0,
    cut: int | None = None,
) -> list[PromptHistory]:
    """Up to ``limit`` improvements of ``wanted`` behind ``after``, in the order of
    ``PromptRepository.find_page``, without the ``skip`` newest. These are read too, because
    nothing else tells spoiled rows from the others: far back a cursor is quicker. With a text
    or a tag nothing is skipped."""
    filters = Filters(wanted, cut)
    if filters.by_number:
        return await _find_by_number(database, spoiled, filters, after, limit)
    return await _newest(database, spoiled, filters, _begin(filters, after), limit, skip)


async def iterate(
    database: Database, spoiled: SpoiledRows, chunk: int
) -> AsyncIterator[list[PromptHistory]]:
    """As ``PromptRepository.iterate``. By id, which is the order in which the rows lie in
    the file."""
    if chunk < 1:
        raise ValueError(f"chunk must be 1 or more, got {chunk}")
    (after, end) = await database.run(_id_bounds)
    limit = min(chunk, MAX_COUNT)
    while after < end:
        select = partial(_select_chunk, spoiled=spoiled, after=after, end=end, limit=limit)
        rows, after = await database.run(select)
        if rows:
            yield rows


async def find_ids(database: Database, wanted: HistoryFilter) -> AsyncIterator[list[int]]:
    """The ids of all rows of ``wanted``, spoiled ones too, in lists. Rows that were found may
    be deleted before the next list."""
    filters = Filters(wanted)
    if filters.by_number:
        numbers = await _Numbers.of(database, wanted)
        below: int | None = MAX_COUNT
        while below is not None:
            select = partial(_select_matching_ids, numbers=numbers, filters=filters, below=below)
            found, below = await database.run(select)
            if found:
                yield found
        return
    position: _Position | None = (filters.last, MAX_COUNT)
    while position is not None:
        found, position = await database.run(
            partial(_select_newest_ids, filters=filters, position=position)
        )
        if found:
            yield found


def _select_matching_ids(
    connection: sqlite3.Connection, *, numbers: "_Numbers", filters: Filters, below: int
) -> tuple[list[int], int | None]:
    ids = numbers.select(connection, below=below, limit=_MATCHES_A_STEP)
    rows = connection.execute(
        f"""
        SELECT id
        FROM prompt_history
        WHERE id IN (SELECT value FROM json_each(:ids))
            AND {filters.sql_of_numbered}
        """,  # noqa: S608  # nosec B608
        {**filters.parameters, "ids": numbers.keep(connection, ids)},
    )
    return [row["id"] for row in rows], ids[-1] if len(ids) == _MATCHES_A_STEP else None


def _select_newest_ids(
    connection: sqlite3.Connection, *, filters: Filters, position: _Position
) -> tuple[list[int], _Position | None]:
    rows = connection.execute(
        f"""
        SELECT id, timestamp
        FROM {filters.table}
        WHERE {filters.sql} timestamp >= :first
            AND (timestamp, id) <= (:timestamp, :id)
        ORDER BY timestamp DESC, id DESC
        LIMIT {_MATCHES_A_STEP}
        """,  # noqa: S608  # nosec B608
        {**filters.parameters, "timestamp": position[0], "id": position[1]},
    ).fetchall()
    return [row["id"] for row in rows], _behind(rows[-1]) if len(rows) == _MATCHES_A_STEP else None


def _behind(row: sqlite3.Row) -> _Position:
    # Where a text is no UTF-8 the sign comes after those of a timestamp as well.
    return row["timestamp"].encode(errors="replace").decode(), row["id"] - 1


def _id_bounds(connection: sqlite3.Connection) -> tuple[int, int]:
    """What all ids of now are above, and the largest of them."""
    smallest, largest = connection.execute(
        "SELECT coalesce((SELECT MIN(id) FROM prompt_history), 0), "
        "coalesce((SELECT MAX(id) FROM prompt_history), 0)"
    ).fetchone()
    return smallest - 1, largest


def _select_chunk(
    connection: sqlite3.Connection, *, spoiled: SpoiledRows, after: int, end: int, limit: int
) -> tuple[list[PromptHistory], int]:
    """The next improvements, and the id up to which there are no others."""
    sql = f"SELECT {COLUMNS} FROM prompt_history WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"  # noqa: S608  # nosec B608
    found, last = [], end
    for count, row in enumerate(connection.execute(sql, (after, end, limit)), start=1):
        if history := spoiled.read(row):
            found.append(history)
        if count == limit:
            last = row["id"]
    return found, last


def _begin(filters: Filters, after: HistoryCursor | None) -> _Position:
    if after is not None and to_text(after.timestamp) <= filters.last:
        return to_text(after.timestamp), after.id - 1
    return filters.last, MAX_COUNT


async def _newest(
    database: Database,
    spoiled: SpoiledRows,
    filters: Filters,
    position: _Position | None,
    wanted: int,
    skip: int = 0,
) -> list[PromptHistory]:
    rows: list[PromptHistory] = []
    while position is not None and len(rows) < wanted:
        select = partial(_select_newest, spoiled=spoiled, filters=filters, position=position)
        found, skip, position = await database.run(
            partial(select, wanted=wanted - len(rows), skip=skip)
        )
        rows += found
    return rows


def _select_newest(
    connection: sqlite3.Connection,
    *,
    spoiled: SpoiledRows,
    filters: Filters,
    position: _Position,
    wanted: int,
    skip: int,
) -> tuple[list[PromptHistory], int, _Position | None]:
    """The next improvements from ``position`` on, how many are still to be skipped, and the
    position behind; None when these were the last."""
    limit = min(wanted + skip + _SPARE, MAX_COUNT)
    found: list[PromptHistory] = []
    cursor = connection.execute(
        f"""
        SELECT {filters.columns}
        FROM {filters.table}
        WHERE {filters.sql} timestamp >= :first
            AND (timestamp, id) <= (:timestamp, :id)
        ORDER BY timestamp DESC, id DESC
        LIMIT :limit
        """,  # noqa: S608  # nosec B608
        {**filters.parameters, "timestamp": position[0], "id": position[1], "limit": limit},
    )
    # Closed, because half-read it would keep the log from being emptied.
    with closing(cursor):
        for count, row in enumerate(cursor, start=1):
            history = spoiled.read(row)
            if history is not None and skip:
                skip -= 1
            elif history is not None:
                found.append(history)
            if len(found) == wanted or count == limit:
                return found, skip, _behind(row)
    return found, skip, None


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of the rows that a text or a tag finds."""

    match: str | None
    tag: str | None

    @classmethod
    async def of(cls, database: Database, wanted: HistoryFilter) -> "_Numbers":
        text = wanted.text
        if text is None:
            return cls(None, wanted.tag)
        match = await database.run(lambda connection: to_match(connection, text))
        return cls(match, wanted.tag if match is not None else None)

    def select(self, connection: sqlite3.Connection, *, below: int, limit: int) -> list[int]:
        """The largest under ``below``, largest first; none for a text without a word."""
        if self.match is not None:
            return find_matching_ids(connection, self.match, below=below, limit=limit)
        if self.tag is not None:
            return find_tagged_ids(connection, self.tag, below=below, limit=limit)
        return []

    def keep(self, connection: sqlite3.Connection, ids: list[int]) -> str:
        """Those of ``ids`` that the tag finds too, as JSON."""
        if self.match is not None and self.tag is not None:
            ids = keep_tagged_ids(connection, self.tag, ids)
        return json.dumps(ids)


async def _find_by_number(
    database: Database,
    spoiled: SpoiledRows,
    filters: Filters,
    after: HistoryCursor | None,
    wanted: int,
) -> list[PromptHistory]:
    numbers = await _Numbers.of(database, filters.wanted)
    below = MAX_COUNT if after is None else after.id
    step = max(wanted, _MATCHES_A_STEP) if filters.narrow else wanted
    rows: list[PromptHistory] = []
    while len(rows) < wanted:
        select = partial(
            _select_matches,
            spoiled=spoiled,
            numbers=numbers,
            filters=filters,
            below=below,
            step=step,
        )
        seen, found = await database.run(partial(select, wanted=wanted - len(rows)))
        rows += found
        if len(seen) < step:
            break
        below = seen[-1]
    return rows


def _select_matches(
    connection: sqlite3.Connection,
    *,
    spoiled: SpoiledRows,
    numbers: _Numbers,
    filters: Filters,
    below: int,
    step: int,
    wanted: int,
) -> tuple[list[int], list[PromptHistory]]:
    """The ids of the next ``step`` matches, and up to ``wanted`` improvements among these
    that pass the filters."""
    ids = numbers.select(connection, below=below, limit=step)
    cursor = connection.execute(
        f"""
        SELECT {filters.columns}
        FROM prompt_history
        WHERE id IN (SELECT value FROM json_each(:ids))
            AND {filters.sql_of_numbered}
        ORDER BY id DESC
        """,  # noqa: S608  # nosec B608
        {**filters.parameters, "ids": numbers.keep(connection, ids)},
    )
    with closing(cursor):
        sound = (history for row in cursor if (history := spoiled.read(row)))
        return ids, list(islice(sound, wanted))
