"""Clients that post ideas as fast as they are answered, and remember what they were told."""

import http.client
import itertools
import json
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Told:
    """One answer of POST /api/v1/improve-prompt."""

    prompt_id: str
    idea: str
    saved: str
    seconds: float


class Callers:
    """Threads that post until the end of the ``with``, until ``count`` posts were made, or
    until the server is gone. No two ideas are the same, in the whole run."""

    def __init__(
        self, url: str, threads: int = 4, count: int | None = None, pause_s: float = 0.0
    ) -> None:
        self._address = url.removeprefix("http://")
        self._pause_s = pause_s
        self._left = itertools.repeat(None) if count is None else iter([None] * count)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._post_all) for _ in range(threads)]
        self.told: list[Told] = []
        self.unanswered: list[str] = []
        """Ideas without an answer: the server was gone."""
        self.statuses: Counter[int] = Counter()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self.join()

    def join(self, wait_s: float = 60.0) -> None:
        """Wait until the threads are done."""
        deadline = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), "a post got neither an answer nor an error"

    def that_were(self, *saved: str) -> list[Told]:
        """The answers that said one of these of their row."""
        return [told for told in tuple(self.told) if told.saved in saved]

    def _post_all(self) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            while not self._ended.is_set() and self._take():
                idea = f"Fix bug {next(_NUMBERS)}"
                try:
                    self._post(connection, idea)
                except (OSError, http.client.HTTPException):
                    self.unanswered.append(idea)
                    return
                if self._pause_s:
                    self._ended.wait(self._pause_s)
        finally:
            connection.close()

    def _take(self) -> bool:
        with self._lock:
            return next(self._left, self) is not self

    def _post(self, connection: http.client.HTTPConnection, idea: str) -> None:
        body = json.dumps({"idea": idea}).encode()
        began = time.perf_counter()
        connection.request(
            "POST", "/api/v1/improve-prompt", body, {"Content-Type": "application/json"}
        )
        answer = connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        self.statuses[answer.status] += 1
        if answer.status == 200:
            found = json.loads(content)
            self.told.append(Told(found["prompt_id"], idea, found["saved"], seconds))


def post(url: str, count: int, threads: int = 4) -> list[Told]:
    """``count`` posts, all of them answered 200."""
    with Callers(url, threads, count) as callers:
        callers.join()
    assert callers.statuses == {200: count}
    return callers.told


def send(
    url: str,
    idea: str,
    share: float = 1.0,
    path: str = "/api/v1/improve-prompt",
    **fields: str,
) -> socket.socket:
    """A connection on which the idea was posted, or that share of its body, and whose answer
    nobody has read."""
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps({"idea": idea, **fields}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    caller = socket.create_connection((host, int(port)), timeout=10)
    caller.sendall(head.encode() + body[: int(len(body) * share)])
    return caller
