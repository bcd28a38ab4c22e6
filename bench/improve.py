"""Improving over HTTP, offline: what the history costs a request, and what we cost beside a
bare route."""

import json
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import rivals
from bench.databases import prepared, working_copy
from bench.http_load import CONTEXT, IDEA, Load, send
from bench.plan import Plan, interleave, percentile
from bench.report import Measurement, ratio
from bench.servers import IMPROVE, metric, module_server, our_server
from tests.server_process import ServerProcess

CLIENTS = 16
RATE = 200
ON, OFF, PLAIN = "history on", "history off", "bare FastAPI route"


def measure_improve(plan: Plan, rows: int) -> Iterator[Measurement]:
    """All of it against three servers that run side by side; those that are not asked at the
    time cost next to nothing."""
    with (
        tempfile.TemporaryDirectory() as folder,
        working_copy(prepared(plan.folder, rows)) as path,
        ExitStack() as stack,
    ):
        on = stack.enter_context(our_server(_sub(folder, "on"), history=path))
        off = stack.enter_context(our_server(_sub(folder, "off"), history=None))
        answer = on.improve(IDEA, CONTEXT).text
        answer_file = Path(folder) / "answer.json"
        answer_file.write_text(answer, encoding="utf-8")
        plain = stack.enter_context(
            module_server(_sub(folder, "plain"), "bench.plain_server", str(answer_file))
        )
        for server in (on, off, plain):  # the first requests are slower than all others
            send(Load(url=server.url + IMPROVE, seconds=min(0.5, plan.seconds), clients=CLIENTS))
        yield from _steady(plan, rows, on, off)
        yield _flat_out(plan, rows, on, off)
        yield _against_plain_route(plan, off, plain, json.loads(answer))
        yield _sustained(plan, rows, path, on)


def _steady(plan: Plan, rows: int, on: ServerProcess, off: ServerProcess) -> Iterator[Measurement]:
    """One line for the middle, one for the slow end: medians of the rounds."""
    times: dict[str, list[list[float]]] = {ON: [], OFF: []}
    errors = 0
    for _ in range(plan.rounds):
        for name, server in ((ON, on), (OFF, off)):
            result = send(
                Load(url=server.url + IMPROVE, seconds=plan.seconds * 4, clients=CLIENTS, rate=RATE)
            )
            times[name].append(result.milliseconds)
            errors += result.errors
    lost = _dropped(on) + errors
    for name, part, most in (("p50", 0.5, 0.5), ("p99", 0.99, 5.0)):
        figures = {
            contender: statistics.median(percentile(round_, part) for round_ in rounds)
            for contender, rounds in times.items()
        }
        added = figures[ON] - figures[OFF]
        yield Measurement(
            name=f"improve over HTTP, offline, {CLIENTS} clients, {RATE} requests/s, {name}",
            rows=rows,
            unit="ms",
            figures=figures,
            result=f"{added:+.2f} ms, {lost} dropped or in error",
            target=f"+{most:g} ms, nothing dropped",
            passed=added <= most and lost == 0,
        )


def _flat_out(plan: Plan, rows: int, on: ServerProcess, off: ServerProcess) -> Measurement:
    figures = interleave(plan.rounds, {ON: _flat(plan, on), OFF: _flat(plan, off)})
    share = ratio(figures, ON, OFF)
    return Measurement(
        name=f"the same, flat out, {CLIENTS} clients",
        rows=rows,
        unit="requests/s",
        figures=figures,
        result=f"{share:.2f} x history off, {_dropped(on)} dropped",
        target="at least 0.8 x history off",
        passed=share >= 0.8,
    )


def _against_plain_route(
    plan: Plan, off: ServerProcess, plain: ServerProcess, answer: dict[str, object]
) -> Measurement:
    """The same idea each time, whose answer the bare route has ready."""
    body = {"idea": IDEA, "context": CONTEXT}
    figures = interleave(
        plan.rounds, {"ours": _flat(plan, off, body), PLAIN: _flat(plan, plain, body)}
    )
    share = ratio(figures, "ours", PLAIN)
    return Measurement(
        name=f"improve over HTTP, offline, against a bare route ({len(str(answer))} characters)",
        unit="requests/s",
        figures=figures,
        result=f"{share:.2f} x the bare route",
        target="at least 0.5 x",
        passed=share >= 0.5,
    )


def _sustained(plan: Plan, rows: int, path: Path, on: ServerProcess) -> Measurement:
    """Counted in the database itself."""
    _wait_until_saved(on)
    before = _count(path)
    with _watched_queue(on) as waiting:
        result = send(
            Load(url=on.url + IMPROVE, seconds=plan.steady_seconds, clients=CLIENTS, rate=RATE)
        )
    _wait_until_saved(on)
    answered, saved = len(result.milliseconds), _count(path) - before
    longest = max(waiting, default=0.0)
    return Measurement(
        name=f"{RATE} requests/s for {plan.steady_seconds:g} s, offline",
        rows=rows,
        unit="",
        figures={
            "answered": answered,
            "saved": saved,
            "errors": result.errors,
            "longest queue": longest,
            "p50 ms": percentile(result.milliseconds, 0.5),
            "p99 ms": percentile(result.milliseconds, 0.99),
            "requests/s": result.per_second,
        },
        result=f"{result.errors} errors, {answered - saved} not saved, queue {longest:.0f}",
        target="0 errors, every row saved, queue never above 100",
        passed=result.errors == 0 and answered == saved and longest <= 100,
    )


def _flat(
    plan: Plan, server: ServerProcess, body: dict[str, str] | None = None
) -> Callable[[], float]:
    load = Load(
        url=server.url + IMPROVE, seconds=plan.seconds * 2, clients=CLIENTS, body=body or {}
    )

    def measure() -> float:
        _wait_until_saved(server)
        return send(load).per_second

    return measure


@contextmanager
def _watched_queue(server: ServerProcess) -> Iterator[list[float]]:
    """How many rows wait, looked at four times a second."""
    lengths: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.25):
            lengths.append(metric(server, "prompt_improver_queue_rows"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lengths
    finally:
        over.set()
        watcher.join()


def _wait_until_saved(server: ServerProcess) -> None:
    """So that one round does not pay for the one before; a minute at the most."""
    pause = threading.Event()
    for _ in range(600):
        if metric(server, "prompt_improver_queue_rows") == 0:
            return
        pause.wait(0.1)


def _dropped(server: ServerProcess) -> int:
    """Rows that were not saved since its start."""
    names = ("dropped", "rejected")
    wanted = [f'prompt_improver_saves_total{{outcome="{name}"}}' for name in names]
    return int(sum(metric(server, name) for name in wanted))


def _count(path: Path) -> int:
    with rivals.open_bare(path) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM prompt_history").fetchone()[0])


def _sub(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path
