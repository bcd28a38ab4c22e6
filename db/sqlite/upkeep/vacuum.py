"""Writing the database anew from its rows, so that nothing of a deleted text is left in it."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from db.files.database_file import wal_path
from db.sqlite.connection import open_connection, translate_os_error
from db.sqlite.errors import translate
from db.sqlite.sql_files import load_statement
from db.sqlite.upkeep.database_copy import Progress
from prompt_improver.domain.errors import RepositoryBusyError, RepositoryConnectionError

BUSY_TIMEOUT_S = 10.0
"""How long it waits for another process; nobody waits for it."""

# Virtual machine steps of SQLite between two looks at how far it is, and how many steps a row
# takes in each of the two passes (measured; a bar that is a little off does no harm).
_STEPS = 5_000
_REBUILD_STEPS, _VACUUM_STEPS = 20, 23


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """Bytes of the database and its log."""

    before: int
    after: int


def vacuum(
    path: Path,
    *,
    wal: bool = True,
    private_directory: bool = False,
    within: Path | None = None,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
    progress: Progress | None = None,
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> Vacuumed:
    """Write the search index and the whole file of the database at ``path`` anew, and empty
    its log. A server may run: its saves wait until this is done, and none is lost. Interrupted
    at any moment, it leaves the database as it was or as it is to be. It needs as much free
    disk as the database takes twice, and as much memory as it takes once; ``free_bytes`` says
    how much disk there is.

    Raises:
        RepositoryConnectionError: it is not there, or there is too little room: nothing is
            changed.
        RepositoryBusyError: another process held it, or reads an old state of it, which
            keeps the old text in the files.
        RepositoryCorruptError: it is damaged, or no history database.
    """
    if not path.is_file():
        raise RepositoryConnectionError(f"there is no database at {path}; give another path")
    connection = open_connection(
        path,
        wal=wal,
        private_directory=private_directory,
        within=within,
        busy_timeout_s=busy_timeout_s,
    )
    try:
        before = _bytes(path)
        _check_room(connection, path, free_bytes(path.parent))
        _watch(connection, progress)
        _write_anew(connection)
        _empty_log(connection, path)
    except sqlite3.Error as error:
        raise translate(error, path) from error
    except OSError as error:
        raise translate_os_error(error, path) from error
    finally:
        connection.close()
    return Vacuumed(before, _bytes(path))


def _write_anew(connection: sqlite3.Connection) -> None:
    rebuild, rebuild_notes, tidied, write = (
        load_statement("maintenance/vacuum.sql", keyword)
        for keyword in (
            "INSERT INTO prompt_history_search",
            "INSERT INTO note_search",
            "UPDATE search_leftovers",
            "VACUUM",
        )
    )
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(rebuild)
    connection.execute(rebuild_notes)
    connection.execute(tidied)
    connection.execute("COMMIT")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute(write)


def _empty_log(connection: sqlite3.Connection, path: Path) -> None:
    connection.set_progress_handler(None, 0)
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise RepositoryBusyError(
            f"the history database {path} was written anew, but another process reads an older "
            "state of it, so deleted text may still stand in its files; end that process, and "
            "run this again"
        )


def _check_room(connection: sqlite3.Connection, path: Path, free: int) -> None:
    """Raises RepositoryConnectionError where the disk or the memory is too small."""
    (used,) = connection.execute(
        """
        SELECT (page_count - freelist_count) * page_size
        FROM pragma_page_count, pragma_freelist_count, pragma_page_size
        """
    ).fetchone()
    if free < 2 * used:
        raise RepositoryConnectionError(
            f"{path.parent} has {free:,} bytes free, and writing {path.name} anew takes up to "
            f"{2 * used:,}; make room there"
        )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if 2 * used > memory:
        raise RepositoryConnectionError(
            f"this machine has {memory:,} bytes of memory, and writing {path.name} anew takes "
            f"{used:,} of them; sql/maintenance/vacuum.sql does it on the disk"
        )


def _watch(connection: sqlite3.Connection, progress: Progress | None) -> None:
    if progress is None:
        return
    (rows,) = connection.execute("SELECT COUNT(*) FROM prompt_history").fetchone()
    total = max(rows * (_REBUILD_STEPS + _VACUUM_STEPS), 1)
    done = 0

    def tell() -> int:
        nonlocal done
        done = min(done + _STEPS, total)
        progress(done, total)
        return 0

    connection.set_progress_handler(tell, _STEPS)


def _bytes(path: Path) -> int:
    log = wal_path(path)
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)
