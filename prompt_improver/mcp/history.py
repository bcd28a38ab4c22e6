"""The tools for the history: search_prompts, get_prompt, rate_prompt. None deletes, edits or takes
an opinion away."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from prompt_improver.domain.errors import ImprovementNotFoundError, InvalidRequestError
from prompt_improver.domain.history_filter import EVERYTHING, HistoryFilter
from prompt_improver.domain.values import MAX_TAG_CHARACTERS, MOST_TAGS
from prompt_improver.mcp.results import (
    SUMMARY_CHARACTERS,
    FoundPrompt,
    FoundPrompts,
    KeptPrompt,
)
from prompt_improver.mcp.tool import Arguments, Call, Text, Tool

MOST_FOUND = 50

PromptId = Annotated[
    str,
    Field(description="Id of the prompt, or its beginning.", min_length=1, max_length=36),
]


class SearchArguments(Arguments):
    query: str = Field(
        description="Words of the idea, context, prompt, note or tags. Blank: the newest prompts.",
        max_length=1_000,
    )
    limit: int = Field(10, ge=1, le=MOST_FOUND)


class GetArguments(Arguments):
    prompt_id: PromptId


class RateArguments(Arguments):
    prompt_id: PromptId
    rating: Literal[-1, 0, 1] | None = Field(None, description="-1 bad, 0 neither, 1 good.")
    starred: StrictBool | None = Field(None, description="true: star it. Users remove stars.")
    note: Text | None = Field(None, description="Added below an existing note.")
    tags: list[Annotated[str, Field(min_length=1, max_length=MAX_TAG_CHARACTERS)]] | None = Field(
        None, description="Added to the existing tags.", max_length=MOST_TAGS
    )


async def search(call: Call) -> FoundPrompts:
    given: SearchArguments = call.arguments
    try:
        wanted = HistoryFilter(text=given.query) if given.query.strip() else EVERYTHING
    except ValueError as error:
        raise InvalidRequestError(f"query: {str(error).removeprefix('text ')}") from None
    async with call.dependencies.to_read() as repository:
        page = await repository.find_page(given.limit, wanted=wanted, cut=SUMMARY_CHARACTERS)
    return FoundPrompts(
        prompts=[FoundPrompt.of(each) for each in page.items], more=page.next_cursor is not None
    )


async def get(call: Call) -> KeptPrompt:
    given: GetArguments = call.arguments
    return KeptPrompt.of(await call.dependencies.find(given.prompt_id))


async def rate(call: Call) -> KeptPrompt:
    given: RateArguments = call.arguments
    if given.starred is False:
        raise InvalidRequestError("starred: can only be true; users remove stars themselves")
    if given.note is not None and not given.note.strip():
        raise InvalidRequestError("note: must not be blank")
    found = await call.dependencies.find(given.prompt_id)
    changes: dict[str, object] = {}
    if given.rating is not None:
        changes["rating"] = given.rating
    if given.starred:
        changes["starred"] = True
    if given.note is not None:
        changes["note"] = "\n".join(filter(None, (found.note, given.note)))
    if given.tags:
        changes["tags"] = sorted({*found.tags, *(each.strip() for each in given.tags)})
    if not changes:
        raise InvalidRequestError("give at least one of rating, starred, note and tags")
    try:
        async with call.dependencies.to_write() as repository:
            changed = await repository.update(found.prompt_id, changes)
    except ValueError as error:
        raise InvalidRequestError(str(error)) from None
    if changed is None:
        raise ImprovementNotFoundError("no row has this prompt_id")
    return KeptPrompt.of(changed)


TOOLS = (
    Tool(
        name="search_prompts",
        title="Search the history",
        description="Finds earlier ideas and their improved prompts by words, newest first.",
        arguments=SearchArguments,
        result=FoundPrompts,
        run=search,
        reads_only=True,
    ),
    Tool(
        name="get_prompt",
        title="Read a prompt of the history",
        description="Returns one prompt, whole and in parts, with its rating, note and tags.",
        arguments=GetArguments,
        result=KeptPrompt,
        run=get,
        reads_only=True,
    ),
    Tool(
        name="rate_prompt",
        title="Rate, star, note or tag a prompt",
        description="Saves the user's opinion of a prompt. Call it only when they ask. The "
        "automatic cleanup never deletes prompts with a star, rating, note or tag.",
        arguments=RateArguments,
        result=KeptPrompt,
        run=rate,
    ),
)
