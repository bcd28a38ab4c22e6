"""Well-meaning callers while the others do their worst."""

import asyncio
import contextlib
import json
import time

from tests.hostile_input.caller import Caller
from tests.hostile_input.findings import Findings
from tests.hostile_input.hostile_requests import HISTORY, HostileRequest
from tests.hostile_input.wire import Answer, NoHttpError

HEALTH_EVERY_S = 0.05
TIDY_EVERY_S = 1.0
TIDIERS = 8
KEPT_ROWS = 200
"""Older ones are deleted: the history stays small, however long the others go on."""


async def watch(caller: Caller, findings: Findings, over: asyncio.Event) -> None:
    """Ask for /health until it is ``over``."""
    while not over.is_set():
        began = time.monotonic()
        answer = await _ask(caller, findings, "GET", "/health")
        if answer is not None:
            findings.health_s.append(time.monotonic() - began)
        await _pause(over, HEALTH_EVERY_S)
    await caller.close()


async def tidy(callers: list[Caller], findings: Findings, over: asyncio.Event) -> None:
    """Delete all but the newest ``KEPT_ROWS`` rows, again and again until it is ``over``."""
    while not over.is_set():
        newest = await _ask(callers[0], findings, "GET", f"{HISTORY}?limit={KEPT_ROWS}")
        cursor = newest and json.loads(newest.body)["next_cursor"]
        if cursor:
            target = f"{HISTORY}?limit=500&cursor={cursor}"
            older = await _ask(callers[0], findings, "GET", target)
            ids = [item["prompt_id"] for item in json.loads(older.body)["items"]] if older else []
            shares = [ids[number :: len(callers)] for number in range(len(callers))]
            # One after the other would be slower than they come.
            await asyncio.gather(
                *(_delete(*pair, findings) for pair in zip(callers, shares, strict=True))
            )
        else:
            await _pause(over, TIDY_EVERY_S)
    for caller in callers:
        await caller.close()


async def _delete(caller: Caller, prompt_ids: list[str], findings: Findings) -> None:
    for prompt_id in prompt_ids:
        answer = await _ask(caller, findings, "DELETE", f"{HISTORY}/{prompt_id}")
        findings.deleted += answer is not None


async def _ask(caller: Caller, findings: Findings, method: str, target: str) -> Answer | None:
    """The answer, or None where it is none that one may expect, which is a failure."""
    raw = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    request = HostileRequest("bystander", "", (raw,), method)
    try:
        [answer] = await caller.exchange(request)
    except (NoHttpError, OSError) as error:
        findings.blame(0, request, f"{type(error).__name__}: {error}")
        return None
    if answer.status not in (200, 204):
        findings.blame(0, request, f"status {answer.status}", f"{answer.head!r}")
        return None
    return answer


async def _pause(over: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds)
