"""The way back from a migration: a copy of the database as it was, made beside it. Before
that, whether the disk has the room that both take."""

import logging
import math
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from db.files.time_stamp import time_stamp
from db.sqlite.errors import is_of_the_source
from db.sqlite.migrator import Migration, schema_version
from db.sqlite.upkeep.database_copy import (
    CopyError,
    copy_to_free_name,
    remove_stale_parts,
    size_of,
)
from prompt_improver.domain.errors import RepositoryConnectionError

logger = logging.getLogger(__name__)

REBUILD = 6
"""The migration that makes the table anew."""
ROOM_TO_REBUILD = 2.7
"""What that takes beyond the database, in databases: the new table and, in the log until the
end, that once more and the old one overwritten. Measured 2.5 with 100,000 and 1,000,000
rows."""


class CopyBeforeMigration:
    """Makes one copy of the database at ``path`` before the first migration that changes
    rows; a call for each migration that is about to run. ``free_bytes`` tells how much room
    there is where a path lies."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._connection = connection
        self._path = path
        self._free_bytes = free_bytes
        self._copied_at: int | None = None
        self.made: Path | None = None

    def __call__(self, migration: Migration) -> None:
        """Raises RepositoryConnectionError where there is no room for the copy and what
        follows, or no copy can be made, and sqlite3.Error where another process is in the way
        or the database is damaged."""
        if self.made is not None or not _has_rows(self._connection):
            return
        # Whoever cannot write now cannot migrate: found out before a copy is made for it.
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("ROLLBACK")
        version = schema_version(self._connection)
        if version >= migration.version:
            return  # another process was faster, and has made a copy of its own
        self._refuse_without_room(version)
        now = time_stamp(datetime.now(UTC))
        wanted = self._path.with_name(
            f"{self._path.name}.before-{migration.version:04}-{now}.backup"
        )
        try:
            remove_stale_parts(self._path.parent, f"{self._path.name}.before-*.backup.part")
            made, contents = copy_to_free_name(self._connection, wanted)
        except (CopyError, OSError, sqlite3.Error) as error:
            if is_of_the_source(error):
                raise
            reason = error.strerror if isinstance(error, OSError) else error
            raise RepositoryConnectionError(
                f"the history database {self._path} was not migrated, because no copy of it "
                f"could be made beside it ({reason}); make room and let this user write in "
                f"{self._path.parent}"
            ) from error
        if contents.version != version:
            # Another process migrated in between.
            made.unlink()
            return
        self.made, self._copied_at = made, version
        logger.info("history database copied to %s before its migration", made)

    def _refuse_without_room(self, version: int) -> None:
        size = size_of(self._connection)
        needed = size + (int(size * ROOM_TO_REBUILD) if version < REBUILD else 0)
        folder = self._path.parent
        free = self._free_bytes(folder)
        if free < needed:
            raise RepositoryConnectionError(
                f"the history database {self._path} was not migrated: it and its copy need "
                f"{_megabytes(needed)} of free room in {folder}, which has {_megabytes(free)}; "
                f"make room, or set SQLITE_DB_PATH to a copy on a larger disk"
            )

    def drop_if_not_needed(self) -> None:
        """After a migration that failed: where nothing was changed the copy would only be
        one more of them at every new attempt."""
        if self.made is not None and schema_version(self._connection) == self._copied_at:
            self.made.unlink(missing_ok=True)
            self.made = None


def _megabytes(size: int) -> str:
    return f"{math.ceil(size / 2**20):,} MiB"


def _has_rows(connection: sqlite3.Connection) -> bool:
    sql = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'prompt_history'"
    if connection.execute(sql).fetchone()[0] == 0:
        return False
    return connection.execute("SELECT 1 FROM prompt_history LIMIT 1").fetchone() is not None
