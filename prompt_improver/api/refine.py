"""POST /api/v1/history/{prompt_id}/refine: a new version of an improvement."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from prompt_improver.api.dependencies import (
    CancellationDependency,
    HistoryDependency,
    ImproveIdeaDependency,
    RecorderDependency,
)
from prompt_improver.api.errors import (
    IMPROVE_ERRORS,
    NOTHING_CHANGED_ERRORS,
    PROMPT_ERRORS,
    SPOILED_ROW_ERRORS,
)
from prompt_improver.api.events import EVENTS_CONTENT, EVENTS_DESCRIPTION, wants_events
from prompt_improver.api.history_parameters import PromptId, check_prompt_id
from prompt_improver.api.improved_answer import Work, answer_in_events, answer_whole
from prompt_improver.api.json_body import JsonBodyRoute
from prompt_improver.api.schemas import GivenAnswer, ImproveResponse, Text
from prompt_improver.domain.lookup import find_version, when_kept
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.question import MOST_ANSWERS, Answer
from prompt_improver.domain.recorder import Recorder
from prompt_improver.improvement.cancellation import Cancellation
from prompt_improver.improvement.improve_idea import ImproveIdea


class RefineRequest(BaseModel):
    """What to change: `feedback`, `answers` or both, or only `restore`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"feedback": "Output JSON, no prose"}]}
    )

    feedback: Text | None = Field(
        None,
        description="What to change. Feedback takes precedence over the idea and can lift "
        "its limits. Without a model it becomes a rule of the prompt, as typed.",
    )
    answers: list[GivenAnswer] = Field(
        [], max_length=MOST_ANSWERS, description="Answers to `questions` of the improvement."
    )
    restore: Annotated[str, AfterValidator(check_prompt_id)] | None = Field(
        None,
        description="`prompt_id` of the version whose parts the new version takes over unchanged.",
        json_schema_extra={"format": "uuid"},
    )
    backend: Literal["auto", "zero-shot", "few-shot", "offline"] = Field(
        "auto", description="Backend; auto picks the best one configured."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        given = self.feedback is not None or bool(self.answers)
        if self.restore is not None and given:
            raise ValueError("restore goes alone, without feedback and answers")
        if self.restore is None:
            if self.feedback is not None and not self.feedback.strip():
                raise ValueError("feedback must not be blank")
            if not given:
                raise ValueError("send feedback, answers or restore")
        return self

    @property
    def chosen_backend(self) -> BackendType | None:
        """The backend that is asked for, or None for auto."""
        return None if self.backend == "auto" else BackendType(self.backend)


_ERRORS = {**IMPROVE_ERRORS, **PROMPT_ERRORS, **NOTHING_CHANGED_ERRORS, **SPOILED_ROW_ERRORS}

router = APIRouter(
    prefix="/api/v1/history/{prompt_id}", tags=["history"], route_class=JsonBodyRoute
)


@router.post(
    "/refine",
    response_model=ImproveResponse,
    responses={
        200: {
            "description": "The new version; as events where Accept is text/event-stream, as "
            "POST .../refine/stream sends them.",
            "content": EVENTS_CONTENT,
        },
        **_ERRORS,
    },
)
async def refine(
    prompt_id: PromptId,
    asked: RefineRequest,
    request: Request,
    improve_idea: ImproveIdeaDependency,
    repository: HistoryDependency,
    recorder: RecorderDependency,
    cancellation: CancellationDependency,
) -> ImproveResponse | Response:
    """Refine a prompt with feedback and save it as a new version. Everything else stays word for
    word; `changed_parts` names the changed parts. The new version has no star, rating, note or
    tag."""
    work = await _work(prompt_id, asked, improve_idea, repository, recorder, cancellation)
    if wants_events(request):
        return await answer_in_events(request, improve_idea, asked.chosen_backend, work)
    return await answer_whole(request, improve_idea, asked.chosen_backend, work)


@router.post(
    "/refine/stream",
    response_class=Response,
    responses={
        200: {"description": EVENTS_DESCRIPTION, "content": EVENTS_CONTENT},
        **_ERRORS,
    },
)
async def refine_stream(
    prompt_id: PromptId,
    asked: RefineRequest,
    request: Request,
    improve_idea: ImproveIdeaDependency,
    repository: HistoryDependency,
    recorder: RecorderDependency,
    cancellation: CancellationDependency,
) -> Response:
    """The same as server-sent events: a preview of the changing parts, then the answer."""
    work = await _work(prompt_id, asked, improve_idea, repository, recorder, cancellation)
    return await answer_in_events(request, improve_idea, asked.chosen_backend, work)


async def _work(
    prompt_id: str,
    asked: RefineRequest,
    improve_idea: ImproveIdea,
    repository: PromptRepository,
    recorder: Recorder,
    cancellation: Cancellation,
) -> Work:
    """The call of the use case, not yet begun.

    Raises:
        ImprovementNotFoundError: there is no such improvement, or no such version of it.
    """
    parent = await when_kept(recorder, lambda: repository.find_by_prompt_id(prompt_id))
    if asked.restore is not None:
        version = await find_version(repository, parent, asked.restore)
        return improve_idea.restore(parent, version)
    return improve_idea.refine(
        parent,
        asked.feedback or "",
        answers=tuple(Answer(id=each.id, text=each.text) for each in asked.answers),
        backend=asked.chosen_backend,
        cancellation=cancellation,
    )
