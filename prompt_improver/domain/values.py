"""What the fields of an improvement may hold, and the one form in which each is kept."""

import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from typing import Any

MAX_COUNT = 2**63 - 1
"""The largest whole number that the history can hold."""
MOST_TAGS = 50
"""Of one improvement, as every door takes them."""
MAX_TAG_CHARACTERS = 100
RATINGS = (-1, 0, 1)

Rule = Callable[[str, object], object]
"""Takes a field's name and value, which is not None; returns the value as it is kept, or
raises ValueError with a message that begins with the name and quotes no text of the user's.
A fact of ``details`` comes back from JSON, so its rule takes lists for tuples."""


def text(name: str, value: object) -> str:
    """A text that the history can hold; it may be empty."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, got {type(value).__name__}")
    if found := find_unstorable_character(value):
        raise ValueError(f"{name} must not hold {found}")
    return value


def texts(name: str, value: object) -> tuple[str, ...]:
    """Texts in their order; there may be none."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} must be a sequence of texts, got {type(value).__name__}")
    return tuple(text(f"{name}[{position}]", each) for position, each in enumerate(value))


def objects(name: str, value: object, *, kind: type) -> tuple[Any, ...]:
    """Objects of ``kind`` in their order; there may be none. ``kind`` is a frozen dataclass
    whose fields are texts, or tuples of texts. What comes from JSON are mappings by field
    name; what only a later version knows of them is left out.
    """
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} must be a sequence of objects, got {type(value).__name__}")
    return tuple(_object(f"{name}[{position}]", each, kind) for position, each in enumerate(value))


def _object(name: str, value: object, kind: type) -> Any:
    known: dict[str, Field[Any]] = {each.name: each for each in fields(kind)}
    if isinstance(value, kind):
        value = {each: getattr(value, each) for each in known}
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be an object, got {type(value).__name__}")
    for each, field in known.items():
        if each not in value and field.default is MISSING:
            raise ValueError(f"{name} lacks {each}")
    return kind(
        **{
            each: (text if field.type is str else texts)(f"{name}.{each}", value[each])
            for each, field in known.items()
            if each in value
        }
    )


def filled_text(name: str, value: object) -> str:
    """A text that is not blank."""
    found = text(name, value)
    if not found.strip():
        raise ValueError(f"{name} must not be blank")
    return found


def tags(name: str, value: object) -> tuple[str, ...]:
    """Each once, in their order, without the blanks around them."""
    found = sorted({each.strip() for each in texts(name, value)})
    for each in found:
        if not 0 < len(each) <= MAX_TAG_CHARACTERS:
            raise ValueError(
                f"{name} must have 1 to {MAX_TAG_CHARACTERS} characters each, got {len(each)}"
            )
    return tuple(found)


def rating(name: str, value: object) -> int:
    """One of RATINGS."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in RATINGS:
        raise ValueError(f"{name} must be -1, 0 or 1, got {value!r}")
    return value


def version(name: str, value: object) -> object:
    """A whole number from 1 to MAX_COUNT."""
    if count(name, value) == 0:
        raise ValueError(f"{name} must be 1 or more, got 0")
    return value


def flag(name: str, value: object) -> bool:
    """True or false, and not 1 or 0."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, got {type(value).__name__}")
    return value


def language_code(name: str, value: object) -> str:
    """An ISO 639-1 code: two letters in lower case."""
    code = text(name, value)
    if not (len(code) == 2 and code.isascii() and code.isalpha() and code.islower()):
        raise ValueError(f"{name} must be an ISO 639-1 code such as en")
    return code


def canonical_uuid(name: str, value: object) -> str:
    """A UUID in lower case, with its hyphens."""
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise ValueError(f"{name} must be a UUID, got {value!r}") from None


def utc_milliseconds(name: str, moment: object) -> datetime:
    """``moment`` in UTC, cut to milliseconds.

    Raises:
        ValueError: ``moment`` has no time zone.
    """
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ValueError(f"{name} must be a datetime with a time zone, got {moment!r}")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def number(name: str, value: object, *, high: float) -> object:
    """A number from 0 to ``high``, which may be infinite; the value is not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number, got {value!r}")
    try:
        fits = 0.0 <= float(value) <= high and math.isfinite(value)  # NaN fits nowhere
    except OverflowError:  # a whole number that is too large for a float
        fits = False
    if not fits:
        bounds = f"between 0 and {high:g}" if high != math.inf else "0 or more"
        raise ValueError(f"{name} must be {bounds}, got {value!r}")
    return value


def count(name: str, value: object) -> object:
    """A whole number from 0 to MAX_COUNT."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    if not 0 <= value <= MAX_COUNT:
        raise ValueError(f"{name} must be from 0 to 2**63 - 1, got {value!r}")
    return value


def find_unstorable_character(text: str) -> str | None:
    """What in ``text`` the history cannot hold and where, or None.

    NUL ends a text for the tools that people look into the database with, and UTF-8 has no
    form for half of a surrogate pair.
    """
    if "\0" in text:
        return f"a NUL at character {text.index(chr(0)) + 1}"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"a lone surrogate (U+{ord(text[error.start]):04X}) at character {error.start + 1}"
    return None
