"""How a database is: one page of figures, and what is wrong with it."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.spool.file_spool import SpoolContents, find_refused, read_spools
from db.sqlite.busy import BUSY_TIMEOUT_S
from db.sqlite.connection import refuse_other_databases
from db.sqlite.derived_data import FIRST_VERSION, verify_derived_data
from db.sqlite.errors import translate
from db.sqlite.migrator import read_migrations
from db.sqlite.old_rows import FIRST_VERSION as FIRST_VERSION_OF_OLD_ROWS
from db.sqlite.old_rows import count_old
from db.sqlite.read_only import open_read_only
from db.sqlite.rows import FIRST_VERSION as FIRST_VERSION_OF_ROWS
from db.sqlite.rows import decode_text
from db.sqlite.set_aside_rows import count_set_aside
from db.sqlite.spoiled_rows import find_spoiled_rows
from db.sqlite.sql_files import load_statement

LARGE_LOG_BYTES = 64 * 1024 * 1024
MOST_ROWS_NAMED = 100
_INCREMENTAL = 2


@dataclass(frozen=True, slots=True)
class Health:
    """``figures``: name and value, in the order to show them. ``problems``: what is wrong,
    each with its mend. ``hints``: what could be better."""

    figures: list[tuple[str, str]]
    problems: list[str]
    hints: list[str]
    old_rows: int | None
    """How many rows the cleanup would delete; None where that cannot be told."""


def check_database(path: Path, *, days: int = 0) -> Health:
    """Look at the database at ``path``, or at a backup, without changing it.

    Args:
        days: the retention that ``old_rows`` is counted with; 0 leaves that out.

    Raises:
        RepositoryConnectionError: it is not there, or cannot be read.
        RepositoryCorruptError: it is too damaged to look into, or no history database.
    """
    sql = load_statement("maintenance/check.sql", "SELECT")
    latest = read_migrations()[-1].version
    with closing(_open(path)) as connection:
        try:
            refuse_other_databases(connection, path)
            found = connection.execute(sql).fetchone()
            # In a damaged file what is derived from the rows is the least of it.
            derived, spoiled, set_aside, old_rows = [], [], 0, None
            is_sound = found["integrity"] == "ok" or _is_sound_but_for_checks(connection)
            version = found["schema_version"]
            if is_sound and FIRST_VERSION <= version <= latest:
                derived = verify_derived_data(connection).problems
            if is_sound and FIRST_VERSION_OF_ROWS <= version <= latest:
                spoiled = list(find_spoiled_rows(connection))
                set_aside = count_set_aside(connection)
            if days and is_sound and FIRST_VERSION_OF_OLD_ROWS <= version <= latest:
                old_rows = count_old(connection, days)
        except sqlite3.Error as error:
            raise translate(error, path) from error
    spooled = read_spools(path)
    log_bytes = _bytes(path.with_name(path.name + "-wal"))
    mode = stat.S_IMODE(path.stat().st_mode)
    return Health(
        [
            ("file", str(path)),
            ("rights", f"{mode:04o}"),
            ("bytes", f"{path.stat().st_size:,}, and {log_bytes:,} in the log"),
            ("integrity", found["integrity"]),
            ("schema version", f"{found['schema_version']} of {latest}"),
            ("improvements", f"{found['improvements']:,}"),
            ("oldest, newest", f"{found['oldest'] or 'none'}, {found['newest'] or 'none'}"),
            ("pages", f"{found['pages']:,}, of them free {found['free_pages']:,}"),
            ("spool", ", ".join(map(str, spooled)) or "none"),
        ],
        [
            *_problems(found, latest, log_bytes, mode, path, is_sound=is_sound),
            *(_spoiled_problems(spoiled, path, found["integrity"]) if is_sound else ()),
            *derived,
        ],
        [*_hints(found, latest), *_set_aside_hints(set_aside), *_spool_hints(path, spooled)],
        old_rows,
    )


def _open(path: Path) -> sqlite3.Connection:
    # On a connection that cannot write SQLite does not look at the CHECKs (it does not even
    # read them), so rows that were spoilt by hand would pass.
    if not (path.is_file() and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return open_read_only(path)
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S
    )
    connection.row_factory = sqlite3.Row
    connection.text_factory = decode_text
    connection.execute("PRAGMA query_only = ON")
    return connection


def _is_sound_but_for_checks(connection: sqlite3.Connection) -> bool:
    """Whether nothing is wrong with the file, and some row breaks a CHECK."""
    connection.execute("PRAGMA ignore_check_constraints = ON")
    findings = [text for (text,) in connection.execute("PRAGMA integrity_check(1)").fetchall()]
    return findings == ["ok"]


def _problems(
    found: sqlite3.Row, latest: int, log_bytes: int, mode: int, path: Path, *, is_sound: bool
) -> list[str]:
    problems = []
    if not is_sound:
        problems.append("the database is damaged: stop the server and restore a backup")
    if found["broken_foreign_keys"]:
        problems.append(
            f"{found['broken_foreign_keys']} rows reference missing rows: restore a backup"
        )
    if found["schema_version"] > latest:
        problems.append("the database is newer than this program: use a newer program")
    if mode & 0o077:
        problems.append(f"others can read your prompts: chmod 600 {path}")
    if log_bytes > LARGE_LOG_BYTES:
        problems.append(
            f"the log is larger than {LARGE_LOG_BYTES:,} bytes: a program keeps a read transaction "
            "open; end that program"
        )
    return problems


def _spoiled_problems(spoiled: list[tuple[int, str]], path: Path, integrity: str) -> Iterator[str]:
    for number, column in spoiled[:MOST_ROWS_NAMED]:
        delete = f'"DELETE FROM prompt_history WHERE id = {number}"'  # noqa: S608  # nosec B608
        yield (
            f"row {number} is left out of pages, searches and exports: its column {column} holds "
            f"an invalid value; correct it, or delete the row: sqlite3 {path} {delete}"
        )
    if len(spoiled) > MOST_ROWS_NAMED:
        yield f"{len(spoiled) - MOST_ROWS_NAMED:,} more rows have the same problem"
    if integrity != "ok" and not spoiled:
        yield "a row breaks a rule of the table: run `migrate`, then check again"


def _hints(found: sqlite3.Row, latest: int) -> list[str]:
    hints = []
    if found["schema_version"] < latest:
        hints.append("the schema is old: `migrate`, or the next start, updates it")
    if found["auto_vacuum"] != _INCREMENTAL:
        hints.append("free space is not returned to the disk: run `vacuum` once")
    elif found["free_pages"] * 2 > found["pages"]:
        hints.append("over half of the file is free space: `cleanup` returns it to the disk")
    return hints


def _set_aside_hints(count: int) -> Iterator[str]:
    if count:
        yield (
            f"{count:,} rows that broke a rule are in the table spoiled_rows until the cleanup "
            "deletes them: `export --spoiled` writes them"
        )


def _spool_hints(path: Path, spooled: list[SpoolContents]) -> Iterator[str]:
    if spooled:
        yield "the running server imports the spool, or else the next start does"
    for refused in find_refused(path):
        yield f"{refused} holds lines that could not be imported: `import` it, or delete it"


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
