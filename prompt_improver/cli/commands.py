"""The command line."""

import asyncio
import io
import json
import sys
from typing import Annotated, Literal

import typer

from prompt_improver.cli import database as cli_database
from prompt_improver.cli import history as cli_history
from prompt_improver.cli.failure import fail, settings_or_fail
from prompt_improver.cli.repository import with_history_reader, with_repository

# Whatever is heavy is imported by the command that needs it: --help and shell completion
# are to answer at once.
app = typer.Typer(
    help="Turn rough ideas into structured prompts, and look after their history.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Exit codes: 0, 1 failure, 2 usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    code: object = 0
    try:
        try:
            app(arguments, prog_name="python -m prompt_improver")
        except SystemExit as ending:
            code = ending.code
        sys.stdout.flush()
    except OSError as error:
        # The reader of a pipe has had enough (`... | head`), or the disk is full. Python would
        # complain again when it flushes standard output at its end.
        sys.stdout = None
        if not isinstance(error, BrokenPipeError):
            typer.echo(f"Standard output cannot be written: {error.strerror}", err=True)
        code = 1
    raise SystemExit(code)


@app.command()
def serve() -> None:
    """Serve the HTTP API."""
    from prompt_improver.domain.errors import AddressError, SettingsError
    from prompt_improver.server import serve

    settings = settings_or_fail(warn=False)
    try:
        serve(settings)
    except (AddressError, SettingsError) as error:
        fail(str(error))


@app.command()
def improve(
    idea: Annotated[str, typer.Argument(help="What is wanted; - reads it from standard input.")],
    context: Annotated[str, typer.Option(help="What a model should know besides.")] = "",
    backend: Annotated[
        Literal["auto", "zero-shot", "few-shot", "offline"],
        typer.Option(help="Who improves it; auto takes the best that is configured."),
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print all parts as JSON.")] = False,
) -> None:
    """Print an improved prompt, and keep it in the history."""
    from prompt_improver.domain.errors import PromptImproverError
    from prompt_improver.domain.history_record import to_json_record
    from prompt_improver.domain.prompt_history import BackendType
    from prompt_improver.logs import configure_logging
    from prompt_improver.wiring import improve_once

    settings = settings_or_fail()
    configure_logging("ERROR", settings.log_format)
    chosen = None if backend == "auto" else BackendType(backend)
    try:
        improved, problem = asyncio.run(improve_once(settings, _read_idea(idea), context, chosen))
    except PromptImproverError as error:
        fail(error.told(), code=error.kind.exit_code)
    if problem:
        typer.echo(problem, err=True)
    history = improved.history
    for name in history.warnings or ():
        typer.echo(f"warning: {name}", err=True)
    if not as_json:
        typer.echo(history.improved_prompt)
        return
    record = to_json_record(history) | {"saved": improved.saved.value}
    answered = {name: record[name] for name in record if name not in ("id", "timestamp")}
    typer.echo(json.dumps(answered, ensure_ascii=False, indent=2))


@app.command()
def stats() -> None:
    """Print figures over the whole history."""
    figures = with_history_reader(lambda repository: repository.get_statistics())
    typer.echo(f"improvements        {figures.total_count}")
    typer.echo(f"average confidence  {_figure(figures.average_confidence, '.3f')}")
    typer.echo(f"average latency     {_figure(figures.average_latency_ms, '.1f', ' ms')}")
    for backend, count in sorted(figures.backend_distribution.items()):
        typer.echo(f"  {backend:17} {count}")


@app.command()
def cleanup(
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="Default: SQLITE_RETENTION_DAYS."),
    ] = None,
) -> None:
    """Delete improvements that are older than a number of days."""
    settings = settings_or_fail()
    days = settings.sqlite_retention_days if days is None else days
    deleted = with_repository(lambda repository: repository.delete_old(days), settings)
    typer.echo(f"Deleted {deleted} improvements older than {days} days")


for command in (
    cli_history.history,
    cli_history.search,
    cli_history.show,
    cli_history.export,
    cli_database.migrate,
    cli_database.backup,
    cli_database.restore,
    cli_database.check,
    cli_database.vacuum,
):
    app.command()(command)
app.command("import")(cli_history.import_)


def _read_idea(idea: str) -> str:
    if idea != "-":
        return idea
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n")  # echo's own
    except UnicodeDecodeError as error:
        fail(f"Standard input is not UTF-8 text (byte {error.start + 1})", code=2)


def _figure(value: float | None, form: str, unit: str = "") -> str:
    return "none" if value is None else f"{value:{form}}{unit}"
