"""POST /api/v1/improve-prompt."""

import json
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from prompt_improver.api.dependencies import (
    BackendsDependency,
    MetricsDependency,
    ModelSlotsDependency,
    RecorderDependency,
)
from prompt_improver.api.errors import IMPROVE_ERRORS, BlankIdeaError
from prompt_improver.api.schemas import ImproveRequest, ImproveResponse


class _TolerantRequest(Request):
    """Its body is JSON or is not, whatever is wrong with it."""

    async def json(self) -> Any:
        try:
            return await super().json()
        except (ValueError, RecursionError) as error:
            # Broken UTF-8, a number of 5,000 digits, 10,000 brackets: FastAPI knows only
            # this error as "does not fit" and would answer 400 or 500 to the others.
            raise json.JSONDecodeError("not JSON", "", getattr(error, "pos", 0)) from None


class _TolerantRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        async def handle_tolerantly(request: Request) -> Response:
            response: Response = await handle(_TolerantRequest(request.scope, request.receive))
            return response

        return handle_tolerantly


router = APIRouter(prefix="/api/v1", tags=["improve"], route_class=_TolerantRoute)


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
    return ImproveResponse.of(history, saved)
