"""The resources: a kept prompt by its id."""

from typing import TYPE_CHECKING

from prompt_improver.domain.errors import ImprovementNotFoundError
from prompt_improver.mcp.dependencies import Dependencies
from prompt_improver.mcp.starred import find_starred, name_of, title_of

if TYPE_CHECKING:
    from mcp_types import ReadResourceResult, Resource, ResourceTemplate

_BEGINS = "prompt-improver://prompts/"
_MARKDOWN = "text/markdown"


async def list_resources(dependencies: Dependencies) -> "list[Resource]":
    """The starred prompts: those that people attach. The template leads to every other."""
    from mcp_types import Resource

    return [
        Resource(
            uri=f"{_BEGINS}{each.prompt_id}",
            name=name_of(each),
            title=title_of(each),
            mime_type=_MARKDOWN,
        )
        for each in await find_starred(dependencies)
    ]


def resource_templates() -> "list[ResourceTemplate]":
    from mcp_types import ResourceTemplate

    return [
        ResourceTemplate(
            uri_template=f"{_BEGINS}{{prompt_id}}",
            name="prompt",
            title="A prompt of the history",
            description="The improved prompt with this id.",
            mime_type=_MARKDOWN,
        )
    ]


async def read_resource(dependencies: Dependencies, uri: str) -> "ReadResourceResult":
    """Raises ImprovementNotFoundError where there is no such prompt."""
    from mcp_types import ReadResourceResult, TextResourceContents

    if not uri.startswith(_BEGINS):
        raise ImprovementNotFoundError("no resource of ours")
    history = await dependencies.find(uri.removeprefix(_BEGINS))
    return ReadResourceResult(
        contents=[TextResourceContents(uri=uri, mime_type=_MARKDOWN, text=history.prompt_to_use)]
    )
