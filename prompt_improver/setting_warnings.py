"""What the start says of settings that it goes on without."""

from pathlib import Path

from dotenv.parser import parse_stream

from prompt_improver.misspelt_settings import find_misspelt
from prompt_improver.prompt_raycast_settings import translate
from prompt_improver.setting_values import is_placeholder
from prompt_improver.settings import KEYS, Settings, given_values


def setting_warnings() -> list[str]:
    """A line for each misspelt setting, each line of ``.env`` that cannot be read, each
    placeholder in the place of a key, and each value of prompt_raycast_ext that is not taken as it
    stands. None shows a key.

    Raises:
        SettingsError: ``.env`` cannot be read.
    """
    given = given_values()
    misspelt = [
        f"{name} is not a setting and is ignored; did you mean {right}?"
        for name, right in find_misspelt(given).items()
    ]
    placeholders = [
        f"{name} holds a placeholder and counts as not set: replace it with your key, or remove it"
        for name, value in given.items()
        if name.lower() in KEYS and is_placeholder(value)
    ]
    return [*misspelt, *_unreadable_lines(), *placeholders, *translate(given)[1]]


def _unreadable_lines() -> list[str]:
    file = Path(str(Settings.model_config["env_file"]))
    if not file.is_file():
        return []
    with file.open(encoding="utf-8") as lines:
        wrong = [each.original.line for each in parse_stream(lines) if each.error]
    return [
        f"Line {number} of .env is not NAME=value and is ignored; correct it" for number in wrong
    ]
