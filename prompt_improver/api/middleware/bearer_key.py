"""Who may come in: those who know the key."""

import hmac
import logging

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from prompt_improver.api.accept import prefers_html
from prompt_improver.api.errors import error_response

logger = logging.getLogger(__name__)

_OPEN_PATHS = ("/health", "/openapi.json", "/docs")
"""For those who watch whether the process lives, and for the pages on which a browser is given
the key. They hold nothing of what anybody typed."""
_OPEN_FOLDERS = ("/docs/", "/page/")


class BearerKeyMiddleware:
    """Lets in what carries ``Authorization: Bearer`` with ``key``; the rest gets 401."""

    def __init__(self, app: ASGIApp, *, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_open(scope) or self._knows_key(scope):
            await self._app(scope, receive, send)
            return
        logger.warning("A request without the right API_KEY was refused")
        refusal = error_response("key_required", {"WWW-Authenticate": "Bearer"})
        await refusal(scope, receive, send)

    def _knows_key(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) != 1:
            return False
        scheme, _, key = given[0].partition(b" ")
        # Over bytes, and in a time that does not tell how much of the key was right.
        return scheme.lower() == b"bearer" and hmac.compare_digest(key.strip(), self._key)


def _is_open(scope: Scope) -> bool:
    path = scope["path"]
    if path == "/":
        # The page; what it asks for, it asks for with the key.
        return prefers_html(Headers(scope=scope).getlist("accept"))
    return path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS)
