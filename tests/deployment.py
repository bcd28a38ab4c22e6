"""The program as docs/operations.md has it deployed: a folder with its files, and stand-ins
for what needs root and systemd, which start and stop the very commands of ops/systemd/."""

import contextlib
import os
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

from tests.server_process import ROOT, clean_environment

HOME = "/opt/prompt-improver"
PROGRAM = ("prompt_improver", "db", "sql", "scripts", "ops", "docs", "main.py", "requirements.txt")
LONGEST_BLOCK_S = 40

_SUDO = '#!/bin/sh\nexec "$@"\n'
_CLIENT = """#!{python} -SE
import socket, sys
with socket.create_connection({address!r}) as connection:
    connection.sendall("\\0".join(["{name}", *sys.argv[1:]]).encode())
    connection.shutdown(socket.SHUT_WR)
    code, _, text = connection.makefile().read().partition("\\n")
sys.stdout.write(text)
sys.exit(int(code))
"""


class Deployment:
    """``with Deployment(folder) as deployment``: ends what it started. Of the guide it
    changes the folder, and the ports 8000 and 8001 to ``ports``, and nothing else."""

    def __init__(self, folder: Path, ports: tuple[int, int]) -> None:
        self.home = folder / "home"
        self.database_file = self.home / "data" / "prompt_history.db"
        self._ports = dict(zip(("8000", "8001"), map(str, ports), strict=True))
        self._commands = folder / "commands"
        self._logs = folder
        self._server: subprocess.Popen[bytes] | None = None
        # The port, and no model: the environment goes before .env.
        self._environment = clean_environment(
            API_PORT=str(ports[0]), LLM_PROVIDER="offline", HOME=str(folder), LC_ALL="C"
        )
        self._environment["PATH"] = f"{self._commands}:{self._environment['PATH']}"
        del self._environment["PYTHONPATH"]  # the copy is to run, not the checkout

    def __enter__(self) -> "Deployment":
        deployment = self

        class Answer(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                code, text = deployment.answer(self.rfile.read().decode().split("\0"))
                self.wfile.write(f"{code}\n{text}".encode())

        self._listener = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self._listener.serve_forever, args=(0.05,)).start()
        self._commands.mkdir()
        for name in ("systemctl", "journalctl"):
            address = self._listener.server_address
            script = _CLIENT.format(python=sys.executable, address=address, name=name)
            self._write(self._commands / name, script)
        self._write(self._commands / "sudo", _SUDO)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()
        if self._server is not None and self._server.poll() is None:
            self._server.kill()
            self._server.wait(30)

    def install(self) -> None:
        """What the guide's first block does as root."""
        for name in PROGRAM:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(
                    source, self.home / name, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                self.home.mkdir(exist_ok=True)
                shutil.copy(source, self.home)
        (self.home / "data").mkdir(mode=0o700)
        shutil.copy(ROOT / ".env.example", self.home / ".env")
        python = self.home / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        self._write(python, f'#!/bin/sh\nexec {sys.executable} "$@"\n')

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a block of the guide; it stops at the first command that fails."""
        for written, port in self._ports.items():
            script = re.sub(rf"(127\.0\.0\.1:|API_PORT=){written}\b", rf"\g<1>{port}", script)
        with subprocess.Popen(
            ["sh", "-e"],
            cwd=self.home if self.home.exists() else self._logs,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as shell:
            # A block may leave a server of its own behind when it fails half way.
            killer = threading.Timer(LONGEST_BLOCK_S, os.killpg, (shell.pid, signal.SIGKILL))
            killer.start()
            output, errors = shell.communicate(script.replace(HOME, str(self.home)))
            killer.cancel()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
        return subprocess.CompletedProcess("sh", shell.returncode, output, errors)

    def logs(self) -> str:
        """The last lines that server and backup have written."""
        files = sorted(self._logs.glob("prompt-improver*.log"))
        return "".join(f"--- {file.name}\n{file.read_text()[-1500:]}" for file in files)

    def answer(self, command: list[str]) -> tuple[int, str]:
        """What systemctl or journalctl would do: exit code and output."""
        if command[0] == "journalctl":
            unit, lines = command[command.index("-u") + 1], command[command.index("-n") + 1]
            return 0, "".join(self._log(unit).read_text().splitlines(True)[-int(lines) :])
        verb, unit = command[1], command[-1]
        if not (self.home / "ops" / "systemd" / self._unit_file(unit)).is_file():
            return 5, f"Unit {unit} not found.\n"
        if verb in ("stop", "restart"):
            self.stop()
        if verb in ("start", "restart") or "--now" in command:
            return self._start(unit)
        return 0, ""

    def stop(self) -> None:
        """End the server as systemd does."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(60)
            self._server = None

    def start(self) -> None:
        self._start("prompt-improver")

    def _start(self, unit: str) -> tuple[int, str]:
        if unit.endswith(".timer") or (unit == "prompt-improver" and self._server is not None):
            return 0, ""
        text = (self.home / "ops" / "systemd" / self._unit_file(unit)).read_text()
        found = re.search(r"^ExecStart=(.+)$", text, re.MULTILINE)
        assert found, unit
        with self._log(unit).open("ab") as log:
            process = subprocess.Popen(
                found[1].replace(HOME, str(self.home)).split(),
                cwd=self.home,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        if "Type=oneshot" in text:
            return process.wait(60), ""
        self._server = process
        return 0, ""

    def _unit_file(self, unit: str) -> str:
        return unit if "." in unit else f"{unit}.service"

    def _log(self, unit: str) -> Path:
        return self._logs / f"{unit}.log"

    def _write(self, path: Path, script: str) -> None:
        path.write_text(script)
        path.chmod(0o755)
