"""Progress reports: a client that hears of a call does not give it up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import count
from typing import TYPE_CHECKING

from prompt_improver.background_task import start_background_task
from prompt_improver.improvement.progress import (
    Event,
    Restarted,
    Started,
    State,
    StateChanged,
    Why,
    watched,
)

if TYPE_CHECKING:
    from mcp.server.session import ServerSession

EVERY_S = 5.0
"""Seconds between two reports where nothing happens."""

_STATES = {
    State.READING: "The model reads the idea.",
    State.THINKING: "The model thinks.",
    State.WRITING: "The model writes the prompt.",
    State.CHECKING: "The prompt is checked against the idea.",
    State.CORRECTING: "The model corrects the prompt.",
}
_RESTARTS = {
    Why.RETRY: "The connection to the model broke; asking again.",
    Why.CORRECTION: "The model corrects the prompt.",
    Why.FALLBACK: "The model gives no answer; the offline backend makes the prompt.",
}


@contextlib.asynccontextmanager
async def reported(session: "ServerSession", every_s: float = EVERY_S) -> AsyncIterator[None]:
    """What is told of an improvement in this block goes to the client, and something every
    ``every_s`` seconds. A client that has not asked for reports gets none."""
    message = "Begun."
    changed = asyncio.Event()

    def hear(event: Event) -> None:
        nonlocal message
        if told := _told(event):
            message = told
            changed.set()

    async def report() -> None:
        for number in count(1):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await changed.wait()
            changed.clear()
            await session.report_progress(number, message=message)

    await session.report_progress(0, message=message)
    reporting = start_background_task(report(), "progress of an MCP call")
    try:
        with watched(hear):
            yield
    finally:
        reporting.cancel()
        await asyncio.wait({reporting})


def _told(event: Event) -> str:
    if isinstance(event, Started):
        return f"{event.model} is asked."
    if isinstance(event, StateChanged):
        return _STATES[event.state]
    return _RESTARTS[event.why] if isinstance(event, Restarted) else ""
