"""What may be asked of the history. What does not fit is answered by 422 in words that do
not repeat it."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import Path, Query
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, PlainValidator

from prompt_improver.api.schemas import storable
from prompt_improver.domain.history_filter import HistoryCursor

MAX_PAGE = 500
MAX_FULL_PAGE = 50
MAX_SEARCH_CHARACTERS = 1_000
MAX_DATE_CHARACTERS = 40

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LAST_MOMENT = time(23, 59, 59, 999_000)
_DATE = (
    "must be a date like 2026-05-04, or a date and time like 2026-05-04T12:00:00Z (in a URL "
    "the + of a time zone is written %2B)"
)


def _cursor(text: str) -> str:
    HistoryCursor.decode(text)
    return text


def _prompt_id(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueError("must be the UUID of an improvement")
    return text


def _from(text: str) -> datetime:
    return _moment(text, time.min)


def _to(text: str) -> datetime:
    return _moment(text, _LAST_MOMENT)


def _moment(text: str, time_of_a_date: time) -> datetime:
    try:
        if len(text) > MAX_DATE_CHARACTERS:
            raise ValueError(_DATE)
        if len(text) <= len("2026-05-04"):
            return datetime.combine(date.fromisoformat(text), time_of_a_date, UTC)
        moment = datetime.fromisoformat(text)
        # Without a time zone it is UTC, as the timestamps of the history are.
        return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(_DATE) from None


PromptId = Annotated[
    str,
    Path(description="`prompt_id` of the improvement.", json_schema_extra={"format": "uuid"}),
    AfterValidator(_prompt_id),
]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Items on a page.")]
# None stands inside, because FastAPI does not see what is annotated inside a union. What
# is not sent is not validated.
Cursor = Annotated[
    str | None,
    Query(max_length=100, description="`next_cursor` of the page before."),
    AfterValidator(_cursor),
]
SearchText = Annotated[
    str | None,
    Query(
        alias="q",
        max_length=MAX_SEARCH_CHARACTERS,
        description="Words that the idea, the context or the improved prompt hold, all of them; "
        "accents and case do not count; the last may be the beginning of a word; the first 32 "
        "count. Blank: everything. Without a letter or digit: nothing. Found improvements come "
        "the last saved first.",
    ),
    AfterValidator(storable),
]
From = Annotated[
    datetime | None,
    Query(
        alias="from",
        description="The first moment: a date (its whole day, UTC) or a date and time (UTC "
        "where it names no time zone).",
        examples=["2026-05-04", "2026-05-04T12:00:00Z"],
    ),
    PlainValidator(_from, json_schema_input_type=str),
]
To = Annotated[
    datetime | None,
    Query(
        alias="to",
        description="The last moment, like `from`.",
        examples=["2026-05-04", "2026-05-04T12:00:00Z"],
    ),
    PlainValidator(_to, json_schema_input_type=str),
]


def check_full_limit(limit: int) -> None:
    """Raises RequestValidationError where ``limit`` is too large for full items."""
    if limit > MAX_FULL_PAGE:
        problem = {
            "loc": ("query", "limit"),
            "msg": f"must be at most {MAX_FULL_PAGE} with full=true",
            "type": "value_error",
        }
        raise RequestValidationError([problem])


def check_order(start: datetime | None, end: datetime | None) -> None:
    """Raises RequestValidationError where ``start`` is after ``end``."""
    if start is not None and end is not None and start > end:
        problem = {"loc": ("query", "from"), "msg": "must not be after to", "type": "value_error"}
        raise RequestValidationError([problem])
