"""What the recorder does with its spool."""

import asyncio
import logging

import pytest

from prompt_improver.domain.breaker import BreakerState
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
    SpoolError,
)
from prompt_improver.domain.recorder import SaveOutcome
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.in_memory_prompt_spool import InMemoryPromptSpool
from tests.recorders import (  # noqa: F401 among them the fixtures
    PickyRepository,
    breaker,
    clock,
    make,
    pauses,
    repository,
    rows,
    settled,
    spool,
    the_books_balance,
)

pytestmark = pytest.mark.anyio

NO_DISK = RepositoryConnectionError("disk full")


async def test_what_waits_when_the_breaker_opens_goes_to_the_spool(
    make, repository, spool, breaker
):
    repository.gate = asyncio.Event()
    recorder = await make()
    for history in rows(100):
        assert await recorder.record(history) is SaveOutcome.QUEUED
    repository.fail_with = RepositoryCorruptError("malformed")
    repository.gate.set()
    await settled(lambda: recorder.counts.spooled == 100)
    assert [row.original_idea for row in spool.rows] == [f"idea {i}" for i in range(100)]
    assert the_books_balance(recorder)


async def test_after_the_cooldown_what_is_spooled_is_taken_in(
    make, repository, spool, breaker, clock
):
    recorder = await make()
    repository.fail_with = RepositoryCorruptError("malformed")
    await recorder.record(make_history())
    await settled(lambda: breaker.state is BreakerState.OPEN)
    for history in rows(200):
        assert await recorder.record(history) is SaveOutcome.SPOOLED
    repository.fail_with = None
    clock.now += 301
    await recorder.record(make_history())  # wakes the writer, which slept by the real clock
    await settled(lambda: recorder.counts.saved == 202)
    assert spool.rows == []
    assert recorder.counts.spooled == 0
    assert breaker.state is BreakerState.CLOSED
    assert the_books_balance(recorder)


async def test_the_probe_is_one_try_however_many_rows_come(make, breaker, clock):
    class Counting(InMemoryPromptRepository):
        tries = 0

        async def save_many(self, histories):
            self.tries += 1
            return await super().save_many(histories)

    repository = Counting()
    recorder = await make(repository)
    breaker.trip()
    clock.now += 301
    repository.fail_with = NO_DISK
    repository.gate = asyncio.Event()
    outcomes = await asyncio.gather(*(recorder.record(history) for history in rows(50)))
    assert set(outcomes) <= {SaveOutcome.SPOOLED, SaveOutcome.QUEUED}
    repository.gate.set()
    await settled(lambda: breaker.state is BreakerState.OPEN)
    await settled(lambda: recorder.counts.spooled == 50)
    assert repository.tries == 1


async def test_a_full_queue_overflows_into_the_spool_and_comes_back(make, repository, spool):
    repository.gate = asyncio.Event()
    recorder = await make(capacity=5)
    outcomes = [await recorder.record(history) for history in rows(8)]
    assert outcomes == [SaveOutcome.QUEUED] * 5 + [SaveOutcome.SPOOLED] * 3
    assert recorder.counts.waiting == 5
    repository.gate.set()
    await settled(lambda: recorder.counts.saved == 8)
    assert len(repository.rows) == 8
    assert spool.rows == []
    assert the_books_balance(recorder)


async def test_a_full_spool_leaves_rows_in_memory_and_only_then_are_they_dropped(
    make, breaker, caplog
):
    recorder = await make(spool=InMemoryPromptSpool(capacity=2), capacity=3)
    breaker.trip()
    outcomes = [await recorder.record(history) for history in rows(8)]
    assert outcomes == [
        *[SaveOutcome.SPOOLED] * 2,
        *[SaveOutcome.QUEUED] * 3,
        *[SaveOutcome.DROPPED] * 3,
    ]
    counts = recorder.counts
    assert (counts.spooled, counts.waiting, counts.dropped) == (2, 3, 3)
    assert the_books_balance(recorder)
    told = [record.getMessage() for record in caplog.records]
    assert sum("the spool is full" in line for line in told) == 1
    assert sum("dropped" in line for line in told) == 1


async def test_rows_that_no_spool_takes_are_saved_when_the_database_is_back(
    make, repository, spool, breaker, clock
):
    spool.fail_with = SpoolError("no room")
    recorder = await make()
    repository.fail_with = RepositoryCorruptError("malformed")
    await recorder.record(make_history())
    await settled(lambda: breaker.state is BreakerState.OPEN)
    repository.fail_with = None
    clock.now += 301
    await recorder.record(make_history())
    spool.fail_with = None
    await settled(lambda: recorder.counts.saved == 2)
    assert recorder.counts.dropped == 0


async def test_nobody_waits_for_a_spool_that_fails(make, spool, breaker):
    recorder = await make(spool_wait_s=30)
    breaker.trip()
    spool.fail_with = SpoolError("no room")
    async with asyncio.timeout(1):
        assert await recorder.record(make_history()) is SaveOutcome.QUEUED
        assert await recorder.record(make_history()) is SaveOutcome.QUEUED


async def test_nobody_waits_long_for_a_spool_that_hangs(make, spool, breaker):
    recorder = await make(spool_wait_s=0.01)
    breaker.trip()
    spool.gate = asyncio.Event()
    async with asyncio.timeout(1):
        assert await recorder.record(make_history()) is SaveOutcome.QUEUED
    spool.gate.set()
    await settled(lambda: recorder.counts.spooled == 1)


async def test_a_spool_that_works_again_takes_what_waited(make, spool, breaker):
    recorder = await make()
    breaker.trip()
    spool.fail_with = SpoolError("no room")
    await recorder.record(make_history())
    spool.fail_with = None
    await settled(lambda: recorder.counts.spooled == 1)
    assert await recorder.record(make_history()) is SaveOutcome.SPOOLED


