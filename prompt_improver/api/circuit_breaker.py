"""A failure counter that leaves a broken database alone for a while."""

import time
from collections.abc import Callable

from prompt_improver.domain.breaker import Breaker, BreakerState


class CircuitBreaker(Breaker):
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

    @property
    def state(self) -> BreakerState:
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self.seconds_until_probe() == 0 else BreakerState.OPEN

    def seconds_until_probe(self) -> float:
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._cooldown_s - self._clock())

    def record_success(self) -> None:
        self._failures = 0
        self._opened_at = None

    def record_failure(self) -> None:
        self._failures += 1
        if self._failures >= self._max_failures or self._opened_at is not None:
            self.trip()

    def trip(self) -> None:
        if self._opened_at is None:
            self.trips += 1
        self._opened_at = self._clock()
