"""The command line."""

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.completion import completion_init  # type: ignore[attr-defined]

from prompt_improver import __version__
from prompt_improver.cli import database as cli_database
from prompt_improver.cli import history as cli_history
from prompt_improver.cli import improve as cli_improve
from prompt_improver.cli import listing, output
from prompt_improver.cli import mcp as cli_mcp
from prompt_improver.cli import opinions as cli_opinions
from prompt_improver.cli import versions as cli_versions
from prompt_improver.cli.help import GroupedCommands
from prompt_improver.cli.repository import with_history_reader, with_repository
from prompt_improver.cli.settings import (
    read_settings,
    settings_with_database,
    tell_next_cleanup,
)
from prompt_improver.domain.errors import FileError, InvalidRequestError, PromptImproverError

if TYPE_CHECKING:
    from prompt_improver.domain.prompt_repository import PromptRepository, PromptStatistics

# Whatever is heavy is imported by the command that needs it: --help and shell completion
# are to answer at once.
app = typer.Typer(
    cls=GroupedCommands,
    help="Turn rough ideas into prompts, and manage their history.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Exit codes: 0, 1 failure, 2 usage."""
    if sys.platform == "win32":
        sys.exit("Prompt Improver runs on Linux and macOS. On Windows, run it in WSL.")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    completion_init()  # or no shell is known to `completion`
    code: object = 0
    try:
        try:
            app(arguments, prog_name=_program_name())
        except SystemExit as ending:
            code = ending.code
        except PromptImproverError as error:
            code = _tell(error)
        sys.stdout.flush()
    except OSError as error:
        # The reader of a pipe has had enough (`... | head`), or the disk is full. Python would
        # complain again when it flushes standard output at its end.
        sys.stdout = None
        code = 1
        if not isinstance(error, BrokenPipeError):
            code = _tell(FileError(f"Standard output cannot be written: {error.strerror}"))
    raise SystemExit(code)


def _tell_version(wanted: bool) -> None:
    if wanted:
        output.say(f"prompt-improver {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_tell_version),
    ] = False,
) -> None:
    pass


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; overrides API_HOST.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port to listen on; overrides API_PORT.")
    ] = None,
) -> None:
    """Start the web page and the HTTP API."""
    import logging

    from prompt_improver.logs import configure_logging
    from prompt_improver.server import serve
    from prompt_improver.settings import load_settings, log_format

    try:
        serve(load_settings(api_host=host, api_port=port))  # a misspelt name it tells in its log
    except PromptImproverError as error:
        if log_format() != "json":
            raise
        configure_logging("ERROR", "json")  # which a wrong setting comes before
        for line in error.for_terminal().splitlines():
            logging.getLogger(__name__).error("%s", line)
        raise typer.Exit(error.kind.exit_code) from None


@app.command()
def stats() -> None:
    """Print statistics of the history and what the next cleanup deletes."""
    settings = settings_with_database()
    days = settings.cleanup_days

    async def read(repository: "PromptRepository") -> "tuple[PromptStatistics, int]":
        old_rows = await repository.count_old(days) if days else 0
        return await repository.get_statistics(), old_rows

    found, old_rows = with_history_reader(read, settings)
    backends = sorted(found.backend_distribution.items())
    output.figures(
        [
            ("improvements", found.total_count),
            ("average confidence", _figure(found.average_confidence, ".3f")),
            ("average latency", _figure(found.average_latency_ms, ".1f", " ms")),
            *((f"  {backend}", count) for backend, count in backends),
            ("starred", found.starred),
            ("rated good", found.rated_good),
            ("rated bad", found.rated_bad),
            ("next cleanup", tell_next_cleanup(settings, old_rows)),
        ],
        width=20,
    )


@app.command()
def cleanup(
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="Default: SQLITE_RETENTION_DAYS."),
    ] = None,
) -> None:
    """Delete improvements older than a number of days. Keeps what is starred, rated, tagged, noted
    or edited."""
    settings = read_settings()
    days = settings.sqlite_retention_days if days is None else days
    if not days:
        raise InvalidRequestError("SQLITE_RETENTION_DAYS=0 keeps everything; use --days")
    if not settings.database_file.exists():
        output.say(f"Nothing to delete: there is no history yet at {settings.database_file}")
        return
    deleted = with_repository(lambda repository: repository.delete_old(days), settings)
    output.say(f"Deleted {output.counted(deleted)} older than {output.counted(days, 'day')}")


for command in (
    cli_improve.improve,
    cli_versions.refine,
    cli_versions.versions,
    cli_versions.diff,
    cli_versions.rerun,
    cli_opinions.rate,
    cli_opinions.star,
    cli_opinions.tag,
    cli_opinions.note,
    cli_opinions.delete,
    listing.history,
    listing.search,
    cli_history.show,
    cli_history.export,
    cli_mcp.mcp,
    cli_database.migrate,
    cli_database.backup,
    cli_database.restore,
    cli_database.check,
    cli_database.vacuum,
):
    app.command()(command)
app.command("import")(cli_history.import_)


@app.command()
def completion(shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument()]) -> None:
    """Print a completion script for your shell. For bash, put
    `eval "$(prompt-improver completion bash)"` into ~/.bashrc."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    name = "prompt-improver"
    script = get_completion_script(
        prog_name=name, complete_var="_PROMPT_IMPROVER_COMPLETE", shell=shell
    )
    output.say(script)


def _tell(error: PromptImproverError) -> int:
    """Say on standard error what went wrong, as the table of errors has it; the exit code."""
    output.complain(error.for_terminal())
    return error.kind.exit_code


def _program_name() -> str:
    """How the command was called, for its help."""
    called = Path(sys.argv[0]).name
    return called if called == "prompt-improver" else "python -m prompt_improver"


def _figure(value: float | None, form: str, unit: str = "") -> str:
    return "none" if value is None else f"{value:{form}}{unit}"
