"""Deleting many rows in steps, so that saves get in between."""

import json
import sqlite3
import time
from functools import partial

import anyio

from db.sqlite.compaction import PAUSE_S
from db.sqlite.database import Database
from db.sqlite.filters import Filters
from db.sqlite.old_rows import check_days
from db.sqlite.pages import find_ids
from db.sqlite.search import keep_tagged_ids
from db.sqlite.set_aside_rows import delete_old_set_aside
from db.sqlite.sql_files import load_statement
from prompt_improver.domain.history_filter import HistoryFilter

# Rows a transaction: as many as take about this long, so that a save which comes in between
# waits for little. 53,000 at once kept it for more than a second; what a row takes differs ten
# times over, with the size of the file and the disk.
STEP_S = 0.025
FIRST_CHUNK, LEAST_CHUNK, MOST_CHUNK = 50, 5, 200


async def delete_old(database: Database, days: int) -> int:
    """As ``PromptRepository.delete_old``, without ``compact``."""
    check_days(days)
    keep_aside, overwrite, delete, put_back, drop = (
        load_statement("maintenance/delete_old.sql", beginning)
        for beginning in (
            "CREATE TEMP TABLE rows_kept_aside",
            "UPDATE prompt_history AS overwritten",
            "DELETE FROM prompt_history",
            "UPDATE prompt_history AS restored",
            "DROP TABLE rows_kept_aside",
        )
    )

    def delete_some(connection: sqlite3.Connection, rows: int) -> int:
        parameters = {"days": days, "rows": rows}
        connection.execute(keep_aside, parameters)
        connection.execute(overwrite, parameters)
        gone = connection.execute(delete, parameters).rowcount
        connection.execute(put_back)
        connection.execute(drop)
        return gone

    deleted, rows = 0, FIRST_CHUNK
    while True:
        began = time.monotonic()
        gone = await database.write(partial(delete_some, rows=rows))
        deleted += gone
        if gone < rows:
            break
        rows = next_chunk(rows, time.monotonic() - began)
        await anyio.sleep(PAUSE_S)
    return deleted + await database.write(lambda c: delete_old_set_aside(c, days))


async def delete_matching(database: Database, wanted: HistoryFilter) -> int:
    """As ``PromptRepository.delete_matching``."""
    deleted, rows = 0, FIRST_CHUNK
    async for ids in find_ids(database, wanted):
        while ids:
            began = time.monotonic()
            deleted += await database.write(partial(delete_found, wanted=wanted, ids=ids[:rows]))
            ids = ids[rows:]
            rows = next_chunk(rows, time.monotonic() - began)
            await anyio.sleep(PAUSE_S)
    return deleted


def delete_found(connection: sqlite3.Connection, *, wanted: HistoryFilter, ids: list[int]) -> int:
    """Delete those of ``ids`` that ``wanted`` still lets through: somebody may have starred one
    since it was found."""
    filters = Filters(wanted)
    if wanted.tag is not None:
        ids = keep_tagged_ids(connection, wanted.tag, ids)
    return connection.execute(
        f"""
        DELETE FROM prompt_history
        WHERE id IN (SELECT value FROM json_each(:ids))
            AND {filters.sql_of_numbered}
        """,  # noqa: S608  # nosec B608
        {**filters.parameters, "ids": json.dumps(ids)},
    ).rowcount


def next_chunk(rows: int, seconds: float) -> int:
    """How many rows to delete in the next transaction, when ``rows`` took ``seconds``."""
    if seconds > STEP_S:
        return max(rows // 2, LEAST_CHUNK)
    return min(rows * 2, MOST_CHUNK) if seconds < STEP_S / 3 else rows
