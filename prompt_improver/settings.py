"""What can be set, its defaults, and the only reader of the environment.

Read from the environment, over ``.env`` in the working directory, over the defaults.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    SettingsConfigDict,
)

from prompt_improver.domain.errors import SettingsError

DEFAULT_DB_PATH = "data/prompt_history.db"


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"

    @classmethod
    def _missing_(cls, value: object) -> "LogLevel | None":
        return cls.__members__.get(str(value).upper())


class Provider(StrEnum):
    """Where the model is."""

    AUTO = "auto"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    DEEPSEEK = "deepseek"
    OLLAMA = "ollama"
    OPENAI_COMPATIBLE = "openai-compatible"
    OFFLINE = "offline"


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


def _listed(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(",")) if part]


def _origins(text: str) -> str:
    for origin in _listed(text):
        if not origin.startswith(("http://", "https://")):
            raise ValueError("holds what is no origin: name each as http://host:port, and no *")
    return text


def _hosts(text: str) -> str:
    if any("*" in host or "/" in host for host in _listed(text)):
        raise ValueError("holds what is no host name: name each, without port and *")
    return text


def _stripped_secret(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _none_when_empty(value: Any) -> Any:
    return None if value == "" else value


Secret = Annotated[SecretStr, BeforeValidator(_stripped_secret)]
Tokens = Annotated[Annotated[int, Field(ge=64)] | None, BeforeValidator(_none_when_empty)]
Temperature = Annotated[
    Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None,
    BeforeValidator(_none_when_empty),
]


class Settings(BaseSettings):
    """Every setting; the name of its variable is the field's in upper case, and the
    description is its line in ``.env.example`` and README.md."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    api_host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    api_port: int = Field(8000, ge=0, le=65535, description="Port; 0 takes a free one.")
    api_key: Secret = Field(
        SecretStr(""),
        description="Key that callers send as Authorization: Bearer; 16 characters or more beyond "
        "this machine.",
    )
    allow_no_api_key: bool = Field(
        False, description="true: others than this machine may use the API without a key."
    )
    allowed_hosts: Annotated[str, AfterValidator(_hosts)] = Field(
        "localhost,127.0.0.1,[::1]",
        min_length=1,
        description="Host names that callers may use, with commas between.",
    )
    cors_origins: Annotated[str, AfterValidator(_origins)] = Field(
        "", description="Origins whose pages may call the API, with commas between."
    )
    max_concurrent_improvements: int = Field(
        64, ge=1, le=10_000, description="Improvements that may wait for the model at once."
    )
    log_level: LogLevel = Field(LogLevel.INFO, description="DEBUG, INFO, WARNING or ERROR.")
    log_format: Literal["text", "json"] = Field(
        "text", description="text, or json: one JSON object a line."
    )

    llm_provider: Provider = Field(
        Provider.AUTO,
        description="auto, openai, anthropic, gemini, deepseek, ollama, openai-compatible or "
        "offline. auto: LLM_BASE_URL where it is set, else the first with a key, else an Ollama "
        "that answers, else offline.",
    )
    llm_model: str = Field("", description="Model; empty takes the provider's default.")
    llm_base_url: str = Field(
        "", description="Address of an OpenAI-compatible server, such as http://localhost:8080/v1."
    )
    llm_api_key: Secret = Field(
        SecretStr(""), description="Key for the provider; goes before the provider's own."
    )
    openai_api_key: Secret = Field(SecretStr(""), description="Key for OpenAI.")
    anthropic_api_key: Secret = Field(SecretStr(""), description="Key for Anthropic.")
    gemini_api_key: Secret = Field(SecretStr(""), description="Key for Google Gemini.")
    deepseek_api_key: Secret = Field(SecretStr(""), description="Key for DeepSeek.")
    llm_timeout_s: float = Field(
        110.0,
        gt=0,
        le=3600,
        allow_inf_nan=False,
        description="Seconds that a model may take for one improvement.",
    )
    llm_max_tokens: Tokens = Field(
        None, description="Longest reply in tokens; empty takes a bound that suits the model."
    )
    llm_temperature: Temperature = Field(
        None, description="Sampling temperature, 0 to 2; empty takes the model's own."
    )
    dspy_fewshot_enabled: bool = Field(
        True, description="false: auto prefers zero-shot to few-shot."
    )
    dspy_fewshot_k: int = Field(3, ge=1, le=10, description="Examples shown to the model.")
    dspy_fewshot_trainset_path: str = Field(
        "", description="JSON lines of examples; empty takes those that come with the program."
    )

    sqlite_enabled: bool = Field(True, description="false: keep no history.")
    sqlite_db_path: Annotated[str, AfterValidator(_database_path)] = Field(
        DEFAULT_DB_PATH, description="The database file, from the working directory."
    )
    sqlite_pool_size: Annotated[int, AfterValidator(_one_connection)] = Field(
        1, description="Connections; the design has one, so only 1 is taken."
    )
    sqlite_retention_days: int = Field(
        30, ge=1, le=36_500, description="Days after which the automatic cleanup deletes a row."
    )
    sqlite_auto_cleanup: bool = Field(
        True, description="Delete old rows at start and every 24 h; false keeps everything."
    )
    sqlite_async_enabled: bool = Field(
        True, description="true: saves never delay an answer; false: an answer waits for its save."
    )
    sqlite_wal_mode: bool = Field(
        True, description="Write-ahead log: reading by hand does not stop saving."
    )
    backup_dir: Annotated[str, AfterValidator(_home_expanded)] = Field(
        "data/backups", min_length=1, description="Folder that backups go to, private if new."
    )
    breaker_max_failures: int = Field(
        5, ge=1, le=1000, description="Failed batches in a row that open the breaker."
    )
    breaker_cooldown_s: float = Field(
        300.0,
        gt=0,
        le=86_400,
        description="Seconds that an open breaker leaves the database alone.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError("is not UTF-8 text: write it anew") from None
            if "\0" in value:
                raise ValueError("holds a NUL: write it anew")
        return value

    @property
    def database_file(self) -> Path:
        """Where the database is, absolute, without following links."""
        return Path.cwd() / self.sqlite_db_path

    @property
    def database_boundary(self) -> Path | None:
        """The folder that no link may lead the database out of: the working directory, for a
        path that counts from there. An absolute path says itself where it leads."""
        return None if Path(self.sqlite_db_path).is_absolute() else Path.cwd()

    @property
    def allowed_host_names(self) -> list[str]:
        """The names, in lower case."""
        return _listed(self.allowed_hosts.lower())

    @property
    def allowed_origins(self) -> list[str]:
        """The origins as browsers send them: scheme, host and port, no slash at the end."""
        return [origin.rstrip("/") for origin in _listed(self.cors_origins)]

    @property
    def backup_folder(self) -> Path:
        """Where backups go, absolute."""
        return Path.cwd() / self.backup_dir

    @property
    def is_default_database(self) -> bool:
        """True when the database lies in the project's own ``data/``, which is kept private."""
        return Path(self.sqlite_db_path) == Path(DEFAULT_DB_PATH)


_VALUES_NOT_TO_SHOW = {"llm_base_url"} | {
    name for name, field in Settings.model_fields.items() if field.annotation is SecretStr
}


def load_settings() -> Settings:
    """The settings as the environment and ``.env`` give them.

    Raises:
        SettingsError: a value is wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_line(e) for e in error.errors())) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read ({error}): mend it or remove it") from None


def given_names() -> set[str]:
    """Names, in upper case, of all that the environment and ``.env`` hold; no values."""
    sources = (EnvSettingsSource(Settings), DotEnvSettingsSource(Settings))
    return {name.upper() for source in sources for name in source.env_vars}


def _line(error: Any) -> str:
    name = str(error["loc"][0]) if error["loc"] else "settings"
    message = error["msg"].removeprefix("Value error, ")
    value = error.get("input")
    shown = "" if name in _VALUES_NOT_TO_SHOW or value is None else f"={str(value)[:80]!r}"
    default = Settings.model_fields[name].default
    mend = "" if name in _VALUES_NOT_TO_SHOW else f"; the default is {str(default)!r}"
    return f"{name.upper()}{shown}: {message}{mend}"
