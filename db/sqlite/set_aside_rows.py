"""The table spoiled_rows: rows that migration 0006 set aside because they broke a rule."""

import logging
import sqlite3

from db.sqlite.sql_files import load_statement

logger = logging.getLogger(__name__)

FIRST_VERSION = 6
"""The migration that makes the table, and the only one that fills it."""
MAX_NAMED = 1_000


def warn_of_set_aside(connection: sqlite3.Connection) -> None:
    """Name in the log what the migration has just set aside; says nothing where that is
    nothing."""
    ids = [each for (each,) in connection.execute("SELECT id FROM spoiled_rows ORDER BY id")]
    if ids:
        logger.warning(
            "%d rows of prompt_history broke a rule of the new table and were moved to "
            "spoiled_rows: %s%s. `export --spoiled` writes them.",
            len(ids),
            ", ".join(map(str, ids[:MAX_NAMED])),
            ", ..." if len(ids) > MAX_NAMED else "",
        )


def count_set_aside(connection: sqlite3.Connection) -> int:
    """How many rows there are."""
    return int(connection.execute("SELECT COUNT(*) FROM spoiled_rows").fetchone()[0])


def select_set_aside(
    connection: sqlite3.Connection, *, after: int, limit: int
) -> list[sqlite3.Row]:
    """The next rows behind the id ``after``, by id."""
    sql = "SELECT * FROM spoiled_rows WHERE id > ? ORDER BY id LIMIT ?"
    return connection.execute(sql, (after, limit)).fetchall()


def delete_old_set_aside(connection: sqlite3.Connection, days: int) -> int:
    """Overwrite and delete what is older than ``days`` days; returns how many rows went."""
    overwrite = load_statement("maintenance/delete_old.sql", "UPDATE spoiled_rows")
    delete = load_statement("maintenance/delete_old.sql", "DELETE FROM spoiled_rows")
    connection.execute(overwrite, {"days": days})
    return connection.execute(delete, {"days": days}).rowcount


def delete_set_aside(connection: sqlite3.Connection, prompt_id: str) -> bool:
    """Delete what has this UUID; returns whether there was one."""
    sql = "DELETE FROM spoiled_rows WHERE prompt_id = ?"
    return connection.execute(sql, (prompt_id,)).rowcount > 0
