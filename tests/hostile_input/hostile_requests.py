"""A request made of a seed and a number: the same ones make the same bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.hostile_input import hostile_bodies as bodies
from tests.hostile_input import hostile_targets as targets
from tests.hostile_input.broken_framing import broken_framing
from tests.hostile_input.hostile_targets import Fields
from tests.hostile_input.hostile_texts import MARK

IMPROVE = "/api/v1/improve-prompt"
HISTORY = "/api/v1/history"
ITEM = "/api/v1/history/{prompt_id}"
EXPORT = "/api/v1/history/export"
STATISTICS = "/api/v1/statistics"

HUGE_EVERY = 1_000
"""One in so many has a body of ten megabytes."""


@dataclass(frozen=True, slots=True)
class HostileRequest:
    """What is sent, and what an answer is held against."""

    kind: str
    marker: str
    """Stands in what is wrong with it."""
    pieces: tuple[bytes, ...]
    """Sent one after the other, with a pause between."""
    method: str = ""
    route: str | None = None
    """The path of the OpenAPI document that it goes to; None where it goes to none for sure."""
    framed: bool = True
    """Its length is right: there is one answer, and the connection goes on."""
    answered: bool = True
    """The server has all that an answer takes."""
    foreign_host: bool = False


def make_request(seed: int, number: int) -> HostileRequest:
    """The request with this number of the run with this seed."""
    random = Random(f"{seed}:{number}")
    marker = f"{MARK}{seed}x{number}x"
    if number % HUGE_EVERY == HUGE_EVERY // 2:
        return _huge(random, marker)
    [make] = random.choices(_KINDS, _WEIGHTS)
    return make(random, marker)


def _request(
    kind: str,
    marker: str,
    method: str,
    target: str,
    route: str | None,
    fields: Fields | None = None,
    body: bytes | None = None,
    *,
    host: bytes = b"localhost",
    torn_by: Random | None = None,
    foreign_host: bool = False,
) -> HostileRequest:
    lines = [f"{method} {target} HTTP/1.1\r\n".encode("ascii"), b"Host: %b\r\n" % host]
    lines += [b"%b: %b\r\n" % field for field in fields or []]
    if body is not None:
        lines.append(b"Content-Length: %d\r\n" % len(body))
    raw = b"".join(lines) + b"\r\n" + (body or b"")
    pieces = (raw,) if torn_by is None else _torn(torn_by, raw)
    return HostileRequest(kind, marker, pieces, method, route, foreign_host=foreign_host)


def _torn(random: Random, raw: bytes) -> tuple[bytes, ...]:
    places = sorted(random.randrange(len(raw)) for _ in range(random.randint(2, 8)))
    return tuple(raw[a:b] for a, b in zip([0, *places], [*places, len(raw)], strict=True))


def _post(kind: str, random: Random, marker: str, body: bytes, **more: object) -> HostileRequest:
    content_type = b"application/json"
    if kind == "wrong body":
        content_type = random.choice((content_type, random.choice(bodies.CONTENT_TYPES)))
    fields = [] if content_type is None else [(b"Content-Type", content_type)]
    if random.random() < 0.02:
        fields.append((b"Expect", b"100-continue"))
    return _request(kind, marker, "POST", IMPROVE, IMPROVE, fields, body, **more)  # type: ignore[arg-type]


def _good(random: Random, marker: str) -> HostileRequest:
    return _post("good body", random, marker, bodies.good_body(random, marker))


def _wrong(random: Random, marker: str) -> HostileRequest:
    return _post("wrong body", random, marker, bodies.wrong_body(random, marker))


def _large(random: Random, marker: str) -> HostileRequest:
    return _post("large body", random, marker, bodies.large_body(random, marker))


def _huge(random: Random, marker: str) -> HostileRequest:
    return _post("huge body", random, marker, bodies.huge_body(marker))


def _slow(random: Random, marker: str) -> HostileRequest:
    body = random.choice((bodies.good_body, bodies.wrong_body))(random, marker)
    return _post("slow body", random, marker, body, torn_by=random)


def _chunked(random: Random, marker: str) -> HostileRequest:
    body = random.choice((bodies.good_body, bodies.wrong_body))(random, marker)
    head = f"POST {IMPROVE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    raw = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + bodies.chunked(random, body)
    return HostileRequest("chunked body", marker, (raw,), "POST", IMPROVE)


def _history(random: Random, marker: str) -> HostileRequest:
    names: tuple[str, ...] = ("q", "cursor", "from", "to", "limit", "backend")
    if random.random() < 0.5:
        names = ("q",)  # else what is wrong with the others would spare it the search
    query = targets.parameter_query(random, marker, names)
    return _request("history", marker, "GET", f"{HISTORY}?{query}", HISTORY)


def _statistics(random: Random, marker: str) -> HostileRequest:
    query = targets.parameter_query(random, marker, ("from", "to"))
    return _request("statistics", marker, "GET", f"{STATISTICS}?{query}", STATISTICS)


def _export(random: Random, marker: str) -> HostileRequest:
    query = targets.parameter_query(random, marker, ("format",))
    if random.random() < 0.03:
        query = "format=" + random.choice(("csv", "jsonl"))
    elif "format=" not in query:
        query += "&format=" + marker  # the whole history each time would be a test of itself
    return _request("export", marker, "GET", f"{EXPORT}?{query}", EXPORT)


def _item(random: Random, marker: str) -> HostileRequest:
    method = random.choice(("GET", "DELETE"))
    target = f"{HISTORY}/{targets.prompt_id(random, marker)}"
    return _request("item", marker, method, target, ITEM)


def _wild(random: Random, marker: str) -> HostileRequest:
    method = random.choice((*targets.METHODS, marker))
    if random.random() < 0.3:
        path = random.choice(targets.PATHS)
        return _request("wild method", marker, method, f"{path}?{marker}", path)
    target = random.choice(targets.WILD_PATHS)
    if random.random() < 0.5:
        method = "GET"
    target += random.choice((f"?{marker}", marker if target != "*" else ""))
    return _request("wild path", marker, method, target, None)


def _headers(random: Random, marker: str) -> HostileRequest:
    path = random.choice(targets.PATHS)
    if random.random() < 0.3:
        host = targets.foreign_host(random, marker)
        return _request("foreign host", marker, "GET", path, path, host=host, foreign_host=True)
    fields = targets.hostile_fields(random, marker)
    return _request("headers", marker, "GET", path, path, fields)


def _broken(random: Random, marker: str) -> HostileRequest:
    pieces, answered = broken_framing(random, marker)
    return HostileRequest("broken framing", marker, pieces, framed=False, answered=answered)


_SHARES: dict[Callable[[Random, str], HostileRequest], float] = {
    _good: 5,
    _wrong: 35,
    _chunked: 3,
    _slow: 0.3,
    _large: 0.3,
    _history: 20,
    _statistics: 6,
    _export: 3,
    _item: 8,
    _wild: 7,
    _headers: 6,
    _broken: 6.4,
}
_KINDS = tuple(_SHARES)
_WEIGHTS = tuple(_SHARES.values())
