"""Another process that holds the database, as a backup tool or a person's shell does."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute(sys.argv[2])
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
connection.close()
"""


@contextmanager
def held(database_file: Path, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """The write lock (``BEGIN EXCLUSIVE``: also before the first write) is somebody else's
    until the end of the ``with``."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database_file), begin],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        try:
            holder.communicate("\n", timeout=30)
        finally:
            if holder.poll() is None:
                holder.kill()
                holder.wait(30)
