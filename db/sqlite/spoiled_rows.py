"""Rows that were changed by hand into what no improvement can be."""

import logging
import sqlite3
from collections.abc import Iterator

from db.sqlite.rows import COLUMNS, RowError, from_row
from prompt_improver.domain.prompt_history import PromptHistory

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
