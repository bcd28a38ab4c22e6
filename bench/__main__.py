"""Measures everything, beside what people would use instead: `python -m bench`.

See bench/README.md for how to read it.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.cleanup import measure_cleanup
from bench.connection_options import measure_connection_options
from bench.export import measure_export
from bench.improve import measure_improve
from bench.index_options import measure_index_options
from bench.model import measure_model
from bench.plan import Plan
from bench.reads import measure_find, measure_pages, measure_search, measure_statistics
from bench.report import Measurement, new_report, say
from bench.rivals import has_aiosqlite
from bench.saves import measure_one_save, measure_saves
from bench.start import measure_start

SIZES = (10_000, 100_000)
SMALLEST = 10_000
FULL_RUN = 1_000_000
"""From so many rows on, 200 requests/s are kept up for a minute."""

AT_EACH_SIZE: dict[str, Callable[[Plan, int], Iterator[Measurement]]] = {
    "saves": measure_saves,
    "save": measure_one_save,
    "connection": measure_connection_options,
    "find": measure_find,
    "statistics": measure_statistics,
    "pages": measure_pages,
    "search": measure_search,
    "cleanup": measure_cleanup,
    "export": measure_export,
}
AT_THE_LARGEST: dict[str, Callable[[Plan, int], Iterator[Measurement]]] = {
    "improve": measure_improve,
}
ONCE: dict[str, Callable[[Plan], Iterator[Measurement]]] = {
    "index": measure_index_options,
    "model": measure_model,
    "start": measure_start,
}
NAMES = (*AT_EACH_SIZE, *AT_THE_LARGEST, *ONCE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 when all was measured, whether the targets are met or not."""
    asked = _parse(arguments)
    sizes = asked.rows or list(SIZES)
    plan = Plan(
        folder=asked.folder,
        seconds=asked.seconds,
        rounds=asked.rounds,
        steady_seconds=(60 if max(sizes) >= FULL_RUN else 10) * min(1.0, asked.seconds / 0.5),
        smallest=min(SMALLEST, *sizes),
    )
    if not has_aiosqlite():
        say("aiosqlite is left out: pip install -r requirements-bench.txt")
    report = new_report()
    began = time.monotonic()
    for name, measure in _chosen(plan, sizes, asked.only):
        started = time.monotonic()
        measurements = list(measure())
        report.measurements.extend(measurements)
        say(f"{name}: {time.monotonic() - started:.0f} s")
        for measurement in measurements:
            say(f"  {measurement.as_line()}")
    report = report.after(time.monotonic() - began)
    sys.stdout.write(report.as_table() + "\n")
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    report.write_json(asked.json)
    say(f"written to {asked.json}")
    return 0


def _chosen(
    plan: Plan, sizes: Sequence[int], only: Sequence[str]
) -> Iterator[tuple[str, Callable[[], Iterator[Measurement]]]]:
    for name, at_size in AT_EACH_SIZE.items():
        if name in only:
            for rows in sizes:
                yield f"{name} at {rows:,} rows", partial(at_size, plan, rows)
    for name, at_size in AT_THE_LARGEST.items():
        if name in only:
            yield f"{name} at {max(sizes):,} rows", partial(at_size, plan, max(sizes))
    for name, once in ONCE.items():
        if name in only:
            yield name, partial(once, plan)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rows", type=_rows, help="rows in the database, with commas between; 10000,100000"
    )
    parser.add_argument(
        "--only", type=_names, default=list(NAMES), help=f"with commas between: {','.join(NAMES)}"
    )
    parser.add_argument(
        "--seconds", type=_positive, default=0.5, help="of one round of one contender; 0.5"
    )
    parser.add_argument("--rounds", type=int, choices=range(1, 100), default=3, metavar="N")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()) / "prompt-improver-bench",
        help="where databases are made and kept: 3 KB a row, twice that while it runs",
    )
    parser.add_argument("--json", type=Path, help="where to write all figures; bench.json in it")
    asked = parser.parse_args(arguments)
    asked.folder = asked.folder.absolute()
    asked.json = asked.json or asked.folder / "bench.json"
    return asked


def _rows(text: str) -> list[int]:
    sizes = sorted({int(part.replace("_", "")) for part in text.split(",")})
    if sizes[0] < 200:
        raise argparse.ArgumentTypeError("200 rows or more")
    return sizes


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(NAMES):
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(NAMES)}")
    return names


def _positive(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 60:
        raise argparse.ArgumentTypeError("more than 0 and at most 60")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
