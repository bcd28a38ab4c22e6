"""A failure counter that leaves a broken database alone for a while."""

import time
from collections.abc import Callable
from enum import StrEnum


class BreakerState(StrEnum):
    """closed: work goes on; open: nothing is tried; half-open: the next try decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitBreaker:
    """Opens after ``max_failures`` failures in a row, for ``cooldown_s`` seconds; then one
    probe decides. It has one user, the recorder's writer task, so it needs no lock."""

    def __init__(
        self,
        *,
        max_failures: int = 5,
        cooldown_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_failures = max_failures
        self._cooldown_s = cooldown_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self.trips = 0
        """How many times it has gone from closed to open."""

    @property
    def state(self) -> BreakerState:
        """closed, open, or half-open once the cooldown is over."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self.seconds_until_probe() == 0 else BreakerState.OPEN

    def seconds_until_probe(self) -> float:
        """Seconds until something may be tried: 0 when it may be now."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._cooldown_s - self._clock())

    def record_success(self) -> None:
        """What was tried has worked: closed, and the count starts anew."""
        self._failures = 0
        self._opened_at = None

    def record_failure(self) -> None:
        """What was tried has failed. A failed probe opens it for another cooldown."""
        self._failures += 1
        if self._failures >= self._max_failures or self._opened_at is not None:
            self.trip()

    def trip(self) -> None:
        """Open now, whatever the count."""
        if self._opened_at is None:
            self.trips += 1
        self._opened_at = self._clock()
