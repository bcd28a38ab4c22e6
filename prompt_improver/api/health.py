"""GET /health, /health/repository and /metrics."""

import time

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool

from prompt_improver import __version__
from prompt_improver.api.dependencies import (
    BackendsDependency,
    ImproveIdeaDependency,
    MetricsDependency,
    RepositoryHealthDependency,
)
from prompt_improver.api.errors import KEY_ERRORS
from prompt_improver.api.schemas import (
    HealthResponse,
    ModelFailureResponse,
    RepositoryDisabled,
    RepositoryHealthy,
    RepositoryUnhealthy,
)

router = APIRouter(tags=["health"])


@router.get("/health")
async def health(
    request: Request, backends: BackendsDependency, improve_idea: ImproveIdeaDependency
) -> HealthResponse:
    """State of the server. Always 200 and always fast while the process runs."""
    failure = improve_idea.last_failure
    return HealthResponse(
        status="healthy",
        version=__version__,
        provider=backends.provider,
        model=backends.model or backends.provider,
        backend=backends.default,
        reason=backends.reason,
        dspy_configured=backends.default in backends.improvers,
        model_ready=backends.improvers[backends.default].ready,
        last_model_failure=None if failure is None else ModelFailureResponse.of(failure),
        uptime_s=round(time.monotonic() - request.app.state.started, 3),
    )


@router.get(
    "/health/repository",
    response_model=RepositoryHealthy | RepositoryDisabled,
    responses={
        503: {"model": RepositoryUnhealthy, "description": "The history does not work."},
        **KEY_ERRORS,
    },
)
async def repository_health(
    health: RepositoryHealthDependency,
) -> RepositoryHealthy | RepositoryDisabled | JSONResponse:
    """State of the history: 200 if healthy or disabled, otherwise 503. Waits at most 30 ms for the
    database, then uses the last known figures."""
    report = await health.report()
    if isinstance(report, RepositoryUnhealthy):
        return JSONResponse(report.model_dump(), 503)
    return report


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}, "description": "Prometheus' text format."},
        **KEY_ERRORS,
    },
)
async def metrics(metrics: MetricsDependency, health: RepositoryHealthDependency) -> Response:
    """Metrics for Prometheus."""
    await health.refresh()
    metrics.refresh_counts()
    return Response(await run_in_threadpool(metrics.render), media_type=CONTENT_TYPE_LATEST)
