"""What each choice in the full-text index costs: columns, detail, columnsize, prefixes.

Each way has a database of its own, that begins empty; all get the same rows, 64 a commit.
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import rivals
from bench.databases import EVERY_TRIGGER, SEARCH_TRIGGERS, drop_triggers
from bench.plan import Plan
from bench.report import Measurement
from bench.rows import RowMaker
from db.sqlite.connection import migrate_database
from db.sqlite.rows import to_parameters

_COLUMNS = ("original_idea", "context", "improved_prompt")
ROWS_A_ROUND = 640


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchIndex:
    """One way to index; the defaults are those of the migration."""

    columns: Sequence[str] = _COLUMNS
    detail: str = "none"
    columnsize: int = 1
    prefix: str = "1 2 3 4"

    @property
    def sql(self) -> str:
        """Table and trigger."""
        names = ", ".join(self.columns)
        values = ", ".join(f"new.{name}" for name in self.columns)
        prefix = f"prefix = '{self.prefix}'," if self.prefix else ""
        return f"""
            CREATE VIRTUAL TABLE prompt_history_search USING fts5 (
                {names},
                content = 'prompt_history',
                content_rowid = 'id',
                tokenize = 'unicode61 remove_diacritics 2',
                {prefix}
                detail = {self.detail},
                columnsize = {self.columnsize}
            );
            CREATE TRIGGER prompt_history_search_insert AFTER INSERT ON prompt_history BEGIN
                INSERT INTO prompt_history_search (rowid, {names}) VALUES (new.id, {values});
            END;
        """


SHIPPED, NEITHER, SUMMARY = "as shipped", "neither", "summary alone"
_OPTIONS = {
    "idea alone": SearchIndex(columns=_COLUMNS[:1]),
    "idea and context": SearchIndex(columns=_COLUMNS[:2]),
    "detail=column": SearchIndex(detail="column"),
    "detail=full": SearchIndex(detail="full"),
    "columnsize=0": SearchIndex(columnsize=0),
    "prefix 2 3": SearchIndex(prefix="2 3"),
    "no prefix": SearchIndex(prefix=""),
    "columnsize=0, no prefix": SearchIndex(columnsize=0, prefix=""),
}


def measure_index_options(plan: Plan) -> Iterator[Measurement]:
    """Two lines: milliseconds a row, and bytes a row in the file."""
    count = plan.times(ROWS_A_ROUND)
    names = (SHIPPED, NEITHER, SUMMARY, *_OPTIONS)
    seconds = dict.fromkeys(names, 0.0)
    makers = {name: RowMaker("index options") for name in names}
    with TemporaryDirectory(dir=plan.folder) as folder, ExitStack() as stack:
        opened = {
            name: stack.enter_context(rivals.open_bare(_make(Path(folder), name))) for name in names
        }
        for _ in range(plan.rounds):
            for name, connection in opened.items():
                rows = makers[name].make_many(count, datetime.now(UTC))
                parameters = iter([to_parameters(row) for row in rows])
                began = time.perf_counter()
                rivals.insert_batches(connection, parameters, 60)
                seconds[name] += time.perf_counter() - began
        sizes = {name: _bytes(connection) for name, connection in opened.items()}
    rows_each = count * plan.rounds
    yield _line(
        f"summary and index, per option, {rows_each:,} rows from empty",
        "ms a row more",
        {name: (seconds[name] - seconds[NEITHER]) * 1000 / rows_each for name in names},
    )
    yield _line(
        "the same, room in the file",
        "bytes a row more",
        {name: (sizes[name] - sizes[NEITHER]) / rows_each for name in names},
    )


def _line(name: str, unit: str, figures: Mapping[str, float]) -> Measurement:
    shown = {option: value for option, value in figures.items() if option != NEITHER}
    return Measurement(name=name, unit=unit, figures=shown)


def _make(folder: Path, name: str) -> Path:
    path = folder / f"{name}.db"
    migrate_database(path)
    with closing(sqlite3.connect(path)) as connection:
        if name == SHIPPED:
            return path
        drop_triggers(connection, EVERY_TRIGGER if name == NEITHER else SEARCH_TRIGGERS)
        if name in _OPTIONS:
            connection.execute("DROP TABLE prompt_history_search")
            connection.executescript(_OPTIONS[name].sql)
    return path


def _bytes(connection: sqlite3.Connection) -> int:
    return int(
        connection.execute(
            "SELECT (page_count - freelist_count) * page_size "
            "FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
        ).fetchone()[0]
    )
