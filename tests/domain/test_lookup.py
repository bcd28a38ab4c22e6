"""Which improvement is meant."""

import pytest

from prompt_improver.domain.errors import ImprovementNotFoundError, InvalidRequestError
from prompt_improver.domain.lookup import find_by_beginning, find_version, when_kept
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.recorder import Recorder, SaveOutcome
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository

pytestmark = pytest.mark.anyio


class SlowRecorder(Recorder):
    """Saves when it is asked to catch up."""

    def __init__(self, repository: InMemoryPromptRepository) -> None:
        self._repository = repository
        self._waiting: list[PromptHistory] = []

    async def record(self, history: PromptHistory) -> SaveOutcome:
        self._waiting.append(history)
        return SaveOutcome.QUEUED

    async def catch_up(self) -> None:
        await self._repository.save_many(self._waiting)


@pytest.fixture
async def repository():
    repository = InMemoryPromptRepository()
    await repository.open()
    return repository


async def test_a_row_on_its_way_is_waited_for(repository):
    recorder, history = SlowRecorder(repository), make_history()
    await recorder.record(history)
    found = await when_kept(recorder, lambda: repository.find_by_prompt_id(history.prompt_id))
    assert found.prompt_id == history.prompt_id


async def test_what_is_not_on_its_way_either_is_not_found(repository):
    with pytest.raises(ImprovementNotFoundError):
        await when_kept(SlowRecorder(repository), lambda: repository.find_by_prompt_id("none"))


async def test_a_beginning_of_several_ids_shows_some_of_them(repository):
    for number in range(5):
        await repository.save(
            make_history(prompt_id=f"aaaaaaa{number}-0000-4000-8000-000000000000")
        )
    with pytest.raises(InvalidRequestError, match="aaaaaaa0, aaaaaaa1, aaaaaaa2 and others"):
        await find_by_beginning(repository, "aaaa")
    found = await find_by_beginning(repository, "AAAAAAA3")
    assert found is not None
    assert found.prompt_id.startswith("aaaaaaa3")
    assert await find_by_beginning(repository, "b") is None


async def test_a_version_is_one_of_the_same_thread(repository):
    first = await repository.save(make_history(parent_id=None))
    second = await repository.save(make_history(parent_id=first.prompt_id))
    other = await repository.save(make_history(parent_id=None))
    assert await find_version(repository, second, first.prompt_id) == first
    with pytest.raises(ImprovementNotFoundError):
        await find_version(repository, second, other.prompt_id)
