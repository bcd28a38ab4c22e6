"""Starting: seconds to the first answer, memory at rest, and how long --help takes."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.plan import Plan
from bench.report import Measurement
from bench.servers import module_server, our_server, resident_megabytes, wait_until_ready
from tests.server_process import ServerProcess, clean_environment

IDLE_S = 2.0


def measure_start(plan: Plan) -> Iterator[Measurement]:
    """All on a new database in a new folder, with compiled modules there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with module_server(folder, "bench.instant_model") as model:
            yield _health(plan, folder, f"{model.url}/v1")
        yield _memory(folder)
        yield _help(plan, folder)


def _health(plan: Plan, folder: Path, base_url: str) -> Measurement:
    """With a model, which has DSPy imported, and without."""
    with_model, offline, ready = [], [], []
    before_dspy = True
    for round_ in range(plan.rounds + 1):
        with our_server(
            folder,
            history=folder / "history.db",
            LLM_PROVIDER="openai-compatible",
            LLM_BASE_URL=base_url,
            LLM_MODEL="instant",
        ) as server:
            seconds, model_ready = _first_answer(server)
            if round_:  # the first compiles modules and makes the database
                with_model.append(seconds)
                before_dspy = before_dspy and not model_ready
                ready.append(wait_until_ready(server))
        with our_server(folder, history=folder / "history.db") as server:
            seconds, _ = _first_answer(server)
            if round_:
                offline.append(seconds)
    slowest = statistics.median(with_model)
    return Measurement(
        name="/health after python main.py",
        unit="s",
        figures={
            "with a model": slowest,
            "offline": statistics.median(offline),
            "DSPy imported": statistics.median(ready),
        },
        result=f"{slowest:.2f} s, {'before' if before_dspy else 'not before'} dspy is imported",
        target="under 1.5 s, before import dspy has finished",
        passed=slowest < 1.5 and before_dspy,
    )


def _first_answer(server: ServerProcess) -> tuple[float, bool]:
    """Seconds from the start of the process, and whether the model was ready by then."""
    ready = bool(server.client.get("/health").json()["model_ready"])
    return time.monotonic() - server.started, ready


def _memory(folder: Path) -> Measurement:
    with our_server(folder, history=folder / "history.db") as server:
        time.sleep(IDLE_S)
        idle = resident_megabytes(server.pid)
        for _ in range(100):
            server.improve("Design a REST API for a library").raise_for_status()
        used = resident_megabytes(server.pid)
    return Measurement(
        name="resident memory, offline",
        unit="MB",
        figures={"idle": idle, "after 100 requests": used},
        result=f"{idle:.0f} MB idle",
        target="under 90 MB",
        passed=idle < 90,
    )


def _help(plan: Plan, folder: Path) -> Measurement:
    environment = clean_environment(HOME=str(folder))
    command = [sys.executable, "-m", "prompt_improver", "--help"]
    times = []
    for _ in range(plan.rounds * 2 + 1):
        began = time.perf_counter()
        subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, check=True, timeout=60
        )
        times.append(time.perf_counter() - began)
    seconds = statistics.median(times)
    return Measurement(
        name="python -m prompt_improver --help",
        unit="s",
        figures={"median": seconds, "fastest": min(times)},
        result=f"{seconds:.2f} s",
        target="under 0.15 s",
        passed=seconds < 0.15,
    )
