"""DSPy without us: `python -m bench.bare_dspy BASE_URL`, in a process of its own.

For each line on standard input, a number of calls, it writes the milliseconds of each as
JSON: of `dspy.LM` as DSPy's readme has it, and of the program's own engine and signature.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.http_load import CONTEXT, IDEA
from prompt_improver.improvement.model.connection import ModelConnection
from prompt_improver.improvement.model.language_model import (
    LanguageModelSettings,
    choose_language_model,
)
from prompt_improver.improvement.model.program import build_program

USUAL, ENGINE = "acall, DSPy's own LM", "acall, our engine"


class BareDspy:
    """The process, for as long as ``with`` lasts."""

    def __init__(self, base_url: str, folder: Path, environment: dict[str, str]) -> None:
        self._command = [sys.executable, "-m", "bench.bare_dspy", base_url]
        self._folder, self._environment = folder, environment

    def __enter__(self) -> "BareDspy":
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def call(self, count: int) -> dict[str, list[float]]:
        """Milliseconds of ``count`` calls of each kind."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process with the bare DSPy has ended")
        times: dict[str, list[float]] = json.loads(line)
        return times


async def _main(base_url: str) -> None:
    import dspy

    settings = LanguageModelSettings(
        provider="openai-compatible", model="instant", base_url=base_url
    )
    connection = ModelConnection(await choose_language_model(settings))
    await connection.warm()
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    lm = dspy.LM("openai/instant", api_base=base_url, api_key="none", cache=False)
    program = build_program()
    inputs = {"idea": IDEA, "context": CONTEXT, "language": "en", "correction": ""}

    async def usual() -> Any:
        with dspy.context(lm=lm, adapter=dspy.JSONAdapter()):
            return await program.acall(**inputs)

    async def engine() -> Any:
        return await connection.ask(IDEA, CONTEXT, "en", [])

    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        times = {USUAL: await _time(usual, int(line)), ENGINE: await _time(engine, int(line))}
        sys.stdout.write(json.dumps(times) + "\n")
        sys.stdout.flush()


async def _time(call: Callable[[], Awaitable[Any]], count: int) -> list[float]:
    times = []
    for _ in range(count):
        began = time.perf_counter()
        await call()
        times.append((time.perf_counter() - began) * 1000)
    return times


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
