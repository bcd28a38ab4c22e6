import asyncio
import logging

import pytest

from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.domain.breaker import BreakerState
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
    SpoolError,
)
from prompt_improver.domain.recorder import DisabledRecorder, SaveOutcome
from prompt_improver.recording.history_recorder import HistoryRecorder
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.in_memory_prompt_spool import InMemoryPromptSpool
from tests.recorders import (  # noqa: F401 among them the fixtures
    FlakyRepository,
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


async def test_a_row_is_queued_at_once_and_saved_soon(make, repository):
    recorder = await make()
    history = make_history()
    assert await recorder.record(history) is SaveOutcome.QUEUED
    await settled(lambda: recorder.counts.saved == 1)
    assert repository.rows[0].prompt_id == history.prompt_id


async def test_starting_opens_the_repository(make, repository):
    await make()
    assert repository.is_open


async def test_what_waits_is_committed_together_64_rows_at_the_most(make, repository):
    repository.gate = asyncio.Event()
    recorder = await make()
    for history in rows(150):
        await recorder.record(history)
    await asyncio.sleep(0)
    repository.gate.set()
    await settled(lambda: recorder.counts.saved == 150)
    assert max(repository.batches) == 64
    assert len(repository.batches) <= 4


async def test_rows_are_saved_in_the_order_in_which_they_came(make, repository):
    recorder = await make()
    for history in rows(100):
        await recorder.record(history)
    await settled(lambda: recorder.counts.saved == 100)
    assert [row.original_idea for row in repository.rows] == [f"idea {i}" for i in range(100)]


async def test_a_batch_that_fails_for_a_passing_reason_is_tried_again(make):
    flaky = FlakyRepository(RepositoryConnectionError("disk full"), RepositoryBusyError("locked"))
    recorder = await make(flaky)
    for history in rows(3):
        await recorder.record(history)
    await settled(lambda: recorder.counts.saved == 3)
    assert [row.original_idea for row in flaky.rows] == ["idea 0", "idea 1", "idea 2"]


async def test_pauses_between_tries_grow_to_a_second(make, repository, pauses):
    recorder = await make()
    repository.fail_with = RepositoryBusyError("locked")
    await recorder.record(make_history())
    await settled(lambda: len(pauses.seconds) >= 7)
    repository.fail_with = None
    assert pauses.seconds[:6] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


async def test_busy_never_opens_the_breaker(make, repository, pauses, breaker):
    recorder = await make()
    repository.fail_with = RepositoryBusyError("locked")
    await recorder.record(make_history())
    await settled(lambda: len(pauses.seconds) > 20)
    assert breaker.state is BreakerState.CLOSED
    repository.fail_with = None
    await settled(lambda: recorder.counts.saved == 1)


async def test_five_failed_batches_in_a_row_open_the_breaker(make, repository, breaker, pauses):
    recorder = await make()
    repository.fail_with = RepositoryConnectionError("disk full")
    await recorder.record(make_history())
    await settled(lambda: breaker.state is BreakerState.OPEN)
    assert len(pauses.seconds) == 4  # between five tries


async def test_while_the_breaker_is_open_the_database_is_left_alone_and_rows_are_spooled(
    make, repository, spool, breaker
):
    recorder = await make()
    breaker.trip()
    repository.batches.clear()
    history = make_history()
    assert await recorder.record(history) is SaveOutcome.SPOOLED
    await asyncio.sleep(0.02)
    assert repository.batches == []
    assert spool.rows == [history]
    assert recorder.counts.spooled == 1


async def test_after_the_cooldown_one_probe_saves_what_waited(repository):
    breaker = CircuitBreaker(max_failures=1, cooldown_s=0.05)
    recorder = HistoryRecorder(repository, InMemoryPromptSpool(), breaker)
    await recorder.start(wait_s=1)
    repository.fail_with = RepositoryConnectionError("I/O error")
    for history in rows(3):
        await recorder.record(history)
    await settled(lambda: breaker.state is not BreakerState.CLOSED)
    repository.fail_with = None
    await settled(lambda: recorder.counts.saved == 3)
    assert breaker.state is BreakerState.CLOSED
    await recorder.stop()


async def test_corruption_opens_the_breaker_at_once(make, repository, breaker, pauses):
    recorder = await make()
    repository.fail_with = RepositoryCorruptError("malformed")
    await recorder.record(make_history())
    await settled(lambda: breaker.state is BreakerState.OPEN)
    assert pauses.seconds == []


async def test_a_row_that_breaks_a_constraint_costs_only_itself(make, breaker):
    picky = PickyRepository("idea 1")
    picky.gate = asyncio.Event()
    recorder = await make(picky)
    for history in rows(3):
        await recorder.record(history)
    picky.gate.set()
    await settled(lambda: recorder.counts.waiting == 0)
    assert [row.original_idea for row in picky.rows] == ["idea 0", "idea 2"]
    assert (recorder.counts.saved, recorder.counts.rejected) == (2, 1)
    assert breaker.state is BreakerState.CLOSED


async def test_waiting_for_the_commit_says_saved_once_it_is(make, repository):
    recorder = await make(wait_for_commit=True)
    assert await recorder.record(make_history()) is SaveOutcome.SAVED
    assert len(repository.rows) == 1


async def test_waiting_for_the_commit_of_a_row_that_breaks_a_constraint_says_dropped(make):
    recorder = await make(PickyRepository("bad"), wait_for_commit=True)
    assert await recorder.record(make_history(original_idea="bad")) is SaveOutcome.DROPPED


async def test_waiting_for_a_commit_that_takes_too_long_says_queued_and_saves_later(
    make, repository
):
    recorder = await make(wait_for_commit=True, wait_s=0.02)
    repository.gate = asyncio.Event()
    assert await recorder.record(make_history()) is SaveOutcome.QUEUED
    repository.gate.set()
    await settled(lambda: recorder.counts.saved == 1)


async def test_a_caller_that_is_cancelled_while_it_waits_does_not_lose_its_row(make, repository):
    recorder = await make(wait_for_commit=True)
    repository.gate = asyncio.Event()
    caller = asyncio.create_task(recorder.record(make_history()))
    await settled(lambda: recorder.counts.waiting == 1)
    caller.cancel()
    await asyncio.wait({caller})
    repository.gate.set()
    await settled(lambda: recorder.counts.saved == 1)


async def test_who_waits_for_a_commit_hears_of_the_spool_when_the_breaker_opens(make, repository):
    recorder = await make(wait_for_commit=True)
    repository.fail_with = RepositoryCorruptError("malformed")
    async with asyncio.timeout(1):
        assert await recorder.record(make_history()) is SaveOutcome.SPOOLED
    assert recorder.counts.waiting == 0


async def test_a_busy_probe_is_tried_again_after_a_pause(make, repository, breaker, clock, pauses):
    recorder = await make()
    breaker.trip()
    clock.now += 301
    repository.fail_with = RepositoryBusyError("locked")
    await recorder.record(make_history())
    await settled(lambda: len(pauses.seconds) > 3)
    repository.fail_with = None
    await settled(lambda: recorder.counts.saved == 1)
    assert breaker.state is BreakerState.CLOSED


async def test_a_lock_that_goes_away_during_the_drain_loses_nothing(make):
    busy = RepositoryBusyError("locked")
    recorder = await make(FlakyRepository(busy, busy, busy), drain_s=2.0)
    await recorder.record(make_history())
    await recorder.stop()
    assert recorder.counts.saved == 1


async def test_a_last_try_that_fails_behind_an_open_breaker_is_the_last(make, spool, breaker):
    spool.fail_with = SpoolError("disk full")
    flaky = FlakyRepository(*[RepositoryConnectionError("disk full")] * 50)
    recorder = await make(flaky, drain_s=1.0)
    breaker.trip()
    await recorder.record(make_history())
    await recorder.stop()
    assert len(flaky.errors) == 49
    assert recorder.counts.dropped == 1


async def test_a_lock_that_outlasts_the_drain_is_given_up_and_the_row_spooled(make):
    class Locked(InMemoryPromptRepository):
        async def save_many(self, histories):
            raise RepositoryBusyError("locked")

    recorder = await make(Locked(), drain_s=0.02, last_commit_s=30)
    await recorder.record(make_history())
    async with asyncio.timeout(5):
        await recorder.stop()
    assert recorder.counts.spooled == 1


async def test_a_repository_that_a_fault_has_closed_is_opened_again(make):
    class ClosedByAFault(FlakyRepository):
        async def save_many(self, histories):
            if self.errors:
                await self.close()
            await super().save_many(histories)

    recorder = await make(ClosedByAFault(RepositoryConnectionError("I/O error")))
    await recorder.record(make_history())
    await settled(lambda: recorder.counts.saved == 1)


async def test_another_kind_of_failure_is_logged_too(make, caplog):
    errors = [
        RepositoryBusyError("held"),
        RepositoryBusyError("held"),
        RepositoryCorruptError("bad"),
    ]
    recorder = await make(FlakyRepository(*errors))
    with caplog.at_level(logging.ERROR):
        await recorder.record(make_history())
        await settled(lambda: recorder.breaker.state is BreakerState.OPEN)
    told = [record.getMessage() for record in caplog.records]
    assert [("held" in line, "bad" in line) for line in told[:2]] == [(True, False), (False, True)]
    assert "not tried again for 300 s" in told[2]


async def test_a_commit_under_way_at_the_end_of_the_drain_is_waited_for(make, repository):
    repository.gate = asyncio.Event()
    recorder = await make(drain_s=0.01, last_commit_s=2.0)
    await recorder.record(make_history())
    stopping = asyncio.create_task(recorder.stop())
    await asyncio.sleep(0.05)
    repository.gate.set()
    await stopping
    assert (recorder.counts.saved, recorder.counts.dropped) == (1, 0)


async def test_stopping_drains_the_queue(make, repository):
    recorder = await make()
    for history in rows(300):
        await recorder.record(history)
    await recorder.stop()
    assert len(repository.rows) == 300


async def test_stopping_gives_an_open_breaker_one_last_try(make, repository, spool, breaker):
    spool.fail_with = SpoolError("disk full")
    recorder = await make()
    breaker.trip()
    await recorder.record(make_history())
    await recorder.stop()
    assert len(repository.rows) == 1


async def test_what_can_be_written_nowhere_at_the_stop_is_dropped_in_one_error_line(
    make, repository, spool, caplog
):
    recorder = await make()
    repository.fail_with = RepositoryConnectionError("disk full")
    spool.fail_with = SpoolError("disk full")
    for history in rows(3):
        await recorder.record(history)
    await settled(lambda: recorder.breaker.state is BreakerState.OPEN)
    with caplog.at_level(logging.ERROR):
        caplog.clear()
        await recorder.stop()
    assert recorder.counts.dropped == 3
    assert the_books_balance(recorder)
    lines = [record.getMessage() for record in caplog.records if "Dropped" in record.message]
    assert lines == [
        "Dropped 3 improvements that could be written neither to the history nor to its spool "
        "at shutdown"
    ]


async def test_a_save_that_hangs_does_not_hold_up_the_stop_beyond_its_time(make, repository):
    repository.gate = asyncio.Event()
    recorder = await make(drain_s=0.05)
    await recorder.record(make_history())
    async with asyncio.timeout(1):
        await recorder.stop()
    assert recorder.counts.spooled == 1


async def test_a_row_that_comes_after_the_stop_is_dropped(make):
    recorder = await make()
    await recorder.stop()
    assert await recorder.record(make_history()) is SaveOutcome.DROPPED
    assert the_books_balance(recorder)


async def test_a_repository_that_cannot_be_opened_is_tried_again_without_any_row(
    make, repository, breaker
):
    repository.fail_with = RepositoryConnectionError("no permission")
    recorder = await make()
    assert not repository.is_open
    repository.fail_with = None
    await settled(lambda: repository.is_open)
    assert recorder.failing_for_s() == 0
    assert breaker.state is BreakerState.CLOSED


async def test_a_failure_is_logged_once_and_without_the_users_text(make, repository, caplog):
    recorder = await make()
    repository.fail_with = RepositoryConnectionError("disk full")
    with caplog.at_level(logging.INFO):
        await recorder.record(make_history(original_idea="my secret plan"))
        await settled(lambda: recorder.breaker.state is BreakerState.OPEN)
    assert caplog.text.count("disk full") == 1
    assert "secret" not in caplog.text


async def test_an_error_that_nobody_expected_does_not_end_the_writer(make, caplog):
    recorder = await make(FlakyRepository(RuntimeError("my secret plan")))
    await recorder.record(make_history())
    await settled(lambda: recorder.counts.saved == 1)
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


async def test_how_long_writing_fails_is_told(make, repository, clock, pauses):
    recorder = await make()
    assert recorder.failing_for_s() == 0
    repository.fail_with = RepositoryBusyError("locked")
    await recorder.record(make_history())
    await settled(lambda: len(pauses.seconds) > 1)
    clock.now += 3
    assert recorder.failing_for_s() == 3
    repository.fail_with = None
    await settled(lambda: recorder.counts.saved == 1)
    assert recorder.failing_for_s() == 0


async def test_a_save_that_hangs_counts_as_failing_from_its_beginning(make, repository, clock):
    recorder = await make()
    repository.gate = asyncio.Event()
    await recorder.record(make_history())
    await asyncio.sleep(0.01)
    clock.now += 3
    assert recorder.failing_for_s() == 3
    repository.gate.set()


async def test_a_disabled_recorder_says_disabled():
    assert await DisabledRecorder().record(make_history()) is SaveOutcome.DISABLED


async def test_who_catches_up_waits_for_the_rows_that_came_before(repository, make):
    recorder = await make()
    await recorder.catch_up()  # nothing is on its way
    repository.gate = asyncio.Event()
    await recorder.record(make_history())
    waiting = asyncio.create_task(recorder.catch_up())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    repository.gate.set()
    await waiting
    assert len(repository.rows) == 1


async def test_nobody_waits_for_a_history_that_is_left_alone(make, breaker):
    recorder = await make()
    while breaker.state is BreakerState.CLOSED:
        breaker.record_failure()
    await recorder.record(make_history())
    await asyncio.wait_for(recorder.catch_up(), 0.1)
