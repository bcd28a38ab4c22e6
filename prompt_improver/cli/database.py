"""The commands that look after the database as a file."""

from pathlib import Path
from typing import Annotated

import typer

from prompt_improver.cli import output
from prompt_improver.cli.settings import (
    read_settings,
    settings_with_database,
    tell_next_cleanup,
)


def migrate(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the migrations without running them.")
    ] = False,
) -> None:
    """Migrate the database to the schema of this version. A database that has rows is copied
    first."""
    from db.sqlite.connection import migrate_database
    from db.sqlite.read_only import plan_migration

    settings = settings_with_database() if dry_run else read_settings()
    path = settings.database_file
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
    for name in names:
        output.say(f"{'would apply' if dry_run else 'applied'} {name}")
    if not names:
        output.say(f"{path} is up to date")


def backup(
    to: Annotated[Path | None, typer.Option(help="Target folder. Default: BACKUP_DIR.")] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="Number of backups to keep. Default: all.")
    ] = None,
) -> None:
    """Back up the database, even while the server runs, and check the copy."""
    from db.sqlite.upkeep.backup import back_up

    settings = settings_with_database()
    folder = settings.backup_folder if to is None else Path.cwd() / to.expanduser()
    with output.progress("backup") as progress:
        made = back_up(settings.database_file, folder, keep=keep, progress=progress)
    output.say(f"{made.path}: {made.contents}")
    _tell_of_spools(settings.database_file, "not in this backup: ")
    for each in made.removed:
        output.say(f"removed {each}")


def restore(
    file: Annotated[Path, typer.Argument(help="Backup to restore.", show_default=False)],
) -> None:
    """Replace the database with a backup. Stop the server first. The old database is kept."""
    from db.sqlite.upkeep.restore import restore as put_back

    settings = read_settings()
    path = settings.database_file
    with output.progress("restore") as progress:
        done = put_back(
            path, Path.cwd() / file, within=settings.database_boundary, progress=progress
        )
    if done.aside is None:
        output.say("was: nothing")
    else:
        output.say(f"was: {done.before or 'a database that could not be read'}")
        output.say(f"     now at {done.aside}")
    output.say(f"is:  {done.now}")
    output.say(f"     at {path}")
    _tell_of_spools(path, "the next start takes in ")


def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Database or backup to check. Default: the history.", show_default=False
        ),
    ] = None,
) -> None:
    """Check the database or a backup. Exit code 1 means that something is wrong."""
    from db.sqlite.upkeep.check import check_database
    from prompt_improver.domain.errors import RepositoryCorruptError

    if file is None:
        settings = settings_with_database()
        path, days = settings.database_file, settings.cleanup_days
    else:
        path, days = Path.cwd() / file, 0
    with output.progress("reading all of it"):
        health = check_database(path, days=days)
    figures = health.figures
    if file is None:
        figures.append(("next cleanup", tell_next_cleanup(settings, health.old_rows)))
    output.figures(figures)
    for hint in health.hints:
        output.say(f"hint: {hint}")
    if health.problems:
        raise RepositoryCorruptError("\n".join(f"wrong: {each}" for each in health.problems))
    output.say("all is well")


def vacuum() -> None:
    """Rewrite the database without remains of deleted text. The server may run; its saves wait.
    Lists backups and other copies, which are not changed."""
    from db.sqlite.upkeep.vacuum import vacuum as write_anew

    settings = settings_with_database()
    path = settings.database_file
    with output.progress("vacuum") as progress:
        done = write_anew(
            path,
            wal=settings.sqlite_wal_mode,
            private_directory=settings.is_default_database,
            within=settings.database_boundary,
            progress=progress,
        )
    output.say(f"{path}: {done.before:,} bytes before, {done.after:,} now")
    for copy in _copies(path, settings.backup_folder):
        output.say(f"may still hold what was deleted: {copy}")


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
        output.say(f"{what}{spool}")
