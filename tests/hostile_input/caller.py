"""One who calls the server over and over, on a connection that stays open where it can."""

import asyncio
import contextlib

from tests.hostile_input.hostile_requests import HostileRequest
from tests.hostile_input.wire import Answer, NoHttpError, read_answer

PAUSE_S = 0.02
"""Between the pieces of a slow request."""
LONGEST_WAIT_S = 30.0
"""For anything, a whole export among it; the server is stuck after that."""
_STREAM_LIMIT = 2**20


class Caller:
    """Holds at most one connection to ``host`` and ``port``."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, request: HostileRequest) -> list[Answer]:
        """Send ``request`` and read what comes back: one answer to a framed request, any
        number to others.

        Raises:
            NoHttpError: what came is no answer, or it does not come.
        """
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                if request.framed:
                    return [await self._framed(request)]
                return await self._broken(request)
        except TimeoutError:
            await self.close()
            raise NoHttpError(f"no answer in {LONGEST_WAIT_S:.0f} s") from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = None
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _framed(self, request: HostileRequest) -> Answer:
        is_new = self._streams is None
        answer = await self._try(request)
        if answer is None and not is_new:
            # The server hangs up on who was silent for a while: that is no answer to this.
            answer = await self._try(request)
        if answer is None:
            raise NoHttpError("the server hung up without an answer")
        if answer.closes:
            await self.close()
        return answer

    async def _try(self, request: HostileRequest) -> Answer | None:
        reader, writer = self._streams = self._streams or await self._connect()
        # Reading meanwhile: the answer to ten megabytes comes before their end.
        sending = asyncio.create_task(_send(writer, request.pieces))
        try:
            answer = await read_answer(reader, request.method)
            await sending
        except ConnectionError:
            answer = None
        finally:
            sending.cancel()
            await asyncio.wait({sending})
        if answer is None:
            await self.close()
        return answer

    async def _broken(self, request: HostileRequest) -> list[Answer]:
        await self.close()
        self._streams = reader, writer = await self._connect()
        answers = []
        # Whoever hangs up on unread bytes resets the connection, and the answer may be lost.
        with contextlib.suppress(OSError):
            await _send(writer, request.pieces)
            if request.answered:
                first = await read_answer(reader, "")
                if first is None:
                    raise NoHttpError("the server hung up without an answer")
                answers.append(first)
            writer.write_eof()
            while answer := await read_answer(reader, ""):
                answers.append(answer)
        await self.close()
        return answers

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self._address, limit=_STREAM_LIMIT)


async def _send(writer: asyncio.StreamWriter, pieces: tuple[bytes, ...]) -> None:
    for number, piece in enumerate(pieces):
        if number:
            await asyncio.sleep(PAUSE_S)
        writer.write(piece)
        await writer.drain()
