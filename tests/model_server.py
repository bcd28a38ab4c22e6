"""A model's server on loopback: real HTTP, scripted replies, and a record of what it got.

    with ModelServer() as server:
        server.reply = Reply(status=429, headers={"Retry-After": "7"}, body=b"{}")
        ... call server.base_url ...
        assert len(server.requests) == 1

It speaks OpenAI's chat completions (also ``/v1/models``), Anthropic's messages, Gemini's
generateContent, each as a stream too, and Ollama's ``/api/tags``.
"""

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.model_streams import anthropic_events, gemini_events, openai_events

PARTS: dict[str, Any] = {
    "reasoning": "The idea asks for an API and leaves the framework open.",
    "role": "You are a backend developer who designs REST APIs.",
    "directive": "Design a REST API for the resources that the user names.",
    "framework": "decomposition",
    "guardrails": [
        "Every route names its method and status codes.",
        "No route returns a bare list.",
        "Errors have one shape.",
    ],
    "output_format": "A table of routes, then one example a route.",
    "confidence": 0.8,
}
"""The parts of a good reply; ``parts(role="...")`` changes some of them."""


def parts(**changes: Any) -> str:
    """A good reply as models write it: one JSON object."""
    return json.dumps({**PARTS, **changes}, ensure_ascii=False)


@dataclass(frozen=True)
class Reply:
    """What the server does with one request for a completion."""

    text: str | None = field(default_factory=parts)
    """What the model says; None is an empty message."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent as it is, instead of a completion."""
    delay_s: float = 0.0
    finish_reason: str = "stop"
    usage: tuple[int, int] | None = (120, 80)
    """Tokens in and out; None leaves them out."""
    reset: bool = False
    """Reset the connection instead of answering."""
    reset_midway: bool = False
    """Send the head and half of the body, then reset."""
    streams: bool = True
    """Send events where they are asked for; False answers in one piece all the same."""
    piece_s: float = 0.0
    """Seconds between one event and the next."""


