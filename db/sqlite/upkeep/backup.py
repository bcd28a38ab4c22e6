"""Backups: a folder of proven copies with the time in their names."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from db.files.database_file import make_folders
from db.files.database_lock import lock_shared_if_there
from db.files.time_stamp import time_stamp
from db.sqlite.connection import refuse_other_databases, translate_os_error
from db.sqlite.errors import is_of_the_source, translate
from db.sqlite.upkeep.database_copy import (
    Contents,
    CopyError,
    Progress,
    copy_to_free_name,
    remove_stale_parts,
)
from prompt_improver.domain.errors import RepositoryConnectionError

BUSY_TIMEOUT_S = 10.0
"""How long a backup waits for another process; nobody waits for a backup."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made."""

    path: Path
    contents: Contents
    removed: list[Path]
    """Older backups that went because of it."""


def back_up(
    path: Path, folder: Path, *, keep: int | None = None, progress: Progress | None = None
) -> Backup:
    """Copy the database at ``path`` into ``folder`` (made 0700 if it is missing) as
    ``<name>-<time>.db``, and only then remove the oldest, so that ``keep`` are left; None
    keeps all. Others may go on writing. The database is neither made nor migrated.

    Raises:
        ValueError: ``keep`` is under 1.
        RepositoryConnectionError: no backup was made; the earlier ones are as they were.
        RepositoryBusyError: another process held the database.
        RepositoryCorruptError: it is damaged, or no history database.
    """
    if keep is not None and keep < 1:
        raise ValueError(f"keep must be 1 or more, got {keep}")
    with _opened(path) as source:
        try:
            make_folders(folder)
            wanted = _next_name(path, folder)
            made, contents = copy_to_free_name(source, wanted, progress)
            remove_stale_parts(folder, f"{path.stem}-*.db.part")
        except (CopyError, OSError, sqlite3.Error) as error:
            if is_of_the_source(error):
                raise
            reason = error.strerror if isinstance(error, OSError) else error
            raise RepositoryConnectionError(
                f"no backup of {path} was made in {folder} ({reason}); make room, and let this "
                "user write there; the earlier backups are as they were"
            ) from error
    # Not the new one, even where the clock was put back and it sorts as an old one.
    old = [] if keep is None else list_backups(path, folder)[:-keep]
    removed = [each for each in old if each != made]
    for each in removed:
        try:
            each.unlink(missing_ok=True)
        except OSError as error:
            raise RepositoryConnectionError(
                f"the backup {made} was made, but the old one {each} cannot be removed "
                f"({error.strerror}); remove it by hand"
            ) from error
    return Backup(made, contents, removed)


def list_backups(path: Path, folder: Path) -> list[Path]:
    """The backups of the database at ``path`` in ``folder``, oldest first."""
    name = re.compile(re.escape(path.stem) + r"-(\d{8}T\d{6}Z)(?:_(\d+))?\.db")
    found = ((name.fullmatch(each.name), each) for each in folder.iterdir())
    order = [(match[1], int(match[2] or 1), each) for match, each in found if match]
    return [each for *_, each in sorted(order)]


def _next_name(path: Path, folder: Path) -> Path:
    """After the last one, also within a second in which an earlier one was removed already:
    under its name the new one would count as the oldest."""
    name = f"{path.stem}-{time_stamp(datetime.now(UTC))}"
    same = [each for each in list_backups(path, folder) if each.name.startswith(name)]
    if not same:
        return folder / f"{name}.db"
    last = same[-1].stem.removeprefix(name).removeprefix("_") or "1"
    return folder / f"{name}_{int(last) + 1}.db"


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise RepositoryConnectionError(f"there is no database at {path}; give another path")
    lock = connection = None
    try:
        lock = lock_shared_if_there(path)
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
        )
        refuse_other_databases(connection, path)
        yield connection
    except sqlite3.Error as error:
        raise translate(error, path) from error
    except OSError as error:
        raise translate_os_error(error, path) from error
    finally:
        if connection is not None:
            connection.close()
        if lock is not None:
            lock.release()
