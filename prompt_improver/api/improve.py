"""POST /api/v1/improve-prompt, and the same as a stream of events."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from prompt_improver.api.dependencies import CancellationDependency, ImproveIdeaDependency
from prompt_improver.api.errors import IMPROVE_ERRORS
from prompt_improver.api.events import EVENTS_CONTENT, EVENTS_DESCRIPTION, wants_events
from prompt_improver.api.improved_answer import answer_in_events, answer_whole
from prompt_improver.api.json_body import JsonBodyRoute
from prompt_improver.api.schemas import ImproveRequest, ImproveResponse

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
    work = improve_idea.improve(**_given(asked), cancellation=cancellation)
    if wants_events(request):
        return await answer_in_events(request, improve_idea, asked.chosen_backend, work)
    return await answer_whole(request, improve_idea, asked.chosen_backend, work)


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
    work = improve_idea.improve(**_given(asked), cancellation=cancellation)
    return await answer_in_events(request, improve_idea, asked.chosen_backend, work)


def _given(asked: ImproveRequest) -> dict[str, Any]:
    return {
        "idea": asked.idea,
        "context": asked.context,
        "backend": asked.chosen_backend,
        "target": asked.chosen_target,
        "answers": asked.given_answers,
    }
