"""What single settings may hold: each a type with its checks."""

import contextlib
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

DEFAULT_DB_PATH = "data/prompt_history.db"


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"

    @classmethod
    def _missing_(cls, value: object) -> "LogLevel | None":
        return cls.__members__.get(str(value).upper())


def _one_connection(size: int) -> int:
    if size != 1:
        raise ValueError("the history uses one locked connection: set it to 1 or remove it")
    return size


def _home_expanded(text: str) -> str:
    if not text.startswith("~"):
        return text
    try:
        return str(Path(text).expanduser())
    except RuntimeError:
        raise ValueError("begins with ~ and no known user: write the whole path") from None


def _database_path(text: str) -> str:
    if not text.strip():
        raise ValueError(f"is empty: give a path such as {DEFAULT_DB_PATH}")
    if len(text) > 4096:
        raise ValueError("is longer than 4,096 characters: give a shorter path")
    if text.endswith("/"):
        raise ValueError(f"is a folder: give the file in it, such as {DEFAULT_DB_PATH}")
    if text.lower().startswith("file:"):
        raise ValueError("is a URI: give a plain path")
    if text == ":memory:":
        raise ValueError("is not a file: give a path, or set SQLITE_ENABLED=false")
    text = _home_expanded(text)
    # Without following links: what lies on the disk is the database's business, later.
    if Path(os.path.normpath(text)).parts[:1] == ("..",):
        raise ValueError("leaves the working directory: give an absolute path instead")
    return text


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    if not all(origin.startswith(("http://", "https://")) for origin in origins):
        raise ValueError("holds what is no origin: name each as http://host:port, and no *")
    return tuple(origin.rstrip("/") for origin in origins)


def _hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    if not hosts:
        raise ValueError("is empty: name at least localhost")
    return tuple(dict.fromkeys(map(_host, hosts)))


def _host(text: str) -> str:
    """As a Host header has it, without its port: any port is let in."""
    with contextlib.suppress(ValueError):
        return f"[{ipaddress.IPv6Address(text)}]"
    found = re.fullmatch(r"([^*/:\[\]]+|\[[0-9a-f:.]+\])(:[0-9]+)?", text.lower())
    if found is None:
        raise ValueError("holds what is no host name: name each, such as localhost, and no *")
    return found[1]


_PLACEHOLDER = re.compile(
    r"(sk-)?(your|my|the|some|paste|insert|put|enter|add)[ _-].*|.*[ _-](here|goes here)"
    r"|<.*>|\{.*\}|.*(\.\.\.|…).*|[a-z0-9]{0,6}[_-]?[x*]{3,}|(change|replace)[_-]?me"
    r"|(api|secret)?[_-]?key|placeholder|dummy|example|none|null|todo|tbd",
    re.IGNORECASE,
)


def is_placeholder(text: str) -> bool:
    """Whether ``text`` stands in an example in the place of a key, as ``your_api_key_here`` and
    ``sk-...`` do."""
    return _PLACEHOLDER.fullmatch(text.strip()) is not None


def _key_or_nothing(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return "" if is_placeholder(value) else value.strip()


Secret = Annotated[SecretStr, BeforeValidator(_key_or_nothing)]
"""A key without blanks around it; a placeholder is none."""
Tokens = Annotated[int, Field(ge=64)] | None
Temperature = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None
OneConnection = Annotated[int, AfterValidator(_one_connection)]
DatabasePath = Annotated[str, AfterValidator(_database_path)]
HomePath = Annotated[str, AfterValidator(_home_expanded)]
"""A path whose ``~`` is the home of a user."""


def _list(check: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Any:
    """Names with commas between, not JSON as pydantic-settings would have it."""
    return Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(check)]


Hosts = _list(_hosts)
"""Host names in lower case, without ports."""
Origins = _list(_origins)
"""Origins as browsers send them: scheme, host and port, no slash at the end."""


def tell_wrong_value(
    name: str, error: Mapping[str, Any], default: object, *, is_private: bool
) -> str:
    """What Pydantic says of the setting ``name``, as a line with the value and the mend; without
    values where they may hold a key."""
    message = error["msg"].removeprefix("Value error, ")
    if is_private:
        return f"{name.upper()}: {message}"
    value = error.get("input")
    shown = "" if value is None else f"={str(value)[:80]!r}"
    usual = ",".join(default) if isinstance(default, tuple) else str(default)
    return f"{name.upper()}{shown}: {message}; the default is {usual!r}"
