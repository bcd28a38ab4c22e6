"""Texts, and JSON written by hand, that break programs."""

import json
from collections.abc import Sequence
from random import Random

MARK = "zqmark"
"""Every marker begins so: it stands in the bad part of a request, and must not come back."""

PIECES = (
    "Design a REST API", "haz un hook de React", "don't use jQuery", "at most 3", "{{name}}",
    "${x} %s {0}", "<script>alert(1)</script>", "'; DROP TABLE prompt_history;--", "=1+1",
    "@SUM(A1)", "\u0301" * 40, "\u202e", "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff",
    "\u200b", "\x7f", "\x80", "\x1b[31m", "\r\nX-Evil: 1", "\r\n\r\n", "\t", "\\", '"', "'", "```",
    "~~~", "## Role", "[[ ## role ## ]]", "😀", "👩‍💻", "İ", "ß", "中文", "عربي", "٣", "1e308",
    "-1", "0x10", "../../etc/passwd", "%00", "%ff", "%n%n%n", "NEAR(a b)", 'a" OR "b', "a AND",
    "NOT", "*", "^a", "idea:x", "(", ")", "  ", "\n" * 30, "a" * 300, "http://169.254.169.254/",
    "\x00", "\U0010ffff",
)  # fmt: skip
LONG_PATTERNS = (
    "a ", "no ", "not a, b or ", "/a/b", "1,", "(", "{{", "don't ", "```\n", "# a\n", "\u0301",
    '"a" ', "@a", "a: ",
)  # fmt: skip
"""Repeated up to the limit of a text, so that a slow regular expression shows."""

WRONG_JSON = (
    r'"\ud800"', r'"\udfff\ud800"', r'"a\ud83d"', r'"\ud800\u0041"', r'"\u0000"', r'"a\u0000b"',
    r'"\uD800\uDC00"', r'"\x41"', r'"\u12"', '"\n"', '"\x01"', '"open', "'single'", "NaN",
    "Infinity", "-Infinity", "-NaN", "9223372036854775808", "-9223372036854775809", "1e999",
    "-1e-999", "1" * 5_000, "0." + "3" * 5_000, "1e" + "9" * 5_000, "-0", "+1", "01", ".5", "0x10",
    "null", "true", "false", "[]", "{}", '[""]', '{"idea": "x"}', '""', '" "', r'"\u00a0\u3000"',
    "undefined", "/**/1", "1,", '"' + "a" * 20_001 + '"', '"' + "😀" * 10_001 + '"',
    "[" * 10_000 + "]" * 10_000, "[" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000,
    "[" * 100_000, "",
)  # fmt: skip
"""What stands in the place of a value."""

BACKENDS = ('"auto"', '"offline"', '"zero-shot"', '"few-shot"', '"OFFLINE"', '"gpt"', '""')
UNKNOWN_KEYS = (
    '"prompt_id"', '"__proto__"', '"constructor"', '"id"', '"timestamp"', r'"\ud800"', r'"\u0000"',
    '"idea "', '"IDEA"', '""', '"' + "k" * 5_000 + '"',
)  # fmt: skip


def hostile_text(random: Random, marker: str) -> str:
    """Some of the pieces, any characters between, and ``marker`` among them."""
    pieces = random.choices(PIECES, k=random.randint(0, 4))
    if random.random() < 0.3:
        pieces.append("".join(_any_character(random) for _ in range(random.randint(1, 12))))
    pieces.insert(random.randint(0, len(pieces)), marker)
    return random.choice(("", " ", "\n")).join(pieces)


def good_text(random: Random, marker: str) -> str:
    """A text that the API takes, strange as it may be."""
    if random.random() < 0.02:
        return (marker + random.choice(LONG_PATTERNS) * 20_000)[:20_000]
    text = hostile_text(random, marker).replace("\0", "")
    return text.encode(errors="ignore").decode()


def wrong_object(random: Random, marker: str) -> str:
    """A JSON object, nearly: wrong values, wrong keys, the same key twice."""
    marked = json.dumps(hostile_text(random, marker))
    members = [("idea", marked), ("context", marked), ("backend", random.choice(BACKENDS))]
    members = [(f'"{name}"', value) for name, value in members]
    wrong = random.randrange(4)
    if wrong < 3:
        name = members[wrong][0]
        members[wrong] = (name, random.choice((*WRONG_JSON, marked if wrong == 2 else "7")))
    for _ in range(random.randint(wrong == 3, 2)):
        name = random.choice((*UNKNOWN_KEYS, '"idea"', '"context"', f'"{marker}"'))
        value = random.choice((*WRONG_JSON, marked))
        members.insert(random.randint(0, len(members)), (name, value))
    if random.random() < 0.3:
        members.pop(random.randrange(len(members)))
    return "{" + ",".join(f"{name}:{value}" for name, value in members) + "}"


def encoded(random: Random, text: str, encodings: Sequence[str] = ("utf-8",)) -> bytes:
    """``text`` in one of ``encodings``; lone surrogates go out as they are."""
    return text.encode(random.choice(encodings), "surrogatepass")


def _any_character(random: Random) -> str:
    return chr(random.choice((random.randrange(0x110000), random.randrange(0x300))))
