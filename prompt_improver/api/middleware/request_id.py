"""A name for every request, in its answer and on its log lines, and one line for each."""

import asyncio
import logging
import re
import time
import traceback
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prompt_improver.api.current_request import current_request_id
from prompt_improver.api.errors import error_response

logger = logging.getLogger(__name__)

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_PROBES = frozenset({"/health", "/health/repository", "/metrics"})
"""Asked every few seconds: a line for each would hide the others."""
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIdMiddleware:
    """Gives each answer an ``X-Request-ID``: the client's own where it is 1 to 64 of
    ``A-Za-z0-9._-``, else a new one.

    When the answer is out it logs one line: method, route, status, milliseconds, and what the
    route has put into ``request.state.logged`` (backend, saved); for a probe that is well at
    DEBUG. Not the path as it was sent,
    nor a method that is none, which anybody can write anything into.

    It is also where an error that nobody expected ends: as a 500 in a fixed sentence, with
    the place in the code, but not the message, in the log. The message could quote the
    user's text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked_for = Headers(scope=scope).get("x-request-id", "")
        request_id = asked_for if _ACCEPTED.fullmatch(asked_for) else uuid.uuid4().hex
        current_request_id.set(request_id)
        began = time.perf_counter()
        logged: dict[str, str] = {}
        scope["state"] = {**scope.get("state", {}), "logged": logged}
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except asyncio.CancelledError:
            # The server stops, and this request has had all the time that it may have.
            if not status:
                await error_response("server_stopping")(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001 the edge of a request
            log_unexpected(error)
            if not status:
                await error_response("internal_error")(scope, receive, send_with_id)
        finally:
            fields = {
                "method": scope["method"] if scope["method"] in _METHODS else "other",
                "route": getattr(scope.get("route"), "path", "-"),
                "status": status,
                "latency_ms": round((time.perf_counter() - began) * 1000, 1),
                **logged,
            }
            line = " ".join(f"{name}={value}" for name, value in fields.items())
            is_quiet = fields["route"] in _PROBES and 200 <= status < 400
            level = logging.DEBUG if is_quiet else logging.INFO
            logger.log(level, "%s", line, extra={"fields": fields})


def log_unexpected(error: Exception) -> None:
    """Its kind and its place in the code, but not its message, which could quote the user."""
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("Unexpected %s\n%s", type(error).__name__, place)