async def test_an_error_of_the_spool_that_nobody_expected_loses_nothing(make, breaker, caplog):
    class Broken(InMemoryPromptSpool):
        async def append(self, histories):
            if not self.refused:
                self.refused.append(histories[0])
                raise RuntimeError("my secret plan")
            return await super().append(histories)

    recorder = await make(spool=Broken())
    breaker.trip()
    await recorder.record(make_history())
    await settled(lambda: recorder.counts.spooled == 1)
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


async def test_what_an_earlier_run_has_spooled_counts_as_accepted_and_is_taken_in(make, repository):
    left = rows(150)
    recorder = await make(spool=InMemoryPromptSpool(*left))
    await settled(lambda: recorder.counts.saved == 150)
    assert recorder.counts.accepted == 150
    assert [row.prompt_id for row in repository.rows] == [row.prompt_id for row in left]


async def test_a_row_that_is_in_the_database_already_is_not_doubled(make, repository):
    history = make_history()
    await repository.open()
    await repository.save(history)
    recorder = await make(spool=InMemoryPromptSpool(history))
    await settled(lambda: recorder.counts.saved == 1)
    assert len(repository.rows) == 1


async def test_new_rows_are_saved_while_the_spool_is_taken_in(make):
    class Slower(InMemoryPromptRepository):
        async def save_many(self, histories):
            await asyncio.sleep(0)
            return await super().save_many(histories)

    repository = Slower()
    recorder = await make(repository, spool=InMemoryPromptSpool(*rows(640)))
    for history in rows(10):
        await recorder.record(history)
    await settled(lambda: recorder.counts.saved == 650)
    assert repository.rows[-1].original_idea == "idea 639"


async def test_a_spooled_row_that_the_database_refuses_is_rejected_and_put_aside(make):
    left = rows(3)
    spool = InMemoryPromptSpool(*left)
    picky = PickyRepository("idea 1")
    recorder = await make(picky, spool=spool)
    await settled(lambda: recorder.counts.rejected == 1)
    assert recorder.counts.saved == 2
    assert spool.refused == left
    assert the_books_balance(recorder)


async def test_a_spooled_line_that_cannot_be_read_is_rejected_and_put_aside(make, caplog):
    spool = InMemoryPromptSpool(*rows(3))
    spool.unreadable = 1
    recorder = await make(spool=spool)
    await settled(lambda: recorder.counts.saved == 2)
    assert recorder.counts.rejected == 1
    assert len(spool.refused) == 3
    assert "1 lines of the spool" in caplog.text


async def test_a_spool_that_cannot_be_read_is_left_for_half_a_minute(
    make, repository, spool, clock, caplog
):
    spool.rows = rows(1)
    recorder = await make()
    await settled(lambda: recorder.counts.saved == 1)
    repository.gate = asyncio.Event()
    for history in rows(1_001):
        await recorder.record(history)
    spool.fail_with = SpoolError("I/O error")
    repository.gate.set()
    await settled(lambda: recorder.counts.waiting == 0)
    assert recorder.counts.spooled == 1
    spool.fail_with = None
    await recorder.record(make_history())
    await settled(lambda: recorder.counts.waiting == 0)
    assert recorder.counts.spooled == 1
    clock.now += 31
    await recorder.record(make_history())
    await settled(lambda: recorder.counts.spooled == 0)
    assert caplog.text.count("I/O error") == 1
    assert recorder.breaker.state is BreakerState.CLOSED


async def test_a_spool_that_was_emptied_behind_our_back_is_told_and_not_looked_into_for_ever(
    make, repository, spool
):
    repository.gate = asyncio.Event()
    recorder = await make(capacity=1)
    for history in rows(3):
        await recorder.record(history)
    assert recorder.counts.spooled == 2
    spool.rows.clear()
    repository.gate.set()
    await settled(lambda: recorder.counts.rejected == 2)
    assert the_books_balance(recorder)


async def test_at_the_stop_what_the_database_cannot_take_goes_to_the_spool(make, spool):
    class Locked(InMemoryPromptRepository):
        async def save_many(self, histories):
            raise RepositoryBusyError("locked")

    recorder = await make(Locked(), drain_s=0.02)
    for history in rows(3):
        await recorder.record(history)
    await recorder.stop()
    assert [row.original_idea for row in spool.rows] == ["idea 0", "idea 1", "idea 2"]
    assert (recorder.counts.spooled, recorder.counts.dropped) == (3, 0)
    assert spool.closed
    assert the_books_balance(recorder)


async def test_the_rows_of_a_commit_that_hangs_at_the_stop_are_spooled(make, repository, spool):
    repository.gate = asyncio.Event()
    recorder = await make(drain_s=0.01, last_commit_s=0.01)
    await recorder.record(make_history())
    await recorder.stop()
    assert len(spool.rows) == 1


async def test_a_spool_that_hangs_at_the_stop_does_not_hold_it_up(make, spool, breaker, caplog):
    recorder = await make(spool_wait_s=0.01)
    breaker.trip()
    spool.gate = asyncio.Event()
    await recorder.record(make_history())
    async with asyncio.timeout(1):
        await recorder.stop()
    assert recorder.counts.dropped == 1
    assert the_books_balance(recorder)


async def test_what_stays_in_the_spool_at_the_stop_is_told(make, breaker, caplog):
    recorder = await make()
    breaker.trip()
    await recorder.record(make_history())
    with caplog.at_level(logging.WARNING):
        await recorder.stop()
    assert "1 improvements stay in the spool until the next start" in caplog.text
