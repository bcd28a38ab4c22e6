"""/api/v1/history/{prompt_id}: one improvement, its versions, and what people think of it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool

from prompt_improver.api.dependencies import (
    CompactionDependency,
    HistoryDependency,
    RecorderDependency,
)
from prompt_improver.api.errors import HISTORY_ERRORS, PROMPT_ERRORS, SPOILED_ROW_ERRORS
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
from prompt_improver.domain.errors import ImprovementNotFoundError
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.recorder import Recorder
from prompt_improver.domain.word_diff import diff_words, text_against

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
    found = await of_kept(recorder, lambda: repository.find_by_prompt_id(prompt_id))
    return HistoryItem.of(found)


@router.patch("", responses=SPOILED_ROW_ERRORS)
async def change_improvement(
    prompt_id: PromptId,
    changes: ImprovementChanges,
    repository: HistoryDependency,
    recorder: RecorderDependency,
) -> HistoryItem:
    """Star, rate, tag or edit an improvement, or make a note. The cleanup spares what is
    starred, rated, tagged, noted or edited, and all that it was refined from."""
    found = await of_kept(recorder, lambda: repository.update(prompt_id, changes.given))
    return HistoryItem.of(found)


@router.delete("", status_code=204)
async def delete_improvement(
    prompt_id: PromptId,
    repository: HistoryDependency,
    recorder: RecorderDependency,
    compaction: CompactionDependency,
) -> None:
    """Delete one improvement. It is found no more from this moment on. Its text is overwritten
    where it stands; its words leave the search index in the background, within a minute or so.
    In rare cases SQLite leaves a copy of some text in free room of the file: only the command
    `vacuum` writes the file anew without it. Backups and exports keep what they hold."""
    await of_kept(recorder, lambda: _deleted(repository.delete(prompt_id)))
    compaction.soon()


@router.get("/versions", response_model=VersionsResponse)
async def list_versions(
    prompt_id: PromptId,
    repository: HistoryDependency,
    recorder: RecorderDependency,
    full: Annotated[bool, Query(description="Whole ideas and prompts; 50 at the most.")] = False,
) -> Response:
    """The thread of an improvement, oldest first: what it was refined from, up to the first, and
    all that was refined from that; 1,000 at the most. Any of them leads to all."""

    async def find() -> list[PromptHistory] | None:
        cut = None if full else SUMMARY_CHARACTERS + 1
        return await repository.find_versions(prompt_id, 50 if full else 1_000, cut) or None

    versions = await of_kept(recorder, find)
    return await answer_in_pieces(version_parts(versions, full=full), "application/json")


@router.get("/diff", responses=SPOILED_ROW_ERRORS)
async def diff_improvement(
    prompt_id: PromptId,
    repository: HistoryDependency,
    recorder: RecorderDependency,
    against: Annotated[
        str | None,
        Query(
            description="`prompt_id` of the other one, or idea. Left out: what this one was "
            "refined from, or the idea where there is none.",
        ),
        AfterValidator(prompt_id_or_idea),
    ] = None,
) -> DiffResponse:
    """What an improvement has, word by word, that another one has not, and the reverse; of an
    edited one the edited prompt counts."""
    found = await of_kept(recorder, lambda: repository.find_by_prompt_id(prompt_id))
    name, before = await text_against(repository, found, against)
    ops = await run_in_threadpool(diff_words, before, found.prompt_to_use)
    return DiffResponse(
        against=name, ops=[DiffOperation(op=each.op, text=each.text) for each in ops]
    )


async def of_kept(recorder: Recorder, find: Callable[[], Awaitable[T | None]]) -> T:
    """What ``find`` finds in the history, where a row may be on its way.

    Raises:
        ImprovementNotFoundError: nothing.
    """
    found = await find()
    if found is None:
        await recorder.catch_up()
        found = await find()
    if found is None:
        raise ImprovementNotFoundError("no row has this prompt_id")
    return found


async def _deleted(deletion: Awaitable[bool]) -> bool | None:
    return await deletion or None
