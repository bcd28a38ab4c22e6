"""From settings to the door for agents: on standard input and output, and at /mcp of the server."""

import contextlib
import importlib.util
import logging
import signal
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import TYPE_CHECKING

from prompt_improver.api.shutdown import Shutdown
from prompt_improver.container import Container
from prompt_improver.domain.errors import HistoryMissingError, SettingsError
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.recorder import Recorder
from prompt_improver.domain.target import Target
from prompt_improver.improvement.improve_idea import ImproveIdea
from prompt_improver.mcp.dependencies import ClientRequest, Dependencies, History
from prompt_improver.model_wiring import make_demonstrations, without_server
from prompt_improver.settings import Settings
from prompt_improver.wiring import make_history_reader, make_repository

if TYPE_CHECKING:
    from fastapi import FastAPI

logger = logging.getLogger(__name__)


def is_mcp_installed() -> bool:
    """Whether agents can be served: the package comes with the extra ``mcp``. Imports nothing."""
    return importlib.util.find_spec("mcp") is not None


def check_installed(what: str, *, has_mcp: Callable[[], bool] = is_mcp_installed) -> None:
    """Raises SettingsError where the package ``mcp``, which ``what`` needs, is not installed."""
    if not has_mcp():
        raise SettingsError(
            f"{what} needs the package mcp, which is not installed: in the program's clone type "
            "pip install '.[mcp]' or uv tool install '.[mcp]'"
        )


async def serve_stdio(settings: Settings) -> None:
    """Serve one client on standard input and output, to the end of standard input.

    Raises:
        SettingsError: a setting is wrong, or the package ``mcp`` is missing.
    """
    check_installed("prompt-improver mcp")
    from mcp.server.stdio import stdio_server

    from prompt_improver.mcp.server import make_server

    # A thread waits for standard input, which no exception of Python's ends. What was answered is
    # in the history already.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    async with without_server(settings) as parts:
        keeps = settings.sqlite_enabled and settings.mcp_history
        server = make_server(
            Dependencies(
                improve_idea=parts.improve_idea,
                recorder=parts.recorder,
                client_request=_make_client_request(settings),
                reading=_reading(settings) if keeps else None,
                writing=_writing(settings) if keeps else None,
            )
        )
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())


async def start_mcp(
    stack: contextlib.AsyncExitStack, app: "FastAPI", container: Container, settings: Settings
) -> None:
    """Have ``app`` serve MCP, to the end of ``stack``."""
    from prompt_improver.mcp.http import make_session_manager
    from prompt_improver.mcp.server import make_server

    history: History | None = None
    if settings.sqlite_enabled and settings.mcp_history:
        repository = container.get(PromptRepository)
        history = lambda: contextlib.nullcontext(repository)  # noqa: E731
    dependencies = Dependencies(
        improve_idea=container.get(ImproveIdea),
        recorder=container.get(Recorder),
        client_request=_make_client_request(settings),
        reading=history,
        writing=history,
        stopping=container.get(Shutdown).grace_ended,
    )
    manager = make_session_manager(make_server(dependencies))
    await stack.enter_async_context(manager.run())
    app.state.mcp = manager


def _make_client_request(settings: Settings) -> ClientRequest:
    """Reads the examples at its first use: most servers are never asked for them."""
    demonstrations = cache(lambda: make_demonstrations(settings))

    def client_request(idea: str, context: str, target: Target | None) -> str:
        from prompt_improver.improvement.model.client_request import client_request

        return client_request(idea, context, target, demonstrations())

    return client_request


def _reading(settings: Settings) -> History:
    """Another process may write the history, make it or take it away: it is opened for each use."""

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[PromptRepository]:
        if not settings.database_file.exists():
            raise HistoryMissingError(f"There is no history yet at {settings.database_file}")
        async with _used(make_history_reader(settings)) as repository:
            yield repository

    return opened


def _writing(settings: Settings) -> History:
    return lambda: _used(make_repository(settings))


@contextlib.asynccontextmanager
async def _used(repository: PromptRepository) -> AsyncIterator[PromptRepository]:
    try:
        await repository.open()
        yield repository
    finally:
        await repository.close()
