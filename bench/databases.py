"""Databases with many rows: made in bulk, kept between runs, and copied to write into."""

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import say
from bench.rows import RowMaker
from db.sqlite.connection import open_connection
from db.sqlite.migrator import read_migrations
from db.sqlite.rows import INSERT_ROW, to_parameters
from db.sqlite.sql_files import SQL_FOLDER

DAYS = 365
"""Over which the rows are spread, whatever their number: statistics are per day."""
EVERY_TRIGGER = "%"
SEARCH_TRIGGERS = "prompt_history_search_%"
_BATCH = 5_000


def prepared(folder: Path, rows: int) -> Path:
    """The database with ``rows`` rows in ``folder``, made where it is missing. It is kept for
    the next run: only copies of it are written into."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{rows}-rows-{_recipe()}.db"
    if not path.exists():
        for old in folder.glob(f"{rows}-rows-*"):
            old.unlink()
        began = time.monotonic()
        unfinished = path.with_suffix(".part")
        _make(unfinished, rows)
        unfinished.rename(path)
        _remove(unfinished)
        megabytes = path.stat().st_size / 2**20
        say(f"made {path}: {megabytes:,.0f} MB in {time.monotonic() - began:.0f} s")
    return path


@contextmanager
def working_copy(path: Path) -> Iterator[Path]:
    """A copy to write into, in a folder of its own beside it; gone at the end."""
    with TemporaryDirectory(dir=path.parent, prefix="working-") as folder:
        yield Path(shutil.copyfile(path, Path(folder) / path.name))


@contextmanager
def without_triggers(path: Path, like: str) -> Iterator[None]:
    """The database without the triggers whose names are ``like`` this; then they come back.
    What is written in the meantime lacks in what they keep."""
    with closing(sqlite3.connect(path)) as connection:
        triggers = drop_triggers(connection, like)
    try:
        yield
    finally:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(";\n".join(triggers))


def drop_triggers(connection: sqlite3.Connection, like: str) -> list[str]:
    """Drop those whose names are ``like`` this; returns the statements that made them."""
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE ?", (like,)
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in triggers]


def _make(path: Path, rows: int) -> None:
    _remove(path)
    maker = RowMaker(f"{rows} rows")
    end = datetime.now(UTC)
    histories = maker.spread(rows, end - timedelta(days=DAYS), end)
    with closing(open_connection(path)) as connection:
        # Nobody misses it when the power fails; the pages of the index stay in memory.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -400000")
        triggers = drop_triggers(connection, EVERY_TRIGGER)
        while batch := [to_parameters(history) for history in islice(histories, _BATCH)]:
            connection.execute("BEGIN")
            connection.executemany(INSERT_ROW, batch)
            connection.execute("COMMIT")
        connection.executescript(";\n".join(triggers))
        connection.executescript(_rebuild())
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _rebuild() -> str:
    """The program's own way to make summary and index from the rows."""
    lines = (SQL_FOLDER / "maintenance/rebuild.sql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("."))


def _recipe() -> str:
    """Another one where the schema or the rows that are made up are others."""
    sources = [migration.path for migration in read_migrations()]
    sources.append(Path(__file__).with_name("rows.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:8]


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + end).unlink(missing_ok=True)
