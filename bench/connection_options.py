"""cache_size and mmap_size: what it would bring to tune them."""

import statistics
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench import rivals
from bench.databases import prepared, working_copy
from bench.plan import Plan, interleave
from bench.report import Measurement
from bench.rows import RowMaker, vocabulary
from bench.saves import TURNS_A_ROUND
from db.sqlite.search import find_matching_ids, to_match
from prompt_improver.domain.values import MAX_COUNT

LEFT_ALONE = "left alone (2 MB, none)"
_OPTIONS = {
    LEFT_ALONE: (),
    "cache 16 MB": ("PRAGMA cache_size = -16000",),
    "cache 64 MB": ("PRAGMA cache_size = -64000",),
    "mmap 256 MB": ("PRAGMA mmap_size = 268435456",),
}


def measure_connection_options(plan: Plan, rows: int) -> Iterator[Measurement]:
    """Saves and searches on a bare connection, which differ most."""
    maker = RowMaker(f"connection options {rows}")
    with working_copy(prepared(plan.folder, rows)) as path:
        saves: dict[str, Callable[[], float]] = {
            name: partial(_save, plan, path, maker, more) for name, more in _OPTIONS.items()
        }
        figures = interleave(plan.rounds * TURNS_A_ROUND, saves)
        yield Measurement(
            name="cache_size and mmap_size: saves, 64 a commit",
            rows=rows,
            unit="rows/s",
            figures=figures,
            result=_best(figures, max(figures.values())),
        )
        searches: dict[str, Callable[[], float]] = {
            name: partial(_search, plan, path, more) for name, more in _OPTIONS.items()
        }
        figures = interleave(plan.rounds, searches)
        yield Measurement(
            name="cache_size and mmap_size: search of two words, p50",
            rows=rows,
            unit="ms",
            figures=figures,
            result=_best(figures, min(figures.values())),
        )


def _save(plan: Plan, path: Path, maker: RowMaker, more: tuple[str, ...]) -> float:
    seconds = plan.seconds / TURNS_A_ROUND
    rows = maker.make_many(int(10_000 * seconds), datetime.now(UTC))
    return rivals.save_with_bare_sqlite(path, rows, seconds, *more)


def _search(plan: Plan, path: Path, more: tuple[str, ...]) -> float:
    words = vocabulary()
    with rivals.open_bare(path, *more) as connection:

        def search() -> None:
            match = to_match(connection, f"{words[30]} {words[300][:4]}")
            assert match is not None
            find_matching_ids(connection, match, below=MAX_COUNT, limit=51)

        return statistics.median(rivals.timed(plan.times(20), search))


def _best(figures: dict[str, float], best: float) -> str:
    name = next(name for name, value in figures.items() if value == best)
    return f"best: {name}, {best / figures[LEFT_ALONE]:.2f} x left alone"
