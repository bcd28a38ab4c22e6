"""Saving: many callers at once, one caller, and what summary and index add."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench import rivals
from bench.databases import (
    EVERY_TRIGGER,
    SEARCH_TRIGGERS,
    prepared,
    without_triggers,
    working_copy,
)
from bench.plan import Plan, interleave
from bench.report import Measurement, ratio
from bench.rows import RowMaker
from db.spool.file_spool import FileSpool
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.rows import to_parameters
from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.recorder import SaveOutcome
from prompt_improver.recording.history_recorder import HistoryRecorder

OURS, BARE = "ours", "bare sqlite3, 64 a commit"
AIO_FULL, AIO_NORMAL = "aiosqlite FULL", "aiosqlite NORMAL"
MOST_ROWS_A_SECOND = 25_000
SAVES_A_TURN = 20
TURNS_A_ROUND = 3
"""More turns, each shorter: the index merges its parts in bursts, and so does the log."""
MOST_MS_A_ROW = 0.7


def measure_saves(plan: Plan, rows: int) -> Iterator[Measurement]:
    """50 callers that each wait for their commit."""
    maker = RowMaker(f"saves into {rows}")
    with working_copy(prepared(plan.folder, rows)) as path:
        whole = _rounds(plan, path, maker)
        yield _against_the_limit(rows, whole)
        yield _against_aiosqlite_normal(rows, whole)
        with without_triggers(path, SEARCH_TRIGGERS):
            plain = _rounds(plan, path, maker)
        yield _against_aiosqlite_full(rows, plain)
        with without_triggers(path, EVERY_TRIGGER):
            no_triggers = _interleave(plan, {BARE: _bare(plan, path, maker)})
    yield _added_cost(rows, whole[BARE], plain[BARE], no_triggers[BARE])


def measure_one_save(plan: Plan, rows: int) -> Iterator[Measurement]:
    """One caller, who waits for each save before the next."""
    maker = RowMaker(f"single saves into {rows}")
    with working_copy(prepared(plan.folder, rows)) as path:
        figures = asyncio.run(_one_save(plan, path, maker))
    times = ratio(figures, OURS, AIO_FULL)
    yield Measurement(
        name="one save, awaited, p50",
        rows=rows,
        unit="ms",
        figures=figures,
        result=f"{times:.2f} x aiosqlite" if times else "",
        target="at most 1.5 x aiosqlite",
        passed=times <= 1.5 if times else None,
    )


def _rounds(plan: Plan, path: Path, maker: RowMaker) -> dict[str, float]:
    contenders: dict[str, Callable[[], float]] = {
        OURS: lambda: asyncio.run(_save_with_ours(path, _some(plan, maker), _turn(plan)))
    }
    contenders[BARE] = _bare(plan, path, maker)
    if rivals.has_aiosqlite():
        contenders[AIO_FULL] = lambda: rivals.save_with_aiosqlite(
            path, _some(plan, maker), _turn(plan), "FULL"
        )
        contenders[AIO_NORMAL] = lambda: rivals.save_with_aiosqlite(
            path, _some(plan, maker), _turn(plan), "NORMAL"
        )
    return _interleave(plan, contenders)


def _interleave(plan: Plan, contenders: dict[str, Callable[[], float]]) -> dict[str, float]:
    return interleave(plan.rounds * TURNS_A_ROUND, contenders)


def _turn(plan: Plan) -> float:
    return plan.seconds / TURNS_A_ROUND


def _bare(plan: Plan, path: Path, maker: RowMaker) -> Callable[[], float]:
    return lambda: rivals.save_with_bare_sqlite(path, _some(plan, maker), _turn(plan))


def _some(plan: Plan, maker: RowMaker) -> list[PromptHistory]:
    return _new(maker, int(MOST_ROWS_A_SECOND * _turn(plan)))


def _new(maker: RowMaker, count: int) -> list[PromptHistory]:
    return maker.make_many(count, datetime.now(UTC))


async def _save_with_ours(path: Path, rows: list[PromptHistory], seconds: float) -> float:
    """Rows/s of callers that wait for the commit, as with SQLITE_ASYNC_ENABLED=false."""
    repository = SQLitePromptRepository(Database(path))
    recorder = HistoryRecorder(repository, FileSpool(path), CircuitBreaker(), wait_for_commit=True)
    await recorder.start(wait_s=10)
    waiting = iter(rows)
    began = time.perf_counter()

    async def call() -> None:
        for row in rivals.until(began + seconds, waiting):
            if await recorder.record(row) is not SaveOutcome.SAVED:
                raise RuntimeError("a row was not saved")

    await asyncio.gather(*(call() for _ in range(rivals.CALLERS)))
    taken = time.perf_counter() - began
    saved = recorder.counts.saved
    await recorder.stop()
    await repository.close()
    return saved / taken


async def _one_save(plan: Plan, path: Path, maker: RowMaker) -> dict[str, float]:
    """Median milliseconds; turns of SAVES_A_TURN on connections that stay open."""
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(repository.close)
        bare = stack.enter_context(rivals.open_bare(path))
        contenders: dict[str, Callable[[PromptHistory], Awaitable[object]]] = {
            OURS: repository.save
        }
        if rivals.has_aiosqlite():
            connection = await stack.enter_async_context(rivals.open_aiosqlite(path))
            lock = asyncio.Lock()

            async def save_with_aiosqlite(row: PromptHistory) -> None:
                async with lock:
                    await rivals.insert_and_commit(connection, to_parameters(row))

            contenders[AIO_FULL] = save_with_aiosqlite

        async def save_bare(row: PromptHistory) -> None:
            rivals.insert_batches(bare, iter([to_parameters(row)]), 1)

        contenders["bare sqlite3"] = save_bare
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(plan.times(plan.rounds * 10)):
            for name, save in contenders.items():
                for row in _new(maker, SAVES_A_TURN):
                    began = time.perf_counter()
                    await save(row)
                    times[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def _against_the_limit(rows: int, figures: dict[str, float]) -> Measurement:
    share = ratio(figures, OURS, BARE)
    return Measurement(
        name="50 concurrent saves, FULL",
        rows=rows,
        unit="rows/s",
        figures=figures,
        result=f"{share:.2f} x bare",
        target="at least 0.8 x bare",
        passed=share >= 0.8,
    )


def _against_aiosqlite_normal(rows: int, figures: dict[str, float]) -> Measurement:
    times = ratio(figures, OURS, AIO_NORMAL)
    return Measurement(
        name="50 concurrent saves, FULL, against aiosqlite at NORMAL",
        rows=rows,
        unit="rows/s",
        figures={name: figures[name] for name in (OURS, AIO_NORMAL) if name in figures},
        result=f"{times:.2f} x aiosqlite NORMAL" if times else "aiosqlite is not installed",
        target="faster",
        passed=times > 1 if times else None,
    )


def _against_aiosqlite_full(rows: int, figures: dict[str, float]) -> Measurement:
    times = ratio(figures, OURS, AIO_FULL)
    return Measurement(
        name="the same without full-text search, against aiosqlite at FULL",
        rows=rows,
        unit="rows/s",
        figures=figures,
        result=f"{times:.1f} x aiosqlite, {ratio(figures, OURS, BARE):.2f} x bare"
        if times
        else "aiosqlite is not installed",
        target="at least 5 x",
        passed=times >= 5 if times else None,
    )


def _added_cost(rows: int, whole: float, summary: float, neither: float) -> Measurement:
    added = 1000 / whole - 1000 / neither
    return Measurement(
        name="what summary and index add to a save, 64 a commit",
        rows=rows,
        unit="ms a row",
        figures={
            "both": added,
            "summary": 1000 / summary - 1000 / neither,
            "row alone": 1000 / neither,
        },
        result=f"{added:.2f} ms",
        target=f"at most {MOST_MS_A_ROW} ms",
        passed=added <= MOST_MS_A_ROW,
    )
