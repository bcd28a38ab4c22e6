"""A spool for tests of what stands above it, held to the same contract as the file's."""

from collections.abc import Sequence

import anyio

from prompt_improver.domain.errors import SpoolError
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_spool import PromptSpool, SpooledRows


class InMemoryPromptSpool(PromptSpool):
    """Keeps rows in a list.

    ``capacity``: how many it has room for. ``fail_with``: every call but ``close`` raises it.
    ``gate``: ``append`` waits until it is set. ``refused``: rows that were put aside.
    ``unreadable``: how many lines of the next ``read`` are to be none.
    """

    def __init__(self, *left: PromptHistory, capacity: int = 1_000_000) -> None:
        self.rows = list(left)
        self.refused: list[PromptHistory] = []
        self.capacity = capacity
        self.fail_with: SpoolError | None = None
        self.gate: anyio.Event | None = None
        self.unreadable = 0
        self.closed = False
        self._last_read = 0

    async def open(self) -> int:
        self._fail_if_told()
        return len(self.rows)

    async def append(self, histories: Sequence[PromptHistory]) -> int:
        if self.gate is not None:
            await self.gate.wait()
        self._fail_if_told()
        kept = histories[: max(0, self.capacity - len(self.rows))]
        self.rows.extend(kept)
        return len(kept)

    async def read(self, limit: int) -> SpooledRows:
        self._fail_if_told()
        found = self.rows[:limit]
        self._last_read = len(found)
        unreadable = min(self.unreadable, len(found))
        return SpooledRows(tuple(found[unreadable:]), unreadable)

    async def remove(self, *, refused: bool) -> None:
        gone, self.rows = self.rows[: self._last_read], self.rows[self._last_read :]
        self._last_read = 0
        if refused:
            self.refused += gone

    async def close(self) -> None:
        self.closed = True

    def _fail_if_told(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with
