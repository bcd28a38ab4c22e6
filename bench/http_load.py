"""Requests over HTTP from a process of its own: `python -m bench.http_load`.

Reads one Load as JSON from standard input, writes one LoadResult as JSON. The client is as
cheap as can be (raw streams, requests made beforehand): it shares the cores with the server.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import cycle
from urllib.parse import urlsplit

IDEA, CONTEXT = "Design a REST API for a library", "FastAPI, for a team of three"
IDEAS = (
    (IDEA, CONTEXT),
    ("haz un hook de React para formularios con validación y mensajes de error", ""),
    ("fix this bug: the total in cart.py is wrong for 3 items and a 10% discount", ""),
    ("Write an email to {name} that asks for the figures of May, at most 120 words", "Formal"),
    ("Explain how the TCP handshake works to a student of the first year", ""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send: to ``url`` for ``seconds``, over ``clients`` connections."""

    url: str
    seconds: float
    clients: int
    rate: float = 0.0
    """Requests/s in all; 0 is as fast as the answers come."""
    body: dict[str, str] = field(default_factory=dict)
    """The one to send; empty takes IDEAS in turn."""
    count: int = 10**9
    """The most requests to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What came of it."""

    milliseconds: list[float]
    """From when a request was due to its whole answer; of those that were answered 200."""
    errors: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Good answers."""
        return len(self.milliseconds) / self.seconds


def send(load: Load) -> LoadResult:
    """Send it from a process of its own, which is ended when it takes too long."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.http_load"],
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        timeout=load.seconds + 60,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the load failed: {done.stderr[-2000:]}")
    return LoadResult(**json.loads(done.stdout))


class _Client:
    """One connection that is kept, and opened again after an error."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """The status of the answer, which is read to its end; 0 without one."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(self._host, self._port)
            reader, writer = self._streams
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
            await reader.readexactly(int(length))
            return int(head[9:12])
        except (OSError, EOFError, IndexError):
            self.close()
            return 0

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _requests(load: Load) -> Iterator[bytes]:
    address = urlsplit(load.url)
    ideas = [{"idea": idea, "context": context} for idea, context in IDEAS]
    made = []
    for body in [load.body] if load.body else ideas:
        content = json.dumps(body).encode()
        made.append(
            f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
    return cycle(made)


async def _run(load: Load) -> LoadResult:
    address = urlsplit(load.url)
    requests = _requests(load)
    times: list[float] = []
    errors = 0
    began = time.perf_counter()
    # All clients take the next request from here, with the time at which it is due.
    due_times = (began + (number / load.rate if load.rate else 0.0) for number in range(load.count))

    async def work() -> None:
        nonlocal errors
        client = _Client(address.hostname or "", address.port or 80)
        for due in due_times:
            now = time.perf_counter()
            if max(due, now) >= began + load.seconds:
                break
            if load.rate:
                await asyncio.sleep(max(0.0, due - now))
            # Against a rate the wait for a free connection counts: users would feel it too.
            start = due if load.rate else now
            status = await client.ask(next(requests))
            if status == 200:
                times.append((time.perf_counter() - start) * 1000)
            else:
                errors += 1
        client.close()

    await asyncio.gather(*(work() for _ in range(load.clients)))
    return LoadResult(milliseconds=times, errors=errors, seconds=time.perf_counter() - began)


def main() -> None:
    result = asyncio.run(_run(Load(**json.load(sys.stdin))))
    json.dump(asdict(result), sys.stdout)


if __name__ == "__main__":
    main()
