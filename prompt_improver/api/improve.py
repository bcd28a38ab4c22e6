"""POST /api/v1/improve-prompt."""

import time

from fastapi import APIRouter, Request

from prompt_improver.api.dependencies import (
    BackendsDependency,
    MetricsDependency,
    ModelSlotsDependency,
    RecorderDependency,
)
from prompt_improver.api.errors import IMPROVE_ERRORS
from prompt_improver.api.json_body import JsonBodyRoute
from prompt_improver.api.schemas import ImproveRequest, ImproveResponse
from prompt_improver.domain.errors import BlankIdeaError

router = APIRouter(prefix="/api/v1", tags=["improve"], route_class=JsonBodyRoute)


@router.post("/improve-prompt", responses=IMPROVE_ERRORS)
async def improve_prompt(
    asked: ImproveRequest,
    request: Request,
    backends: BackendsDependency,
    recorder: RecorderDependency,
    metrics: MetricsDependency,
    slots: ModelSlotsDependency,
) -> ImproveResponse:
    """Turn a rough idea into a structured prompt, and remember it."""
    if not asked.idea.strip():
        raise BlankIdeaError("the idea is blank")
    backend = asked.chosen_backend or backends.default
    request.state.logged["backend"] = backend.value
    started = time.perf_counter()
    try:
        improver = backends.get(backend)
        async with slots.take(backend):
            improvement = await improver.improve(asked.idea, asked.context)
    except Exception as error:
        # An error that nobody expected is counted too; the edge of the request tells of it.
        metrics.count_failure(backend.value, error)
        raise
    seconds = time.perf_counter() - started
    metrics.count_improvement(improvement, seconds)
    history = improvement.to_history(
        idea=asked.idea, context=asked.context, latency_ms=seconds * 1000
    )
    # Nothing is awaited between the model's answer and this: a client that hangs up in the
    # meantime does not stop its row.
    saved = await recorder.record(history)
    request.state.logged["saved"] = saved.value
    return ImproveResponse.of(improvement, history, saved)
