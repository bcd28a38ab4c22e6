"""How many improvements may wait for the model at the same time."""

import contextlib
from collections.abc import AsyncIterator

from anyio import CapacityLimiter, fail_after

from prompt_improver.domain.errors import TooManyImprovementsError


class ModelSlots:
    """``limit`` improvements at once; who finds them all taken waits ``wait_s`` seconds."""

    def __init__(self, limit: int, *, wait_s: float = 0.5) -> None:
        self._limiter = CapacityLimiter(limit)
        self._wait_s = wait_s

    @contextlib.asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """A slot for one improvement.

        Raises:
            TooManyImprovementsError: none became free in time.
        """
        try:
            with fail_after(self._wait_s):
                await self._limiter.acquire()
        except TimeoutError:
            raise TooManyImprovementsError("all slots for the model are taken") from None
        try:
            yield
        finally:
            self._limiter.release()
