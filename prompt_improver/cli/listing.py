"""The commands that list improvements."""

import json
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prompt_improver.cli import output
from prompt_improver.cli.repository import with_history_reader
from prompt_improver.domain.errors import InvalidRequestError

if TYPE_CHECKING:
    from prompt_improver.domain.prompt_history import PromptHistory
    from prompt_improver.domain.prompt_repository import PromptRepository

_DATE = "a date like 2026-05-04, or a date and time like 2026-05-04T12:00"
_LAST_MOMENT = time(23, 59, 59, 999_000)

Limit = Annotated[
    int, typer.Option("--limit", "-n", min=1, max=1000, help="Maximum number of rows.")
]
Backend = Annotated[
    Literal["zero-shot", "few-shot", "offline", "client", "imported"] | None,
    typer.Option(help="Only this backend."),
]
Starred = Annotated[
    bool | None, typer.Option("--starred/--not-starred", help="Only starred, or only not starred.")
]
Rating = Annotated[Literal["good", "neutral", "bad"] | None, typer.Option(help="Only this rating.")]
Tag = Annotated[str | None, typer.Option(help="Only this tag.")]
Task = Annotated[str | None, typer.Option(help="Only this kind of task.")]
Artefact = Annotated[str | None, typer.Option(help="Only this artefact.")]
Target = Annotated[
    Literal["chat", "agent", "system", "image", "plain"] | None,
    typer.Option(help="Only this target."),
]
From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day.")]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print whole rows as a JSON list.")]
_SHOWN = 300  # characters of an idea: more fits on no line
_RATINGS = {"good": 1, "neutral": 0, "bad": -1}


def history(
    limit: Limit = 20,
    backend: Backend = None,
    starred: Starred = None,
    rating: Rating = None,
    tag: Tag = None,
    task: Task = None,
    artefact: Artefact = None,
    target: Target = None,
    start: From = None,
    end: To = None,
    as_json: AsJson = False,
) -> None:
    """List the newest improvements."""
    _list(
        limit,
        as_json=as_json,
        backend=backend,
        starred=starred,
        rating=rating,
        tag=tag,
        task=task,
        artefact=artefact,
        target=target,
        start=start,
        end=end,
    )


def search(
    text: Annotated[
        list[str],
        typer.Argument(help="Words to find in idea, context and prompt, or in note and tags."),
    ],
    limit: Limit = 20,
    backend: Backend = None,
    starred: Starred = None,
    rating: Rating = None,
    tag: Tag = None,
    task: Task = None,
    artefact: Artefact = None,
    target: Target = None,
    start: From = None,
    end: To = None,
    as_json: AsJson = False,
) -> None:
    """List improvements that hold all these words, the last saved first. The last word may be the
    beginning of one."""
    _list(
        limit,
        as_json=as_json,
        text=" ".join(text),
        backend=backend,
        starred=starred,
        rating=rating,
        tag=tag,
        task=task,
        artefact=artefact,
        target=target,
        start=start,
        end=end,
    )


def _list(
    limit: int,
    *,
    as_json: bool,
    rating: str | None,
    start: str | None,
    end: str | None,
    **equal: object,
) -> None:
    from prompt_improver.domain.history_filter import HistoryFilter
    from prompt_improver.domain.history_record import to_json_record

    try:
        wanted = HistoryFilter(
            rating=None if rating is None else _RATINGS[rating],
            start=_moment("--from", start, time.min),
            end=_moment("--to", end, _LAST_MOMENT),
            **equal,  # type: ignore[arg-type]
        )
    except ValueError as error:
        raise InvalidRequestError(str(error)) from None

    async def find(repository: "PromptRepository") -> "tuple[PromptHistory, ...]":
        cut = None if as_json else _SHOWN
        return (await repository.find_page(limit, wanted=wanted, cut=cut)).items

    found = with_history_reader(find)
    if as_json:
        records = [to_json_record(row) for row in found]
        output.say_json(json.dumps(records, ensure_ascii=False, indent=2))
        return
    if not found:
        output.note("No improvements match.")
    output.listing(found)


def _moment(option: str, text: str | None, time_of_a_date: time) -> datetime | None:
    """In the zone of this machine, where none is told: so the times are that are printed."""
    if text is None:
        return None
    try:
        if len(text) <= len("2026-05-04"):
            return datetime.combine(date.fromisoformat(text), time_of_a_date).astimezone()
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise InvalidRequestError(f"{option} must be {_DATE}") from None
