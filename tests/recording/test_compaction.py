"""Compaction after deletions, in the background."""

import asyncio
from collections.abc import Callable

import pytest

from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.domain.errors import RepositoryBusyError
from prompt_improver.recording.compaction import FIRST_PAUSE_S, NEXT_PAUSE_S, HistoryCompaction
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.recorders import HandClock

pytestmark = pytest.mark.anyio


class Repository(InMemoryPromptRepository):
    """Raises these errors in turn, and then tidies; the first time that it does so it calls
    ``meanwhile``."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.errors = list(errors)
        self.meanwhile: Callable[[], None] = lambda: None

    async def compact(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        await super().compact()
        if self.compactions == 1:
            self.meanwhile()


class Steps:
    """A sleep that ends when it is told to."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._go_on = asyncio.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._go_on.acquire()

    async def end(self) -> None:
        """End the pause of the moment, and wait for the next one or the task's end."""
        self._go_on.release()
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
async def begin():
    begun = []

    async def begin(*errors: Exception):
        repository, breaker, steps = Repository(*errors), CircuitBreaker(clock=HandClock()), Steps()
        await repository.open()
        compaction = HistoryCompaction(repository, breaker, sleep=steps)
        begun.append(compaction)
        return compaction, repository, breaker, steps

    yield begin
    for compaction in begun:
        await compaction.stop()


async def test_after_the_first_deletion_it_waits_a_second_and_then_a_minute(begin):
    compaction, repository, _, steps = await begin()
    for _ in range(3):
        compaction.soon()
    await steps.end()
    assert repository.compactions == 1
    compaction.soon()
    await steps.end()
    assert repository.compactions == 2
    assert steps.asked == [FIRST_PAUSE_S, NEXT_PAUSE_S, NEXT_PAUSE_S]


async def test_what_an_earlier_run_has_left_does_not_keep_a_deletion_waiting(begin):
    compaction, repository, _, steps = await begin()
    compaction.start()
    await steps.end()
    assert repository.compactions == 1
    await steps.end()
    compaction.soon()
    await steps.end()
    assert repository.compactions == 2
    assert steps.asked == [FIRST_PAUSE_S, 0, FIRST_PAUSE_S, NEXT_PAUSE_S]


@pytest.mark.parametrize("error", [RepositoryBusyError("held"), RuntimeError("planted words")])
async def test_what_fails_is_tried_again_a_minute_later_and_told_once(begin, caplog, error):
    compaction, repository, _, steps = await begin(error, error)
    compaction.start()
    for _ in range(3):
        await steps.end()
    assert repository.compactions == 1
    assert steps.asked == [FIRST_PAUSE_S, NEXT_PAUSE_S, NEXT_PAUSE_S, NEXT_PAUSE_S]
    assert len(caplog.records) == 1
    assert "postponed" in caplog.text
    assert "planted" not in caplog.text


async def test_it_leaves_the_database_alone_while_the_breaker_is_open(begin):
    compaction, repository, breaker, steps = await begin()
    breaker.trip()
    compaction.soon()
    await steps.end()
    assert repository.compactions == 0
    breaker.record_success()
    await steps.end()
    assert repository.compactions == 1


async def test_a_deletion_while_it_works_is_tidied_too(begin):
    compaction, repository, _, steps = await begin()
    repository.meanwhile = compaction.soon
    compaction.soon()
    await steps.end()
    await steps.end()
    assert repository.compactions == 2
