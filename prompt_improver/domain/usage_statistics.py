"""How much was improved, with what, and what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from prompt_improver.domain.prompt_history import BackendType


class UsageFigures(NamedTuple):
    """Figures over some improvements. Confidences are summed in billionths and latencies
    in microseconds; a row counts as a day and a thousand million tokens or model calls at
    the most."""

    improvements: int = 0
    rated: int = 0
    """Improvements that have a confidence."""
    confidence_billionths: int = 0
    timed: int = 0
    """Improvements that have a latency."""
    latency_microseconds: int = 0
    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def average_confidence(self) -> float | None:
        """Over those that have one, 0 to 1; None where none has."""
        return self.confidence_billionths / self.rated / 1e9 if self.rated else None

    @property
    def average_latency_ms(self) -> float | None:
        """Over those that have one; None where none has."""
        return self.latency_microseconds / self.timed / 1e3 if self.timed else None


class Opinions(NamedTuple):
    """What people thought of some improvements: how many they have starred, or rated."""

    starred: int = 0
    rated_good: int = 0
    """With the rating 1."""
    rated_bad: int = 0
    """With the rating -1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageStatistics:
    """Figures over a stretch of time: in all, per backend and per day (UTC). Backends and
    days without an improvement are left out; days come newest first."""

    total: UsageFigures = field(default_factory=UsageFigures)
    by_backend: Mapping[BackendType, UsageFigures] = field(
        default_factory=lambda: MappingProxyType({})
    )
    by_day: Mapping[date, UsageFigures] = field(default_factory=lambda: MappingProxyType({}))
    opinions: Opinions = field(default_factory=Opinions)

    @classmethod
    def of(
        cls,
        by_backend: Mapping[BackendType, UsageFigures],
        by_day: Mapping[date, UsageFigures],
        opinions: Opinions,
    ) -> "UsageStatistics":
        """The statistics with these figures, in their order, and the total."""
        columns = zip(*by_backend.values(), strict=True)
        return cls(
            total=UsageFigures(*map(sum, columns)),
            by_backend=MappingProxyType(
                {backend: by_backend[backend] for backend in BackendType if backend in by_backend}
            ),
            by_day=MappingProxyType({day: by_day[day] for day in sorted(by_day, reverse=True)}),
            opinions=opinions,
        )


FIGURES = UsageFigures._fields
"""The names of the sums, in their order."""
