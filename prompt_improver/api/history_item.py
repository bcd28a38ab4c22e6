"""/api/v1/history/{prompt_id}: one improvement, its versions, and what people think of it."""

from collections.abc import Awaitable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool

from prompt_improver.api.dependencies import (
    CompactionDependency,
    HistoryDependency,
    RecorderDependency,
)
from prompt_improver.api.errors import (
    BODY_ERRORS,
    HISTORY_ERRORS,
    PROMPT_ERRORS,
    SPOILED_ROW_ERRORS,
)
from prompt_improver.api.history_parameters import PromptId, prompt_id_or_idea
from prompt_improver.api.history_schemas import (
    SUMMARY_CHARACTERS,
    DiffOperation,
    DiffResponse,
    HistoryItem,
    ImprovementChanges,
    VersionsResponse,
    version_parts,
)
from prompt_improver.api.json_body import JsonBodyRoute
from prompt_improver.api.pieces import answer_in_pieces
from prompt_improver.domain.lookup import text_against, when_kept
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.word_diff import diff_words

T = TypeVar("T")

router = APIRouter(
    prefix="/api/v1/history/{prompt_id}",
    tags=["history"],
    responses={**HISTORY_ERRORS, **PROMPT_ERRORS},
    route_class=JsonBodyRoute,
)


@router.get("", responses=SPOILED_ROW_ERRORS)
async def get_improvement(
    prompt_id: PromptId, repository: HistoryDependency, recorder: RecorderDependency
) -> HistoryItem:
    """One improvement."""
    found = await when_kept(recorder, lambda: repository.find_by_prompt_id(prompt_id))
    return HistoryItem.of(found)


@router.patch("", responses={**BODY_ERRORS, **SPOILED_ROW_ERRORS})
async def change_improvement(
    prompt_id: PromptId,
    changes: ImprovementChanges,
    repository: HistoryDependency,
    recorder: RecorderDependency,
) -> HistoryItem:
    """Star, rate, tag, note or edit an improvement. The cleanup keeps such improvements, and those
    they were refined from."""
    found = await when_kept(recorder, lambda: repository.update(prompt_id, changes.given))
    return HistoryItem.of(found)


@router.delete("", status_code=204)
async def delete_improvement(
    prompt_id: PromptId,
    repository: HistoryDependency,
    recorder: RecorderDependency,
    compaction: CompactionDependency,
) -> None:
    """Delete one improvement. It disappears at once: its text is overwritten, and its words leave
    the search index within about a minute. In rare cases SQLite leaves a copy of some text in
    free space of the file; the command `vacuum` removes it. Backups and exports are not changed."""
    await when_kept(recorder, lambda: _deleted(repository.delete(prompt_id)))
    compaction.soon()


@router.get("/versions", response_model=VersionsResponse)
async def list_versions(
    prompt_id: PromptId,
    repository: HistoryDependency,
    recorder: RecorderDependency,
    full: Annotated[bool, Query(description="Return whole ideas and prompts; at most 50.")] = False,
) -> Response:
    """All versions of an improvement, oldest first, at most 1,000. The id of any version works."""

    async def find() -> list[PromptHistory] | None:
        cut = None if full else SUMMARY_CHARACTERS + 1
        return await repository.find_versions(prompt_id, 50 if full else 1_000, cut) or None

    versions = await when_kept(recorder, find)
    return await answer_in_pieces(version_parts(versions, full=full), "application/json")


@router.get("/diff", responses=SPOILED_ROW_ERRORS)
async def diff_improvement(
    prompt_id: PromptId,
    repository: HistoryDependency,
    recorder: RecorderDependency,
    against: Annotated[
        str | None,
        Query(
            description="`prompt_id` of the other prompt, or idea. Default: the parent, or "
            "the idea if there is no parent.",
        ),
        AfterValidator(prompt_id_or_idea),
    ] = None,
) -> DiffResponse:
    """Word diff of two prompts. If a prompt was edited, the edited text counts."""
    found = await when_kept(recorder, lambda: repository.find_by_prompt_id(prompt_id))
    name, before = await text_against(repository, found, against)
    ops = await run_in_threadpool(diff_words, before, found.prompt_to_use)
    return DiffResponse(
        against=name, ops=[DiffOperation(op=each.op, text=each.text) for each in ops]
    )


async def _deleted(deletion: Awaitable[bool]) -> bool | None:
    return await deletion or None
