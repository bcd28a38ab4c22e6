"""Reading HTTP/1.1 answers off a stream, strictly."""

import asyncio
import re
from dataclasses import dataclass

_STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [ -~]*")
_FIELD = re.compile(rb"([!-9;-~]+): *([ -~]*)")


class NoHttpError(Exception):
    """What the server sent is no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. Names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    head: bytes
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"


async def read_answer(reader: asyncio.StreamReader, method: str) -> Answer | None:
    """The next answer to a request with ``method``, after those that only say to go on; None
    where the server has closed instead.

    Raises:
        NoHttpError: what came is none, or only a part of one.
    """
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise NoHttpError(f"a part of a head: {error.partial[:200]!r}") from None
            return None
        status, headers = _parse(head)
        if status >= 200:
            break
    body = b""
    if method != "HEAD" and status not in (204, 304):
        try:
            body = await _read_body(reader, headers)
        except asyncio.IncompleteReadError:
            raise NoHttpError("the body is shorter than its length") from None
    return Answer(status, headers, head, body)


def _parse(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head[:-4].split(b"\r\n")
    found = _STATUS_LINE.fullmatch(first)
    if found is None:
        raise NoHttpError(f"no status line: {first[:200]!r}")
    headers: dict[str, str] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise NoHttpError(f"no header: {line[:200]!r}")
        name = field[1].decode().lower()
        if name in headers and name != "vary":
            raise NoHttpError(f"two headers {name}")
        headers[name] = field[2].decode()
    return int(found[1]), headers


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") != "chunked":
        return await reader.read()
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)
