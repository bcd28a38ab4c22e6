"""The command line."""

import asyncio
import io
import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

# Whatever is heavy is imported by the command that needs it: --help and shell completion
# are to answer at once.
if TYPE_CHECKING:
    from prompt_improver.domain.prompt_repository import PromptRepository
    from prompt_improver.settings import Settings

T = TypeVar("T")

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
    try:
        app(arguments, prog_name="python -m prompt_improver")
    except BrokenPipeError:
        # The reader of a pipe has had enough (`... | head`). Python would complain again
        # when it flushes standard output at its end.
        sys.stdout = None
        raise SystemExit(1) from None


@app.command()
def serve() -> None:
    """Serve the HTTP API."""
    from prompt_improver.server import AddressError, serve
    from prompt_improver.settings import SettingsError

    settings = _settings()
    try:
        serve(settings)
    except (AddressError, SettingsError) as error:
        _fail(str(error))


@app.command()
def improve(
    idea: Annotated[str, typer.Argument(help="What is wanted; - reads it from standard input.")],
    context: Annotated[str, typer.Option(help="What a model should know besides.")] = "",
    backend: Annotated[str, typer.Option(help="auto, zero-shot, few-shot or offline.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print all parts as JSON.")] = False,
) -> None:
    """Print an improved prompt, and keep it in the history."""
    from prompt_improver.improve_once import UnfitRequestError, improve_once
    from prompt_improver.improvement.improver import ImproverError
    from prompt_improver.settings import SettingsError

    settings = _settings()
    try:
        response, warning = asyncio.run(improve_once(settings, _read_idea(idea), context, backend))
    except UnfitRequestError as error:
        _fail(str(error), code=2)
    except (ImproverError, SettingsError) as error:
        _fail(str(error))
    if warning:
        typer.echo(warning, err=True)
    for name in response.warnings:
        typer.echo(f"warning: {name}", err=True)
    typer.echo(
        json.dumps(response.model_dump(mode="json"), ensure_ascii=False, indent=2)
        if as_json
        else response.improved_prompt
    )


@app.command()
def history(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
) -> None:
    """List the newest improvements, newest first."""
    rows = _with_repository(lambda repository: repository.find_recent(limit=limit))
    for row in rows:
        idea = " ".join(row.original_idea.split())
        shown = idea if len(idea) <= 80 else idea[:79] + "…"
        typer.echo(f"{row.timestamp:%Y-%m-%d %H:%M:%S}  {row.prompt_id}  {row.backend:9}  {shown}")


@app.command()
def stats() -> None:
    """Print figures over the whole history."""
    figures = _with_repository(lambda repository: repository.get_statistics())
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
    settings = _settings()
    days = settings.sqlite_retention_days if days is None else days
    deleted = _with_repository(lambda repository: repository.delete_old(days), settings)
    typer.echo(f"Deleted {deleted} improvements older than {days} days")


@app.command()
def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would run.")] = False,
) -> None:
    """Bring the database to the schema of this version. Where it has rows, a copy of it is
    made beside it first."""
    from db.connection import migrate_database
    from db.read_only import plan_migration
    from prompt_improver.domain.prompt_repository import RepositoryError

    settings = _settings()
    try:
        if dry_run:
            planned = plan_migration(settings.database_file)
            for migration in planned:
                typer.echo(f"would apply {migration.name}")
            if not planned:
                typer.echo(f"{settings.database_file} is up to date")
            return
        applied = migrate_database(
            settings.database_file,
            wal=settings.sqlite_wal_mode,
            private_directory=settings.is_default_database,
        )
    except RepositoryError as error:
        _fail(str(error))
    for migration in applied:
        typer.echo(f"applied {migration.name}")
    if not applied:
        typer.echo(f"{settings.database_file} is up to date")


def _with_repository(
    use: "Callable[[PromptRepository], Awaitable[T]]", settings: "Settings | None" = None
) -> T:
    from prompt_improver.domain.prompt_repository import RepositoryError
    from prompt_improver.wiring import make_repository

    chosen = _settings() if settings is None else settings

    async def open_and_use() -> T:
        repository = make_repository(chosen)
        try:
            await repository.open()
            return await use(repository)
        finally:
            await repository.close()

    try:
        return asyncio.run(open_and_use())
    except RepositoryError as error:
        _fail(str(error))


def _settings() -> "Settings":
    from prompt_improver.settings import SettingsError, load_settings

    try:
        return load_settings()
    except SettingsError as error:
        _fail(str(error))


def _read_idea(idea: str) -> str:
    if idea != "-":
        return idea
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n")  # echo's own
    except UnicodeDecodeError as error:
        _fail(f"Standard input is not UTF-8 text (byte {error.start + 1})", code=2)


def _figure(value: float | None, form: str, unit: str = "") -> str:
    return "none" if value is None else f"{value:{form}}{unit}"


def _fail(message: str, code: int = 1) -> NoReturn:
    typer.echo(message, err=True)
    raise SystemExit(code)
