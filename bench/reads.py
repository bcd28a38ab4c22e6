"""Reading: by id, pages, statistics and search, each beside the way that scans."""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import rivals
from bench.databases import prepared
from bench.plan import Plan
from bench.report import Measurement, ratio
from bench.rows import vocabulary
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.rows import COLUMNS, from_row
from prompt_improver.domain.history_filter import HistoryCursor, HistoryFilter

FIND = f"SELECT {COLUMNS} FROM prompt_history WHERE id = ?"
PAGE = 50
Read = Callable[[], Awaitable[Any]]


def measure_find(plan: Plan, rows: int) -> Iterator[Measurement]:
    """By id; all three hand back a PromptHistory."""
    figures = asyncio.run(_find(plan, prepared(plan.folder, rows), rows))
    times = ratio(figures, "ours", "aiosqlite")
    yield Measurement(
        name="find by id, p50",
        rows=rows,
        unit="ms",
        figures=figures,
        result=f"{times:.2f} x aiosqlite" if times else "aiosqlite is not installed",
        target="at most 1.2 x aiosqlite",
        passed=times <= 1.2 if times else None,
    )


def measure_statistics(plan: Plan, rows: int) -> Iterator[Measurement]:
    """Over everything, beside the smallest database and a scan of the table."""
    path, smallest = prepared(plan.folder, rows), prepared(plan.folder, plan.smallest)

    async def measure() -> dict[str, float]:
        ours, small = await _opened(path), await _opened(smallest)
        since = datetime.now(UTC) - timedelta(days=30)
        of_smallest = f"at {plan.smallest:,}"
        figures = await _alternate(
            plan.times(20),
            {
                "ours": ours.get_usage,
                of_smallest: small.get_usage,
                "last 30 days": lambda: ours.get_usage(since),
            },
        )
        await ours.close()
        await small.close()
        return figures

    figures = asyncio.run(measure())
    ours, small, _ = figures.values()
    figures["scan"] = _scan(
        path,
        "SELECT backend, COUNT(*), AVG(confidence), AVG(latency_ms) "
        "FROM prompt_history GROUP BY backend",
    )
    yield Measurement(
        name="statistics, p50",
        rows=rows,
        unit="ms",
        figures=figures,
        result=f"{ours:.1f} ms, {ours / small:.2f} x at {plan.smallest:,}",
        target="under 5 ms, within 2 x of 10,000 rows",
        passed=ours < 5 and ours / small <= 2,
    )


def measure_pages(plan: Plan, rows: int) -> Iterator[Measurement]:
    """The newest page and page 10,000, or the last one where there are fewer."""
    path = prepared(plan.folder, rows)
    page = min(10_000, max(1, rows // PAGE - 1))
    offset = (page - 1) * PAGE

    async def measure() -> dict[str, float]:
        repository = await _opened(path)
        cursor = _cursor(path, offset - 1) if offset else None
        figures = await _alternate(
            plan.times(20),
            {
                "page 1": repository.find_page,
                f"page {page:,}": lambda: repository.find_page(PAGE, cursor),
            },
        )
        await repository.close()
        return figures

    figures = asyncio.run(measure())
    times = max(figures.values()) / min(figures.values())
    slowest = max(figures.values())
    figures["its rows by OFFSET"] = _scan(
        path,
        f"SELECT {COLUMNS} FROM prompt_history ORDER BY timestamp DESC, id DESC "
        f"LIMIT {PAGE} OFFSET {offset}",
    )
    yield Measurement(
        name="newest 50, p50",
        rows=rows,
        unit="ms",
        figures=figures,
        result=f"{slowest:.1f} ms, {times:.2f} x of each other",
        target="under 5 ms, within 2 x of each other",
        passed=slowest < 5 and times <= 2,
    )


def measure_search(plan: Plan, rows: int) -> Iterator[Measurement]:
    """Two words, the last as a prefix: of words that are in many rows, in some, in few."""
    path = prepared(plan.folder, rows)
    words = vocabulary()
    typed = {
        "common words": f"{words[3]} {words[10][:3]}",
        "middling": f"{words[300]} {words[900][:4]}",
        "rare": f"{words[8_000]} {words[9_000][:5]}",
        "one letter": f"{words[3_000]} {words[20][:1]}",
    }

    async def measure() -> dict[str, float]:
        repository = await _opened(path)
        figures = await _alternate(
            plan.times(10),
            {
                name: lambda text=text: repository.find_page(PAGE, wanted=HistoryFilter(text=text))  # type: ignore[misc]
                for name, text in typed.items()
            },
        )
        await repository.close()
        return figures

    figures = asyncio.run(measure())
    slowest = max(figures.values())
    figures["LIKE"] = _scan(
        path,
        f"SELECT {COLUMNS} FROM prompt_history WHERE improved_prompt LIKE '% {words[8_000]} %' "
        f"AND improved_prompt LIKE '% {words[9_000]}%' ORDER BY timestamp DESC LIMIT {PAGE}",
    )
    yield Measurement(
        name="search of two words, the last as a prefix, p50",
        rows=rows,
        unit="ms",
        figures=figures,
        result=f"{slowest:.1f} ms at the most",
        target="under 50 ms",
        passed=slowest < 50,
    )


async def _find(plan: Plan, path: Path, rows: int) -> dict[str, float]:
    ids = random.Random("find").choices(range(1, rows + 1), k=10_000)
    repository = await _opened(path)
    turns = {name: iter(ids) for name in ("ours", "aiosqlite", "bare")}
    with rivals.open_bare(path) as bare:

        async def find_bare() -> object:
            return from_row(bare.execute(FIND, (next(turns["bare"]),)).fetchone())

        reads: dict[str, Read] = {"ours": lambda: repository.find_by_id(next(turns["ours"]))}
        if not rivals.has_aiosqlite():
            figures = await _alternate(plan.times(1000), reads | {"bare sqlite3": find_bare})
        else:
            async with rivals.open_aiosqlite(path) as connection:

                async def find_with_aiosqlite() -> object:
                    async with connection.execute(FIND, (next(turns["aiosqlite"]),)) as cursor:
                        return from_row(await cursor.fetchone())

                reads |= {"aiosqlite": find_with_aiosqlite, "bare sqlite3": find_bare}
                figures = await _alternate(plan.times(1000), reads)
    await repository.close()
    return figures


async def _opened(path: Path) -> SQLitePromptRepository:
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    return repository


async def _alternate(repetitions: int, reads: dict[str, Read]) -> dict[str, float]:
    """Median milliseconds of each; they take turns, after a first one that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in reads}
    for repetition in range(repetitions + 1):
        for name, read in reads.items():
            began = time.perf_counter()
            await read()
            if repetition:
                times[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def _scan(path: Path, sql: str) -> float:
    """Milliseconds of one statement on a bare connection, the second time it runs."""
    with rivals.open_bare(path) as connection:
        return rivals.timed(2, lambda: connection.execute(sql).fetchall())[1]


def _cursor(path: Path, offset: int) -> str:
    """That leads to what comes after the row at ``offset`` of the newest."""
    with rivals.open_bare(path) as connection:
        row = connection.execute(
            "SELECT id, timestamp FROM prompt_history ORDER BY timestamp DESC, id DESC "
            "LIMIT 1 OFFSET ?",
            (offset,),
        ).fetchone()
    moment = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
    return HistoryCursor(moment, row["id"]).encode()
