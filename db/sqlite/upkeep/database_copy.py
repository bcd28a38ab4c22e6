"""A copy of a database that has been proven before it gets its name."""

import os
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.files.database_file import FILE_MODE, sync, sync_folder

Progress = Callable[[int, int], None]
"""Hears from time to time how many bytes are done, of how many at most."""

# Steps of SQLite's machine between two calls of a Progress: a few for each row.
_STEPS = 1_000
STALE_PART_S = 86_400


class CopyError(Exception):
    """What was copied is not what stands in the database."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a history database holds."""

    version: int
    rows: int
    newest: str | None
    """The timestamp of the newest row, or None."""

    def __str__(self) -> str:
        newest = "" if self.newest is None else f", the newest from {self.newest[:19]} UTC"
        return f"{self.rows} improvements{newest}, schema version {self.version}"


def copy_database(
    source: sqlite3.Connection, target: Path, progress: Progress | None = None
) -> Contents:
    """Copy what ``source`` holds at this moment to the new file ``target``, while others
    may go on writing. Until the copy is checked and on the disk it is called ``*.part``;
    after an error nothing is left of it.

    VACUUM INTO, not the backup API: it raises where the source is damaged (the backup API
    copies the damage), it is one snapshot that no writer makes begin again, and what was
    deleted is not in it.

    Raises:
        FileExistsError: ``target`` or its ``*.part`` is there.
        CopyError: the copy is not whole.
        OSError, sqlite3.Error: it cannot be made.
    """
    part = target.with_name(target.name + ".part")
    # Made before SQLite writes to it, which would give it the mode of the umask.
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
    try:
        os.fchmod(descriptor, FILE_MODE)
    finally:
        os.close(descriptor)
    try:
        if target.exists():
            raise FileExistsError(target)
        contents = _vacuum_into(source, part, progress)
        sync(part)
        part.rename(target)
        sync_folder(target.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        part.with_name(part.name + "-journal").unlink(missing_ok=True)
        raise
    return contents


def copy_to_free_name(
    source: sqlite3.Connection, wanted: Path, progress: Progress | None = None
) -> tuple[Path, Contents]:
    """Like ``copy_database``, but where ``wanted`` is taken its name gets ``_2``, ``_3`` ...,
    or goes on from the number that it has."""
    parts = re.fullmatch(r"(.+?)(?:_(\d+))?", wanted.stem)
    assert parts is not None
    stem, number, target = parts[1], int(parts[2] or 1), wanted
    while True:
        try:
            return target, copy_database(source, target, progress)
        except FileExistsError:
            number += 1
            target = wanted.with_name(f"{stem}_{number}{wanted.suffix}")


def remove_stale_parts(folder: Path, pattern: str) -> None:
    """Remove what copies that were killed have left under names like ``pattern``: as private
    as a copy, and of no use. A younger one may still be at work."""
    for each in folder.glob(pattern):
        if time.time() - each.stat().st_mtime > STALE_PART_S:
            each.unlink(missing_ok=True)


def read_contents(connection: sqlite3.Connection) -> Contents:
    """What the history database behind ``connection`` holds."""
    version, rows, newest = connection.execute(
        """
        SELECT
            (SELECT user_version FROM pragma_user_version),
            COUNT(*),
            MAX(timestamp)
        FROM prompt_history
        """
    ).fetchone()
    return Contents(version, rows, newest)


def _vacuum_into(source: sqlite3.Connection, part: Path, progress: Progress | None) -> Contents:
    (last_id,) = source.execute("SELECT MAX(id) FROM prompt_history").fetchone()
    most = _rows_up_to(source, last_id)
    if progress is not None:
        total = size_of(source)

        def tell() -> int:
            progress(min(part.stat().st_size, total), total)
            return 0

        source.set_progress_handler(tell, _STEPS)
    try:
        source.execute("VACUUM INTO ?", (str(part),))
    finally:
        source.set_progress_handler(None, 0)
    least = _rows_up_to(source, last_id)
    with closing(sqlite3.connect(f"{part.as_uri()}?mode=ro", uri=True)) as copy:
        findings = [text for (text,) in copy.execute("PRAGMA integrity_check").fetchall()]
        if findings != ["ok"]:
            raise CopyError(f"the copy is damaged: {'; '.join(findings[:3])}")
        # Numbers of rows never come back, so of the rows that were there before the copy
        # some may be deleted while it is made, but none added.
        if not least <= (copied := _rows_up_to(copy, last_id)) <= most:
            raise CopyError(f"the copy has {copied} rows where {least} to {most} were expected")
        return read_contents(copy)


def _rows_up_to(connection: sqlite3.Connection, last_id: int | None) -> int:
    # The plus keeps SQLite from reading along the table, which is full of long texts,
    # instead of along an index.
    row = connection.execute(
        "SELECT COUNT(*) FROM prompt_history WHERE +id <= ?", (last_id,)
    ).fetchone()
    return int(row[0])


def size_of(connection: sqlite3.Connection) -> int:
    """Bytes of the database behind ``connection``, as its file has them once the log is in it."""
    row = connection.execute(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    ).fetchone()
    return int(row[0])
