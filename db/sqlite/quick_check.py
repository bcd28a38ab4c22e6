"""Reading a whole database to see whether it is damaged, beside the connection that uses it."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_FINDINGS = 3
_PAUSE_S = 0.005


class QuickCheck:
    """A check of the database at ``path`` on a connection of its own, so that saves go on
    meanwhile. One runs at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._running = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def find_damage(self, busy_timeout_s: float) -> list[str]:
        """What is damaged: the first findings of SQLite, which name pages and tables and hold
        no text of a row. Rows that break a CHECK are none: a connection that cannot write
        leaves these out.

        Raises:
            sqlite3.Error: it cannot be read; SQLITE_INTERRUPT where it was stopped.
        """
        uri = f"{self._path.as_uri()}?mode=ro"  # it cannot bring a log into the file either
        with (
            self._running,
            closing(
                sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, check_same_thread=False)
            ) as connection,
        ):
            self._connection = connection
            try:
                found = connection.execute(f"PRAGMA quick_check({_FINDINGS})").fetchall()
            finally:
                self._connection = None
        return [text for (text,) in found if text != "ok"]

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Within this no check runs, and no connection of one is open."""
        while not self._running.acquire(timeout=_PAUSE_S):
            # Again and again: one that is only about to begin does not hear of it.
            connection = self._connection
            if connection is not None:
                try:
                    connection.interrupt()
                except sqlite3.ProgrammingError:  # it was closed just now
                    continue
        try:
            yield
        finally:
            self._running.release()
