"""Servers as processes of their own, each ended by its own process id."""

import subprocess
import time
from pathlib import Path

from tests.server_process import ROOT, ServerProcess

IMPROVE = "/api/v1/improve-prompt"


def our_server(folder: Path, *, history: Path | None, **variables: str) -> ServerProcess:
    """`python main.py`, offline unless ``variables`` say otherwise. ``history``: its database;
    nothing is deleted of it. None keeps no history."""
    kept = {"SQLITE_ENABLED": "false"}
    if history is not None:
        kept = {"SQLITE_DB_PATH": str(history.absolute()), "SQLITE_AUTO_CLEANUP": "false"}
    return ServerProcess(folder, str(ROOT / "main.py"), **kept, **variables)


def module_server(folder: Path, module: str, *arguments: str) -> ServerProcess:
    """`python -m MODULE ARGUMENTS`, which says on its first line what it listens on."""
    return ServerProcess(folder, "-m", module, *arguments)


def resident_megabytes(pid: int) -> float:
    """Memory that the process holds."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return _resident_by_ps(pid)
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _resident_by_ps(pid: int) -> float:
    done = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1024


def metric(server: ServerProcess, name: str) -> float:
    """A figure of the server's own; the sum over its labels."""
    lines = server.client.get("/metrics").text.splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith((f"{name} ", f"{name}{{"))
    )


def wait_until_ready(server: ServerProcess, most_s: float = 60.0) -> float:
    """Seconds from its start until its model is ready; asks 50 times a second."""
    while (taken := time.monotonic() - server.started) < most_s:
        if server.client.get("/health").json()["model_ready"]:
            return time.monotonic() - server.started
        time.sleep(0.02)
    raise RuntimeError(f"the model was not ready after {taken:.0f} s")
