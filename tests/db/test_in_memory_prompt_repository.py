import anyio
import pytest

from prompt_improver.domain.errors import RepositoryConnectionError
from tests.contract.prompt_repository_contract import PromptRepositoryContract
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository

pytestmark = pytest.mark.anyio


class TestInMemoryPromptRepository(PromptRepositoryContract):
    @pytest.fixture
    def closed(self):
        return InMemoryPromptRepository()


async def test_told_to_fail_it_fails_until_told_otherwise():
    repository = InMemoryPromptRepository()
    repository.fail_with = RepositoryConnectionError("no disk")
    with pytest.raises(RepositoryConnectionError, match="no disk"):
        await repository.open()
    repository.fail_with = None
    await repository.open()
    repository.fail_with = RepositoryConnectionError("no disk")
    with pytest.raises(RepositoryConnectionError, match="no disk"):
        await repository.save_many([make_history()])
    assert repository.rows == []


async def test_save_many_waits_at_the_gate():
    repository = InMemoryPromptRepository()
    await repository.open()
    repository.gate = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(repository.save_many, [make_history(), make_history()])
        await anyio.wait_all_tasks_blocked()
        assert repository.rows == []
        repository.gate.set()
    assert repository.batches == [2]
    assert len(repository.rows) == 2
