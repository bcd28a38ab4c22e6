"""Looking at SQLite files from outside the program under test."""

import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

CLI = shutil.which("sqlite3")
needs_cli = pytest.mark.skipif(CLI is None, reason="needs the sqlite3 command line")


def connect(path: Path) -> closing[sqlite3.Connection]:
    """A connection that knows nothing of the program, for a ``with``."""
    return closing(sqlite3.connect(path, isolation_level=None))


def raw(path: Path, sql: str, *parameters: Any) -> list[Any]:
    """Rows as SQLite itself has them, over a connection of its own."""
    with connect(path) as connection:
        return connection.execute(sql, parameters).fetchall()


def cli(path: Path, sql: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the sqlite3 command line makes of ``sql`` on its standard input."""
    assert CLI is not None
    return subprocess.run(
        [CLI, *arguments, path], input=sql, capture_output=True, text=True, timeout=30, check=False
    )


def mode(path: Path) -> int:
    """The rights on a file or folder, such as 0o600."""
    return stat.S_IMODE(path.stat().st_mode)
