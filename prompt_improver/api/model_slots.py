"""How many improvements may wait for the model at the same time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from prompt_improver.domain.errors import TooManyImprovementsError
from prompt_improver.domain.prompt_history import BackendType


class ModelSlots:
    """``limit`` improvements at once; who finds them all taken waits ``wait_s`` seconds."""

    def __init__(self, limit: int, *, wait_s: float = 0.5) -> None:
        self._free = asyncio.Semaphore(limit)
        self._wait_s = wait_s

    @contextlib.asynccontextmanager
    async def take(self, backend: BackendType) -> AsyncIterator[None]:
        """A slot for one improvement. The offline backend, which keeps nobody waiting,
        needs none.

        Raises:
            TooManyImprovementsError: none became free in time.
        """
        if backend is BackendType.OFFLINE:
            yield
            return
        try:
            await asyncio.wait_for(self._free.acquire(), self._wait_s)
        except TimeoutError:
            raise TooManyImprovementsError("all slots for the model are taken") from None
        try:
            yield
        finally:
            self._free.release()