@dataclass(frozen=True)
class ModelRequest:
    """One request for a completion, as it arrived."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        """All the text that the model got, in order."""
        return json.dumps(self.body.get("messages", self.body), ensure_ascii=False)


def model_events(path: str, reply: Reply) -> list[bytes]:
    """``reply`` as a stream, in the form of whom ``path`` is one of."""
    form = openai_events
    if path.endswith("/messages"):
        form = anthropic_events
    elif ":streamGenerateContent" in path:
        form = gemini_events
    return form(reply.text or "", cut=reply.finish_reason == "length", usage=reply.usage)


Script = Reply | Sequence[Reply] | Callable[[ModelRequest], Reply]


class ModelServer:
    """Serves from ``with`` to its end. ``reply`` is one Reply for every request, a list of
    them taken in turn (the last one stays), or a function of the request."""

    def __init__(self, *, models: Sequence[str] = ("test-model",)) -> None:
        self.reply: Script = Reply()
        self.models = list(models)
        self.requests: list[ModelRequest] = []
        """Requests for a completion; those for lists of models are in ``listings``."""
        self.listings: list[str] = []
        self.at_once = 0
        """The most requests that were being answered at the same time."""
        self.hang_ups: list[float] = []
        """When a client closed its connection before its answer, on ``time.monotonic``."""
        self.first_events: list[float] = []
        """When the first piece of each stream was sent, on ``time.monotonic``."""
        self._busy = 0
        self._lock = threading.Lock()
        self._closing, self._closer = socket.socketpair()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def root(self) -> str:
        """``http://127.0.0.1:port``, as Ollama has it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:port/v1``, as LLM_BASE_URL has it."""
        return f"{self.root}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closer.close()  # ends the delays
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, request: ModelRequest) -> Reply:
        """Record ``request``, and say how to answer it."""
        with self._lock:
            self.requests.append(request)
            position = len(self.requests) - 1
            self._busy += 1
            self.at_once = max(self.at_once, self._busy)
        script = self.reply
        if isinstance(script, Reply):
            return script
        return script(request) if callable(script) else script[min(position, len(script) - 1)]

    def pause(self, delay_s: float, client: socket.socket) -> bool:
        """Wait so long; False where the client hangs up in the meantime."""
        stays = not delay_s or self.wait(delay_s, client)
        with self._lock:
            self._busy -= 1
        return stays

    def wait(self, delay_s: float, client: socket.socket) -> bool:
        """Wait so long in the middle of an answer; False where the client hangs up."""
        # It has sent its one request: all that can come from it now is its end.
        ended = select.select([client, self._closing], [], [], delay_s)[0]
        if client in ended:
            self.note_hang_up()
        return client not in ended

    def note_hang_up(self) -> None:
        with self._lock:
            self.hang_ups.append(time.monotonic())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    owner: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of some tests; it is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        owner = self.server.owner
        owner.listings.append(self.path)
        if self.path == "/api/tags":
            found: Any = {"models": [{"name": name} for name in owner.models]}
        elif self.path == "/v1/models":
            found = {"object": "list", "data": [{"id": name} for name in owner.models]}
        else:
            self._send(404, {}, b"{}")
            return
        self._send(200, {}, json.dumps(found).encode())

    def do_POST(self) -> None:
        owner = self.server.owner
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = owner.take(ModelRequest(self.path, headers, body))
        if not owner.pause(reply.delay_s, self.connection):
            self.close_connection = True
            return
        asked_to_stream = body.get("stream") or ":streamGenerateContent" in self.path
        if asked_to_stream and reply.streams and reply.body is None and reply.status == 200:
            self._send_events(reply, model_events(self.path, reply))
            return
        content = reply.body if reply.body is not None else self._completion(reply, body)
        if reply.reset:
            self._reset()
        elif reply.reset_midway:
            self._send(reply.status, reply.headers, content, send=len(content) // 2)
            self._reset()
        else:
            self._send(reply.status, reply.headers, content)

    def _completion(self, reply: Reply, body: dict[str, Any]) -> bytes:
        model = body.get("model", "gemini")
        tokens_in, tokens_out = reply.usage or (0, 0)
        cut = reply.finish_reason == "length"
        if self.path.endswith("/messages"):
            answer: dict[str, Any] = {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": model,
                "content": [{"type": "text", "text": reply.text}] if reply.text else [],
                "stop_reason": "max_tokens" if cut else "end_turn",
                "usage": {"input_tokens": tokens_in, "output_tokens": tokens_out},
            }
        elif self.path.split("?")[0].endswith(":generateContent"):
            said = {"role": "model", "parts": [{"text": reply.text}] if reply.text else []}
            counted = {"promptTokenCount": tokens_in, "candidatesTokenCount": tokens_out}
            answer = {
                "candidates": [{"content": said, "finishReason": "MAX_TOKENS" if cut else "STOP"}],
                "usageMetadata": counted,
            }
        else:
            answer = {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": model,
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": reply.text},
                        "finish_reason": reply.finish_reason,
                    }
                ],
            }
            if reply.usage is not None:
                answer["usage"] = {
                    "prompt_tokens": tokens_in,
                    "completion_tokens": tokens_out,
                    "total_tokens": tokens_in + tokens_out,
                }
        return json.dumps(answer).encode()

    def _send(
        self, status: int, headers: dict[str, str], content: bytes, send: int | None = None
    ) -> None:
        self.send_response(status)
        headers = {"Content-Type": "application/json", **headers}
        for name, value in (*headers.items(), ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[:send])
        self.wfile.flush()

    def _send_events(self, reply: Reply, events: list[bytes]) -> None:
        if reply.reset:
            self._reset()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, event in enumerate(
            events[: len(events) // 2] if reply.reset_midway else events
        ):
            if reply.piece_s and not self.server.owner.wait(reply.piece_s, self.connection):
                self.close_connection = True
                return
            if number == 1:  # the first is empty, as OpenAI's
                self.server.owner.first_events.append(time.monotonic())
            try:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            except OSError:  # between the wait and the write
                self.server.owner.note_hang_up()
                self.close_connection = True
                return
        if reply.reset_midway:
            self._reset()
        else:
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()

    def _reset(self) -> None:
        # Lingering for zero seconds makes the close a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
