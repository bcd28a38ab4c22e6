"""Who sends slowly, or stops in the middle, holds a connection for a while and no longer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from uvicorn.server import ServerState

from prompt_improver.app import create_app
from prompt_improver.http_protocol import HttpProtocol
from prompt_improver.settings import Settings

BOUND_S = 10

pytestmark = pytest.mark.anyio


class ImpatientProtocol(HttpProtocol):
    arrival_s = 0.2


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """A port on which the app is served by ``ImpatientProtocol``."""
    app = create_app(Settings(_env_file=None, llm_provider="offline", sqlite_enabled=False))
    config = uvicorn.Config(app, log_config=None, timeout_keep_alive=1)
    config.load()
    state = ServerState()
    async with app.router.lifespan_context(app):
        server = await asyncio.get_running_loop().create_server(
            lambda: ImpatientProtocol(config, state, {}), "127.0.0.1", 0
        )
        async with server:
            yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"GET /health HTTP/1.1\r\nHost: loc",
        b"POST /api/v1/improve-prompt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
        b"POST /api/v1/improve-prompt HTTP/1.1\r\nHost: evil\r\nContent-Length: 9\r\n\r\n{",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health HTTP/1.1\r\nHost: loc",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        b"POST /api/v1/improve-prompt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
    ],
    ids=[
        "nothing",
        "half a head",
        "half a body",
        "half a refused body",
        "half of the next",
        "half of the next one's body",
    ],
)
async def test_a_request_that_does_not_arrive_in_time_is_hung_up_on(part):
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(part)
        async with asyncio.timeout(BOUND_S):
            await reader.read()
        writer.close()


async def test_a_trickle_is_hung_up_on_too():
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health HTTP/1.1\r\nX: ")
        ended = asyncio.create_task(reader.read())
        async with asyncio.timeout(BOUND_S):
            while not ended.done():
                writer.write(b"x")
                await asyncio.wait({ended}, timeout=0.02)
        writer.close()


async def test_a_request_that_arrives_in_time_may_be_answered_later():
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(4):  # together longer than one may take
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            async with asyncio.timeout(BOUND_S):
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
            assert head.startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(ImpatientProtocol.arrival_s / 2)
        writer.close()
