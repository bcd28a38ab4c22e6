"""/api/v1/history and /api/v1/statistics: reading what is kept, and deleting of it."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from prompt_improver.api.dependencies import HistoryDependency, TidyingDependency
from prompt_improver.api.errors import (
    HISTORY_ERRORS,
    PROMPT_ERRORS,
    PromptNotFoundError,
)
from prompt_improver.api.history_export import MEDIA_TYPES, ExportFormat, heading, renderer
from prompt_improver.api.history_parameters import (
    Cursor,
    From,
    Limit,
    PromptId,
    SearchText,
    To,
    check_order,
)
from prompt_improver.api.history_schemas import HistoryItem, HistoryResponse, StatisticsResponse
from prompt_improver.domain.prompt_history import BackendType, PromptHistory

router = APIRouter(prefix="/api/v1", tags=["history"], responses=HISTORY_ERRORS)


@router.get("/history")
async def history(
    repository: HistoryDependency,
    limit: Limit = 50,
    cursor: Cursor = None,
    backend: Annotated[BackendType | None, Query(description="Of this backend only.")] = None,
    start: From = None,
    end: To = None,
    text: SearchText = None,
) -> HistoryResponse:
    """A page of the improvements, newest first. A cursor leads on from the last item, so
    what is saved or deleted meanwhile doubles and skips nothing."""
    check_order(start, end)
    if text is not None and not text.strip():
        text = None
    page = await repository.find_page(limit, cursor, backend, start, end, text)
    return HistoryResponse(
        items=[HistoryItem.of(row) for row in page.items], next_cursor=page.next_cursor
    )


# Before {prompt_id}, which would take it for one.
@router.get(
    "/history/export",
    response_class=Response,
    responses={
        200: {
            "content": {"application/x-ndjson": {}, "text/csv": {}},
            "description": "Every improvement, the first saved first: a JSON object a line, or "
            "CSV with a heading. A CSV cell that begins with = + - @, tab or carriage return "
            "gets an apostrophe in front, so that no spreadsheet runs it as a formula; its "
            "lists are JSON.",
        }
    },
)
async def export(
    repository: HistoryDependency,
    chosen: Annotated[
        ExportFormat, Query(alias="format", description="jsonl can be imported again.")
    ] = ExportFormat.JSONL,
) -> StreamingResponse:
    """The whole history as a file, written while it is read."""
    chunks = repository.iterate()
    # Read before the answer begins: while there is time to answer 503.
    first: list[PromptHistory] = await anext(chunks, [])
    return StreamingResponse(
        _stream(heading(chosen), renderer(chosen), first, chunks),
        media_type=MEDIA_TYPES[chosen],
        headers={"Content-Disposition": f'attachment; filename="prompt_history.{chosen.value}"'},
    )


@router.get("/history/{prompt_id}", responses=PROMPT_ERRORS)
async def find(prompt_id: PromptId, repository: HistoryDependency) -> HistoryItem:
    """One improvement."""
    found = await repository.find_by_prompt_id(prompt_id)
    if found is None:
        raise PromptNotFoundError("no row has this prompt_id")
    return HistoryItem.of(found)


@router.delete("/history/{prompt_id}", status_code=204, responses=PROMPT_ERRORS)
async def delete(
    prompt_id: PromptId, repository: HistoryDependency, tidying: TidyingDependency
) -> None:
    """Delete one improvement. Its text is overwritten at once; its words leave the search
    index in the background, within a minute or so."""
    if not await repository.delete(prompt_id):
        raise PromptNotFoundError("no row has this prompt_id")
    tidying.soon()


@router.get("/statistics")
async def statistics(
    repository: HistoryDependency, start: From = None, end: To = None
) -> StatisticsResponse:
    """How much was improved, with what, and what it cost: in all, per backend, per day."""
    check_order(start, end)
    return StatisticsResponse.of(await repository.get_usage(start, end))


async def _stream(
    head: str,
    render: Callable[[Sequence[PromptHistory]], str],
    first: list[PromptHistory],
    rest: AsyncIterator[list[PromptHistory]],
) -> AsyncIterator[bytes]:
    yield head.encode()
    rows = first
    while rows:
        # In a thread: others are answered in the meantime.
        yield (await run_in_threadpool(render, rows)).encode()
        rows = await anext(rest, [])
