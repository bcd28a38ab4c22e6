"""A page of the history, and the cursor that leads to the next one."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.values import MAX_COUNT, utc_milliseconds

_POSITION = re.compile(
    r"1\|(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3})\|([1-9]\d{0,18})", re.ASCII
)
_MAX_CHARACTERS = 100


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
class HistoryPage:
    """Some improvements, newest first, and the cursor that leads to the older ones; None
    when these were the last."""

    items: tuple[PromptHistory, ...]
    next_cursor: str | None


def page_of(rows: list[PromptHistory], limit: int) -> HistoryPage:
    """The page that ``rows`` fill, of which there is one more than ``limit`` where a next
    page follows."""
    items = tuple(rows[:limit])
    if len(rows) <= limit:
        return HistoryPage(items, None)
    last = items[-1]
    assert last.id is not None, "rows of the history have their numbers"
    return HistoryPage(items, HistoryCursor(last.timestamp, last.id).encode())


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
