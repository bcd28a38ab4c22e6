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
from db.sqlite.rows import COLUMNS, to_text
from db.sqlite.search import find_matching_ids, to_match
from db.sqlite.spoiled_rows import SpoiledRows
from prompt_improver.domain.history_filter import HistoryCursor, HistoryFilter
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.values import MAX_COUNT

# Matches looked at in one go when a search is narrowed by backend or time as well.
_MATCHES_A_STEP = 1_000
# Rows read beyond what is wanted, in one go, to fill a page in the place of spoiled ones.
_SPARE = 500
# Where reading begins: a timestamp as the row has it, and an id.
_Position = tuple[str, int]
# What str.strip takes away.
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
# The beginning alone, unless that is blank: no improvement is.
_CUT = "iif(trim(substr({0}, 1, :cut), :blanks) = '', {0}, substr({0}, 1, :cut)) AS {0}"
_FIRST, _LAST = "0000", "9999-12-31 23:59:59.999"


@dataclass(frozen=True, slots=True)
class _Filters:
    backend: BackendType | None
    first: str
    last: str
    cut: int | None

    @property
    def narrow(self) -> bool:
        return (self.backend, self.first, self.last) != (None, _FIRST, _LAST)

    @property
    def sql(self) -> str:
        # Two statements: with "backend = ? OR ? IS NULL" SQLite would use no index.
        return "" if self.backend is None else "backend = :backend AND "

    @property
    def columns(self) -> str:
        if self.cut is None:
            return COLUMNS
        return COLUMNS.replace("original_idea", _CUT.format("original_idea")).replace(
            "improved_prompt", _CUT.format("improved_prompt")
        )

    @property
    def parameters(self) -> dict[str, str | int]:
        found: dict[str, str | int] = {"first": self.first, "last": self.last}
        if self.backend is not None:
            found["backend"] = self.backend.value
        if self.cut is not None:
            found |= {"cut": self.cut, "blanks": _BLANKS}
        return found


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
    nothing is skipped."""
    filters = _Filters(wanted.backend, *bounds(wanted), cut)
    if wanted.text is not None:
        return await _search(database, spoiled, wanted.text, filters, after, limit)
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


def bounds(wanted: HistoryFilter) -> tuple[str, str]:
    """From when to when, as the table has it."""
    first = _FIRST if wanted.start is None else to_text(wanted.start)
    last = _LAST if wanted.end is None else to_text(wanted.end)
    return first, last


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


def _begin(filters: _Filters, after: HistoryCursor | None) -> _Position:
    if after is not None and to_text(after.timestamp) <= filters.last:
        return to_text(after.timestamp), after.id - 1
    return filters.last, MAX_COUNT


async def _newest(
    database: Database,
    spoiled: SpoiledRows,
    filters: _Filters,
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
    filters: _Filters,
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
        FROM prompt_history
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
                # Where a text is no UTF-8 the sign comes after those of a timestamp as well.
                timestamp = row["timestamp"].encode(errors="replace").decode()
                return found, skip, (timestamp, row["id"] - 1)
    return found, skip, None


async def _search(
    database: Database,
    spoiled: SpoiledRows,
    text: str,
    filters: _Filters,
    after: HistoryCursor | None,
    wanted: int,
) -> list[PromptHistory]:
    match = await database.run(lambda c: to_match(c, text))
    below = MAX_COUNT if after is None else after.id
    step = max(wanted, _MATCHES_A_STEP) if filters.narrow else wanted
    rows: list[PromptHistory] = []
    while match is not None and len(rows) < wanted:
        select = partial(
            _select_matches, spoiled=spoiled, match=match, filters=filters, below=below, step=step
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
    match: str,
    filters: _Filters,
    below: int,
    step: int,
    wanted: int,
) -> tuple[list[int], list[PromptHistory]]:
    """The ids of the next ``step`` matches, and up to ``wanted`` improvements among these
    that pass the filters."""
    ids = find_matching_ids(connection, match, below=below, limit=step)
    # The plus keeps SQLite from going along an index of all rows of a backend or a time.
    cursor = connection.execute(
        f"""
        SELECT {filters.columns}
        FROM prompt_history
        WHERE id IN (SELECT value FROM json_each(:ids))
            AND {filters.sql.replace("backend =", "+backend =")}
                +timestamp BETWEEN :first AND :last
        ORDER BY id DESC
        """,  # noqa: S608  # nosec B608
        {**filters.parameters, "ids": json.dumps(ids)},
    )
    with closing(cursor):
        sound = (history for row in cursor if (history := spoiled.read(row)))
        return ids, list(islice(sound, wanted))
