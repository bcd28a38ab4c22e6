"""Requests that lie about where they end, or are none."""

from collections.abc import Callable
from random import Random

_PATH = b"/api/v1/improve-prompt"


def broken_framing(random: Random, marker: str) -> tuple[tuple[bytes, ...], bool]:
    """The pieces of a request, and whether the server has to answer it: one that is cut off
    has no end to answer."""
    mark = marker.encode()
    return random.choice((_lie_about_length, _bad_chunks, _bad_head, _cut_off, _no_http))(
        random, mark
    )


def _post(fields: bytes, body: bytes = b"", version: bytes = b"HTTP/1.1") -> bytes:
    head = b"POST %b %b\r\nHost: localhost\r\nContent-Type: application/json\r\n" % (_PATH, version)
    return head + fields + b"\r\n" + body


def _lie_about_length(random: Random, mark: bytes) -> tuple[tuple[bytes, ...], bool]:
    body = b'{"idea": "' + mark + b'"}'
    right = len(body)
    length = b"Content-Length: %b\r\n"
    te = b"Transfer-Encoding: %b\r\n"
    values = (
        b"-1", b"+5", b"5.0", b"0x10", b"5 5", b"5,6", b"", b"\xd9\xa5", mark, b"9" * 19,
        b"9" * 4_400, b"1" + b"0" * 21,
    )  # fmt: skip
    answered: tuple[bytes, ...] = (
        _post(length % random.choice(values[:9]), body),
        _post(length % b"9" * 4_400, body),
        _post(length % str(right).encode() + length % str(right + 1).encode(), body),
        _post(length % str(right).encode() + te % b"chunked", b"0\r\n\r\n"),
        _post(
            te % b"chunked" + length % str(right).encode(), b"0\r\n\r\nGET /%b HTTP/1.1\r\n" % mark
        ),
        _post(te % b"chunked, identity", body),
        _post(te % b"xchunked" + length % b"5", body),
        _post(te % b"chunked" + te % b"chunked", b"0\r\n\r\n"),
        _post(te % (b"gzip, chunked"), b"0\r\n\r\n"),
        _post(te.replace(b":", b" :") % b"chunked", b"0\r\n\r\n" + mark),
        _post(length % str(right - 4).encode(), body),
        _post(length % b"0", body),
        _post(length % str(right).encode(), body + b"\r\n" + mark + b" garbage\r\n\r\n"),
        _post(length % str(right).encode(), body) * 3,
        _post(b"", body, b"HTTP/1.0"),
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50,
        b"GET /api/v1/history/export HTTP/1.1\r\nHost: localhost\r\n\r\n" + mark + b"\r\n\r\n",
        _post(length % b"999999999999", body),
    )
    return (random.choice(answered),), True


def _bad_chunks(random: Random, mark: bytes) -> tuple[tuple[bytes, ...], bool]:
    chunks = random.choice(
        (
            b"zz\r\n" + mark + b"\r\n0\r\n\r\n",
            b"-1\r\n" + mark + b"\r\n",
            b"0x5\r\n" + mark + b"\r\n",
            b"5\r\n" + mark + b"\r\n0\r\n\r\n",
            b"F" * 30 + b"\r\n" + mark,
            b"\r\n\r\n",
            b"5;" + b"a" * 70_000,
            b"1\r\nx\r\n0\r\n" + b"X-T: " + b"t" * 70_000,
            b"1\r\nx\r\n0\r\nbad trailer " + mark + b"\r\n\r\n",
            b"1\r\nx\r\n" * 2_000 + b"g" + mark + b"\r\n",
            (b"20000\r\n" + b"y" * 0x20000 + b"\r\n") * 3 + b"no chunk " + mark + b"\r\n\r\n",
        )
    )
    host = random.choice((b"localhost", b"localhost", mark + b".example"))
    head = _post(b"Transfer-Encoding: chunked\r\n").replace(b"Host: localhost", b"Host: " + host)
    # Together, and so that an answer to the head may be on its way when the rest comes.
    return (head + chunks,) if random.random() < 0.5 else (head, chunks), True


def _bad_head(random: Random, mark: bytes) -> tuple[tuple[bytes, ...], bool]:
    line = b"GET /health HTTP/1.1\r\n"
    host = b"Host: localhost\r\n"
    heads: tuple[bytes, ...] = (
        line + b"\r\n",
        line + host + host + b"\r\n",
        line + host + mark + b"\r\n\r\n",
        line + host + b"X " + mark + b": 1\r\n\r\n",
        line + host + b" folded " + mark + b"\r\n\r\n",
        line + b" " + host + b"\r\n",
        line + host + b": " + mark + b"\r\n\r\n",
        line + host + b"X: a\0" + mark + b"\r\n\r\n",
        line + host + b"X: a\x7f" + mark + b"\r\n\r\n",
        line + host + b"X: a\rX-" + mark + b": 1\r\n\r\n",
        line + b"Host: localhost\r\nX\xff: " + mark + b"\r\n\r\n",
        line + host + b"X: " + mark * 20_000 + b"\r\n\r\n",
        line + host + (b"X-%b: 1\r\n" % mark) * 5_000 + b"\r\n",
        b"GET /" + mark * 20_000 + b" HTTP/1.1\r\n" + host + b"\r\n",
        b"GET /health?" + mark + b"\xff HTTP/1.1\r\n" + host + b"\r\n",
        b"GET /" + mark + b" x HTTP/1.1\r\n" + host + b"\r\n",
        b"GET /" + mark + b" HTTP/2.0\r\n" + host + b"\r\n",
        b"GET /" + mark + b" HTTP/9.9\r\n" + host + b"\r\n",
        b"GET /" + mark + b" http/1.1\r\n" + host + b"\r\n",
        b"GET /" + mark + b"\r\n\r\n",
        b"GET  /health HTTP/1.1\r\n" + host + b"\r\n",
        b"G\0ET /health HTTP/1.1\r\n" + host + b"\r\n",
        b"GET /\x00%b HTTP/1.1\r\n" % mark + host + b"\r\n",
        (line + host + b"X: " + mark + b"\r\n\r\n").replace(b"\r\n", b"\n"),
        b"\r\n" * 5 + line + host + b"\r\n",
        b"GET /health HTTP/1.1 \r\n" + host + b"\r\n",
    )
    return (random.choice(heads),), True


def _cut_off(random: Random, mark: bytes) -> tuple[tuple[bytes, ...], bool]:
    body = b'{"idea": "' + mark + b'"}'
    chunks = b"5\r\nabcde\r\n" * 3 + b"0\r\n\r\n"
    whole = random.choice(
        (
            _post(b"Content-Length: %d\r\n" % len(body), body),
            _post(b"Transfer-Encoding: chunked\r\n", chunks),
            _post(b"Expect: 100-continue\r\nContent-Length: %d\r\n" % len(body), body),
            b"GET /api/v1/history?q=%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % mark,
        )
    )
    return (whole[: random.randint(1, len(whole) - 1)],), False


def _no_http(random: Random, mark: bytes) -> tuple[tuple[bytes, ...], bool]:
    some: tuple[Callable[[], bytes], ...] = (
        lambda: bytes.fromhex("16030100a5010000a10303") + mark * 10,
        lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0",
        lambda: b"SSH-2.0-" + mark + b"\r\n",
        lambda: b"\0" * 70_000,
        lambda: b"\r\n" * 40_000,
        lambda: mark * 20_000,
        lambda: random.randbytes(random.randint(1, 3_000)),
        lambda: b"\xff" * 100,
    )
    return (random.choice(some)(),), False
