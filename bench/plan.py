"""What a run is to do: how many rows, how long, how often, and where its files lie."""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The same for every measurement of a run."""

    folder: Path
    """Databases are made here, and kept."""
    seconds: float
    """How long one round of one contender lasts."""
    rounds: int
    """How often each has its turn."""
    steady_seconds: float
    """How long 200 requests/s are kept up."""
    smallest: int
    """Rows of the database that growth is measured from."""

    def times(self, count: int) -> int:
        """``count`` repetitions, or fewer where a round is shorter than half a second."""
        return max(3, int(count * min(1.0, self.seconds / 0.5)))


def interleave(rounds: int, contenders: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of each contender's figures. They take turns (A B A B), so that what the
    machine does beside falls on all of them."""
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            figures[name].append(measure())
    return {name: statistics.median(values) for name, values in figures.items()}


def percentile(values: Iterable[float], part: float) -> float:
    """The value that ``part`` (0 to 1) of ``values`` are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
