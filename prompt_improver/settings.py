"""What can be set, its defaults, and the only reader of the environment.

Read from the environment, over ``.env`` in the working directory, over the defaults.
"""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)
from pydantic_settings import (
    DotEnvSettingsSource,
    EnvSettingsSource,
)

from prompt_improver.data_folder import data_folder, is_checkout
from prompt_improver.domain.errors import SettingsError
from prompt_improver.improvement.model.providers import CHOICES, WITH_KEY
from prompt_improver.prompt_raycast_settings import translate
from prompt_improver.server_settings import ServerSettings
from prompt_improver.setting_values import (
    DEFAULT_DB_PATH,
    DatabasePath,
    HomePath,
    OneConnection,
    Secret,
    Temperature,
    Tokens,
    tell_wrong_value,
)


class _WithoutKeys(ServerSettings):
    """Server and model; the providers' keys come next."""

    llm_provider: Literal[*CHOICES] = Field(  # type: ignore[valid-type]
        "auto",
        description=f"{', '.join(CHOICES[:-1])} or offline. auto uses LLM_BASE_URL if it is set, "
        "then the first provider with a key, then a local Ollama, then offline.",
    )
    llm_model: str = Field("", description="Model name. Empty: the provider's default.")
    llm_base_url: str = Field(
        "", description="URL of an OpenAI-compatible server, such as http://localhost:8080/v1."
    )
    llm_api_key: Secret = Field(
        SecretStr(""), description="Key for the provider; overrides the provider's own variable."
    )


if TYPE_CHECKING:
    _WithKeys = _WithoutKeys
else:
    _WithKeys = create_model(
        "_WithKeys",
        __base__=_WithoutKeys,
        **{
            each.key_setting: (Secret, Field(SecretStr(""), description=f"{each.title} API key."))
            for each in WITH_KEY
        },
    )


