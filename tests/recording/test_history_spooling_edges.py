"""What the recorder does with its spool where two things happen at once."""

import asyncio
import itertools
import threading

import pytest

from db.spool.file_spool import FileSpool
from prompt_improver.domain.breaker import BreakerState
from prompt_improver.domain.errors import RepositoryCorruptError, SpoolError
from prompt_improver.domain.recorder import SaveOutcome
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.in_memory_prompt_spool import InMemoryPromptSpool
from tests.recorders import (  # noqa: F401 among them the fixtures
    FlakyRepository,
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


async def test_rows_that_no_spool_takes_are_saved_in_the_order_in_which_they_came(
    make, repository, spool
):
    spool.fail_with = SpoolError("no room")
    repository.gate = asyncio.Event()
    recorder = await make(capacity=5)
    for history in rows(9):
        await recorder.record(history)
    repository.gate.set()
    await settled(lambda: recorder.counts.saved == 9)
    assert [row.original_idea for row in repository.rows] == [f"idea {i}" for i in range(9)]


async def test_the_spool_is_not_taken_in_while_the_program_stops(make, repository, spool):
    repository.gate = asyncio.Event()
    recorder = await make(capacity=1, drain_s=1)
    assert await recorder.record(make_history()) is SaveOutcome.QUEUED
    assert await recorder.record(make_history()) is SaveOutcome.SPOOLED
    stopping = asyncio.create_task(recorder.stop())
    await asyncio.sleep(0)
    repository.gate.set()
    await stopping
    assert (recorder.counts.saved, recorder.counts.spooled) == (1, 1)
    assert len(spool.rows) == 1


async def test_a_database_that_opens_but_takes_no_row_does_not_pass_the_probe(
    make, spool, breaker, clock
):
    recorder = await make(FlakyRepository(*[RepositoryCorruptError("malformed")] * 9))
    spool.fail_with = SpoolError("no room")
    await recorder.record(make_history())
    await settled(lambda: breaker.state is BreakerState.OPEN)
    clock.now += 301
    await recorder.record(make_history())
    await settled(lambda: breaker.state is BreakerState.OPEN)
    assert breaker.trips == 1  # it has not been closed in between
    assert the_books_balance(recorder)


async def test_pauses_between_appends_that_fail_grow(make, breaker):
    class Timed(InMemoryPromptSpool):
        async def append(self, histories):
            moments.append(asyncio.get_running_loop().time())
            raise SpoolError("no room")

    moments: list[float] = []
    recorder = await make(spool=Timed(), first_spool_pause_s=0.01)
    breaker.trip()
    await recorder.record(make_history())
    await settled(lambda: len(moments) == 4)
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    # A busy machine makes them longer, and nothing makes them shorter.
    assert gaps[1] > 0.019
    assert gaps[2] > 0.039


async def test_no_more_than_two_queues_full_of_rows_wait_in_memory(make, spool):
    class Slow(InMemoryPromptRepository):
        turns = asyncio.Semaphore(0)

        async def save_many(self, histories):
            await self.turns.acquire()
            return await super().save_many(histories)

    slow = Slow()
    spool.fail_with = SpoolError("no room")
    recorder = await make(slow, capacity=10, batch_size=1)
    for number in range(1, 11):  # ten rows come for each that is saved
        for history in rows(10):
            await recorder.record(history)
        slow.turns.release()
        await settled(lambda number=number: recorder.counts.saved == number)
    assert recorder.counts.waiting <= 20
    assert recorder.counts.dropped >= 70
    assert the_books_balance(recorder)
    for _ in range(100):
        slow.turns.release()


async def test_a_row_whose_append_fails_when_the_database_is_well_again_is_saved(
    make, repository, spool
):
    repository.gate, spool.gate = asyncio.Event(), asyncio.Event()
    recorder = await make(capacity=1, spool_wait_s=0.01)
    for history in rows(2):
        await recorder.record(history)
    repository.gate.set()
    await settled(lambda: recorder.counts.saved == 1)
    spool.fail_with = SpoolError("no room")
    spool.gate.set()
    await settled(lambda: recorder.counts.saved == 2)


async def test_a_fault_of_the_spool_is_none_of_the_database(make, breaker, caplog):
    class Broken(InMemoryPromptSpool):
        async def read(self, limit):
            raise RuntimeError("my secret plan")

    recorder = await make(spool=Broken(*rows(3)))
    await settled(lambda: "spool cannot be imported" in caplog.text)
    await recorder.record(make_history())
    await settled(lambda: recorder.counts.saved == 1)
    assert breaker.trips == 0
    assert recorder.failing_for_s() == 0
    assert "secret" not in caplog.text


async def test_a_read_that_hangs_does_not_hold_up_the_stop(make, tmp_path):
    class Hanging(FileSpool):
        def _read(self, limit):
            began.set()
            go_on.wait(30)
            return super()._read(limit)

    began, go_on = threading.Event(), threading.Event()
    spool = Hanging(tmp_path / "prompt_history.db")
    await spool.append(rows(3))
    await spool.close()
    recorder = await make(spool=spool)
    await settled(began.is_set)
    try:
        async with asyncio.timeout(2):
            await recorder.stop()
    finally:
        go_on.set()


async def test_rows_are_spooled_where_the_tasks_were_cancelled_as_by_a_second_ctrl_c(
    make, repository, spool
):
    repository.gate = asyncio.Event()
    recorder = await make()
    for history in rows(3):
        await recorder.record(history)
    for task in asyncio.all_tasks():
        if task.get_name() in ("history writer", "history spooler"):
            task.cancel()
    await recorder.stop()
    assert [row.original_idea for row in spool.rows] == ["idea 0", "idea 1", "idea 2"]
    assert spool.closed
