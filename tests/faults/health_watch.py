"""Asks /health/repository all the time while something is wrong, from a process of its own:
in one with the clients of the test it would measure their threads."""

import json
import math
import subprocess
import sys
from types import TracebackType
from typing import Self

LONGEST_S = 2.0
"""For a busy machine. On a quiet one: p99 at most 50 ms, never over 250 ms."""

_ASK = """
import json, select, socket, sys, time
host, port = sys.argv[1].split(":")
connection = socket.create_connection((host, int(port)), timeout=20)
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
request = b"GET /health/repository HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n"
answers = []
print("asking", flush=True)
while not answers or not select.select([sys.stdin], [], [], 0.02)[0]:
    began = time.perf_counter()
    connection.sendall(request)
    received = b""
    while b"\\r\\n\\r\\n" not in received:
        part = connection.recv(65536)
        if not part:
            sys.exit("the server hung up")
        received += part
    head, _, body = received.partition(b"\\r\\n\\r\\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += connection.recv(65536)
    answers.append((int(head.split()[1]), time.perf_counter() - began))
print(json.dumps(answers))
"""


class HealthWatch:
    """``with HealthWatch(server.url, "disk full")``: at the end every answer has been 200 or
    503, none has been late, and the figures are told on standard output (seen with
    ``pytest -s -n 0``)."""

    def __init__(self, url: str, name: str) -> None:
        self._address = url.removeprefix("http://")
        self._name = name

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _ASK, self._address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "asking\n"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            told, failure = self._process.communicate("\n", timeout=30)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait(30)
        if error is None:
            assert self._process.returncode == 0, f"no answer from /health/repository: {failure}"
            self._check([(status, seconds) for status, seconds in json.loads(told)])

    def _check(self, answers: list[tuple[int, float]]) -> None:
        assert answers, "nobody was asked"
        assert {status for status, _ in answers} <= {200, 503}
        seconds = [each for _, each in answers]
        tell(
            f"health during {self._name}: {len(seconds)} answers, "
            f"p99 {percentile(seconds, 99) * 1000:.1f} ms, worst {max(seconds) * 1000:.1f} ms"
        )
        assert max(seconds) <= LONGEST_S


def percentile(values: list[float], percent: float) -> float:
    """The smallest of ``values`` that ``percent`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]


def tell(line: str) -> None:
    """A figure, for who runs ``pytest -s -n 0``."""
    sys.stdout.write(f"\n[figure] {line}\n")
