"""HEAD wherever GET is."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadMiddleware:
    """Answers HEAD with the status and the headers of GET. What GET would go on to send, such
    as a whole export, is not read: to the app it looks as if the caller had hung up."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def receive_until_begun() -> Message:
            return {"type": "http.disconnect"} if has_begun else await receive()

        async def send_headers_only(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                await send(message)

        asked = {**scope, "method": "GET"}
        await self._app(asked, receive_until_begun, send_headers_only)
        if "route" in asked:
            scope["route"] = asked["route"]  # for the line in the log
        if has_begun:
            await send({"type": "http.response.body", "body": b""})
