import pytest

from tests.contract.prompt_spool_contract import PromptSpoolContract, rows
from tests.in_memory_prompt_spool import InMemoryPromptSpool


class TestInMemoryPromptSpool(PromptSpoolContract):
    @pytest.fixture
    def spool(self) -> InMemoryPromptSpool:
        return InMemoryPromptSpool()

    async def test_there_is_room_for_as_many_as_it_was_told(self):
        spool = InMemoryPromptSpool(capacity=2)
        assert await spool.append(rows(3)) == 2
