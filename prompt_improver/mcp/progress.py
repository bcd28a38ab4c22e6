"""Progress reports: a client that hears of a call does not give it up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import count
from typing import TYPE_CHECKING

from prompt_improver.background_task import start_background_task
from prompt_improver.improvement.progress import (
    RESTARTS,
    STATES,
    Event,
    Restarted,
    Started,
    StateChanged,
    watched,
)

if TYPE_CHECKING:
    from mcp.server.session import ServerSession

EVERY_S = 5.0
"""Seconds between two reports where nothing happens."""


@contextlib.asynccontextmanager
async def reported(session: "ServerSession", every_s: float = EVERY_S) -> AsyncIterator[None]:
    """What is told of an improvement in this block goes to the client, and something every
    ``every_s`` seconds. A client that has not asked for reports gets none."""
    message = "Started."
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
        return f"Asking {event.model}."
    if isinstance(event, StateChanged):
        return f"{STATES[event.state]}."
    return f"{RESTARTS[event.why]}." if isinstance(event, Restarted) else ""
