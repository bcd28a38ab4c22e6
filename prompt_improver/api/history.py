"""/api/v1/history and /api/v1/statistics: the history as a whole."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from prompt_improver.api.dependencies import CompactionDependency, HistoryDependency
from prompt_improver.api.errors import HISTORY_ERRORS
from prompt_improver.api.history_parameters import (
    Cursor,
    From,
    Full,
    Limit,
    To,
    Wanted,
    check_full_limit,
    check_names_a_part,
    check_order,
)
from prompt_improver.api.history_schemas import (
    SUMMARY_CHARACTERS,
    DeletionResponse,
    HistoryResponse,
    StatisticsResponse,
    page_parts,
)
from prompt_improver.api.pieces import answer_in_pieces, in_pieces
from prompt_improver.domain.history_export import (
    MEDIA_TYPES,
    ExportFormat,
    heading,
    renderer,
    to_spoiled_line,
)

T = TypeVar("T")

router = APIRouter(prefix="/api/v1", tags=["history"], responses=HISTORY_ERRORS)


@router.get("/history", response_model=HistoryResponse)
async def list_history(
    repository: HistoryDependency,
    wanted: Wanted,
    limit: Limit = 50,
    cursor: Cursor = None,
    full: Full = False,
) -> Response:
    """A page of improvements, newest first, with the first 300 characters of idea and prompt. The
    cursor continues after the last item: rows saved or deleted meanwhile cause no duplicates or
    gaps."""
    if full:
        check_full_limit(limit)
    # The one too many tells that a text goes on.
    cut = None if full else SUMMARY_CHARACTERS + 1
    page = await repository.find_page(limit, cursor, wanted, cut)
    return await answer_in_pieces(page_parts(page, full=full), "application/json")


@router.delete("/history")
async def delete_history(
    request: Request,
    repository: HistoryDependency,
    compaction: CompactionDependency,
    wanted: Wanted,
    dry_run: Annotated[bool, Query(description="Count the rows without deleting them.")] = False,
) -> DeletionResponse:
    """Delete all improvements that match the filters, including starred ones. Their words leave the
    search index in the background."""
    check_names_a_part(request, wanted)
    if dry_run:
        return DeletionResponse(count=await repository.count(wanted), dry_run=True)
    count = await repository.delete_matching(wanted)
    if count:
        compaction.soon()
    return DeletionResponse(count=count, dry_run=False)


# Included before history_item, whose {prompt_id} would take it for one.
@router.get(
    "/history/export",
    response_class=Response,
    responses={
        200: {
            "content": {"application/x-ndjson": {}, "text/csv": {}},
            "description": "Every improvement, the first saved first: a JSON object a line, or "
            "CSV with a heading. A CSV cell that begins with = + - @, tab or carriage return "
            "gets an apostrophe in front, so that no spreadsheet runs it as a formula; its "
            "lists are JSON. With `spoiled`, rows that are no improvements, as lines of JSON.",
        }
    },
)
async def export_history(
    repository: HistoryDependency,
    chosen: Annotated[
        ExportFormat,
        Query(alias="format", description="File format; only jsonl can be imported again."),
    ] = ExportFormat.JSONL,
    spoiled: Annotated[
        bool,
        Query(
            description="Export only rows that were changed by hand and became invalid. "
            "Always JSON Lines, which cannot be imported."
        ),
    ] = False,
) -> StreamingResponse:
    """The whole history as a file, streamed."""
    if spoiled:
        rows = repository.iterate_spoiled()
        return await _download("", to_spoiled_line, rows, "spoiled_rows", ExportFormat.JSONL)
    chunks = repository.iterate()
    return await _download(heading(chosen), renderer(chosen), chunks, "prompt_history", chosen)


@router.get("/statistics")
async def get_statistics(
    repository: HistoryDependency, start: From = None, end: To = None
) -> StatisticsResponse:
    """Statistics: volume and cost in total, by backend and by day."""
    check_order(start, end)
    return StatisticsResponse.of(await repository.get_usage(start, end))


async def _download(
    head: str,
    render: Callable[[T], str],
    chunks: AsyncIterator[list[T]],
    name: str,
    chosen: ExportFormat,
) -> StreamingResponse:
    # Read before the answer begins: while there is time to answer 503.
    first: list[T] = await anext(chunks, [])
    return StreamingResponse(
        _stream(head, render, first, chunks),
        media_type=MEDIA_TYPES[chosen],
        headers={"Content-Disposition": f'attachment; filename="{name}.{chosen.value}"'},
    )


async def _stream(
    head: str, render: Callable[[T], str], first: list[T], rest: AsyncIterator[list[T]]
) -> AsyncIterator[bytes]:
    yield head.encode()
    rows = first
    while rows:
        async for piece in in_pieces(render(row).encode() for row in rows):
            yield piece
        rows = await anext(rest, [])
