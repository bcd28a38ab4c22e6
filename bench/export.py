"""Exporting everything over HTTP: the memory that it takes, and what saves feel of it."""

import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.databases import prepared, working_copy
from bench.http_load import Load, LoadResult, send
from bench.plan import Plan, percentile
from bench.report import Measurement, ratio
from bench.servers import IMPROVE, our_server, resident_megabytes
from tests.server_process import ServerProcess

RATE = 50
MOST_MB = 30
MOST_TIMES = 2.0
LONGEST_S = 900


def measure_export(plan: Plan, rows: int) -> Iterator[Measurement]:
    """The answers wait for their commits (SQLITE_ASYNC_ENABLED=false), so that an answer's
    time is a save's; they come at a rate, before the export and all through it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        working_copy(prepared(plan.folder, rows)) as path,
        our_server(Path(folder), history=path, SQLITE_ASYNC_ENABLED="false") as server,
    ):
        _save(server, plan.seconds)
        quiet = _save(server, plan.seconds * 6)
        before = resident_megabytes(server.pid)
        with ThreadPoolExecutor(1) as pool, _watched_memory(server.pid) as memory:
            exported = pool.submit(_export, server)
            during = _save_until_done(server, exported, plan)
            lines, size, seconds = exported.result()
    grown = max(memory) - before
    complete = lines >= rows
    yield Measurement(
        name=f"export ({size / 2**20:,.0f} MB, {lines / seconds:,.0f} rows/s)",
        rows=rows,
        unit="MB",
        figures={"more at the most": grown, "before": before},
        result=f"{grown:+.1f} MB{'' if complete else ', rows are missing'}",
        target=f"resident memory +{MOST_MB} MB at the most",
        passed=grown <= MOST_MB and complete,
    )
    yield _saves(rows, quiet, during)


def _saves(rows: int, quiet: LoadResult, during: list[LoadResult]) -> Measurement:
    times = [milliseconds for result in during for milliseconds in result.milliseconds]
    errors = sum(result.errors for result in during)
    figures = {
        "p50": percentile(times, 0.5),
        "p99": percentile(times, 0.99),
        "worst": max(times),
        "without export p50": percentile(quiet.milliseconds, 0.5),
        "without export p99": percentile(quiet.milliseconds, 0.99),
    }
    slower = ratio(figures, "p50", "without export p50")
    return Measurement(
        name=f"improve with its save during the export, {RATE}/s",
        rows=rows,
        unit="ms",
        figures=figures,
        result=f"p50 {slower:.1f} x, worst {max(times):.0f} ms, {errors} errors",
        target=f"unaffected: p50 within {MOST_TIMES:g} x, worst 100 ms",
        passed=slower <= MOST_TIMES and max(times) <= 100 and errors == 0,
    )


def _save(server: ServerProcess, seconds: float) -> LoadResult:
    return send(Load(url=server.url + IMPROVE, seconds=seconds, clients=16, rate=RATE))


def _save_until_done(server: ServerProcess, exported: Future[Any], plan: Plan) -> list[LoadResult]:
    """The load runs in a process of its own, which begins again until the export is over."""
    results: list[LoadResult] = []
    while not results or not exported.done():
        results.append(_save(server, plan.seconds * 2))
    return results


def _export(server: ServerProcess) -> tuple[int, int, float]:
    """Lines, bytes and seconds of the whole export, which is thrown away while it comes."""
    lines = size = 0
    began = time.perf_counter()
    with server.client.stream("GET", "/api/v1/history/export", timeout=LONGEST_S) as answer:
        answer.raise_for_status()
        for part in answer.iter_raw(1 << 20):
            lines += part.count(b"\n")
            size += len(part)
    return lines, size, time.perf_counter() - began


@contextmanager
def _watched_memory(pid: int) -> Iterator[list[float]]:
    """Megabytes that the process held, twenty times a second."""
    seen = [resident_megabytes(pid)]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            seen.append(resident_megabytes(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()
