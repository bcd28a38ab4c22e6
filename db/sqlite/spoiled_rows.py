"""Rows that were changed by hand into what no improvement can be: in prompt_history itself, or
set aside in the table spoiled_rows by the migration that made the rules stricter."""

import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial

from db.sqlite.database import Database
from db.sqlite.rows import COLUMNS, RowError, from_row
from db.sqlite.set_aside_rows import select_set_aside
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.values import MAX_COUNT

logger = logging.getLogger(__name__)

MAX_NAMED = 1_000


class SpoiledRows:
    """Reads rows, and knows those of which no improvement can be made: each is named in the
    log once, by its number; the first ``MAX_NAMED`` of them."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    @property
    def count(self) -> int:
        """How many were come across."""
        return len(self._known)

    def read(self, row: sqlite3.Row) -> PromptHistory | None:
        """The improvement in ``row``, which has COLUMNS; None where it is spoiled."""
        try:
            return from_row(row)
        except RowError as error:
            self._note(row["id"], error.column)
            return None

    def _note(self, number: int, column: str) -> None:
        if number in self._known:
            return
        self._known.add(number)
        if self.count <= MAX_NAMED:
            logger.warning(
                "Row %d of prompt_history is left out: its column %s holds an invalid value. "
                "Correct or delete the row.",
                number,
                column,
            )
        elif self.count == MAX_NAMED + 1:
            logger.warning("More rows of prompt_history are left out. `check` names them.")


def find_spoiled_rows(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """The number of every spoiled row, and the column that is wrong in it. Reads the whole
    table, which has COLUMNS; ``connection`` has ``decode_text``.

    Raises:
        sqlite3.Error: the database cannot be read.
    """
    sql = f"SELECT {COLUMNS} FROM prompt_history ORDER BY id"  # noqa: S608  # nosec B608
    for row in connection.execute(sql):
        try:
            from_row(row)
        except RowError as error:
            yield row["id"], error.column


async def iterate_spoiled(
    database: Database, chunk: int
) -> AsyncIterator[list[Mapping[str, object]]]:
    """As ``PromptRepository.iterate_spoiled``: first what was set aside."""
    if chunk < 1:
        raise ValueError(f"chunk must be 1 or more, got {chunk}")
    limit = min(chunk, MAX_COUNT)
    for select in (_select_set_aside, _select_in_place):
        after: int | None = -MAX_COUNT - 1
        while after is not None:
            rows, after = await database.run(partial(select, after=after, limit=limit))
            if rows:
                yield rows


def _select_set_aside(
    connection: sqlite3.Connection, *, after: int, limit: int
) -> tuple[list[Mapping[str, object]], int | None]:
    """The next rows, and the id behind which there may be more; None when there are none."""
    rows = select_set_aside(connection, after=after, limit=limit)
    return [_by_column("spoiled_rows", row) for row in rows], rows[-1]["id"] if rows else None


def _select_in_place(
    connection: sqlite3.Connection, *, after: int, limit: int
) -> tuple[list[Mapping[str, object]], int | None]:
    sql = f"SELECT {COLUMNS} FROM prompt_history WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608  # nosec B608
    rows = connection.execute(sql, (after, limit)).fetchall()
    spoiled = [_by_column("prompt_history", row) for row in rows if _is_spoiled(row)]
    return spoiled, rows[-1]["id"] if rows else None


def _is_spoiled(row: sqlite3.Row) -> bool:
    try:
        from_row(row)
    except RowError:
        return True
    return False


def _by_column(table: str, row: sqlite3.Row) -> Mapping[str, object]:
    values = dict(row)
    for name, value in values.items():
        if isinstance(value, bytes):
            values[name] = f"X'{value.hex().upper()}'"
    return {"table": table, **values}
