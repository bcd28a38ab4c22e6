"""The API: what a request meets, from the outside in."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from prompt_improver import __version__
from prompt_improver.api import docs, health, history, history_item, improve, page, refine
from prompt_improver.api.docs.document import operation_id
from prompt_improver.api.errors import COMMON_ERRORS, add_error_handlers
from prompt_improver.api.middleware.allowed_hosts import AllowedHostsMiddleware
from prompt_improver.api.middleware.bearer_key import BearerKeyMiddleware
from prompt_improver.api.middleware.body_limit import BodyLimitMiddleware
from prompt_improver.api.middleware.head import HeadMiddleware
from prompt_improver.api.middleware.request_id import RequestIdMiddleware
from prompt_improver.api.middleware.security_headers import SecurityHeadersMiddleware
from prompt_improver.api.shutdown import Shutdown
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.prompt_spool import PromptSpool
from prompt_improver.exposure import check_exposure
from prompt_improver.improvement.backends import Backends
from prompt_improver.lifespan import Replacements, lifespan
from prompt_improver.settings import Settings

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 4_000_000
MCP_HEADERS = ("Mcp-Session-Id", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "Last-Event-ID")
"""What MCP clients in a browser send."""
# In this order: an address of history would be an id for history_item.
_ROUTERS = (
    page.router,
    health.router,
    improve.router,
    history.router,
    history_item.router,
    refine.router,
    docs.router,
)


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
        SettingsError: the API would stand open to others without a key, or MCP lacks its package.
    """
    exposure = check_exposure(settings, address)
    replacements = Replacements(
        repository=repository, spool=spool, backends=backends, shutdown=shutdown, clock=clock
    )

    def begin(app: FastAPI) -> AbstractAsyncContextManager[None]:
        if exposure:
            logger.warning(exposure)
        return lifespan(app, settings, replacements)

    app = _make_app(begin)
    _add_middleware(app, settings)
    add_error_handlers(app)
    _add_routes(app, settings)
    return app


def _add_routes(app: FastAPI, settings: Settings) -> None:
    for router in _ROUTERS:
        app.include_router(router)
    docs.describe(app)
    if not settings.mcp_enabled:
        return
    from prompt_improver.mcp.http import PATH, McpEndpoint
    from prompt_improver.mcp_wiring import check_installed

    check_installed("MCP_ENABLED=true")
    app.router.routes.append(Route(PATH, McpEndpoint(settings.cors_origins)))


def _make_app(begin: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    return FastAPI(
        title="Prompt Improver",
        version=__version__,
        description="Turns a rough idea into a structured prompt and saves it.",
        lifespan=begin,
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


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """What a request passes through; the last added comes first."""
    app.add_middleware(HeadMiddleware)
    app.add_middleware(BodyLimitMiddleware, max_bytes=MAX_BODY_BYTES)
    if key := settings.api_key.get_secret_value():
        app.add_middleware(BearerKeyMiddleware, key=key)
    if settings.cors_origins:
        # Before the key, which a browser does not send with its question what it may do.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID", *MCP_HEADERS],
            expose_headers=["X-Request-ID", "Mcp-Session-Id"],
        )
    # A page of somebody else's whose name leads to this machine (DNS rebinding) comes with
    # its own name in the Host header.
    app.add_middleware(AllowedHostsMiddleware, allowed_hosts=settings.allowed_hosts)
    app.add_middleware(RequestIdMiddleware)
    # Around the request's id, which is who answers when something went wrong.
    app.add_middleware(SecurityHeadersMiddleware)
