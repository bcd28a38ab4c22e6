"""How a call of the use case is answered: whole, or as events. The line of the request in the log
tells what came of it."""

from collections.abc import Coroutine
from typing import Any

from fastapi import Request
from starlette.responses import Response

from prompt_improver.api.events import answer_with_events
from prompt_improver.api.schemas import ImproveResponse
from prompt_improver.domain.errors import ImprovementCancelledError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.improve_idea import ImproveIdea
from prompt_improver.improvement.improved import Improved

Work = Coroutine[Any, Any, Improved]
"""A call of the use case, not yet begun."""


async def answer_whole(
    request: Request, improve_idea: ImproveIdea, backend: BackendType | None, work: Work
) -> ImproveResponse:
    """What ``work`` brings, for which ``backend`` was asked."""
    logged = request.state.logged
    logged["backend"] = improve_idea.chosen(backend).value
    try:
        improved = await work
    except ImprovementCancelledError as error:
        logged["cancelled"] = error.cause
        raise
    return _body(logged, improved)


async def answer_in_events(
    request: Request, improve_idea: ImproveIdea, backend: BackendType | None, work: Work
) -> Response:
    """The same as it is made; the last event is what ``answer_whole`` answers."""
    logged = request.state.logged
    logged["backend"] = improve_idea.chosen(backend).value
    return await answer_with_events(
        improve_idea.stream(work),
        lambda improved: _body(logged, improved).model_dump(mode="json"),
        logged,
    )


def _body(logged: dict[str, str], improved: Improved) -> ImproveResponse:
    if isinstance(improved.instead_of, ImprovementCancelledError):
        logged["cancelled"] = improved.instead_of.cause
    elif improved.instead_of is not None:
        logged["fallback"] = improved.instead_of.code
    logged["backend"] = improved.history.backend.value
    logged["saved"] = improved.saved.value
    return ImproveResponse.of(improved.history, improved.saved)
