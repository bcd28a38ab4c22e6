"""Keeping improvements without a server."""

import asyncio

import pytest

from prompt_improver.domain.recorder import SaveOutcome
from prompt_improver.recording import DirectRecorder
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.in_memory_prompt_spool import InMemoryPromptSpool

pytestmark = pytest.mark.anyio


class SlowRepository(InMemoryPromptRepository):
    """Lets others on before it saves."""

    async def save(self, history):
        await asyncio.sleep(0)
        return await super().save(history)


async def test_rows_that_come_at_once_do_not_close_the_history_on_each_other():
    repository = SlowRepository()
    recorder = DirectRecorder(repository, InMemoryPromptSpool())
    saved = await asyncio.gather(*(recorder.record(make_history()) for _ in range(3)))
    assert saved == [SaveOutcome.SAVED] * 3
    assert len(repository.rows) == 3
