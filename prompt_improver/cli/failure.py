"""How a command ends that cannot go on."""

from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from prompt_improver.settings import Settings


def fail(message: str, code: int = 1) -> NoReturn:
    """End the program with ``message`` on standard error."""
    typer.echo(message, err=True)
    raise SystemExit(code)


def settings_or_fail() -> "Settings":
    """The settings; where one is wrong this ends the program and says which."""
    from prompt_improver.domain.errors import SettingsError
    from prompt_improver.settings import load_settings

    try:
        return load_settings()
    except SettingsError as error:
        fail(str(error))
