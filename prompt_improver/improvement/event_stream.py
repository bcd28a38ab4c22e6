"""One call of the use case as a stream of events: what it tells, then what it returns."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

from prompt_improver.improvement.progress import Event, TextAdded, watched

T = TypeVar("T")


async def stream_events(work: Coroutine[Any, Any, T]) -> AsyncGenerator[Event | T, None]:
    """What ``work`` tells while it runs, then its result, which is the last item.

    Closed before its end, it cancels ``work`` and waits until that has ended. Whoever reads
    slowly holds nobody up: texts that wait are joined.

    Raises:
        Exception: what ``work`` raises, after the events before.
    """
    heard = _Heard()
    # Set for the task alone: a ContextVar does not hold across the yields of a generator.
    with watched(heard.put):
        working = asyncio.create_task(work)
    working.add_done_callback(lambda _: heard.end())
    try:
        async for event in heard:
            yield event
        yield working.result()
    finally:
        if not working.done():
            working.cancel()
            await asyncio.wait({working})


class _Heard:
    """The events that nobody has taken yet, until the end."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._ended = False
        self._changed = asyncio.Event()

    def put(self, event: Event) -> None:
        last = self._events[-1] if self._events else None
        if (
            isinstance(event, TextAdded)
            and isinstance(last, TextAdded)
            and last.field == event.field
        ):
            self._events[-1] = TextAdded(event.field, last.text + event.text)
        else:
            self._events.append(event)
        self._changed.set()

    def end(self) -> None:
        self._ended = True
        self._changed.set()

    def __aiter__(self) -> "_Heard":
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._events.popleft()
