"""Background tasks that die are heard of, and not a word of the user's with them."""

import asyncio
import gc
import logging

import pytest

from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.background_task import log_text, start_background_task
from prompt_improver.domain.errors import RepositoryBusyError, RepositoryCorruptError, SpoolError
from prompt_improver.domain.recorder import SaveOutcome
from prompt_improver.recording.history_recorder import HistoryRecorder
from tests.histories import make_history
from tests.in_memory_prompt_spool import InMemoryPromptSpool
from tests.recorders import FlakyRepository, HandClock

pytestmark = pytest.mark.anyio


async def fail(error: Exception) -> None:
    raise error


async def end(task: asyncio.Task[None]) -> None:
    await asyncio.wait({task})
    await asyncio.sleep(0)  # what was asked to hear of the end hears of it now


async def test_a_task_that_dies_is_logged_with_its_name_its_place_and_no_words(caplog):
    task = start_background_task(fail(RuntimeError("planted words")), "history cleanup")
    await end(task)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "(history cleanup): RuntimeError" in record.getMessage()
    assert "in fail" in record.getMessage()
    assert "planted" not in caplog.text


async def test_asyncio_does_not_tell_the_words_either_when_nobody_asks_for_them(caplog):
    task = start_background_task(fail(RuntimeError("planted words")), "history cleanup")
    await end(task)
    del task
    gc.collect()
    assert len(caplog.records) == 1
    assert "planted" not in caplog.text


async def test_an_error_of_ours_is_logged_with_its_mend(caplog):
    await end(start_background_task(fail(SpoolError("make room there")), "history spooler"))
    assert "(history spooler): make room there" in caplog.text


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_task_that_ends_as_it_should_is_not_logged(caplog, cancelled):
    task = start_background_task(asyncio.sleep(60 if cancelled else 0), "history cleanup")
    await asyncio.sleep(0)
    if cancelled:
        task.cancel()
    await end(task)
    assert caplog.records == []


async def test_what_is_told_of_an_error_is_its_kind_unless_it_is_ours():
    assert log_text(ValueError("planted")) == "ValueError"
    assert log_text(RepositoryCorruptError("restore a backup")) == "restore a backup"


async def test_a_writer_that_dies_is_heard_of_and_its_rows_go_to_the_spool(caplog):
    error = RuntimeError("planted words")

    async def fail_to_sleep(seconds: float) -> None:
        raise error

    spool = InMemoryPromptSpool()
    recorder = HistoryRecorder(
        FlakyRepository(RepositoryBusyError("held")),
        spool,
        CircuitBreaker(clock=HandClock()),
        sleep=fail_to_sleep,
    )
    await recorder.start(wait_s=5)
    row = make_history()
    assert await recorder.record(row) is SaveOutcome.QUEUED
    for _ in range(20):
        await asyncio.sleep(0)
    assert "(history writer): RuntimeError" in caplog.text
    await recorder.stop()
    assert recorder.counts.spooled == 1
    assert spool.rows == [row]
    assert "planted" not in caplog.text
