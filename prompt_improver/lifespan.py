"""What the app is made of: made at its start, and let go of in turn at its end."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from fastapi import FastAPI

from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.api.metrics import HistoryFigures, Metrics
from prompt_improver.api.repository_health import DisabledRepositoryHealth, RepositoryHealth
from prompt_improver.api.shutdown import Shutdown
from prompt_improver.background_task import start_background_task
from prompt_improver.container import Container
from prompt_improver.domain.errors import ImproverError
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.prompt_spool import PromptSpool
from prompt_improver.domain.recorder import DisabledRecorder, Recorder
from prompt_improver.improvement.answering import Answering
from prompt_improver.improvement.backends import Backends
from prompt_improver.improvement.improve_idea import ImproveIdea
from prompt_improver.improvement.model_slots import ModelSlots
from prompt_improver.model_wiring import make_backends
from prompt_improver.recording import (
    HistoryCleanup,
    HistoryCompaction,
    HistoryRecorder,
    HistoryWatch,
)
from prompt_improver.settings import Settings
from prompt_improver.wiring import make_repository, make_spool

logger = logging.getLogger(__name__)

FIRST_OPEN_WAIT_S = 0.5
"""How long the start waits for the database; a slow one goes on opening behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacements:
    """What stands in for the parts that the settings ask for; None leaves a part as it is."""

    repository: PromptRepository | None = None
    spool: PromptSpool | None = None
    backends: Backends | None = None
    shutdown: Shutdown | None = None
    """By which the server says that it is being stopped."""
    clock: Callable[[], float] = time.monotonic
    """What the breaker goes by."""


@contextlib.asynccontextmanager
async def lifespan(
    app: FastAPI, settings: Settings, replacements: Replacements
) -> AsyncIterator[None]:
    """The parts of ``app``, in ``app.state.container``, from here to the end of the block."""
    async with contextlib.AsyncExitStack() as stack:
        container = _register(settings, replacements)
        stack.callback(container.clear)
        app.state.container = container
        app.state.started = time.monotonic()
        backends = replacements.backends or await make_backends(settings)
        container.register_singleton(Backends, backends)
        _start_backends(stack, backends)
        if settings.sqlite_enabled:
            await _start_history(stack, container, settings, replacements.clock)
        else:
            container.register_singleton(Recorder, DisabledRecorder())
            container.register_singleton(RepositoryHealth, DisabledRepositoryHealth())
        if settings.mcp_enabled:
            from prompt_improver.mcp_wiring import start_mcp

            await start_mcp(stack, app, container, settings)
        yield


def _register(settings: Settings, replacements: Replacements) -> Container:
    """What can be made without waiting, each at the first ``get``."""
    container = Container()
    if settings.sqlite_enabled:
        container.register_factory(
            PromptRepository, lambda: replacements.repository or make_repository(settings)
        )
        container.register_factory(PromptSpool, lambda: replacements.spool or make_spool(settings))
    container.register_factory(Metrics, Metrics)
    container.register_factory(Shutdown, lambda: replacements.shutdown or Shutdown())
    container.register_factory(
        ImproveIdea,
        lambda: ImproveIdea(
            Answering(
                container.get(Backends),
                container.get(Recorder),
                slots=ModelSlots(settings.max_concurrent_improvements),
                observer=container.get(Metrics),
                fallback=settings.llm_fallback == "offline",
            )
        ),
    )
    return container


def _start_backends(stack: contextlib.AsyncExitStack, backends: Backends) -> None:
    """Get the improvers ready in the background: the server answers first."""
    for improver in backends.improvers.values():
        stack.push_async_callback(improver.close)
    warming = start_background_task(_warm(backends), "warming the backends")
    stack.push_async_callback(_end, warming)


async def _warm(backends: Backends) -> None:
    for improver in backends.improvers.values():
        try:
            await improver.warm()
        except ImproverError as error:
            logger.error("The backend %s is not ready: %s", improver.backend.value, error)


async def _start_history(
    stack: contextlib.AsyncExitStack,
    container: Container,
    settings: Settings,
    clock: Callable[[], float],
) -> None:
    """Open the history behind its recorder. What is registered last is let go of first."""
    repository = container.get(PromptRepository)
    breaker = CircuitBreaker(
        max_failures=settings.breaker_max_failures,
        cooldown_s=settings.breaker_cooldown_s,
        clock=clock,
    )
    recorder = HistoryRecorder(
        repository,
        container.get(PromptSpool),
        breaker,
        wait_for_commit=not settings.sqlite_async_enabled,
        observe_commit=container.get(Metrics).observe_commit,
        hurried=container.get(Shutdown).hurried,
    )
    health = RepositoryHealth(repository, recorder, settings.database_file, settings.cleanup_days)
    stack.push_async_callback(repository.close)
    # Before the start: whoever is stopped while the database still opens ends the writer too.
    stack.push_async_callback(recorder.stop)
    await recorder.start(wait_s=FIRST_OPEN_WAIT_S)
    stack.push_async_callback(health.close)
    container.register_singleton(Recorder, recorder)
    container.register_singleton(RepositoryHealth, health)
    cleanup = _start_upkeep(stack, container, settings, recorder)
    container.get(Metrics).watch(
        HistoryFigures(
            recorder=recorder,
            health=health,
            cleanup=cleanup,
            store=repository,
            backup_dir=settings.backup_folder,
        )
    )


def _start_upkeep(
    stack: contextlib.AsyncExitStack,
    container: Container,
    settings: Settings,
    recorder: HistoryRecorder,
) -> HistoryCleanup:
    """Start what looks after the history in the background."""
    repository = container.get(PromptRepository)
    watch = HistoryWatch(repository, recorder)
    watch.start()
    stack.push_async_callback(watch.stop)
    cleanup = HistoryCleanup(repository, recorder.breaker, days=settings.sqlite_retention_days)
    compaction = HistoryCompaction(repository, recorder.breaker)
    if off := settings.cleanup_off:
        logger.info("No improvement is deleted: %s", off)
        compaction.start()  # the cleanup would do that too
    else:
        cleanup.start()
    stack.push_async_callback(cleanup.stop)
    stack.push_async_callback(compaction.stop)
    container.register_singleton(HistoryCompaction, compaction)
    return cleanup


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
