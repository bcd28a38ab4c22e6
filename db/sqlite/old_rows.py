"""The rows that a cleanup deletes, counted before it does."""

import sqlite3

MAX_DAYS = 36_500
FIRST_VERSION = 7
"""The migration that makes the view ``expendable_rows``."""


def count_old(connection: sqlite3.Connection, days: int) -> int:
    """How many rows are older than ``days`` days and may go, those set aside among them: what
    sql/maintenance/delete_old.sql would delete.

    Raises:
        ValueError: ``days`` is out of bounds.
        sqlite3.Error: the database cannot be read.
    """
    check_days(days)
    sql = """
        SELECT
            (
                SELECT COUNT(*)
                FROM expendable_rows
                WHERE kept_since < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days')
            ) + (
                SELECT COUNT(*)
                FROM spoiled_rows
                WHERE kept_since < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days')
            )
    """
    return int(connection.execute(sql, {"days": days}).fetchone()[0])


def check_days(days: int) -> None:
    """Raises ValueError where ``days`` is under 1 or over ``MAX_DAYS``."""
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"days must be from 1 to {MAX_DAYS}, got {days}")
