"""The commands that make new versions of an improvement, and set them beside each other."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prompt_improver.cli import output
from prompt_improver.cli.improvement_id import HELP, SHORT, find_improvement
from prompt_improver.cli.repository import with_history_reader
from prompt_improver.cli.settings import read_settings
from prompt_improver.domain.errors import ImprovementNotFoundError, InvalidRequestError

if TYPE_CHECKING:
    from prompt_improver.domain.prompt_history import BackendType, PromptHistory
    from prompt_improver.domain.prompt_repository import PromptRepository
    from prompt_improver.model_wiring import Once

Id = Annotated[str, typer.Argument(metavar="ID", help=HELP)]
Backend = Annotated[
    Literal["auto", "zero-shot", "few-shot", "offline"],
    typer.Option(help="Backend; auto picks the best one configured."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print all fields as JSON.")]


def refine(
    prompt_id: Id,
    feedback: Annotated[
        list[str] | None, typer.Argument(help="What to change; - reads standard input.")
    ] = None,
    restore: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Restore the parts of this version instead."),
    ] = None,
    backend: Backend = "auto",
    as_json: AsJson = False,
) -> None:
    """Refine a prompt with your feedback and save it as a new version. Without a model the feedback
    becomes a rule of the prompt."""
    import asyncio

    from prompt_improver.cli.improving import read_text, show_improved
    from prompt_improver.cli.preview import preview
    from prompt_improver.logs import configure_logging
    from prompt_improver.model_wiring import refine_once, restore_once

    settings = read_settings()
    configure_logging("ERROR", settings.log_format)
    said = read_text(feedback or [])
    if (restore is None) == (not said.strip()):
        raise InvalidRequestError("Say what to change, or name a version with --restore")
    parent = with_history_reader(lambda repository: find_improvement(repository, prompt_id))
    once: Once
    if restore is None:
        with preview() as hear:
            once = asyncio.run(refine_once(settings, parent, said, _chosen(backend), hear))
    else:
        version = with_history_reader(lambda r: _find_version(r, parent, restore))
        once = asyncio.run(restore_once(settings, parent, version))
    show_improved(once, as_json=as_json)
    made = once[0].history
    changed = ", ".join(made.changed_parts or ()) or "the text"
    output.note(f"Version {made.version} of {parent.prompt_id[:SHORT]}. Changed: {changed}.")


def rerun(prompt_id: Id, backend: Backend = "auto", as_json: AsJson = False) -> None:
    """Improve the same idea again, for the same target, with the current settings. Both results are
    kept."""
    import asyncio

    from prompt_improver.cli.improving import show_improved
    from prompt_improver.cli.preview import preview
    from prompt_improver.domain.target import Target
    from prompt_improver.logs import configure_logging
    from prompt_improver.model_wiring import improve_once

    settings = read_settings()
    configure_logging("ERROR", settings.log_format)
    first = with_history_reader(lambda repository: find_improvement(repository, prompt_id))
    with preview() as hear:
        once = asyncio.run(
            improve_once(
                settings,
                first.original_idea,
                first.context,
                _chosen(backend),
                hear,
                first.answers or (),
                None if first.target is None else Target(first.target),
            )
        )
    show_improved(once, as_json=as_json)


def versions(prompt_id: Id) -> None:
    """List the versions of an improvement, oldest first."""

    async def find(repository: "PromptRepository") -> "list[PromptHistory]":
        meant = await find_improvement(repository, prompt_id)
        return await repository.find_versions(meant.prompt_id, cut=300)

    output.versions(with_history_reader(find))


def diff(
    prompt_id: Id,
    against: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="Another version, or idea. Default: the previous version, or the idea.",
        ),
    ] = None,
) -> None:
    """Show the differences between two versions, word by word."""
    from prompt_improver.domain.lookup import IDEA, text_against
    from prompt_improver.domain.word_diff import diff_words

    async def find(repository: "PromptRepository") -> tuple[str, str]:
        meant = await find_improvement(repository, prompt_id)
        other = against
        if other is not None and other != IDEA:
            other = (await find_improvement(repository, other)).prompt_id
        _, before = await text_against(repository, meant, other)
        return before, meant.prompt_to_use

    output.difference(diff_words(*with_history_reader(find)))


async def _find_version(
    repository: "PromptRepository", parent: "PromptHistory", given: str
) -> "PromptHistory":
    from prompt_improver.domain.lookup import find_version

    meant = await find_improvement(repository, given)
    try:
        return await find_version(repository, parent, meant.prompt_id)
    except ImprovementNotFoundError:
        message = f"{given} is not a version of {parent.prompt_id[:SHORT]}"
        raise InvalidRequestError(message) from None


def _chosen(backend: str) -> "BackendType | None":
    from prompt_improver.domain.prompt_history import BackendType

    return None if backend == "auto" else BackendType(backend)
