"""Large answers, made and sent piece by piece: nobody else waits for more than a piece."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

PIECE_BYTES = 64 * 1024
"""A piece ends with the first part that brings it to this size."""


async def in_pieces(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """``parts``, joined to pieces. A thread asks for them, one piece at a time: whatever is done
    to make a part holds up neither the event loop nor, for longer than one part, the
    interpreter."""
    while piece := await run_in_threadpool(_next_piece, parts):
        yield piece


async def answer_in_pieces(parts: Iterator[bytes], media_type: str) -> Response:
    """The answer that ``parts`` make together. All of them are made before it begins, so that
    what fails there is an error, and it names its length, so that one that breaks off is not
    taken for a whole one."""
    pieces = [piece async for piece in in_pieces(parts)]
    if len(pieces) == 1:
        return Response(pieces[0], media_type=media_type)
    length = str(sum(map(len, pieces)))
    headers = {"Content-Length": length}
    return StreamingResponse(_one_by_one(pieces), media_type=media_type, headers=headers)


def _next_piece(parts: Iterator[bytes]) -> bytes:
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= PIECE_BYTES:
            break
    return bytes(piece)


async def _one_by_one(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        # While the client reads as fast as this writes, sending alone lets nobody else in.
        await asyncio.sleep(0)
