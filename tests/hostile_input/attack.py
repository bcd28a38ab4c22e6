"""A run of hostile requests against a server."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

from tests.hostile_input.bystanders import TIDIERS, tidy, watch
from tests.hostile_input.caller import Caller
from tests.hostile_input.findings import Findings
from tests.hostile_input.hostile_requests import IMPROVE, make_request
from tests.hostile_input.verdicts import judge
from tests.hostile_input.wire import Answer, NoHttpError

CALLERS = 16
MOST_FAILURES = 20


async def attack(
    host: str, port: int, document: dict[str, Any], seed: int, numbers: range
) -> Findings:
    """Send the requests with ``numbers``, ``CALLERS`` at a time. Ends early at
    ``MOST_FAILURES`` kinds of failure."""
    findings = Findings(seed)
    began = time.monotonic()
    left = iter(numbers)
    over = asyncio.Event()
    async with asyncio.TaskGroup() as bystanders:
        bystanders.create_task(watch(Caller(host, port), findings, over))
        tidiers = [Caller(host, port) for _ in range(TIDIERS)]
        bystanders.create_task(tidy(tidiers, findings, over))
        try:
            async with asyncio.TaskGroup() as callers:
                for _ in range(CALLERS):
                    callers.create_task(_call(Caller(host, port), document, left, findings))
        finally:
            over.set()
    findings.seconds = time.monotonic() - began
    return findings


async def _call(
    caller: Caller, document: dict[str, Any], left: Iterator[int], findings: Findings
) -> None:
    for number in left:
        request = make_request(findings.seed, number)
        began = time.monotonic()
        try:
            answers = await caller.exchange(request)
        except (NoHttpError, OSError, ValueError) as error:
            findings.blame(number, request, f"{type(error).__name__}: {error}")
            answers = []
        if request.framed and (took := time.monotonic() - began) > findings.slowest_s:
            findings.slowest_s, findings.slowest = took, number
        if not answers:
            findings.answers[f"{request.kind} none"] += 1
        for answer in answers:
            findings.answers[f"{request.kind} {answer.status}"] += 1
            wrong = judge(request, answer, document)
            if answer.status == 200 and request.route == IMPROVE:
                findings.improved += 1
                wrong += _untold(answer)
            if wrong:
                said = f"{answer.head!r} {answer.body[:300]!r}"
                findings.blame(number, request, "; ".join(wrong), said)
        if len(findings.failures) >= MOST_FAILURES:
            break
    await caller.close()


def _untold(answer: Answer) -> list[str]:
    """With a database that works every row is on its way into it."""
    saved = json.loads(answer.body)["saved"]
    return [] if saved in ("queued", "saved") else [f"saved is {saved}"]
