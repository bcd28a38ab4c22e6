import asyncio
import logging

import pytest

from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
)
from prompt_improver.recording.watch import CHECKED_SHARE, QUIET_S, HistoryWatch
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.recorders import (  # noqa: F401 fixtures
    HandClock,
    breaker,
    clock,
    make,
    pauses,
    repository,
    settled,
    spool,
)

pytestmark = pytest.mark.anyio


class Looks:
    """Lets the watch look when it is told to, and not before."""

    def __init__(self) -> None:
        self._next = asyncio.Semaphore(0)
        self.asked = 0

    async def __call__(self, _seconds: float) -> None:
        self.asked += 1
        await self._next.acquire()

    async def one(self) -> None:
        wanted = self.asked + 1
        self._next.release()
        await settled(lambda: self.asked == wanted)


@pytest.fixture
async def looks(make, repository, clock):
    recorder = await make()
    looks = Looks()
    watch = HistoryWatch(repository, recorder, clock=clock, sleep=looks)
    watch.start()
    await settled(lambda: looks.asked == 1)
    yield looks
    await watch.stop()


class CheckedRepository(InMemoryPromptRepository):
    """Each check takes a second."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__()
        self.checks = 0
        self._clock = clock

    async def check(self) -> None:
        self.checks += 1
        self._clock.now += 1.0
        await super().check()


async def test_the_file_is_made_copyable_at_every_look(repository, looks):
    await looks.one()
    await looks.one()
    assert repository.made_copyable == [QUIET_S, QUIET_S]


async def test_while_the_breaker_is_open_the_file_is_left_alone(repository, looks, breaker):
    breaker.trip()
    await looks.one()
    assert repository.made_copyable == []
    breaker.record_success()
    await looks.one()
    assert repository.made_copyable == [QUIET_S]


@pytest.mark.parametrize("error", [RepositoryBusyError("held"), ZeroDivisionError("ours")])
async def test_a_look_that_fails_is_not_the_last_one(repository, looks, error):
    repository.fail_with = error
    await looks.one()
    repository.fail_with = None
    await looks.one()
    assert repository.made_copyable == [QUIET_S]


async def test_somebody_in_the_way_is_no_word_in_the_log_and_a_fault_is_one(
    repository, looks, caplog
):
    with caplog.at_level(logging.INFO):
        repository.fail_with = RepositoryBusyError("held")
        await looks.one()
        assert caplog.messages == []
        repository.fail_with = RepositoryConnectionError("no room")
        await looks.one()
        await looks.one()
    assert caplog.messages == ["The history file cannot be maintained: no room"]
    repository.fail_with = None


async def test_an_unchecked_file_is_checked_and_its_damage_told_once(repository, looks, caplog):
    repository.unchecked = True
    repository.damage = RepositoryCorruptError("page 7")
    for _ in range(2):
        await looks.one()
    assert repository.describe().is_damaged
    assert [each for each in caplog.messages if "page 7" in each] != []
    assert caplog.text.count("page 7") == 1


class TestChecks:
    @pytest.fixture
    def repository(self, clock):
        return CheckedRepository(clock)

    async def test_checking_takes_one_second_in_twenty_at_the_most(self, repository, looks, clock):
        for wait_s, checks in ((0, 1), (CHECKED_SHARE - 0.5, 1), (1.0, 2)):
            repository.unchecked = True
            clock.now += wait_s
            await looks.one()
            assert repository.checks == checks
