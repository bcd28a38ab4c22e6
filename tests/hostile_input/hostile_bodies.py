"""Bodies for POST /api/v1/improve-prompt."""

import gzip
import json
from random import Random

from tests.hostile_input.hostile_texts import WRONG_JSON, encoded, good_text, wrong_object

MAX_BODY_BYTES = 256 * 1024
HUGE_BODY_BYTES = 10_000_000

CONTENT_TYPES = (
    b"application/json", b"application/json", b"application/json; charset=utf-8",
    b"application/json; charset=utf-16", b"application/problem+json", b"text/plain", b"text/json",
    b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x",
    b"multipart/form-data", b"application/xml", b"application/octet-stream", b"*/*", b"", b";",
    b"application/json;;;=", b"\xff\xfe", b"application/json" + b"; a=b" * 500, None,
)  # fmt: skip


def good_body(random: Random, marker: str) -> bytes:
    """An improvement that is answered."""
    fields = {"idea": good_text(random, marker)}
    if random.random() < 0.5:
        fields["context"] = good_text(random, marker)
    if random.random() < 0.5:
        fields["backend"] = random.choice(("auto", "offline"))
    return json.dumps(fields, ensure_ascii=random.random() < 0.5).encode()


def wrong_body(random: Random, marker: str) -> bytes:
    """Mostly nearly JSON, and then anything at all."""
    chosen = random.random()
    if chosen < 0.7:
        return encoded(random, wrong_object(random, marker))
    if chosen < 0.8:
        return encoded(random, random.choice(WRONG_JSON) + f'"{marker}"')
    whole = good_body(random, marker)
    if chosen < 0.9:
        return _damaged(random, whole)
    mark = marker.encode()
    return random.choice(
        (
            b"",
            b"\xef\xbb\xbf" + whole,
            whole + whole,
            whole + b"\0",
            gzip.compress(whole),
            encoded(random, whole.decode(), ("utf-16", "utf-32", "utf-16-be")),
            b"idea=" + mark,
            b'--x\r\nContent-Disposition: form-data; name="idea"\r\n\r\n' + mark + b"\r\n--x--\r\n",
            b"<idea>" + mark + b"</idea>",
            b"\0" * random.randint(1, 5_000),
            b'{"idea": "' + mark + b"\xff\xc0\xaf\xed\xa0\x80" + b'"}',
            b'"' + mark + b'"',
            b"[" + whole + b"]",
            random.randbytes(random.randint(1, 400)),
        )
    )


def large_body(random: Random, marker: str) -> bytes:
    """About as large as a request may be, valid where it fits."""
    size = MAX_BODY_BYTES + random.choice((-1, 0, 1, 4_096))
    start = b'{"idea": "' + marker.encode() + b'", "more": "'
    return start + b"x" * (size - len(start) - 2) + b'"}'


def huge_body(marker: str) -> bytes:
    """Ten megabytes, with the marker in front."""
    return b'{"idea": "' + marker.encode() + b"x" * HUGE_BODY_BYTES + b'"}'


def chunked(random: Random, body: bytes) -> bytes:
    """``body`` in chunks of any size, with extensions and a trailer."""
    parts = []
    while body:
        size = random.choice((1, 2, 7, 100, 5_000))
        part, body = body[:size], body[size:]
        extension = random.choice((b"", b"", b";a=b", b';a="b;c"', b" "))
        parts.append(b"%x%b\r\n%b\r\n" % (len(part), extension, part))
    trailer = random.choice((b"", b"", b"X-Trailer: 1\r\n", b"Content-Length: 5\r\n"))
    return b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


def _damaged(random: Random, body: bytes) -> bytes:
    damaged = bytearray(body)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(damaged))
        if random.random() < 0.5:
            damaged[place] = random.randrange(256)
        else:
            del damaged[place : place + random.randint(1, 9)]
            damaged = damaged or bytearray(b"{")
    return bytes(damaged)
