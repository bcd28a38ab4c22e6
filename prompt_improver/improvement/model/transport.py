"""The connections to the model: no proxy for this machine, and no answer without an end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from prompt_improver.domain.errors import ImproverReplyError
from prompt_improver.improvement.model.language_model import LanguageModelChoice

MOST_ANSWER_BYTES = 4 * 1024 * 1024
"""A good answer is a few kilobytes. A server that sends without end would fill the memory."""
MOST_STREAM_BYTES = 16 * MOST_ANSWER_BYTES
"""An event of a stream wraps a few characters in some 300 bytes. Its text has a limit too."""
READ_EVERY_S = 0.025
"""How often a stream is read at the most. A fast model sends a thousand pieces a second: to take
each by itself costs 0.4 ms of processor, and nobody reads as fast."""
_AT_ONCE_BYTES = 4096
"""The beginning of a stream is passed on without a pause: the first text is waited for."""
_CONNECT_S = 5.0
_MAX_CONNECTIONS = 256
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def build_transport(choice: LanguageModelChoice) -> Any:
    """What carries requests to the model. An answer over MOST_ANSWER_BYTES, or a
    stream over MOST_STREAM_BYTES, raises ImproverReplyError. Imports DSPy."""
    # Not among DSPy's public names, but the only way to keep a model on this machine from
    # being looked for behind the proxy of the environment.
    from dspy._vendor.lm15.transports import StdlibAsyncTransport

    class BoundedTransport(StdlibAsyncTransport):  # type: ignore[misc]
        def stream(self, request: Any) -> Any:
            return _bounded(super().stream(request))

    # Waiting for the answer may take longer than the whole call: so that the limit of the
    # call, which covers the retry too, is the one that ends it.
    return BoundedTransport(
        connect_timeout=min(_CONNECT_S, choice.timeout_s),
        read_timeout=choice.timeout_s + 5,
        write_timeout=choice.timeout_s + 5,
        pool_timeout=None,
        max_connections=_MAX_CONNECTIONS,
        trust_env=urlsplit(choice.base_url or "").hostname not in _LOOPBACK,
    )


@asynccontextmanager
async def _bounded(opened: Any) -> AsyncIterator[Any]:
    from dspy._vendor.lm15.transports import AsyncTransportResponse

    async def nothing_to_release(body_consumed: bool) -> None:
        """``opened`` is left at the end of the block."""

    async with opened as response:
        is_stream = "text/event-stream" in (response.header("content-type") or "")
        most = MOST_STREAM_BYTES if is_stream else MOST_ANSWER_BYTES
        yield AsyncTransportResponse(
            status=response.status,
            reason=response.reason,
            headers=response.headers,
            http_version=response.http_version,
            chunks=_up_to(most, _paced(aiter(response)) if is_stream else response),
            release=nothing_to_release,
        )


async def _paced(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """``chunks``, with a pause of READ_EVERY_S seconds between one look at the connection and
    the next. What came in with the last look is passed on at once."""
    loop = asyncio.get_running_loop()
    has_looked, size = False, 0

    def notice() -> None:
        nonlocal has_looked
        has_looked = True

    while True:
        # Called once others get their turn: where the chunk is at hand already, nobody does.
        has_looked, turn = False, loop.call_soon(notice)
        try:
            chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        finally:
            turn.cancel()
        size += len(chunk)
        yield chunk
        if has_looked and size > _AT_ONCE_BYTES:
            await asyncio.sleep(READ_EVERY_S)


async def _up_to(most: int, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise ImproverReplyError(f"the model's answer is over {most:,} bytes")
        yield chunk