class Settings(_WithKeys):
    """Every setting; the name of its variable is the field's in upper case, and the
    description is its line in ``.env.example`` and README.md."""

    llm_timeout_s: float = Field(
        110.0,
        gt=0,
        le=3600,
        allow_inf_nan=False,
        description="Time limit for one improvement, in seconds.",
    )
    llm_max_tokens: Tokens = Field(
        None,
        description="Maximum length of a reply in tokens. Empty: a limit that suits the model.",
    )
    llm_temperature: Temperature = Field(
        None, description="Sampling temperature, 0 to 2. Empty: the model's default."
    )
    llm_fallback: Literal["offline", "none"] = Field(
        "offline",
        description="offline: if the model fails and the backend is auto, the offline backend "
        "answers. none: return the error.",
    )
    dspy_fewshot_enabled: bool = Field(
        True, description="false: auto uses zero-shot instead of few-shot."
    )
    dspy_fewshot_k: int = Field(
        3, ge=1, le=10, description="Number of examples shown to the model."
    )
    dspy_fewshot_trainset_path: HomePath = Field(
        "", description="JSON Lines file of examples. Empty: the built-in examples."
    )

    sqlite_enabled: bool = Field(True, description="false: keep no history.")
    sqlite_db_path: DatabasePath = Field(
        DEFAULT_DB_PATH,
        description="Database file, relative to the working directory. Outside a checkout: one "
        "per user, in the platform's data folder.",
    )
    sqlite_pool_size: OneConnection = Field(
        1, description="Number of connections; only 1 is allowed."
    )
    sqlite_retention_days: int = Field(
        30,
        ge=0,
        le=36_500,
        description="Age in days at which the cleanup deletes a row; 0 keeps everything.",
    )
    sqlite_auto_cleanup: bool = Field(
        True, description="Delete old rows at start-up and every 24 hours; false keeps everything."
    )
    sqlite_async_enabled: bool = Field(
        True, description="true: answers do not wait for the save. false: they do."
    )
    sqlite_wal_mode: bool = Field(
        True, description="Use a write-ahead log, so that reading by hand does not block saves."
    )
    backup_dir: HomePath = Field(
        "data/backups",
        min_length=1,
        description="Backup folder, created private. Outside a checkout: next to the database.",
    )
    breaker_max_failures: int = Field(
        5, ge=1, le=1000, description="Consecutive failed batches that open the circuit breaker."
    )
    breaker_cooldown_s: float = Field(
        300.0,
        gt=0,
        le=86_400,
        description="Seconds before an open breaker tries the database again.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            field = cls.model_fields[info.field_name or ""]
            if not value.strip() and field.annotation not in (str, tuple[str, ...]):
                return field.default  # as if it were not set
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError("is not UTF-8 text: write it anew") from None
            if "\0" in value:
                raise ValueError("holds a NUL: write it anew")
        return value

    @property
    def in_data_folder(self) -> bool:
        """Whether the history is the user's own, in the platform's data folder: the program is
        installed, and SQLITE_DB_PATH is not set."""
        return "sqlite_db_path" not in self.model_fields_set and not is_checkout()

    @property
    def database_file(self) -> Path:
        """Where the database is, absolute, without following links."""
        if self.in_data_folder:
            folder = data_folder(os.environ.get("XDG_DATA_HOME", ""))
            return folder / Path(DEFAULT_DB_PATH).name
        return Path.cwd() / self.sqlite_db_path

    @property
    def cleanup_off(self) -> str | None:
        """The setting that keeps the server from deleting old rows; None where it deletes them."""
        if not self.sqlite_enabled:
            return "SQLITE_ENABLED=false"
        if not self.sqlite_auto_cleanup:
            return "SQLITE_AUTO_CLEANUP=false"
        return None if self.sqlite_retention_days else "SQLITE_RETENTION_DAYS=0"

    @property
    def cleanup_days(self) -> int:
        """The age at which the server deletes a row; 0 where it keeps everything."""
        return 0 if self.cleanup_off else self.sqlite_retention_days

    @property
    def where_history_is(self) -> str:
        """What an installed program says once, when it makes the user's history."""
        return f"Your history is kept in {self.database_file} (SQLITE_DB_PATH moves it)"

    @property
    def database_boundary(self) -> Path | None:
        """The folder that no link may lead the database out of: the working directory, for a
        path that counts from there. An absolute path says itself where it leads."""
        if self.in_data_folder or Path(self.sqlite_db_path).is_absolute():
            return None
        return Path.cwd()

    @property
    def provider_keys(self) -> dict[str, SecretStr]:
        """The providers' own keys, by the provider's name; blank where none is set."""
        return {each.name: getattr(self, each.key_setting or "") for each in WITH_KEY}

    @property
    def backup_folder(self) -> Path:
        """Where backups go, absolute."""
        if "backup_dir" not in self.model_fields_set and not is_checkout():
            return self.database_file.parent / "backups"
        return Path.cwd() / self.backup_dir

    @property
    def is_default_database(self) -> bool:
        """True when the database lies in a folder of the program's own, ``data/`` or the user's
        data folder, which is kept private."""
        return Path(self.sqlite_db_path) == Path(DEFAULT_DB_PATH)


KEYS = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
"""Fields that hold a key."""
_VALUES_NOT_TO_SHOW = {"llm_base_url"} | KEYS


def load_settings(**instead: str | int | None) -> Settings:
    """The settings as the environment and ``.env`` give them, or ``instead`` where not None.

    Raises:
        SettingsError: a value is wrong.
    """
    given = {name: value for name, value in instead.items() if value is not None}
    ours: dict[str, str | int] = {**translate(given_values())[0], **given}
    try:
        return Settings(**ours)  # type: ignore[arg-type]  # texts, as the environment has them
    except ValidationError as error:
        raise SettingsError("\n".join(_line(e) for e in error.errors())) from None


def log_format() -> str:
    """The form of the log, json or text, also where another setting is wrong."""
    try:
        given = given_values()
    except SettingsError:
        given = {name.upper(): value for name, value in os.environ.items()}
    return "json" if given.get("LOG_FORMAT") == "json" else "text"


def given_values() -> dict[str, str]:
    """All that the environment and, under it, ``.env`` hold, keys too; names in upper case.

    Raises:
        SettingsError: ``.env`` cannot be read.
    """
    # It tells of lines that it cannot read at each reading, past our log; we do it once.
    logging.getLogger("dotenv").setLevel(logging.CRITICAL)
    try:
        sources = (DotEnvSettingsSource(Settings), EnvSettingsSource(Settings))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read ({error}): mend it or remove it") from None
    return {name.upper(): value or "" for each in sources for name, value in each.env_vars.items()}


def _line(error: Any) -> str:
    name = str(error["loc"][0]) if error["loc"] else "settings"
    default = Settings.model_fields[name].default
    return tell_wrong_value(name, error, default, is_private=name in _VALUES_NOT_TO_SHOW)
