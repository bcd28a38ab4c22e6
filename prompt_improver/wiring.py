"""From settings to the parts of the program: what the API and the command line both need."""

import logging
from pathlib import Path

from db.database import Database
from db.spool import FileSpool
from db.sqlite_prompt_repository import SqlitePromptRepository
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.prompt_spool import PromptSpool
from prompt_improver.improvement.backends import Backends
from prompt_improver.improvement.demonstrations import DEFAULT_DEMONSTRATIONS, load_demonstrations
from prompt_improver.improvement.dspy_improver import DspyImprover
from prompt_improver.improvement.gated_improver import GatedImprover
from prompt_improver.improvement.improver import Improver
from prompt_improver.improvement.language_model import (
    LanguageModelChoice,
    LanguageModelSettings,
    choose_language_model,
)
from prompt_improver.improvement.model_connection import ModelConnection
from prompt_improver.improvement.offline import OfflineImprover
from prompt_improver.settings import Settings, SettingsError

logger = logging.getLogger(__name__)


def make_database(settings: Settings) -> Database:
    """The history's file, not yet open."""
    return Database(
        settings.database_file,
        wal=settings.sqlite_wal_mode,
        private_directory=settings.is_default_database,
        within=settings.database_boundary,
    )


def make_repository(settings: Settings) -> PromptRepository:
    """The history's repository, not yet open."""
    return SqlitePromptRepository(make_database(settings))


def make_spool(settings: Settings) -> PromptSpool:
    """Where rows wait that the history cannot take, not yet open."""
    return FileSpool(settings.database_file, within=settings.database_boundary)


async def make_backends(settings: Settings) -> Backends:
    """The backends that the settings allow for; ``auto`` may ask a local Ollama.

    Raises:
        SettingsError: a setting is wrong or missing.
    """
    try:
        choice = await choose_language_model(_language_model_settings(settings))
    except ValueError as error:
        raise SettingsError(str(error)) from None
    model = choice.provider if choice.model is None else choice.model_version
    logger.info("Improvements are made by %s: %s", model, choice.reason)
    improvers: dict[BackendType, Improver] = {BackendType.OFFLINE: OfflineImprover()}
    default = BackendType.OFFLINE
    if not choice.offline:
        improvers |= _model_improvers(settings, choice)
        default = BackendType.FEW_SHOT if settings.dspy_fewshot_enabled else BackendType.ZERO_SHOT
    gated = {
        backend: GatedImprover(improver, timeout_s=settings.llm_timeout_s)
        for backend, improver in improvers.items()
    }
    return Backends(
        improvers=gated,
        default=default,
        provider=choice.provider,
        model=choice.model,
        reason=choice.reason,
    )


def _model_improvers(
    settings: Settings, choice: LanguageModelChoice
) -> dict[BackendType, Improver]:
    path = settings.dspy_fewshot_trainset_path
    try:
        demonstrations = load_demonstrations(Path(path) if path else DEFAULT_DEMONSTRATIONS)
    except ValueError as error:
        raise SettingsError(
            f"DSPY_FEWSHOT_TRAINSET_PATH: {error}; mend it, or remove it to use the examples that "
            "come with the program"
        ) from None
    connection = ModelConnection(choice)
    return {
        BackendType.ZERO_SHOT: DspyImprover(connection),
        BackendType.FEW_SHOT: DspyImprover(
            connection, demonstrations=demonstrations, k=settings.dspy_fewshot_k
        ),
    }


def _language_model_settings(settings: Settings) -> LanguageModelSettings:
    return LanguageModelSettings(
        provider=settings.llm_provider,
        model=settings.llm_model,
        base_url=settings.llm_base_url,
        api_key=settings.llm_api_key,
        openai_api_key=settings.openai_api_key,
        anthropic_api_key=settings.anthropic_api_key,
        gemini_api_key=settings.gemini_api_key,
        deepseek_api_key=settings.deepseek_api_key,
        timeout_s=settings.llm_timeout_s,
        max_tokens=settings.llm_max_tokens,
        temperature=settings.llm_temperature,
    )
