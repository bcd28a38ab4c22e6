"""The table spoiled_rows: rows that a migration set aside because they broke a rule."""

import logging
import sqlite3

from db.sqlite.sql_files import load_statement

logger = logging.getLogger(__name__)

FIRST_VERSION = 6
"""The migration that makes the table and fills it."""
_NAMED = 20


def warn_of_moved_rows(connection: sqlite3.Connection) -> None:
    """Name in the log what the migration has just set aside; says nothing where that is
    nothing."""
    ids = [each for (each,) in connection.execute("SELECT id FROM spoiled_rows ORDER BY id")]
    if not ids:
        return
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    logger.warning(
        "%d rows of prompt_history broke a rule of the table and were moved to spoiled_rows: "
        "ids %s%s. `export --spoiled` writes them.",
        len(ids),
        ", ".join(map(str, ids[:_NAMED])),
        more,
    )


def delete_old_spoiled(connection: sqlite3.Connection, days: int) -> int:
    """Overwrite and delete those that are older than ``days`` days; returns how many."""
    overwrite = load_statement("maintenance/delete_old.sql", "UPDATE spoiled_rows")
    delete = load_statement("maintenance/delete_old.sql", "DELETE FROM spoiled_rows")
    connection.execute(overwrite, {"days": days})
    return connection.execute(delete, {"days": days}).rowcount


def delete_spoiled(connection: sqlite3.Connection, prompt_id: str) -> bool:
    """Delete those with this UUID; returns whether there was one."""
    sql = "DELETE FROM spoiled_rows WHERE prompt_id = ?"
    return connection.execute(sql, (prompt_id,)).rowcount > 0
