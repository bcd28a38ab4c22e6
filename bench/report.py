"""What was measured, as a table for people and as JSON for programs."""

import json
import os
import platform
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One line of the table."""

    name: str
    rows: int | None = None
    """Rows in the database; None where there is none, or where it does not matter."""
    unit: str
    figures: Mapping[str, float]
    """What was compared, ours first; medians of the rounds."""
    result: str = ""
    """The figure that the target speaks of."""
    target: str = ""
    passed: bool | None = None
    """None where there is no target."""

    def as_line(self) -> str:
        """Of the Markdown table."""
        figures = " · ".join(f"{name} {number(value)}" for name, value in self.figures.items())
        mark = {None: "", True: "passed", False: "MISSED"}[self.passed]
        cells: Sequence[str] = (
            self.name,
            "" if self.rows is None else f"{self.rows:,}",
            f"{figures} {self.unit}",
            self.result,
            self.target,
            mark,
        )
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run."""

    started: datetime
    machine: str
    measurements: list[Measurement] = field(default_factory=list)
    seconds: float = 0.0

    def as_table(self) -> str:
        """Markdown; missed targets are in capitals, so that nobody overlooks them."""
        lines = [
            f"{self.started:%Y-%m-%d}, {self.machine}; took {self.seconds:.0f} s",
            "",
            "| measured | rows | figures | result | target | |",
            "|---|--:|---|---|---|---|",
        ]
        lines += [measurement.as_line() for measurement in self.measurements]
        missed = sum(measurement.passed is False for measurement in self.measurements)
        judged = sum(measurement.passed is not None for measurement in self.measurements)
        lines += ["", f"{judged - missed} of {judged} targets passed."]
        return "\n".join(lines)

    def after(self, seconds: float) -> "Report":
        """The finished one, of a run that took this long."""
        return replace(self, seconds=seconds)

    def write_json(self, path: Path) -> None:
        """All figures as they are, not rounded."""
        record = asdict(self) | {"started": self.started.isoformat(timespec="seconds")}
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def new_report() -> Report:
    """An empty one, with the machine's line."""
    return Report(started=datetime.now(UTC), machine=describe_machine())


def describe_machine() -> str:
    """Cores, memory, and the versions that the figures depend on."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"load {os.getloadavg()[0]:.1f} at the start"
    )


def say(text: str) -> None:
    """Progress, on standard error: standard output is the table's."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def ratio(figures: Mapping[str, float], ours: str, theirs: str) -> float:
    """``ours`` over ``theirs``; 0 where that was not measured."""
    return figures[ours] / figures[theirs] if figures.get(theirs) else 0.0


def number(value: float) -> str:
    """Three digits that count."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
