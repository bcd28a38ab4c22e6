"""Taking what was deleted out of the files: its words out of the index, its room out of the
database, its copies out of the log. In steps, so that saves get in between."""

import sqlite3
from functools import partial

import anyio

from db.sqlite.database import Database

# Pages of the index merged in one transaction; about 20 ms on a quiet machine.
MERGE_PAGES = 100
# Pages handed back to the disk at a time; about 1 MB.
VACUUM_PAGES = 250
# Pause between two steps. Another process that waits for the lock looks for it only now and
# then, and would hardly ever find it free.
PAUSE_S = 0.005


async def compact(database: Database) -> None:
    """As ``PromptRepository.compact``."""
    await _merge_indexes(database)
    free = await database.run(_free_pages)
    while free > 0:
        left = await database.run(_give_back_pages)
        if left >= free:  # a database made without auto_vacuum keeps its pages
            break
        free = left
        await anyio.sleep(PAUSE_S)
    # PASSIVE brings most of the log into the file while others go on writing, so that
    # TRUNCATE, which keeps them out, has little left to do.
    for kind in ("PASSIVE", "TRUNCATE"):
        await database.run(partial(_checkpoint, kind=kind))


async def _merge_indexes(database: Database) -> None:
    """Have each index in one part, without the words of deleted rows. (FTS5 has an option
    that deletes them at once, secure-delete, from SQLite 3.42; a database that used it
    cannot be read by the older ones that are still about.)"""
    if deleted := await database.run(_leftovers):
        await _merge_parts(database, "prompt_history_search")
        await database.write(partial(_forget_leftovers, deleted=deleted))
    # It has nothing to do where nobody has changed a note.
    await _merge_parts(database, "note_search")


async def _merge_parts(database: Database, index: str) -> None:
    # Negative: put all parts of the index into one merge. Positive: go on with that merge.
    pages = -MERGE_PAGES
    while await database.write(partial(_merge, index=index, pages=pages)):
        pages = MERGE_PAGES
        await anyio.sleep(PAUSE_S)


def _leftovers(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT deleted_rows FROM search_leftovers").fetchone()
    return int(row[0])


def _forget_leftovers(connection: sqlite3.Connection, *, deleted: int) -> None:
    # Not "= 0": rows that were deleted meanwhile have words in newer parts.
    sql = "UPDATE search_leftovers SET deleted_rows = max(0, deleted_rows - ?)"
    connection.execute(sql, (deleted,))


def _merge(connection: sqlite3.Connection, *, index: str, pages: int) -> bool:
    """Merge for about as many pages; returns whether there is more to do."""
    before = connection.total_changes
    connection.execute(
        f"INSERT INTO {index} ({index}, rank) VALUES ('merge', ?)",  # noqa: S608  # nosec B608
        (pages,),
    )
    # By FTS5's documentation: a merge with nothing to do makes fewer than 2 changes.
    return connection.total_changes - before >= 2


def _checkpoint(connection: sqlite3.Connection, *, kind: str) -> None:
    connection.execute(f"PRAGMA wal_checkpoint({kind})").fetchall()


def _free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])


def _give_back_pages(connection: sqlite3.Connection) -> int:
    """Returns how many free pages are left."""
    # executescript: on Python 3.11 execute() gives back one page, whatever the number.
    connection.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
    return _free_pages(connection)
