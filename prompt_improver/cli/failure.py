"""How a command ends that cannot go on."""

from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from prompt_improver.settings import Settings


def fail(message: str, code: int = 1) -> NoReturn:
    """End the program with ``message`` on standard error."""
    typer.echo(message, err=True)
    raise SystemExit(code)


def settings_or_fail(*, warn: bool = True) -> "Settings":
    """The settings; where one is wrong this ends the program and says which. A misspelt name
    is told on standard error, unless ``warn`` is False: the server has a log for that."""
    from prompt_improver.domain.errors import SettingsError
    from prompt_improver.misspelt_settings import misspelt_warnings
    from prompt_improver.settings import load_settings

    try:
        settings = load_settings()
    except SettingsError as error:
        fail(str(error))
    for warning in misspelt_warnings() if warn else ():
        typer.echo(f"warning: {warning}", err=True)
    return settings
