"""Whether what is derived from the rows, the daily summary and the search indexes, agrees with
them."""

import sqlite3
from dataclasses import dataclass

from db.sqlite.sql_files import load_statement

FIRST_VERSION = 7
"""The first schema that has all of it."""

_MEND = "sqlite3 DATABASE < sql/maintenance/rebuild.sql makes it anew"


@dataclass(frozen=True, slots=True)
class DerivedData:
    """What does not agree with the rows, in numbers; all 0 where everything does."""

    wrong_days: int
    """Days of a backend whose summary differs."""
    rows_not_found: int
    """Rows that the search index lacks."""
    found_without_row: int
    """Rows that are gone and that the search index still has."""
    wrong_notes: int = 0
    """Rows whose note or tags the index of notes has otherwise, and tags without a row."""

    @property
    def problems(self) -> list[str]:
        """What is wrong, each with its mend."""
        problems = []
        if self.wrong_days:
            problems.append(f"the daily summary is wrong on {self.wrong_days} days: {_MEND}")
        if self.rows_not_found or self.found_without_row:
            problems.append(
                f"the search index lacks {self.rows_not_found} improvements and has "
                f"{self.found_without_row} that are gone: {_MEND}"
            )
        if self.wrong_notes:
            problems.append(
                f"notes or tags of {self.wrong_notes} improvements are found wrongly: {_MEND}"
            )
        return problems


def verify_derived_data(connection: sqlite3.Connection) -> DerivedData:
    """Compare all of it with the rows, without writing; reads the whole file. ``connection`` is
    one to a database of ``FIRST_VERSION`` or later.

    Raises:
        sqlite3.Error: the database cannot be read.
    """
    row = connection.execute(load_statement("maintenance/verify.sql", "SELECT")).fetchone()
    return DerivedData(*row)
