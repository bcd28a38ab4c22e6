"""How many improvements may wait for the model at the same time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class TooManyImprovementsError(Exception):
    """As many improvements as may be are waiting for the model."""


class ModelSlots:
    """``limit`` improvements at once; who finds them all taken waits ``wait_s`` seconds."""

    def __init__(self, limit: int, *, wait_s: float = 0.5) -> None:
        self._free = asyncio.Semaphore(limit)
        self._wait_s = wait_s

    @contextlib.asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """A slot for one improvement. The offline backend, which keeps nobody waiting,
        needs none.

        Raises:
            TooManyImprovementsError: none became free in time.
        """
        try:
            # Not wait_for, which on Python 3.11 can lose the cancellation of its caller.
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise TooManyImprovementsError("all slots for the model are taken") from None
        try:
            yield
        finally:
            self._free.release()
