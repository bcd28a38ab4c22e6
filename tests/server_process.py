"""The real server, as a process of its own on a free port."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from tests.forked_program import ROOT, ForkedProgram, clean_environment

__all__ = ["ROOT", "ServerProcess", "clean_environment"]
START_LINE = re.compile(r"listens on (http://[\w.:\[\]-]+)")


class ServerProcess:
    """``with ServerProcess(folder) as server``: starts in ``folder``, and is ended by its own
    process id. ``log`` holds what it has written to standard error.

    ``command`` is what the interpreter starts, such as main.py; without one the process is forked
    from one that has imported the program."""

    def __init__(self, folder: Path, *command: str, **variables: str) -> None:
        variables = {"API_PORT": "0", "LLM_PROVIDER": "offline", "HOME": str(folder)} | variables
        self.database_file = folder / "data" / "prompt_history.db"
        self._command = command
        self._folder = folder
        self._environment = clean_environment(**variables)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 closed in __exit__

    def __enter__(self) -> "ServerProcess":
        self.started = time.monotonic()
        reading, writing = os.pipe()
        self._stdout = os.fdopen(reading)
        self._process = self._start(writing)
        os.close(writing)
        # readline would wait for ever for a server that hangs at its start.
        killer = threading.Timer(30, self._process.kill)
        killer.start()
        line = self._stdout.readline()
        killer.cancel()
        found = START_LINE.search(line)
        if found is None:
            self._process.wait(30)
            raise AssertionError(f"the server did not start: {line!r}\n{self.log}")
        self.url = found[1]
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(30)
        self._stdout.close()
        self._log.close()

    def _start(self, stdout: int) -> "ForkedProgram | subprocess.Popen[bytes]":
        if self._command:
            return subprocess.Popen(
                [sys.executable, *self._command],
                cwd=self._folder,
                env=self._environment,
                stdout=stdout,
                stderr=self._log,
            )
        with Path(os.devnull).open() as nothing:
            streams = nothing.fileno(), stdout, self._log.fileno()
            return ForkedProgram(self._folder, ["serve"], self._environment, streams=streams)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode()

    def improve(self, idea: str, context: str = "", **fields: str) -> httpx.Response:
        body = {"idea": idea, "context": context, **fields}
        return self.client.post("/api/v1/improve-prompt", json=body)

    def stop(self, sent: signal.Signals = signal.SIGTERM, wait_s: float = 40) -> int:
        """Send a signal and wait for the end; returns the exit status."""
        self._process.send_signal(sent)
        return self.wait(wait_s)

    def wait(self, wait_s: float) -> int:
        """Wait for the end; returns the exit status."""
        return self._process.wait(wait_s)
