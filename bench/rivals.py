"""What people would use instead: aiosqlite in the usual way, and bare sqlite3 as the limit.

Both get the program's pragmas, statement and ready parameters; aiosqlite is used as its
readme has it: one connection, one lock, INSERT and COMMIT for each row.
"""

import asyncio
import importlib.util
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from db.sqlite.rows import INSERT_ROW, to_parameters
from prompt_improver.domain.prompt_history import PromptHistory

BATCH = 64
"""Rows that the program commits together at the most."""
CALLERS = 50


def pragmas(synchronous: str) -> list[str]:
    """Those of db/sqlite/connection.py that cost anything."""
    return [
        "PRAGMA journal_mode = WAL",
        f"PRAGMA synchronous = {synchronous}",
        "PRAGMA foreign_keys = ON",
        "PRAGMA secure_delete = ON",
        "PRAGMA temp_store = MEMORY",
    ]


def has_aiosqlite() -> bool:
    """Whether requirements-bench.txt is installed."""
    return importlib.util.find_spec("aiosqlite") is not None


@asynccontextmanager
async def open_aiosqlite(path: Path, synchronous: str = "FULL") -> AsyncIterator[Any]:
    """A connection of aiosqlite, in autocommit as the program's."""
    import aiosqlite

    async with aiosqlite.connect(path, isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        for pragma in pragmas(synchronous):
            await connection.execute(pragma)
        yield connection


async def insert_and_commit(connection: Any, parameters: dict[str, Any]) -> None:
    """One row, as people write it."""
    await connection.execute("BEGIN IMMEDIATE")
    await connection.execute(INSERT_ROW, parameters)
    await connection.commit()


def save_with_aiosqlite(
    path: Path, rows: Sequence[PromptHistory], seconds: float, synchronous: str
) -> float:
    """Rows/s of CALLERS tasks that share a connection and a lock."""
    waiting = iter([to_parameters(row) for row in rows])

    async def measure() -> float:
        async with open_aiosqlite(path, synchronous) as connection:
            lock = asyncio.Lock()
            saved = 0
            began = time.perf_counter()

            async def call() -> None:
                nonlocal saved
                for parameters in until(began + seconds, waiting):
                    async with lock:
                        await insert_and_commit(connection, parameters)
                    saved += 1

            await asyncio.gather(*(call() for _ in range(CALLERS)))
            return saved / (time.perf_counter() - began)

    return asyncio.run(measure())


@contextmanager
def open_bare(path: Path, *more: str) -> Iterator[sqlite3.Connection]:
    """A connection of sqlite3, with pragmas beyond the program's."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        for pragma in (*pragmas("FULL"), *more):
            connection.execute(pragma)
        yield connection


def save_with_bare_sqlite(
    path: Path, rows: Sequence[PromptHistory], seconds: float, *more: str
) -> float:
    """Rows/s of one thread that does nothing else, BATCH rows a commit: the limit."""
    waiting = iter([to_parameters(row) for row in rows])
    with open_bare(path, *more) as connection:
        return insert_batches(connection, waiting, seconds)


def insert_batches(
    connection: sqlite3.Connection, waiting: Iterator[dict[str, Any]], seconds: float
) -> float:
    """Rows/s, BATCH of ``waiting`` a commit, until they or the seconds are over."""
    saved = 0
    began = time.perf_counter()
    while time.perf_counter() < began + seconds and (batch := list(islice(waiting, BATCH))):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(INSERT_ROW, batch)
        connection.execute("COMMIT")
        saved += len(batch)
    return saved / (time.perf_counter() - began)


def until(deadline: float, items: Iterable[Any]) -> Iterator[Any]:
    """``items``, as long as there is time."""
    for item in items:
        yield item
        if time.perf_counter() >= deadline:
            return


def timed(repetitions: int, operation: Callable[[], object]) -> list[float]:
    """Milliseconds of each of ``repetitions`` calls."""
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        operation()
        times.append((time.perf_counter() - began) * 1000)
    return times
