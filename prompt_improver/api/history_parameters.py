"""What may be asked of the history. What does not fit is answered by 422 in words that do
not repeat it."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, NoReturn

from fastapi import Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, PlainValidator

from prompt_improver.api.schemas import storable
from prompt_improver.domain.history_filter import EVERYTHING, HistoryCursor, HistoryFilter
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.target import Target
from prompt_improver.domain.values import tags

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


def check_prompt_id(text: str) -> str:
    """``text``. Raises ValueError where it is no UUID."""
    if not _UUID.fullmatch(text):
        raise ValueError("must be the UUID of an improvement")
    return text


def prompt_id_or_idea(text: str) -> str:
    """``text``. Raises ValueError where it is neither a UUID nor idea."""
    if text != "idea" and not _UUID.fullmatch(text):
        raise ValueError("must be the UUID of an improvement, or idea")
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


def _tag(text: str) -> str:
    (found,) = tags("tag", (storable(text),))
    return found


_Name = AfterValidator(storable)
PromptId = Annotated[
    str,
    Path(description="`prompt_id` of the improvement.", json_schema_extra={"format": "uuid"}),
    AfterValidator(check_prompt_id),
]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Items per page.")]
Full = Annotated[
    bool, Query(description="Return whole ideas and prompts; `limit` is then at most 50.")
]
# None stands inside, because FastAPI does not see what is annotated inside a union. What
# is not sent is not validated.
Cursor = Annotated[
    str | None,
    Query(max_length=100, description="`next_cursor` of the previous page."),
    AfterValidator(_cursor),
]
SearchText = Annotated[
    str | None,
    Query(
        alias="q",
        max_length=MAX_SEARCH_CHARACTERS,
        description="Words to find, all of them either in idea, context and improved prompt"
        " or in note and tags. Case and accents do not matter; the last word may be "
        "incomplete; only the first 32 words count. Blank matches everything; text without "
        "a letter or digit matches nothing. Results are ordered by last saved.",
    ),
    AfterValidator(storable),
]
From = Annotated[
    datetime | None,
    Query(
        alias="from",
        description="Start, inclusive: a date (the whole day in UTC) or a date and time "
        "(UTC unless it has a time zone).",
        examples=["2026-05-04", "2026-05-04T12:00:00Z"],
    ),
    PlainValidator(_from, json_schema_input_type=str),
]
To = Annotated[
    datetime | None,
    Query(
        alias="to",
        description="End, inclusive; same format as `from`.",
        examples=["2026-05-04", "2026-05-04T12:00:00Z"],
    ),
    PlainValidator(_to, json_schema_input_type=str),
]


def check_full_limit(limit: int) -> None:
    """Raises RequestValidationError where ``limit`` is too large for full items."""
    if limit > MAX_FULL_PAGE:
        _refuse(("limit",), f"must be at most {MAX_FULL_PAGE} with full=true")


def check_order(start: datetime | None, end: datetime | None) -> None:
    """Raises RequestValidationError where ``start`` is after ``end``."""
    if start is not None and end is not None and start > end:
        _refuse(("from",), "must not be after to")


def _wanted(
    backend: Annotated[BackendType | None, Query(description="Only this backend.")] = None,
    start: From = None,
    end: To = None,
    text: SearchText = None,
    starred: Annotated[
        bool | None, Query(description="true: only starred; false: only not starred.")
    ] = None,
    rating: Annotated[
        int | None, Query(ge=-1, le=1, description="Only this rating: -1, 0 or 1.")
    ] = None,
    tag: Annotated[
        str | None,
        Query(
            description="Only this exact tag. Results are ordered by last saved.",
        ),
        AfterValidator(_tag),
    ] = None,
    task: Annotated[str | None, Query(description="Only this `task`."), _Name] = None,
    artefact: Annotated[str | None, Query(description="Only this `artefact`."), _Name] = None,
    target: Annotated[Target | None, Query(description="Only this `target`.")] = None,
    parent: Annotated[
        str | None,
        Query(
            description="Only direct refinements of this `prompt_id`.",
            json_schema_extra={"format": "uuid"},
        ),
        AfterValidator(check_prompt_id),
    ] = None,
) -> HistoryFilter:
    """What the filters of an address ask for, together."""
    check_order(start, end)
    return HistoryFilter(
        backend=backend,
        start=start,
        end=end,
        text=text if text is not None and text.strip() else None,
        starred=starred,
        rating=rating,
        tag=tag,
        task=task,
        artefact=artefact,
        target=None if target is None else target.value,
        parent_id=parent,
    )


Wanted = Annotated[HistoryFilter, Depends(_wanted)]


def check_names_a_part(request: Request, wanted: HistoryFilter) -> None:
    """Raises RequestValidationError where a request that deletes names no filter, one that there
    is not, or one twice: more would be deleted than was meant."""
    given = [name for name, _ in request.query_params.multi_items()]
    if wanted == EVERYTHING:
        _refuse((), "name at least one filter, such as tag or backend; nothing was deleted")
    for name in given:
        if name not in _NAMES:
            _refuse((name,), f"there is no such filter; there are {', '.join(_NAMES)}")
        if given.count(name) > 1:
            _refuse((name,), "must be given once")


_NAMES = (
    "q", "from", "to", "backend", "starred", "rating", "tag", "task", "artefact", "target",
    "parent", "dry_run",
)  # fmt: skip


def _refuse(loc: tuple[str, ...], message: str) -> NoReturn:
    raise RequestValidationError([{"loc": ("query", *loc), "msg": message, "type": "value_error"}])
