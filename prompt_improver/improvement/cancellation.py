"""Giving an improvement up: its caller has gone, or the program stops."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from prompt_improver.domain.errors import CallerGoneError, ImproverTimeoutError, StoppingError

T = TypeVar("T")

LINGER_S = 0.3
"""Seconds that an answer may still take to arrive once its caller has gone. The model may have
finished it, and it is paid for."""


async def never() -> None:
    """Waits until it is cancelled: a caller that stays."""
    await asyncio.Event().wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """When work for one caller is to be given up. Every door makes one for each request."""

    caller_gone: Callable[[], Coroutine[Any, Any, None]] = never
    """Returns once the caller has gone."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the program stops and its grace is over."""
    linger_s: float = LINGER_S
    longest_s: float | None = None
    """Seconds that the caller waits for a model; None leaves it to the model's own limit."""

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, or what it raises.

        Given up, it is cancelled, and has ended (its connection closed, its slot free) before
        this raises: at once when the program stops, ``linger_s`` seconds after its caller has
        gone. An answer that is complete by then is returned all the same.

        Raises:
            CallerGoneError: the caller has gone.
            StoppingError: the program is being stopped.
            ImproverTimeoutError: it took longer than ``longest_s``.
        """
        if self.stopping.is_set():
            work.close()
            raise StoppingError("not begun: the program is being stopped")
        # In a task of its own: whoever waits here is never cancelled for these two causes, and
        # can go on with the answer, or without it.
        working = asyncio.create_task(work)
        gone = asyncio.create_task(self.caller_gone())
        stopping = asyncio.create_task(self.stopping.wait())
        tasks: set[asyncio.Task[Any]] = {working, gone, stopping}
        try:
            done, _ = await asyncio.wait(
                tasks, timeout=self.longest_s, return_when=asyncio.FIRST_COMPLETED
            )
            if gone.done() and not working.done():
                await asyncio.wait({working}, timeout=self.linger_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if working.cancelled():
            if not gone.cancelled():
                raise CallerGoneError("cancelled: the caller has gone")
            if not stopping.cancelled():
                raise StoppingError("cancelled: the program is being stopped")
            if not done:
                raise ImproverTimeoutError(f"cancelled: the caller waits {self.longest_s:g} s")
        return working.result()
