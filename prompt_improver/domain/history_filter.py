"""Which improvements are asked for, a page of them, and the cursor that leads to the next one."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from prompt_improver.domain.prompt_history import COLUMN_RULES, BackendType, PromptHistory
from prompt_improver.domain.values import MAX_COUNT, Rule, tags, text, utc_milliseconds

_POSITION = re.compile(
    r"1\|(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3})\|([1-9]\d{0,18})", re.ASCII
)
_MAX_CHARACTERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """The improvements that have each of these, where it is not None.

    Words of ``text`` are runs of letters and digits, accents and case do not count, and the last
    one may be the beginning of a word. Any text is a valid search; text without a word finds
    nothing.

    Raises:
        ValueError: a value is none that its field can have, ``start`` or ``end`` has no time
            zone, ``start`` is after ``end``, or ``text`` holds what no row can (a NUL, half of a
            surrogate pair).
    """

    start: datetime | None = None
    end: datetime | None = None
    """From when to when, both included; brought to UTC and cut to milliseconds, like the
    timestamps that are kept."""
    text: str | None = None
    """Words that stand, all of them, in idea, context and improved prompt, or all of them in
    note and tags."""
    backend: BackendType | None = None
    starred: bool | None = None
    rating: int | None = None
    tag: str | None = None
    """One of its tags, whole."""
    task: str | None = None
    artefact: str | None = None
    target: str | None = None
    parent_id: str | None = None
    """What it was refined from, itself."""

    def __post_init__(self) -> None:
        for name, rule in _RULES.items():
            value = getattr(self, name)
            if value is not None:
                # A frozen dataclass leaves no other way to set a field of its own.
                object.__setattr__(self, name, rule(name, value))
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError(f"start must not be after end, got {self.start!r} and {self.end!r}")


def _one_tag(name: str, value: object) -> str:
    (found,) = tags(name, (value,))
    return found


EQUALS = ("parent_id", "starred", "rating", "artefact", "task", "target", "backend")
"""The fields of a HistoryFilter that are those of an improvement, what is rarest first."""
_RULES: Mapping[str, Rule] = {
    "start": utc_milliseconds,
    "end": utc_milliseconds,
    "text": text,
    "tag": _one_tag,
    **{name: COLUMN_RULES[name] for name in EQUALS},
}

EVERYTHING = HistoryFilter()


@dataclass(frozen=True, slots=True)
class HistoryCursor:
    """The last row of a page: the next page begins after it, whatever is saved or deleted
    in the meantime."""

    timestamp: datetime
    id: int

    def encode(self) -> str:
        """As text for URLs. What is in it is nobody's business but ours: the number in front
        tells a later form from this one."""
        moment = utc_milliseconds("timestamp", self.timestamp).replace(tzinfo=None)
        position = f"1|{moment.isoformat(timespec='milliseconds')}|{self.id}"
        return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "HistoryCursor":
        """The cursor that ``encode`` made ``text`` of.

        Raises:
            ValueError: it made nothing of the kind. The message does not quote it.
        """
        cursor = _decode(text)
        if cursor is None or cursor.encode() != text:
            raise ValueError("cursor must be a next_cursor of this history; leave it out to begin")
        return cursor


@dataclass(frozen=True, slots=True)
class Page:
    """Some improvements, newest first, and the cursor that leads to the older ones; None
    when these were the last."""

    items: tuple[PromptHistory, ...]
    next_cursor: str | None


def page_of(rows: list[PromptHistory], limit: int) -> Page:
    """The page that ``rows`` fill, of which there is one more than ``limit`` where a next
    page follows."""
    items = tuple(rows[:limit])
    if len(rows) <= limit:
        return Page(items, None)
    last = items[-1]
    assert last.id is not None, "rows of the history have their numbers"
    return Page(items, HistoryCursor(last.timestamp, last.id).encode())


def _decode(text: str) -> HistoryCursor | None:
    if len(text) > _MAX_CHARACTERS:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found = _POSITION.fullmatch(base64.urlsafe_b64decode(padded).decode("ascii"))
        if found is None or int(found[2]) > MAX_COUNT:
            return None
        return HistoryCursor(datetime.fromisoformat(found[1]).replace(tzinfo=UTC), int(found[2]))
    except ValueError:  # not ASCII, not base64, or no day of the calendar
        return None
