"""The program as a process of its own, forked from one that has imported it.

Process id, signals, folder, environment, standard streams and exit code are a process's own; only
the imports, nine tenths of a start, are made once for all. Where the start itself is in question
(a shell, the scripts, what is imported), tests run ``sys.executable``.
"""

import contextlib
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import reduction
from pathlib import Path

ROOT = Path(__file__).parent.parent
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.warm_program"])


def clean_environment(**variables: str) -> dict[str, str]:
    """An environment without any setting of ours but ``variables``. Compiled modules are kept:
    a start that compiles the program anew takes twice as long."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), **variables}


class ForkedProgram:
    """``python -m prompt_improver`` with ``arguments``; stands in for subprocess.Popen. The
    streams are file descriptors, which stay the caller's."""

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[str],
        environment: dict[str, str],
        *,
        streams: tuple[int, int, int],
    ) -> None:
        umask = os.umask(0)
        os.umask(umask)
        given = (tuple(map(_Descriptor, streams)), folder, umask, environment, list(arguments))
        self._process = _CONTEXT.Process(target=_run, args=given, daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("prompt_improver", timeout)
        return self._process.exitcode

    def send_signal(self, sent: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, sent)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run_program(
    folder: Path, *arguments: str, stdin: bytes = b"", **variables: str
) -> "subprocess.CompletedProcess[str]":
    """``python -m prompt_improver`` with ``arguments``, run to its end in ``folder``, which is its
    home too; offline unless ``variables`` say otherwise."""
    environment = clean_environment(**{"HOME": str(folder), "LLM_PROVIDER": "offline"} | variables)
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(stdin)
        files[0].seek(0)
        streams = files[0].fileno(), files[1].fileno(), files[2].fileno()
        process = ForkedProgram(folder, arguments, environment, streams=streams)
        try:
            code = process.wait(90)
        finally:
            process.kill()
        for file in files[1:]:
            file.seek(0)
        out, err = (file.read().decode() for file in files[1:])
        return subprocess.CompletedProcess(arguments, code, out, err)


class _Descriptor:
    """A file descriptor on its way into the other process."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[object, ...]:
        return _received, (reduction.DupFd(self._number),)


def _received(duplicate: "reduction.DupFd") -> int:
    return duplicate.detach()


def _run(
    streams: tuple[int, int, int],
    folder: Path,
    umask: int,
    environment: dict[str, str],
    arguments: list[str],
) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 the process's own
    sys.stdout, sys.stderr = _writer(1), _writer(2)
    os.umask(umask)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = [str(ROOT / "prompt_improver" / "__main__.py"), *arguments]
    from prompt_improver.__main__ import run

    run()


def _writer(number: int) -> io.TextIOWrapper:
    is_line = number == 2 or os.isatty(number)
    return open(number, "w", buffering=1 if is_line else -1, closefd=False)
