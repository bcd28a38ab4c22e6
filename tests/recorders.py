"""Recorders for tests: on fakes, with a clock that is set by hand and pauses of no time."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.domain.errors import RepositoryConstraintError
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.recording.history_recorder import HistoryRecorder
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.in_memory_prompt_spool import InMemoryPromptSpool


class HandClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Pauses:
    """A sleep that takes no time and remembers what was asked for."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


class PickyRepository(InMemoryPromptRepository):
    """Refuses the rows whose ideas it is told of."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = refused

    async def save_many(self, histories):
        if any(history.original_idea in self.refused for history in histories):
            raise RepositoryConstraintError("a row breaks a rule")
        await super().save_many(histories)


class FlakyRepository(InMemoryPromptRepository):
    """Raises these errors in turn, one a batch, and then works."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.errors = list(errors)

    async def save_many(self, histories):
        if self.errors:
            raise self.errors.pop(0)
        await super().save_many(histories)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def breaker(clock) -> CircuitBreaker:
    return CircuitBreaker(max_failures=5, cooldown_s=300, clock=clock)


@pytest.fixture
def repository() -> InMemoryPromptRepository:
    return InMemoryPromptRepository()


@pytest.fixture
def spool() -> InMemoryPromptSpool:
    return InMemoryPromptSpool()


@pytest.fixture
async def make(repository, spool, breaker, clock, pauses) -> AsyncIterator:
    """Make and start recorders; they are stopped at the end, whatever happened."""
    made = []

    async def start(repository=repository, spool=spool, **options) -> HistoryRecorder:
        options = {
            "clock": clock,
            "sleep": pauses,
            "drain_s": 0.2,
            "last_commit_s": 0.05,
            "last_append_s": 0.05,
            "first_spool_pause_s": 0.005,
        } | options
        recorder = HistoryRecorder(repository, spool, breaker, **options)
        made.append(recorder)
        await recorder.start(wait_s=1)
        return recorder

    yield start
    for recorder in made:
        await recorder.stop()


async def settled(condition) -> None:
    """Wait until ``condition`` holds; a second is a failure."""
    async with asyncio.timeout(1):
        while not condition():  # noqa: ASYNC110 there is no event for most of what is awaited
            await asyncio.sleep(0.001)


def the_books_balance(recorder: HistoryRecorder) -> bool:
    counts = recorder.counts
    return counts.accepted == (
        counts.saved + counts.spooled + counts.dropped + counts.rejected + counts.waiting
    )


def rows(number: int) -> list[PromptHistory]:
    return [make_history(original_idea=f"idea {i}") for i in range(number)]
