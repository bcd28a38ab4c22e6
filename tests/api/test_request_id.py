"""How a request ends that nobody answers any more."""

import asyncio
from typing import Any

import pytest

from prompt_improver.api.middleware.request_id import RequestIdMiddleware

pytestmark = pytest.mark.anyio


async def test_a_request_that_the_stop_of_the_server_cuts_off_is_503_in_a_fixed_sentence():
    async def cut_off(scope: Any, receive: Any, send: Any) -> None:
        raise asyncio.CancelledError

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await RequestIdMiddleware(cut_off)(scope, None, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 503
    assert b"x-request-id" in dict(sent[0]["headers"])
    assert b"is stopping" in sent[1]["body"]
