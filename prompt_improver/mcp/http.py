"""MCP over HTTP: /mcp of the server, behind the key and the host names of every other address."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from prompt_improver.api.errors import error_response
from prompt_improver.api.shutdown import Shutdown

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"
_MOST_SESSIONS = 1_000


def make_session_manager(server: "Server[Any]") -> "StreamableHTTPSessionManager":
    """What serves ``server`` to many clients. It looks at no Host and no Origin: we do."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    return StreamableHTTPSessionManager(server, max_sessions=_MOST_SESSIONS)


class McpEndpoint:
    """Hands a request to the session manager in ``app.state.mcp``. A page of another origin gets
    403, unless it is one of ``origins``: it could call a server on the machine of whoever looks
    at it."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_welcome(Headers(scope=scope)):
            await error_response("origin_not_allowed")(scope, receive, send)
            return
        state = scope["app"].state
        if scope["method"] != "GET":
            await state.mcp.handle_request(scope, receive, send)
            return
        await _until_stop(state.container.get(Shutdown), state.mcp, scope, receive, send)

    def _is_welcome(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        return urlsplit(origin).netloc == headers.get("host")


async def _until_stop(
    shutdown: Shutdown, manager: Any, scope: Scope, receive: Receive, send: Send
) -> None:
    """A stream that is open for news has no end of its own, and a stop would wait for it."""
    begun = ended = False

    async def listen(message: Message) -> None:
        nonlocal begun, ended
        begun = True
        ended = message["type"] == "http.response.body" and not message.get("more_body")
        await send(message)

    async with anyio.create_task_group() as group:

        async def end_at_stop() -> None:
            await shutdown.began.wait()
            group.cancel_scope.cancel()

        group.start_soon(end_at_stop)
        await manager.handle_request(scope, receive, listen)
        group.cancel_scope.cancel()
    if begun and not ended:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
