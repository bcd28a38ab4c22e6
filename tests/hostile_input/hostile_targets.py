"""Paths, query strings and headers that no well-meaning caller sends."""

import uuid
from datetime import UTC, datetime
from random import Random
from urllib.parse import quote_plus

from prompt_improver.domain.history_filter import HistoryCursor
from tests.hostile_input.hostile_texts import LONG_PATTERNS, good_text, hostile_text

Fields = list[tuple[bytes, bytes]]

RAW_QUERIES = (
    "&", "&&&&", "=", "?", "%", "%zz", "%00", "%ff%fe", "%ed%a0%80", "limit", "limit=", "q=%",
    "limit=1&limit=2", "q[]=1", "q=a;cursor=b", "&".join("q=1" for _ in range(1_500)),
    "&".join(f"k{number}=1" for number in range(1_500)), "q=" + "a" * 7_000, "a" * 7_000,
)  # fmt: skip
NUMBERS = (
    "1", "500", "501", "0", "-1", "1.0", "1e2", "9223372036854775808", "9" * 4_400, "NaN", "٣",
    " 5 ", "+5", "0x10", "1_0", "", "null",
)  # fmt: skip
DATES = (
    "2026-05-04", "2026-05-04T12:00:00Z", "0001-01-01", "9999-12-31",
    "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "10000-01-01", "2026-02-30", "2026-W01", "2026-W53-7", "20260504", "now", "1e9", "1714824000",
    "2026-05-04T24:00:00", "-0001-01-01", "2026-05-04 12:00:00+00:00:00.000001", "٢٠٢٦-٠٥-٠٤",
    "2026-05-04T12:00:00" + "0" * 50, "",
)  # fmt: skip
WILD_PATHS = (
    "/%00", "/%ff", "/%ed%a0%80", "//", "///health", "/health/", "/health//", "/./health",
    "/../health", "/api/v1/history/..", "/api/v1/history/%2e%2e", "/api/v1/history/%2f",
    "/api/v1/history/", "/api/v1/history/export/", "/API/V1/HISTORY", "/api/v1/improve-prompt/",
    "/api/v1/statistics/", "/api/v2/history", "/docs", "/redoc", "/openapi.json",
    "/docs/oauth2-redirect", "/docs/", "/.env", "/.git/config", "/data/prompt_history.db",
    "/%2e%2e/%2e%2e/etc/passwd", "/health%00", "/health%0d%0a", "/health;a=b", "/health%3f",
    "/" + "a" * 8_000, "/" + "a/" * 4_000, "/" + "%2f" * 2_000, "*", "http://evil.example/health",
    "http://localhost/health", "evil.example:443", "/metrics/",
)  # fmt: skip
METHODS = (
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW", "get",
    "PROPFIND", "M-SEARCH", "!#$%&'*+-.^_`|~", "G" * 3_000,
)  # fmt: skip
PATHS = ("/", "/health", "/health/repository", "/metrics", "/api/v1/history", "/api/v1/statistics")
FOREIGN_HOSTS = (
    "evil.example", "localhost.evil.example", "localhost:@evil.example", "localhost@evil.example",
    "127.0.0.1.evil.example", "localhost:80:80", "[::1", "[::1]evil", "localhost/", "localhost?x",
    "0.0.0.0", "2130706433", "169.254.169.254:80", "localhost\\@evil.example", "", "a" * 5_000,
)  # fmt: skip


def parameter_query(random: Random, marker: str, names: tuple[str, ...]) -> str:
    """A query string of ``names`` with values that mostly do not fit."""
    if random.random() < 0.15:
        return f"{marker}&{random.choice(RAW_QUERIES)}"
    chosen = random.sample(names, random.randint(1, min(3, len(names))))
    if random.random() < 0.2:
        chosen.append(random.choice((*names, marker, "x")))
    return "&".join(f"{name}={_quoted(random, _value(random, name, marker))}" for name in chosen)


def prompt_id(random: Random, marker: str) -> str:
    """What stands in the place of a prompt_id; a well-formed one half of the time."""
    good = str(uuid.UUID(int=random.getrandbits(128)))
    if random.random() < 0.5:
        return good
    odd = (good.upper(), good[:-1], good + "0", "{" + good + "}", good.replace("-", ""), "%00")
    odd += (good + "%00", good + "%0a", "%ff", "%ed%a0%80", "1 OR 1=1", "%27", "-1", "x" * 5_000)
    return random.choice(odd).replace(" ", "%20") + random.choice(("", marker))


def hostile_fields(random: Random, marker: str) -> Fields:
    """Headers with a hostile value, one to three of them."""
    text = hostile_text(random, marker).encode(errors="ignore")
    # What a header may not hold breaks the request: that is for the broken ones.
    text = bytes(byte for byte in text if byte >= 0x20 and byte != 0x7F).strip()
    values = (text, marker.encode() + b"\xff\xfe", marker.encode() + b"a" * 3_000, b"")
    names = (
        b"Authorization", b"X-Request-ID", b"Cookie", b"Accept", b"Range", b"If-None-Match",
        b"Origin", b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Proto", b"Forwarded",
        b"Referer", b"User-Agent", b"X-HTTP-Method-Override", b"Accept-Encoding", b"TE",
        b"Access-Control-Request-Method", b"Upgrade", b"traceparent", b"Content-Encoding",
        b"Max-Forwards", b"X-Original-URL",
    )  # fmt: skip
    fields = [(random.choice(names), random.choice(values)) for _ in range(random.randint(1, 3))]
    # One of letters and digits alone would come back, as the API says.
    fields = [
        (name, b"not an id: " + value if name == b"X-Request-ID" else value)
        for name, value in fields
    ]
    if random.random() < 0.1:
        fields += [(b"X-Many", marker.encode())] * 300
    if random.random() < 0.1:
        fields += [(b"Connection", b"Upgrade"), (b"Upgrade", random.choice((b"websocket", b"h2c")))]
    return fields


def foreign_host(random: Random, marker: str) -> bytes:
    """A Host header that is none of this machine's names."""
    host = random.choice(FOREIGN_HOSTS)
    return (f"{marker}.{host}" if host and random.random() < 0.5 else host).encode()


def _value(random: Random, name: str, marker: str) -> str:
    if name == "q":
        return _search_text(random, marker)
    if random.random() < 0.2:
        return hostile_text(random, marker)
    if name == "limit":
        return random.choice(NUMBERS)
    if name in ("from", "to"):
        return random.choice(DATES)
    if name == "cursor":
        return _cursor(random)
    return random.choice(("offline", "few-shot", "OFFLINE", "", "null", "xml", marker))


def _search_text(random: Random, marker: str) -> str:
    chosen = random.random()
    if chosen < 0.2:
        return hostile_text(random, marker)
    if chosen < 0.3:
        return (marker + random.choice(LONG_PATTERNS) * 1_000)[: random.choice((900, 1_000, 1_001))]
    return good_text(random, marker)[:1_000]


def _cursor(random: Random) -> str:
    moment = datetime(random.randint(1, 9999), 1, 1, tzinfo=UTC)
    cursor = HistoryCursor(moment, random.choice((1, 2**31, 2**63 - 1))).encode()
    if random.random() < 0.4:
        return cursor
    place = random.randrange(len(cursor))
    return (
        cursor[:place] + random.choice(("", "=", "A", "é", "\0", "|", cursor)) + cursor[place + 1 :]
    )


def _quoted(random: Random, value: str) -> str:
    quoted = quote_plus(value.encode(errors="surrogatepass"))
    return quoted + random.choice(("", "", "", "", "%", "%ff", "%00"))
