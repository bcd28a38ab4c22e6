"""A model's server that breaks HTTP: each connection is given to a script of its own."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.model_server import parts

Script = Callable[[socket.socket, threading.Event], None]
"""Answers one request on the connection, until it is done or the event is set."""

MEBIBYTE = 1024 * 1024
HUGE_BYTES = 100 * MEBIBYTE
LATE_S = 0.1


def hang(connection: socket.socket, ended: threading.Event) -> None:
    """No answer at all."""
    ended.wait(60)


def trickle(connection: socket.socket, ended: threading.Event) -> None:
    """A byte a second, for ever: no single read takes long."""
    connection.sendall(_head("Content-Length: 100000"))
    while not ended.wait(1.0):
        connection.sendall(b" ")


def trickle_the_head(connection: socket.socket, ended: threading.Event) -> None:
    """Not even the head arrives."""
    for byte in _head("Content-Length: 2") * 10:
        connection.sendall(bytes([byte]))
        if ended.wait(1.0):
            return


def answer_late(connection: socket.socket, ended: threading.Event) -> None:
    """A good answer, after a while."""
    ended.wait(LATE_S)
    message = {"role": "assistant", "content": parts()}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice]}).encode()
    connection.sendall(_head(f"Content-Length: {len(body)}", "Connection: close") + body)


def send_100_mb(connection: socket.socket, ended: threading.Event) -> None:
    """A completion whose text has 100 MiB."""
    opening = b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "'
    closing = b'"}, "finish_reason": "stop"}]}'
    length = len(opening) + HUGE_BYTES + len(closing)
    connection.sendall(_head(f"Content-Length: {length}") + opening)
    _send_much(connection, ended, b"a" * MEBIBYTE)
    connection.sendall(closing)


def send_100_mb_in_chunks(connection: socket.socket, ended: threading.Event) -> None:
    """100 MiB whose length nobody is told."""
    connection.sendall(_head("Transfer-Encoding: chunked"))
    _send_much(connection, ended, b"100000\r\n" + b"a" * MEBIBYTE + b"\r\n")
    connection.sendall(b"0\r\n\r\n")


def _send_much(connection: socket.socket, ended: threading.Event, piece: bytes) -> None:
    for _ in range(HUGE_BYTES // MEBIBYTE):
        if ended.is_set():
            return
        connection.sendall(piece)


def _head(*headers: str) -> bytes:
    lines = ("HTTP/1.1 200 OK", "Content-Type: application/json", *headers)
    return "\r\n".join((*lines, "", "")).encode()


class BrokenModelServer:
    """Serves from ``with`` to its end; ``script`` answers each request for a completion."""

    def __init__(self) -> None:
        self.script: Script = hang
        self.requests = 0
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._accepting = threading.Thread(target=self._accept, name="broken model server")
        self._answering: list[threading.Thread] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # ends the accept
        self._listener.close()
        for thread in (self._accepting, *self._answering):
            thread.join(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._ended.is_set():
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
                self._answering.append(thread)
                thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(30)
            request = b""
            while b"\r\n\r\n" not in request:
                received = connection.recv(65536)
                if not received:
                    return
                request += received
            if request.startswith(b"GET"):
                models = json.dumps({"object": "list", "data": [{"id": "broken"}]}).encode()
                connection.sendall(_head(f"Content-Length: {len(models)}", "Connection: close"))
                connection.sendall(models)
                return
            self.requests += 1
            self.script(connection, self._ended)
