import pytest

from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.domain.breaker import BreakerState


class HandClock:
    """Moves only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def breaker(clock) -> CircuitBreaker:
    return CircuitBreaker(max_failures=3, cooldown_s=60, clock=clock)


def fail(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        breaker.record_failure()


def test_it_starts_closed(breaker):
    assert breaker.state is BreakerState.CLOSED
    assert breaker.seconds_until_probe() == 0


def test_failures_below_the_limit_leave_it_closed(breaker):
    fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED


def test_as_many_failures_in_a_row_as_the_limit_open_it(breaker):
    fail(breaker, 3)
    assert breaker.state is BreakerState.OPEN
    assert breaker.seconds_until_probe() == 60


def test_a_success_between_failures_starts_the_count_anew(breaker):
    fail(breaker, 2)
    breaker.record_success()
    fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED


def test_it_stays_open_until_the_cooldown_is_over(breaker, clock):
    fail(breaker, 3)
    clock.now += 59.9
    assert breaker.state is BreakerState.OPEN
    clock.now += 0.1
    assert breaker.state is BreakerState.HALF_OPEN


def test_a_probe_that_works_closes_it(breaker, clock):
    fail(breaker, 3)
    clock.now += 60
    breaker.record_success()
    assert breaker.state is BreakerState.CLOSED
    fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED


def test_a_probe_that_fails_opens_it_for_another_cooldown(breaker, clock):
    fail(breaker, 3)
    clock.now += 60
    breaker.record_failure()
    assert breaker.state is BreakerState.OPEN
    assert breaker.seconds_until_probe() == 60


def test_a_trip_opens_it_at_once(breaker):
    breaker.trip()
    assert breaker.state is BreakerState.OPEN


def test_trips_count_the_openings_and_not_the_failed_probes(breaker, clock):
    fail(breaker, 3)
    clock.now += 60
    breaker.record_failure()
    assert breaker.trips == 1
    breaker.record_success()
    breaker.trip()
    assert breaker.trips == 2
