"""The API, wired: what is made at the start, and let go of in turn at the end."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from prompt_improver import __version__
from prompt_improver.api import docs, health, history, improve
from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.api.docs.document import operation_id
from prompt_improver.api.errors import COMMON_ERRORS, add_error_handlers
from prompt_improver.api.metrics import HistoryFigures, Metrics
from prompt_improver.api.middleware.allowed_hosts import AllowedHostsMiddleware
from prompt_improver.api.middleware.bearer_key import BearerKeyMiddleware
from prompt_improver.api.middleware.body_limit import BodyLimitMiddleware
from prompt_improver.api.middleware.head import HeadMiddleware
from prompt_improver.api.middleware.request_id import RequestIdMiddleware
from prompt_improver.api.middleware.security_headers import SecurityHeadersMiddleware
from prompt_improver.api.model_slots import ModelSlots
from prompt_improver.api.repository_health import DisabledRepositoryHealth, RepositoryHealth
from prompt_improver.api.shutdown import Shutdown
from prompt_improver.background_task import start_background_task
from prompt_improver.container import Container
from prompt_improver.domain.errors import ImproverError
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.prompt_spool import PromptSpool
from prompt_improver.domain.recorder import DisabledRecorder, Recorder
from prompt_improver.exposure import check_exposure
from prompt_improver.improvement.backends import Backends
from prompt_improver.recording.compaction import HistoryTidying
from prompt_improver.recording.history_recorder import HistoryRecorder
from prompt_improver.recording.retention import HistoryCleanup
from prompt_improver.settings import Settings
from prompt_improver.wiring import make_backends, make_repository, make_spool

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 4_000_000
FIRST_OPEN_WAIT_S = 0.5
"""How long the start waits for the database; a slow one goes on opening behind it."""


def create_app(
    settings: Settings,
    *,
    repository: PromptRepository | None = None,
    spool: PromptSpool | None = None,
    backends: Backends | None = None,
    address: str | None = None,
    shutdown: Shutdown | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> FastAPI:
    """The API as ``settings`` ask for it. No I/O happens before its lifespan begins.

    Args:
        repository: instead of the SQLite one of the settings.
        spool: instead of the file beside the database of the settings.
        backends: instead of those of the settings.
        address: where the server listens, where that is known better than by API_HOST.
        shutdown: by which the server says that it is being stopped.
        clock: what the breaker goes by.

    Raises:
        SettingsError: the API would stand open to others without a key.
    """
    exposure = check_exposure(settings, address)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            container = Container()
            stack.callback(container.clear)
            app.state.container = container
            app.state.started = time.monotonic()
            if exposure:
                logger.warning(exposure)
            available = backends or await make_backends(settings)
            container.register_singleton(Backends, available)
            container.register_singleton(Metrics, Metrics())
            container.register_singleton(Shutdown, shutdown or Shutdown())
            container.register_singleton(
                ModelSlots, ModelSlots(settings.max_concurrent_improvements)
            )
            _start_backends(stack, available)
            if settings.sqlite_enabled:
                await _start_history(
                    stack,
                    container,
                    settings,
                    repository or make_repository(settings),
                    spool or make_spool(settings),
                    clock,
                )
            else:
                container.register_singleton(Recorder, DisabledRecorder())
                container.register_singleton(RepositoryHealth, DisabledRepositoryHealth())
            yield

    app = FastAPI(
        title="Prompt Improver",
        version=__version__,
        description="A rough idea goes in, a structured prompt comes out and is remembered.",
        lifespan=lifespan,
        responses=COMMON_ERRORS,
        generate_unique_id_function=operation_id,
        # api/docs has them: no network is needed, and the document is made in a thread.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # A redirect would send back what was sent.
        redirect_slashes=False,
        # FastAPI's own OpenTelemetry would carry requests out of the process wherever a
        # provider happens to be installed.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    _add_middleware(app, settings)
    add_error_handlers(app)
    app.include_router(health.router)
    app.include_router(improve.router)
    app.include_router(history.router)
    app.include_router(docs.router)
    docs.describe(app)
    return app


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """What a request passes through; the last added comes first."""
    app.add_middleware(HeadMiddleware)
    app.add_middleware(BodyLimitMiddleware, max_bytes=MAX_BODY_BYTES)
    if key := settings.api_key.get_secret_value():
        app.add_middleware(BearerKeyMiddleware, key=key)
    if settings.allowed_origins:
        # Before the key, which a browser does not send with its question what it may do.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "HEAD", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
        )
    # A page of somebody else's whose name leads to this machine (DNS rebinding) comes with
    # its own name in the Host header.
    app.add_middleware(AllowedHostsMiddleware, allowed_hosts=settings.allowed_host_names)
    app.add_middleware(RequestIdMiddleware)
    # Around the request's id, which is who answers when something went wrong.
    app.add_middleware(SecurityHeadersMiddleware)


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
    repository: PromptRepository,
    spool: PromptSpool,
    clock: Callable[[], float],
) -> None:
    """Open the history behind its recorder. What is registered last is let go of first:
    the cleanup ends, the health's question, then the queue is drained, then the database
    closes."""
    breaker = CircuitBreaker(
        max_failures=settings.breaker_max_failures,
        cooldown_s=settings.breaker_cooldown_s,
        clock=clock,
    )
    metrics = container.get(Metrics)
    recorder = HistoryRecorder(
        repository,
        spool,
        breaker,
        wait_for_commit=not settings.sqlite_async_enabled,
        observe_commit=metrics.observe_commit,
        hurried=container.get(Shutdown).hurried,
    )
    health = RepositoryHealth(repository, recorder, settings.database_file)
    stack.push_async_callback(repository.close)
    # Before the start: whoever is stopped while the database still opens ends the writer too.
    stack.push_async_callback(recorder.stop)
    await recorder.start(wait_s=FIRST_OPEN_WAIT_S)
    stack.push_async_callback(health.close)
    cleanup = HistoryCleanup(repository, breaker, days=settings.sqlite_retention_days)
    if settings.sqlite_auto_cleanup:
        cleanup.start()
        stack.push_async_callback(cleanup.stop)
    metrics.watch(
        HistoryFigures(
            recorder=recorder,
            health=health,
            cleanup=cleanup,
            busy_retries=lambda: repository.busy_retries,
            spoiled_rows=lambda: repository.spoiled_rows,
            database_file=settings.database_file,
            backup_dir=settings.backup_folder,
        )
    )
    tidying = HistoryTidying(repository, breaker)
    stack.push_async_callback(tidying.stop)
    if not settings.sqlite_auto_cleanup:
        tidying.start()  # the cleanup would do that too
    container.register_singleton(HistoryTidying, tidying)
    container.register_singleton(PromptRepository, repository)
    container.register_singleton(Recorder, recorder)
    container.register_singleton(RepositoryHealth, health)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
