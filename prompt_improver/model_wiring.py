"""From settings to what improves ideas: the backends, and the use case without a server."""

import contextlib
import importlib.util
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_improver.domain.errors import SettingsError
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.question import Answer
from prompt_improver.domain.recorder import Recorder
from prompt_improver.domain.target import Target
from prompt_improver.improvement.answering import Answering
from prompt_improver.improvement.backends import Backends
from prompt_improver.improvement.cancellation import Cancellation
from prompt_improver.improvement.gated_improver import GatedImprover
from prompt_improver.improvement.improve_idea import ImproveIdea
from prompt_improver.improvement.improved import Improved, ImprovementObserver
from prompt_improver.improvement.improver import Improver
from prompt_improver.improvement.model.language_model import (
    LanguageModelChoice,
    LanguageModelSettings,
    choose_language_model,
)
from prompt_improver.improvement.model_slots import ModelSlots
from prompt_improver.improvement.offline import OfflineImprover
from prompt_improver.improvement.progress import Event, watched
from prompt_improver.recording import DirectRecorder
from prompt_improver.settings import Settings
from prompt_improver.wiring import make_direct_recorder

if TYPE_CHECKING:
    from prompt_improver.improvement.model.demonstrations import Demonstrations

logger = logging.getLogger(__name__)


Once = tuple[Improved, list[str]]
"""What one call has brought, and what to tell the user about how it was made and kept."""


async def improve_once(
    settings: Settings,
    idea: str,
    context: str,
    backend: BackendType | None,
    hear: Callable[[Event], None] | None = None,
    answers: tuple[Answer, ...] = (),
    target: Target | None = None,
) -> Once:
    """One improvement without a server. ``hear`` is told of it while it is made.

    Raises:
        PromptImproverError: as ``ImproveIdea.improve``, or a setting of the model is wrong.
    """
    return await _once(
        settings,
        lambda use: use.improve(
            idea,
            context,
            backend=backend,
            target=target,
            answers=answers,
            cancellation=Cancellation(),
        ),
        hear,
    )


async def refine_once(
    settings: Settings,
    parent: PromptHistory,
    feedback: str,
    backend: BackendType | None,
    hear: Callable[[Event], None] | None = None,
    answers: tuple[Answer, ...] = (),
) -> Once:
    """One new version without a server.

    Raises:
        PromptImproverError: as ``ImproveIdea.refine``, or a setting of the model is wrong.
    """
    return await _once(
        settings,
        lambda use: use.refine(
            parent, feedback, answers=answers, backend=backend, cancellation=Cancellation()
        ),
        hear,
    )


async def restore_once(settings: Settings, parent: PromptHistory, version: PromptHistory) -> Once:
    """One restored version without a server.

    Raises:
        PromptImproverError: as ``ImproveIdea.restore``, or a setting of the model is wrong.
    """
    return await _once(settings, lambda use: use.restore(parent, version), None)


async def _once(
    settings: Settings,
    work: Callable[[ImproveIdea], Awaitable[Improved]],
    hear: Callable[[Event], None] | None,
) -> Once:
    async with without_server(settings) as parts:
        with contextlib.nullcontext() if hear is None else watched(hear):
            improved = await work(parts.improve_idea)
    recorder = parts.recorder
    problem = recorder.problem if isinstance(recorder, DirectRecorder) else None
    return improved, [notice for notice in (parts.backends.notice, problem) if notice]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutServer:
    """The use case, and what it is made of."""

    improve_idea: ImproveIdea
    backends: Backends
    recorder: Recorder


@contextlib.asynccontextmanager
async def without_server(settings: Settings) -> AsyncIterator[WithoutServer]:
    """The use case in a process of its own, to the end of the block.

    Raises:
        SettingsError: a setting of the model is wrong.
    """
    backends = await make_backends(settings)
    recorder = make_direct_recorder(settings)
    improve_idea = ImproveIdea(
        Answering(
            backends,
            recorder,
            slots=ModelSlots(settings.max_concurrent_improvements),
            observer=ImprovementObserver(),
            fallback=settings.llm_fallback == "offline",
        )
    )
    try:
        yield WithoutServer(improve_idea=improve_idea, backends=backends, recorder=recorder)
    finally:
        for improver in backends.improvers.values():
            await improver.close()


def is_dspy_installed() -> bool:
    """Whether a model can be called: DSPy comes with the extra ``models``. Imports nothing."""
    return importlib.util.find_spec("dspy") is not None


async def make_backends(
    settings: Settings, *, has_dspy: Callable[[], bool] = is_dspy_installed
) -> Backends:
    """The backends that the settings allow for; ``auto`` may ask a local Ollama.

    Args:
        has_dspy: whether a model can be called.

    Raises:
        SettingsError: a setting is wrong or missing.
    """
    try:
        choice = await choose_language_model(_language_model_settings(settings))
    except ValueError as error:
        raise SettingsError(str(error)) from None
    notice = None
    if not choice.offline and not has_dspy():
        choice, notice = _without_dspy(settings, choice)
        logger.warning(notice)
    model = choice.provider if choice.model is None else choice.model_version
    logger.info("Model for improvements: %s (%s)", model, choice.reason)
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
        notice=notice,
    )


def _without_dspy(
    settings: Settings, choice: LanguageModelChoice
) -> tuple[LanguageModelChoice, str]:
    """The offline choice where nobody named a model, and the line that says so.

    Raises:
        SettingsError: a model is named, and cannot be called.
    """
    lack = f"{choice.reason}, but dspy-ai, which calls models, is not installed"
    mend = "in the program's clone type pip install '.[models]' or uv tool install '.[models]'"
    if settings.llm_provider != "auto" or settings.llm_base_url:
        raise SettingsError(f"{lack}: {mend}, or set LLM_PROVIDER=offline")
    offline = replace(choice, provider="offline", model=None, api_key=None, reason=lack)
    return offline, f"{lack}: offline answers; to use the model, {mend}"


def _model_improvers(
    settings: Settings, choice: LanguageModelChoice
) -> dict[BackendType, Improver]:
    # What calls a model is imported where there is one.
    from prompt_improver.improvement.model.connection import ModelConnection
    from prompt_improver.improvement.model.dspy_improver import DspyImprover

    demonstrations = make_demonstrations(settings)
    connection = ModelConnection(choice)
    return {
        BackendType.ZERO_SHOT: DspyImprover(connection),
        BackendType.FEW_SHOT: DspyImprover(
            connection, demonstrations=demonstrations, k=settings.dspy_fewshot_k
        ),
    }


def make_demonstrations(settings: Settings) -> "Demonstrations":
    """The examples that a model is shown.

    Raises:
        SettingsError: they cannot be read.
    """
    from prompt_improver.improvement.model.demonstrations import (
        DEFAULT_DEMONSTRATIONS,
        load_demonstrations,
    )

    path = settings.dspy_fewshot_trainset_path
    try:
        return load_demonstrations(Path(path) if path else DEFAULT_DEMONSTRATIONS)
    except ValueError as error:
        raise SettingsError(
            f"DSPY_FEWSHOT_TRAINSET_PATH: {error}; mend it, or remove it to use the examples that "
            "come with the program"
        ) from None


def _language_model_settings(settings: Settings) -> LanguageModelSettings:
    return LanguageModelSettings(
        provider=settings.llm_provider,
        model=settings.llm_model,
        base_url=settings.llm_base_url,
        api_key=settings.llm_api_key,
        own_keys=settings.provider_keys,
        timeout_s=settings.llm_timeout_s,
        max_tokens=settings.llm_max_tokens,
        temperature=settings.llm_temperature,
    )
