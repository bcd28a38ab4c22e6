"""Databases with rows in them, made without a server, and copies that a test keeps aside."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from tests.faults.kept_rows import in_database
from tests.histories import make_history
from tests.sqlite_files import raw


def make_database(path: Path, rows: int) -> Path:
    """A database of ours with so many rows."""
    asyncio.run(_fill(path, rows))
    return path


def make_killed_database(path: Path, rows: int) -> Path:
    """One as a killed server leaves it: the newest of the rows are in the log alone."""
    made = make_database(path.with_name("made.db"), rows // 2)
    asyncio.run(_fill(made, rows - rows // 2, lambda: _copy(made, path)))
    made.unlink()
    return path


async def _fill(path: Path, rows: int, meanwhile: Callable[[], None] = lambda: None) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    for number in range(rows):  # a commit each, so that the log has many
        await repository.save(make_history(original_idea=f"made {uuid4()} {number}"))
    meanwhile()
    await repository.close()


def _copy(database_file: Path, copy: Path) -> None:
    for suffix in ("", "-wal"):
        file = database_file.with_name(database_file.name + suffix)
        if file.exists():
            shutil.copy(file, copy.with_name(copy.name + suffix))


def copy_of(database_file: Path, copy: Path) -> Path:
    """A sound copy of a database, also while a server uses it."""
    raw(database_file, "VACUUM INTO ?", str(copy))
    return copy


def read_back(database_file: Path, copy: Path) -> Counter[str]:
    """What SQLite itself makes of the files as they lie there, log included; they are left
    as they are."""
    _copy(database_file, copy)
    return in_database(copy)
