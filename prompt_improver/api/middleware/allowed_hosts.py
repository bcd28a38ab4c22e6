"""Which names of this machine a caller may use."""

from collections.abc import Sequence

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prompt_improver.api.errors import error_response

_LET_IN = "prompt_improver.let_in"


class AllowedHostsMiddleware:
    """Answers 400 where the Host header is none of ``allowed_hosts``. Starlette decides;
    only its answer, which is plain text, is put in the words of all our errors."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Sequence[str]) -> None:
        self._app = app
        self._door = TrustedHostMiddleware(_let_in, allowed_hosts, www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_let_in = False

        async def listen(message: Message) -> None:
            nonlocal is_let_in
            is_let_in = message["type"] == _LET_IN

        await self._door(scope, receive, listen)
        if is_let_in:
            await self._app(scope, receive, send)
            return
        await error_response("host_not_allowed")(scope, receive, send)


async def _let_in(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": _LET_IN})
