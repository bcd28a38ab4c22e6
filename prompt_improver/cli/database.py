"""The commands that look after the database as a file."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from prompt_improver.cli.failure import fail, settings_or_fail
from prompt_improver.cli.repository import settings_with_database


def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would run.")] = False,
) -> None:
    """Bring the database to the schema of this version. Where it has rows, a copy of it is
    made beside it first."""
    from db.sqlite.connection import migrate_database
    from db.sqlite.read_only import plan_migration
    from prompt_improver.domain.errors import RepositoryError

    settings = settings_with_database() if dry_run else settings_or_fail()
    path = settings.database_file
    try:
        if dry_run:
            names = [migration.name for migration in plan_migration(path)]
        else:
            applied = migrate_database(
                path,
                wal=settings.sqlite_wal_mode,
                private_directory=settings.is_default_database,
                within=settings.database_boundary,
            )
            names = [migration.name for migration in applied]
    except RepositoryError as error:
        fail(str(error))
    for name in names:
        typer.echo(f"{'would apply' if dry_run else 'applied'} {name}")
    if not names:
        typer.echo(f"{path} is up to date")


def backup(
    to: Annotated[Path | None, typer.Option(help="Folder. Default: BACKUP_DIR.")] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="How many to keep. Default: all of them.")
    ] = None,
) -> None:
    """Copy the database, also while the server runs; the copy is checked."""
    from db.sqlite.upkeep.backup import back_up
    from prompt_improver.domain.errors import RepositoryError

    settings = settings_with_database()
    folder = settings.backup_folder if to is None else Path.cwd() / to.expanduser()
    try:
        with _progress("backup") as progress:
            made = back_up(settings.database_file, folder, keep=keep, progress=progress)
    except RepositoryError as error:
        fail(str(error))
    typer.echo(f"{made.path}: {made.contents}")
    _tell_of_spools(settings.database_file, "not in this backup: ")
    for each in made.removed:
        typer.echo(f"removed {each}")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", show_default=False)],
) -> None:
    """Put a backup in the place of the database; the server must not run. What was there is
    kept beside it."""
    from db.sqlite.upkeep.restore import restore as put_back
    from prompt_improver.domain.errors import RepositoryError

    settings = settings_or_fail()
    path = settings.database_file
    try:
        with _progress("restore") as progress:
            done = put_back(
                path, Path.cwd() / file, within=settings.database_boundary, progress=progress
            )
    except RepositoryError as error:
        fail(str(error))
    if done.aside is None:
        typer.echo("was: nothing")
    else:
        typer.echo(f"was: {done.before or 'a database that could not be read'}")
        typer.echo(f"     now at {done.aside}")
    typer.echo(f"is:  {done.now}")
    typer.echo(f"     at {path}")
    _tell_of_spools(path, "the next start takes in ")


def check(
    file: Annotated[
        Path | None, typer.Argument(help="Default: the database.", show_default=False)
    ] = None,
) -> None:
    """Say how the database, or a backup, is. Exit code 1 when something is wrong."""
    from db.sqlite.upkeep.check import check_database
    from prompt_improver.domain.errors import RepositoryError

    path = settings_with_database().database_file if file is None else Path.cwd() / file
    if sys.stderr.isatty():
        typer.echo("reading all of it ...", err=True)
    try:
        health = check_database(path)
    except RepositoryError as error:
        fail(str(error))
    for name, value in health.figures:
        typer.echo(f"{name:16}{value}")
    for hint in health.hints:
        typer.echo(f"hint: {hint}")
    if health.problems:
        fail("\n".join(f"wrong: {problem}" for problem in health.problems))
    typer.echo("all is well")


def vacuum() -> None:
    """Write the database anew, without any remains of deleted text. A server may run: its saves
    wait until this is done. Copies keep what they hold, and are named."""
    from db.sqlite.upkeep.vacuum import vacuum as write_anew
    from prompt_improver.domain.errors import RepositoryError

    settings = settings_with_database()
    path = settings.database_file
    try:
        with _progress("vacuum") as progress:
            done = write_anew(
                path,
                wal=settings.sqlite_wal_mode,
                private_directory=settings.is_default_database,
                within=settings.database_boundary,
                progress=progress,
            )
    except RepositoryError as error:
        fail(str(error))
    typer.echo(f"{path}: {done.before:,} bytes before, {done.after:,} now")
    for copy in _copies(path, settings.backup_folder):
        typer.echo(f"may still hold what was deleted: {copy}")


def _copies(path: Path, backups: Path) -> list[Path]:
    """What the program itself has made of the database, or put aside, and never removes."""
    import glob

    from db.spool.file_spool import find_refused
    from db.sqlite.upkeep.backup import list_backups

    name = glob.escape(path.name)
    beside = [
        each for kind in ("before", "replaced") for each in path.parent.glob(f"{name}.{kind}-*")
    ]
    in_folder = list_backups(path, backups) if backups.is_dir() else []
    return [*sorted(beside), *find_refused(path), *in_folder]


def _tell_of_spools(path: Path, what: str) -> None:
    from db.spool.file_spool import read_spools

    for spool in read_spools(path):
        typer.echo(f"{what}{spool}")


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """What draws a bar on a terminal; elsewhere, in cron for one, nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    with typer.progressbar(length=1000, label=label, file=sys.stderr) as bar:

        def draw(done: int, total: int) -> None:
            bar.update(int(1000 * done / max(total, 1)) - bar.pos)

        yield draw
        draw(1, 1)
