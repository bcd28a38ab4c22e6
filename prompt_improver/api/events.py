"""An improvement as it is made, over HTTP: server-sent events."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import anyio
from fastapi import Request
from fastapi.sse import format_sse_event
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from prompt_improver.api.errors import log_error
from prompt_improver.api.middleware.request_id import log_unexpected
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.errors import (
    CallerGoneError,
    ImprovementCancelledError,
    PromptImproverError,
)
from prompt_improver.improvement.improved import Improved
from prompt_improver.improvement.progress import (
    Event,
    ItemsShown,
    Restarted,
    Started,
    StateChanged,
    TextAdded,
)

HEARTBEAT_S = 10.0
MEDIA_TYPE = "text/event-stream"
EVENTS_DESCRIPTION = """\
Server-sent events: each has an `event:` line and one `data:` line of JSON.

| event | data | meaning |
|---|---|---|
| `start` | `{backend, model}` | first: who is asked |
| `status` | `{state}` | `reading`, `thinking`, `writing`, `checking` or `correcting` |
| `delta` | `{field, text}` | `text` goes to the end of the part `field`: role, directive, ... |
| `items` | `{field, items}` | all finished items of `field`, in place of those before |
| `restart` | `{why}` | forget what was shown: `retry`, `correction` or `fallback` |
| `final` | body of the plain answer | last; it alone counts |
| `error` | `{detail, code}` | last, in place of `final` |

Clients ignore events and keys that they do not know. A comment is sent where nothing has happened \
for 10 s. What is wrong before a model is asked is an ordinary error answer, not a stream."""
EVENTS_CONTENT: dict[str, Any] = {
    MEDIA_TYPE: {
        # Of each event, as OpenAPI's readers take it.
        "schema": {
            "type": "object",
            "properties": {
                "event": {
                    "type": "string",
                    "description": "What happened.",
                    "enum": ["start", "status", "delta", "items", "restart", "final", "error"],
                },
                "data": {
                    "type": "string",
                    "description": "JSON, on one line.",
                    "contentMediaType": "application/json",
                },
            },
            "required": ["event", "data"],
        },
        "example": 'event: start\ndata: {"backend":"few-shot","model":"openai/gpt-6-luna"}\n\n'
        'event: delta\ndata: {"field":"role","text":"You are"}\n\n',
    }
}
_HEARTBEAT = format_sse_event(comment="alive")


def wants_events(request: Request) -> bool:
    """Whether the caller asks for events: ``Accept`` names them, and no JSON."""
    kinds = {each.partition(";")[0].strip().lower() for each in _accepted(request)}
    return MEDIA_TYPE in kinds and "application/json" not in kinds


def _accepted(request: Request) -> list[str]:
    return ",".join(request.headers.getlist("accept")).split(",")


async def answer_with_events(
    stream: AsyncGenerator[Event | Improved, None],
    to_body: Callable[[Improved], Any],
    logged: dict[str, str],
    heartbeat_s: float = HEARTBEAT_S,
) -> Response:
    """The answer that sends what ``stream`` brings; its last event is ``to_body`` of the result.
    Any call of the use case can be answered so.

    Args:
        logged: what the line of the request in the log tells.
        heartbeat_s: seconds without an event after which a comment is sent.

    Raises:
        PromptImproverError: whatever ``stream`` raises before its first event.
    """
    try:
        first = await anext(stream)
    except ImprovementCancelledError as error:
        logged["cancelled"] = error.cause
        raise
    return _EventsResponse(first, stream, to_body, logged, heartbeat_s)


class _EventsResponse(Response):
    """Sends events as they come, with a comment where nothing comes for ``heartbeat_s`` seconds.

    It does not look for the client's end: the work behind the stream does, and ends the stream.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        first: Event | Improved,
        stream: AsyncGenerator[Event | Improved, None],
        to_body: Callable[[Improved], Any],
        logged: dict[str, str],
        heartbeat_s: float,
    ) -> None:
        self._first = first
        self._stream = stream
        self._to_body = to_body
        self._logged = logged
        self._heartbeat_s = heartbeat_s
        self._sent_at = anyio.current_time()
        self.status_code = 200
        self.background = None
        # A proxy that gathers what it passes on (nginx does) would send it all at the end.
        self.init_headers({"X-Accel-Buffering": "no", "Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await send(start)
            async with anyio.create_task_group() as group:
                group.start_soon(self._send_heartbeats, send)
                async for chunk in self._chunks():
                    self._sent_at = anyio.current_time()
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                group.cancel_scope.cancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self._stream.aclose()

    async def _send_heartbeats(self, send: Send) -> None:
        # Beside the events, which cost nothing more by it.
        while True:
            idle_s = anyio.current_time() - self._sent_at
            if idle_s >= self._heartbeat_s:
                await send({"type": "http.response.body", "body": _HEARTBEAT, "more_body": True})
                idle_s = 0.0
            await anyio.sleep(self._heartbeat_s - idle_s)

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield self._written(self._first)
        try:
            async for event in self._stream:
                yield self._written(event)
        except PromptImproverError as error:
            if isinstance(error, ImprovementCancelledError):
                self._logged["cancelled"] = error.cause
            log_error(error)
            if not isinstance(error, CallerGoneError):
                yield _error(error.code)
        except Exception as error:  # noqa: BLE001 the edge of a request: its status is sent
            log_unexpected(error)
            yield _error("internal_error")

    def _written(self, event: Event | Improved) -> bytes:
        match event:
            case Improved():
                return _event("final", self._to_body(event))
            case TextAdded(field, text):
                return _event("delta", {"field": field, "text": text})
            case ItemsShown(field, items):
                return _event("items", {"field": field, "items": items})
            case StateChanged(state):
                return _event("status", {"state": state})
            case Restarted(why):
                return _event("restart", {"why": why})
            case Started(backend, model):
                return _event("start", {"backend": backend, "model": model})


def _error(code: str) -> bytes:
    return _event("error", {"detail": ERRORS[code].sentence, "code": code})


def _event(name: str, data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return format_sse_event(event=name, data_str=text)
