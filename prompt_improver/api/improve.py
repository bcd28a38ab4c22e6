"""POST /api/v1/improve-prompt."""

import time

from fastapi import APIRouter, Request

from prompt_improver.api.dependencies import (
    BackendsDependency,
    CancellationDependency,
    MetricsDependency,
    ModelSlotsDependency,
    RecorderDependency,
)
from prompt_improver.api.errors import IMPROVE_ERRORS
from prompt_improver.api.json_body import JsonBodyRoute
from prompt_improver.api.model_slots import ModelSlots
from prompt_improver.api.schemas import ImproveRequest, ImproveResponse
from prompt_improver.domain.errors import BlankIdeaError, CallerGoneError, ImprovementCancelledError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.improver import Improvement, Improver

router = APIRouter(prefix="/api/v1", tags=["improve"], route_class=JsonBodyRoute)


@router.post("/improve-prompt", responses=IMPROVE_ERRORS)
async def improve_prompt(
    asked: ImproveRequest,
    request: Request,
    backends: BackendsDependency,
    recorder: RecorderDependency,
    metrics: MetricsDependency,
    slots: ModelSlotsDependency,
    cancellation: CancellationDependency,
) -> ImproveResponse:
    """Turn a rough idea into a structured prompt, and remember it."""
    if not asked.idea.strip():
        raise BlankIdeaError("the idea is blank")
    backend = asked.chosen_backend or backends.default
    logged = request.state.logged
    logged["backend"] = backend.value
    started = time.perf_counter()
    try:
        improver = backends.get(backend)
        if backend is BackendType.OFFLINE:  # there before anybody can hang up
            improvement = await improver.improve(asked.idea, asked.context)
        else:
            improvement = await cancellation.run(_improve_in_a_slot(slots, improver, asked))
    except ImprovementCancelledError as error:
        metrics.count_cancellation(backend.value, error.cause)
        logged["cancelled"] = error.cause
        if isinstance(error, CallerGoneError) or asked.chosen_backend is not None:
            raise
        improvement = await backends.improve_without_model(asked.idea, asked.context)
        logged["backend"] = improvement.backend.value
    except Exception as error:
        # An error that nobody expected is counted too; the edge of the request tells of it.
        metrics.count_failure(backend.value, error)
        raise
    seconds = time.perf_counter() - started
    metrics.count_improvement(improvement, seconds)
    history = improvement.to_history(
        idea=asked.idea, context=asked.context, latency_ms=seconds * 1000
    )
    # Nobody looks for the client's end from here on: the answer is complete, and its row is
    # kept.
    saved = await recorder.record(history)
    logged["saved"] = saved.value
    return ImproveResponse.of(history, saved)


async def _improve_in_a_slot(
    slots: ModelSlots, improver: Improver, asked: ImproveRequest
) -> Improvement:
    async with slots.take():
        return await improver.improve(asked.idea, asked.context)
