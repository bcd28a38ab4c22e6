"""What every spool does; the file's and the tests' own are held to it."""

import pytest

from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_spool import PromptSpool
from tests.histories import make_history


def rows(number: int) -> list[PromptHistory]:
    return [make_history(original_idea=f"idea {i}") for i in range(number)]


class PromptSpoolContract:
    """Subclasses give the fixture ``spool``: an open, empty one."""

    pytestmark = pytest.mark.anyio

    async def test_an_empty_spool_has_nothing_to_read(self, spool: PromptSpool):
        found = await spool.read(10)
        assert (found.histories, found.unreadable) == ((), 0)

    async def test_what_is_appended_is_read_as_it_was(self, spool: PromptSpool):
        kept = [make_history(original_idea="línea\nuna\u2028🙂 'x'", reasoning=None), *rows(2)]
        assert await spool.append(kept) == 3
        found = await spool.read(10)
        assert found.histories == tuple(kept)
        assert found.unreadable == 0

    async def test_reading_begins_at_the_oldest_row(self, spool: PromptSpool):
        first, second = rows(3), rows(2)
        await spool.append(first)
        await spool.append(second)
        assert (await spool.read(4)).histories == (*first, second[0])

    async def test_rows_stay_until_they_are_removed(self, spool: PromptSpool):
        kept = rows(3)
        await spool.append(kept)
        await spool.read(2)
        assert (await spool.read(2)).histories == tuple(kept[:2])

    async def test_removing_takes_what_was_read_last(self, spool: PromptSpool):
        kept = rows(5)
        await spool.append(kept)
        await spool.read(2)
        await spool.remove(refused=False)
        assert (await spool.read(10)).histories == tuple(kept[2:])

    async def test_removing_without_having_read_takes_nothing(self, spool: PromptSpool):
        kept = rows(2)
        await spool.append(kept)
        await spool.read(1)
        await spool.remove(refused=False)
        await spool.remove(refused=False)
        assert (await spool.read(10)).histories == (kept[1],)

    async def test_what_is_appended_while_others_are_being_read_comes_after(
        self, spool: PromptSpool
    ):
        first, second = rows(2), rows(2)
        await spool.append(first)
        await spool.read(10)
        await spool.append(second)
        await spool.remove(refused=False)
        assert (await spool.read(10)).histories == tuple(second)

    async def test_an_emptied_spool_takes_rows_again(self, spool: PromptSpool):
        await spool.append(rows(1))
        await spool.read(10)
        await spool.remove(refused=False)
        kept = rows(1)
        await spool.append(kept)
        assert (await spool.read(10)).histories == tuple(kept)

    async def test_closing_twice_is_fine(self, spool: PromptSpool):
        await spool.close()
        await spool.close()
