"""POST /api/v1/improve-prompt, and the same as a stream of events."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from prompt_improver.api.dependencies import CancellationDependency, ImproveIdeaDependency
from prompt_improver.api.errors import IMPROVE_ERRORS
from prompt_improver.api.events import (
    EVENTS_CONTENT,
    EVENTS_DESCRIPTION,
    answer_with_events,
    wants_events,
)
from prompt_improver.api.json_body import JsonBodyRoute
from prompt_improver.api.schemas import ImproveRequest, ImproveResponse
from prompt_improver.domain.errors import ImprovementCancelledError
from prompt_improver.improvement.improved import Improved

router = APIRouter(prefix="/api/v1", tags=["improve"], route_class=JsonBodyRoute)


@router.post(
    "/improve-prompt",
    response_model=ImproveResponse,
    responses={
        200: {
            "description": "The prompt; as events where Accept is text/event-stream, as "
            "POST /api/v1/improve-prompt/stream sends them.",
            "content": EVENTS_CONTENT,
        },
        **IMPROVE_ERRORS,
    },
)
async def improve_prompt(
    asked: ImproveRequest,
    request: Request,
    improve_idea: ImproveIdeaDependency,
    cancellation: CancellationDependency,
) -> ImproveResponse | Response:
    """Turn a rough idea into a structured prompt and save it."""
    if wants_events(request):
        return await improve_prompt_stream(asked, request, improve_idea, cancellation)
    logged = request.state.logged
    logged["backend"] = improve_idea.chosen(asked.chosen_backend).value
    try:
        improved = await improve_idea.improve(**_given(asked), cancellation=cancellation)
    except ImprovementCancelledError as error:
        logged["cancelled"] = error.cause
        raise
    log_improved(logged, improved)
    return ImproveResponse.of(improved.history, improved.saved)


@router.post(
    "/improve-prompt/stream",
    response_class=Response,
    responses={
        200: {"description": EVENTS_DESCRIPTION, "content": EVENTS_CONTENT},
        **IMPROVE_ERRORS,
    },
)
async def improve_prompt_stream(
    asked: ImproveRequest,
    request: Request,
    improve_idea: ImproveIdeaDependency,
    cancellation: CancellationDependency,
) -> Response:
    """The same as server-sent events: a preview while the model writes, then the answer."""
    logged = request.state.logged
    logged["backend"] = improve_idea.chosen(asked.chosen_backend).value

    def to_body(improved: Improved) -> Any:
        log_improved(logged, improved)
        return ImproveResponse.of(improved.history, improved.saved).model_dump(mode="json")

    work = improve_idea.improve(**_given(asked), cancellation=cancellation)
    return await answer_with_events(improve_idea.stream(work), to_body, logged)


def _given(asked: ImproveRequest) -> dict[str, Any]:
    return {
        "idea": asked.idea,
        "context": asked.context,
        "backend": asked.chosen_backend,
        "target": asked.chosen_target,
        "answers": asked.given_answers,
    }


def log_improved(logged: dict[str, str], improved: Improved) -> None:
    """Have the line of the request tell of its answer."""
    if isinstance(improved.instead_of, ImprovementCancelledError):
        logged["cancelled"] = improved.instead_of.cause
    elif improved.instead_of is not None:
        logged["fallback"] = improved.instead_of.code
    logged["backend"] = improved.history.backend.value
    logged["saved"] = improved.saved.value
