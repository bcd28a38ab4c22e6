"""The settings of a command."""

from typing import TYPE_CHECKING

from prompt_improver.cli import output
from prompt_improver.domain.errors import HistoryMissingError

if TYPE_CHECKING:
    from prompt_improver.settings import Settings


def read_settings() -> "Settings":
    """The settings. A misspelt name is told on standard error.

    Raises:
        SettingsError: one is wrong.
    """
    from prompt_improver.setting_warnings import setting_warnings
    from prompt_improver.settings import load_settings

    settings = load_settings()
    for warning in setting_warnings():
        output.warn(warning)
    return settings


def tell_next_cleanup(settings: "Settings", old_rows: int | None) -> str:
    """What the server's next cleanup does, with as many rows that it may delete; None where they
    cannot be counted."""
    if settings.cleanup_off:
        return f"none: {settings.cleanup_off}"
    count = "what is" if old_rows is None else f"{old_rows:,}"
    return f"deletes {count} older than {settings.cleanup_days} days"


def settings_with_database() -> "Settings":
    """The settings, where there is a database.

    Raises:
        HistoryMissingError: there is none yet; says where one was looked for.
        SettingsError: a setting is wrong.
    """
    settings = read_settings()
    if not settings.database_file.exists():
        raise HistoryMissingError(
            f"There is no history yet: no database at {settings.database_file} (SQLITE_DB_PATH). "
            "The server, or the first `improve`, creates it"
        )
    return settings
