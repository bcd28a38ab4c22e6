"""POST /api/v1/improve-prompt."""

from fastapi import APIRouter, Request

from prompt_improver.api.dependencies import CancellationDependency, ImproveIdeaDependency
from prompt_improver.api.errors import IMPROVE_ERRORS
from prompt_improver.api.json_body import JsonBodyRoute
from prompt_improver.api.schemas import ImproveRequest, ImproveResponse
from prompt_improver.domain.errors import ImprovementCancelledError

router = APIRouter(prefix="/api/v1", tags=["improve"], route_class=JsonBodyRoute)


@router.post("/improve-prompt", responses=IMPROVE_ERRORS)
async def improve_prompt(
    asked: ImproveRequest,
    request: Request,
    improve_idea: ImproveIdeaDependency,
    cancellation: CancellationDependency,
) -> ImproveResponse:
    """Turn a rough idea into a structured prompt, and remember it."""
    logged = request.state.logged
    logged["backend"] = improve_idea.chosen(asked.chosen_backend).value
    try:
        improved = await improve_idea.improve(
            asked.idea,
            asked.context,
            backend=asked.chosen_backend,
            target=asked.chosen_target,
            answers=asked.given_answers,
            cancellation=cancellation,
        )
    except ImprovementCancelledError as error:
        logged["cancelled"] = error.cause
        raise
    if isinstance(improved.instead_of, ImprovementCancelledError):
        logged["cancelled"] = improved.instead_of.cause
    elif improved.instead_of is not None:
        logged["fallback"] = improved.instead_of.code
    logged["backend"] = improved.history.backend.value
    logged["saved"] = improved.saved.value
    return ImproveResponse.of(improved.history, improved.saved)
