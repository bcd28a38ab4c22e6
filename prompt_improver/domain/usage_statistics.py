"""How much was improved, with what, and what it cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from operator import add
from types import MappingProxyType

from prompt_improver.domain.prompt_history import BackendType


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFigures:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageStatistics:
    """Figures over a stretch of time: in all, per backend and per day (UTC). Backends and
    days without an improvement are left out; days come newest first."""

    total: UsageFigures = field(default_factory=UsageFigures)
    by_backend: Mapping[BackendType, UsageFigures] = field(
        default_factory=lambda: MappingProxyType({})
    )
    by_day: Mapping[date, UsageFigures] = field(default_factory=lambda: MappingProxyType({}))


FIGURES = tuple(field.name for field in fields(UsageFigures))
"""The sums, in the order in which ``summarise`` takes them."""


def summarise(parts: Iterable[tuple[date, BackendType, Sequence[int]]]) -> UsageStatistics:
    """The statistics of which ``parts`` are the pieces: each a day, a backend and its
    FIGURES, in any order."""
    # Lists of numbers: years of days are to take a few milliseconds, and objects took 20.
    total = nothing = [0] * len(FIGURES)
    by_backend: dict[BackendType, list[int]] = {}
    by_day: dict[date, list[int]] = {}
    for day, backend, figures in parts:
        total = list(map(add, total, figures))
        by_backend[backend] = list(map(add, by_backend.get(backend, nothing), figures))
        by_day[day] = list(map(add, by_day.get(day, nothing), figures))
    return UsageStatistics(
        total=_figures(total),
        by_backend=MappingProxyType(
            {
                backend: _figures(by_backend[backend])
                for backend in BackendType
                if backend in by_backend
            }
        ),
        by_day=MappingProxyType(
            {day: _figures(by_day[day]) for day in sorted(by_day, reverse=True)}
        ),
    )


def _figures(sums: Sequence[int]) -> UsageFigures:
    return UsageFigures(**dict(zip(FIGURES, sums, strict=True)))
