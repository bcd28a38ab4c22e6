"""The commands by which people say what they think of an improvement, or delete it."""

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prompt_improver.cli import output
from prompt_improver.cli.improvement_id import HELP, SHORT, find_improvement
from prompt_improver.cli.repository import with_repository
from prompt_improver.cli.settings import settings_with_database
from prompt_improver.domain.errors import ImprovementNotFoundError, InvalidRequestError

if TYPE_CHECKING:
    from prompt_improver.domain.prompt_history import PromptHistory
    from prompt_improver.domain.prompt_repository import PromptRepository

Id = Annotated[str, typer.Argument(metavar="ID", help=HELP)]
_RATINGS = {"good": 1, "neutral": 0, "bad": -1, "none": None}


def rate(
    prompt_id: Id,
    rating: Annotated[
        Literal["good", "neutral", "bad", "none"],
        typer.Argument(help="none removes the rating."),
    ],
) -> None:
    """Rate an improvement. The cleanup keeps what is rated, starred, tagged or noted."""
    changed = _change(prompt_id, rating=_RATINGS[rating])
    output.say(f"{changed.prompt_id[:SHORT]}: rating {rating}")


def star(
    prompt_id: Id,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the star.")] = False,
) -> None:
    """Star an improvement."""
    changed = _change(prompt_id, starred=not remove)
    output.say(f"{changed.prompt_id[:SHORT]}: {'no star' if remove else 'starred'}")


def tag(
    prompt_id: Id,
    tags: Annotated[list[str], typer.Argument(help="One or more tags.")],
    remove: Annotated[bool, typer.Option("--remove", help="Remove these tags.")] = False,
) -> None:
    """Add tags to an improvement."""

    async def change(repository: "PromptRepository") -> "PromptHistory | None":
        meant = await find_improvement(repository, prompt_id)
        given = {each.strip() for each in tags}
        kept = set(meant.tags) - given if remove else set(meant.tags) | given
        return await repository.update(meant.prompt_id, {"tags": sorted(kept)})

    changed = _with_history(change)
    output.say(f"{changed.prompt_id[:SHORT]}: {', '.join(changed.tags) or 'no tags'}")


def note(
    prompt_id: Id,
    text: Annotated[list[str], typer.Argument(help='The note; "" removes it.')],
) -> None:
    """Set the note of an improvement, replacing the old one."""
    changed = _change(prompt_id, note=" ".join(text))
    output.say(f"{changed.prompt_id[:SHORT]}: {changed.note or 'no note'}")


def delete(
    prompt_ids: Annotated[list[str], typer.Argument(metavar="ID...", help=HELP)],
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Do not ask; required without a terminal."),
    ] = False,
) -> None:
    """Delete improvements, starred or not."""

    async def find(repository: "PromptRepository") -> "list[PromptHistory]":
        found = [await find_improvement(repository, each) for each in prompt_ids]
        return list({row.prompt_id: row for row in found}.values())

    async def delete_all(repository: "PromptRepository") -> int:
        gone = [await repository.delete(row.prompt_id) for row in meant]
        await repository.compact()
        return sum(gone)

    settings = settings_with_database()
    meant = with_repository(find, settings)
    if not yes:
        if not sys.stdin.isatty():
            raise InvalidRequestError(
                "Nothing was deleted: without a terminal to confirm, add --yes"
            )
        output.listing(meant)
        if not typer.confirm(f"Delete {output.counted(len(meant))}?", err=True):
            output.note("Nothing was deleted.")
            raise typer.Exit(1)
    output.say(f"Deleted {output.counted(with_repository(delete_all, settings))}")


def _change(prompt_id: str, **changes: object) -> "PromptHistory":
    async def change(repository: "PromptRepository") -> "PromptHistory | None":
        meant = await find_improvement(repository, prompt_id)
        return await repository.update(meant.prompt_id, changes)

    return _with_history(change)


def _with_history(
    change: "Callable[[PromptRepository], Awaitable[PromptHistory | None]]",
) -> "PromptHistory":
    """The changed row.

    Raises:
        InvalidRequestError: the row cannot have that value.
        ImprovementNotFoundError: it has just been deleted.
    """
    try:
        changed = with_repository(change, settings_with_database())
    except ValueError as error:
        raise InvalidRequestError(str(error)) from None
    if changed is None:
        raise ImprovementNotFoundError("the improvement has just been deleted")
    return changed
