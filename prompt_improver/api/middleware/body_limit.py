"""How large a request may be."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prompt_improver.api.errors import error_response


class BodyLimitMiddleware:
    """Reads a request's body before the app does, and answers 413 when it is larger than
    ``max_bytes``, whatever length it declares.

    FastAPI's own limit (Starlette's) answers in plain text from outside of the request's id
    where the body is not read, as at an address that does not exist.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._declared_length(scope) > self._max_bytes:
            await error_response("request_too_large")(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > self._max_bytes:
                await error_response("request_too_large")(scope, receive, send)
                return
            more = message.get("more_body", False)

        unread = True

        async def receive_read_body() -> Message:
            nonlocal unread
            if unread:
                unread = False
                return {"type": "http.request", "body": bytes(body), "more_body": False}
            return await receive()

        await self._app(scope, receive_read_body, send)

    @staticmethod
    def _declared_length(scope: Scope) -> int:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit():
                return int(value)
        return 0
