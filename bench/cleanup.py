"""Cleanup of a tenth of the rows while saves go on: how long the worst of them waits."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bench import rivals
from bench.databases import prepared, working_copy
from bench.plan import Plan, percentile
from bench.report import Measurement, say
from bench.rows import RowMaker
from db.spool.file_spool import FileSpool
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.recording.history_recorder import HistoryRecorder

SAVES_A_SECOND = 50
LONGEST_S = 900


def measure_cleanup(plan: Plan, rows: int) -> Iterator[Measurement]:
    """In one process, on one connection, as in the server; the cleanup ends with merging the
    index and giving room back."""
    with working_copy(prepared(plan.folder, rows)) as path:
        quiet, during, deleted, seconds = asyncio.run(_measure(plan, path, rows))
    worst = max(during)
    yield Measurement(
        name=f"cleanup of {deleted:,} rows ({seconds:.1f} s), saves at {SAVES_A_SECOND}/s: a wait",
        rows=rows,
        unit="ms",
        figures={
            "worst": worst,
            "p99": percentile(during, 0.99),
            "p50": percentile(during, 0.5),
            "without cleanup worst": max(quiet),
            "without cleanup p50": percentile(quiet, 0.5),
        },
        result=f"worst {worst:.0f} ms of {len(during):,} saves",
        target="worst 100 ms",
        passed=worst <= 100,
    )


async def _measure(
    plan: Plan, path: Path, rows: int
) -> tuple[list[float], list[float], int, float]:
    repository = SQLitePromptRepository(Database(path))
    recorder = HistoryRecorder(repository, FileSpool(path), CircuitBreaker(), wait_for_commit=True)
    await recorder.start(wait_s=10)
    quiet = await _save_during(recorder, asyncio.sleep(plan.seconds * 4), "quiet")
    days = _age_in_days(path, rows // 10)
    began = time.perf_counter()
    cleanup = asyncio.create_task(repository.delete_old(days))
    during = await _save_during(recorder, asyncio.wait({cleanup}, timeout=LONGEST_S), "cleanup")
    seconds = time.perf_counter() - began
    if not cleanup.done():
        say(f"the cleanup was ended after {LONGEST_S} s")
        cleanup.cancel()
    deleted = 0
    with suppress(asyncio.CancelledError):
        deleted = await cleanup
    await recorder.stop()
    await repository.close()
    return quiet, during, deleted, seconds


async def _save_during(recorder: HistoryRecorder, work: object, seed: str) -> list[float]:
    """Milliseconds that each save waited until ``work`` was done. They come at their times,
    whether the ones before are done or not."""
    maker = RowMaker(f"saves during {seed}")
    waits: list[float] = []

    async def save() -> None:
        row = maker.make(datetime.now(UTC))
        began = time.perf_counter()
        await recorder.record(row)
        waits.append((time.perf_counter() - began) * 1000)

    working = asyncio.ensure_future(work)  # type: ignore[call-overload]
    saves = []
    next_at = time.perf_counter()
    while not working.done():
        saves.append(asyncio.create_task(save()))
        next_at += 1 / SAVES_A_SECOND
        await asyncio.sleep(max(0.0, next_at - time.perf_counter()))
    await asyncio.gather(*saves)
    return waits


def _age_in_days(path: Path, row: int) -> int:
    """Days since the row that has this place, the oldest first."""
    with rivals.open_bare(path) as connection:
        days = connection.execute(
            "SELECT CAST(julianday('now') - julianday(timestamp) AS INTEGER) "
            "FROM prompt_history ORDER BY timestamp LIMIT 1 OFFSET ?",
            (row,),
        ).fetchone()[0]
    return max(1, int(days))
