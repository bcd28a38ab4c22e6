"""The prompts: ``improve``, by which the client's own model writes the parts, and every starred
one."""

from typing import TYPE_CHECKING

from prompt_improver.domain.errors import BlankIdeaError, InvalidRequestError
from prompt_improver.domain.target import Target
from prompt_improver.improvement.text_bounds import check_text
from prompt_improver.mcp.dependencies import Dependencies
from prompt_improver.mcp.starred import (
    filled,
    find_starred,
    name_of,
    starred_by_name,
    title_of,
    variables,
)

if TYPE_CHECKING:
    from mcp_types import GetPromptResult, Prompt

IMPROVE = "improve"
_ABOUT = "Your own model rewrites an idea as a prompt, following our instructions. No key needed."
_ARGUMENTS = (
    ("idea", "Your idea, as rough as you like.", True),
    ("context", "Background that the model should know.", False),
    ("target", f"One of {', '.join(Target)}. Without it, the idea decides.", False),
)


async def list_prompts(dependencies: Dependencies) -> "list[Prompt]":
    from mcp_types import Prompt, PromptArgument

    own = Prompt(
        name=IMPROVE,
        title="Improve a prompt",
        description=_ABOUT,
        arguments=[
            PromptArgument(name=name, description=about, required=required)
            for name, about, required in _ARGUMENTS
        ],
    )
    starred = [
        Prompt(
            name=name_of(each),
            title=title_of(each),
            description=f"Starred: {title_of(each)}",
            arguments=[
                PromptArgument(name=name, required=True) for name in variables(each.prompt_to_use)
            ],
        )
        for each in await find_starred(dependencies)
    ]
    return [own, *starred]


async def get_prompt(
    dependencies: Dependencies, name: str, arguments: dict[str, str]
) -> "GetPromptResult":
    """Raises:
    ImprovementNotFoundError: there is no such prompt.
    BlankIdeaError, InvalidRequestError: the arguments do not fit.
    """
    from mcp_types import GetPromptResult, PromptMessage, TextContent

    if name == IMPROVE:
        about, text = _ABOUT, _improve(dependencies, arguments)
    else:
        history = await starred_by_name(dependencies, name)
        about, text = title_of(history), filled(history.prompt_to_use, arguments)
    return GetPromptResult(
        description=about,
        messages=[PromptMessage(role="user", content=TextContent(text=text))],
    )


def _improve(dependencies: Dependencies, arguments: dict[str, str]) -> str:
    idea, context = arguments.get("idea", ""), arguments.get("context", "")
    check_text("idea", idea)
    check_text("context", context)
    if not idea.strip():
        raise BlankIdeaError("the idea is blank")
    target = arguments.get("target", "").strip() or "auto"
    if target != "auto" and target not in list(Target):
        raise InvalidRequestError(f"target: must be auto, {', '.join(Target)}")
    return dependencies.client_request(idea, context, None if target == "auto" else Target(target))
