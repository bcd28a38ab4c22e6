"""HTTP/1.1 as uvicorn speaks it, with our own answer to what is not HTTP, and no patience
for what does not arrive."""

import asyncio
import uuid

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from prompt_improver.api.errors import error_response
from prompt_improver.api.middleware.security_headers import SECURITY_HEADERS

_REFUSAL = bytes(error_response("malformed_request").body)


class HttpProtocol(H11Protocol):
    """Answers a request that breaks HTTP as every other one: in JSON, with the security
    headers and an id. uvicorn's own answer is plain text without any of them, and where an
    answer is already on its way it raises instead of closing.

    A request has ``arrival_s`` seconds to arrive whole, and a new connection as long to
    begin one. uvicorn waits for ever, and a few hundred silent callers use up what a
    process may hold open.
    """

    arrival_s = 60.0
    _arrival: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arrival = self.loop.call_later(self.arrival_s, self.transport.close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_waiting()
        elif self._arrival is None:
            self._arrival = self.loop.call_later(self.arrival_s, self.transport.close)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # The next request may have begun to arrive together with the one that is answered.
        waits = self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing()
        if waits and self._arrival is None:
            self._arrival = self.loop.call_later(self.arrival_s, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        if self.cycle is not None:
            # The app may not have begun to answer: what it says now is nobody's any more.
            self.cycle.disconnected = True
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(_REFUSAL))),
            ("Connection", "close"),
            ("X-Request-ID", uuid.uuid4().hex),
            *SECURITY_HEADERS.items(),
        ]
        answer = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (answer, h11.Data(data=_REFUSAL), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _stop_waiting(self) -> None:
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None
