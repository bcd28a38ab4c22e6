"""Which rows are in the database and in its spools, looked at from outside the program."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.faults.callers import Told


@contextmanager
def reading(database_file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write: a write-ahead log that a killed server has left stays
    as it is, for the next server to recover."""
    uri = f"{database_file.as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=10)) as connection:
        yield connection


def count_rows(database_file: Path) -> int:
    """Rows in the database."""
    with reading(database_file) as connection:
        return connection.execute("SELECT COUNT(*) FROM prompt_history").fetchone()[0]


def in_database(database_file: Path) -> Counter[str]:
    """How often each idea is in the database."""
    with reading(database_file) as connection:
        found = connection.execute(
            "SELECT original_idea, COUNT(*) FROM prompt_history GROUP BY original_idea"
        )
        return Counter(dict(found.fetchall()))


def spool_files(database_file: Path) -> list[Path]:
    """The spools beside the database, one for each server that uses it."""
    return sorted(database_file.parent.glob(f"{database_file.stem}.spool*.jsonl"))


def in_spools(database_file: Path) -> Counter[str]:
    """How often each idea is in a spool; a last line that is torn is left out."""
    found: Counter[str] = Counter()
    for file in spool_files(database_file):
        for line in file.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                found[json.loads(line)["original_idea"]] += 1
    return found


def assert_kept_once(database_file: Path, told: Iterable[Told]) -> None:
    """Every row that was told of is in the database, and no idea is there twice."""
    found = in_database(database_file)
    missing = [each for each in told if each.idea not in found]
    assert not missing, f"{len(missing)} rows are lost, such as {missing[:3]}"
    double = [idea for idea, times in found.items() if times > 1]
    assert not double, f"{len(double)} rows are double, such as {double[:3]}"
