import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.api.repository_health import DisabledRepositoryHealth, RepositoryHealth
from prompt_improver.api.schemas import RepositoryHealthy, RepositoryUnhealthy
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
    RepositoryNewerError,
    RepositoryNotMadeError,
    RepositoryNotWritableError,
)
from prompt_improver.recording.history_recorder import HistoryRecorder
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.in_memory_prompt_spool import InMemoryPromptSpool

pytestmark = pytest.mark.anyio


class SlowRepository(InMemoryPromptRepository):
    """Its statistics wait for a gate of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.statistics_gate = asyncio.Event()
        self.statistics_gate.set()
        self.questions = 0

    async def get_statistics(self):
        self.questions += 1
        await self.statistics_gate.wait()
        return await super().get_statistics()


class HandClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def repository() -> SlowRepository:
    return SlowRepository()


@pytest.fixture
async def recorder(repository, clock):
    recorder = HistoryRecorder(
        repository, InMemoryPromptSpool(), CircuitBreaker(clock=clock), clock=clock, drain_s=0.1
    )
    await recorder.start(wait_s=1)
    yield recorder
    await recorder.stop()


@pytest.fixture
async def health(repository, recorder):
    health = RepositoryHealth(
        repository, recorder, Path("/somewhere/prompt_history.db"), cleanup_days=36_500
    )
    yield health
    await health.close()


async def test_a_history_that_works_is_healthy_with_its_figures(health, repository):
    await repository.save(make_history(confidence=0.5, latency_ms=10))
    await repository.save(make_history(confidence=1.0, latency_ms=30))
    assert (await health.report()).model_dump() == {
        "status": "healthy",
        "total_records": 2,
        "database_path": "/somewhere/prompt_history.db",
        "average_confidence": 0.75,
        "average_latency_ms": 20.0,
        "next_cleanup_deletes": 0,
        "breaker": "closed",
        "saves": dict.fromkeys(
            ("accepted", "saved", "spooled", "dropped", "rejected", "waiting"), 0
        ),
    }


@pytest.mark.parametrize(("days", "expected"), [(30, 1), (0, None)])
async def test_health_tells_how_many_rows_the_next_cleanup_deletes(
    repository, recorder, days, expected
):
    old = datetime.now(UTC) - timedelta(days=40)
    await repository.save_many([make_history(timestamp=old, starred=on) for on in (True, False)])
    health = RepositoryHealth(repository, recorder, Path("/somewhere"), cleanup_days=days)
    assert (await health.report()).next_cleanup_deletes == expected
    await health.close()


async def test_the_books_are_told_in_health_and_in_trouble(health, recorder):
    await recorder.record(make_history())
    await recorder.stop()
    assert (await health.report()).saves.model_dump() == {
        "accepted": 1,
        "saved": 1,
        "spooled": 0,
        "dropped": 0,
        "rejected": 0,
        "waiting": 0,
    }
    recorder.breaker.trip()
    await recorder.record(make_history())
    report = await health.report()
    assert isinstance(report, RepositoryUnhealthy)
    assert (report.saves.accepted, report.saves.dropped) == (2, 1)


async def test_a_slow_database_is_answered_for_from_the_last_known_figures(health, repository):
    await repository.save(make_history())
    await health.report()
    repository.statistics_gate.clear()
    await repository.save(make_history())
    async with asyncio.timeout(5):
        report = await health.report()
    assert isinstance(report, RepositoryHealthy)
    assert report.total_records == 1


async def test_one_question_is_under_way_at_a_time(health, repository):
    repository.statistics_gate.clear()
    for _ in range(3):
        await health.report()
    assert repository.questions == 1


async def test_figures_that_come_late_are_known_the_next_time(health, repository):
    repository.statistics_gate.clear()
    assert isinstance(await health.report(), RepositoryUnhealthy)
    repository.statistics_gate.set()
    assert isinstance(await health.report(), RepositoryHealthy)


async def test_a_database_that_is_busy_keeps_its_last_known_figures(health, repository):
    await health.report()
    repository.fail_with = RepositoryBusyError("locked")
    assert isinstance(await health.report(), RepositoryHealthy)
    repository.fail_with = None


async def test_a_database_that_cannot_be_read_is_unhealthy_in_a_fixed_sentence(
    health, repository, caplog
):
    await health.report()
    repository.fail_with = RepositoryConnectionError("planted cause")
    with caplog.at_level(logging.WARNING):
        report = await health.report()
    assert isinstance(report, RepositoryUnhealthy)
    assert "planted" not in report.reason
    assert "planted cause" in caplog.text
    repository.fail_with = None


async def test_a_database_that_could_not_be_written_for_over_2_s_is_unhealthy(
    health, repository, recorder, clock
):
    repository.gate = asyncio.Event()
    await recorder.record(make_history())
    await asyncio.sleep(0.01)
    clock.now += 1.9
    assert isinstance(await health.report(), RepositoryHealthy)
    clock.now += 0.2
    assert isinstance(await health.report(), RepositoryUnhealthy)
    repository.gate.set()


async def test_with_the_breaker_open_it_is_unhealthy_and_the_database_is_left_alone(
    health, repository, recorder
):
    recorder.breaker.trip()
    assert isinstance(await health.report(), RepositoryUnhealthy)
    assert repository.questions == 0


async def test_before_the_database_has_opened_it_is_not_asked(clock):
    repository = SlowRepository()
    repository.fail_with = RepositoryBusyError("migrating")
    recorder = HistoryRecorder(
        repository, InMemoryPromptSpool(), CircuitBreaker(clock=clock), clock=clock, drain_s=0.1
    )
    await recorder.start(wait_s=1)
    health = RepositoryHealth(
        repository, recorder, Path("/somewhere/prompt_history.db"), cleanup_days=36_500
    )
    assert isinstance(await health.report(), RepositoryUnhealthy)
    assert repository.questions == 0
    await recorder.stop()


async def test_a_disabled_history_says_which_setting_turned_it_off():
    report = await DisabledRepositoryHealth().report()
    assert report.model_dump() == {"status": "disabled", "reason": "SQLITE_ENABLED=false"}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RepositoryCorruptError("planted"), "is damaged"),
        (RepositoryNewerError("planted"), "newer version"),
        (RepositoryNotMadeError("planted"), "cannot be made"),
        (RepositoryNotWritableError("planted"), "cannot be written by this user"),
    ],
)
async def test_the_cause_that_the_log_has_is_named_in_a_fixed_sentence(clock, error, sentence):
    repository = SlowRepository()
    repository.fail_with = error
    recorder = HistoryRecorder(
        repository,
        InMemoryPromptSpool(),
        CircuitBreaker(max_failures=2, clock=clock),
        clock=clock,
        drain_s=0.1,
    )
    await recorder.start(wait_s=1)
    health = RepositoryHealth(
        repository, recorder, Path("/somewhere/prompt_history.db"), cleanup_days=36_500
    )
    first = await health.report()
    recorder.breaker.trip()
    for report in (first, await health.report()):
        assert isinstance(report, RepositoryUnhealthy)
        assert sentence in report.reason
        assert "planted" not in report.reason
    await recorder.stop()


async def test_a_file_that_was_found_damaged_is_never_healthy(health, repository):
    assert isinstance(await health.report(), RepositoryHealthy)
    repository.is_found_damaged = True
    repository.statistics_gate.clear()  # what is known is as it was
    report = await health.report()
    assert isinstance(report, RepositoryUnhealthy)
    assert "is damaged" in report.reason
    repository.statistics_gate.set()
