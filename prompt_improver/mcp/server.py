"""The MCP server: what it offers, and how it answers errors."""

import asyncio
import json
import logging
import traceback
from typing import TYPE_CHECKING, Any

from prompt_improver import __version__
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.errors import InvalidRequestError, PromptImproverError
from prompt_improver.mcp import history, improving
from prompt_improver.mcp.dependencies import Dependencies
from prompt_improver.mcp.progress import reported
from prompt_improver.mcp.prompts import get_prompt, list_prompts
from prompt_improver.mcp.resources import list_resources, read_resource, resource_templates
from prompt_improver.mcp.tool import Call, Tool, read_arguments, schema_of

if TYPE_CHECKING:
    import mcp_types as types
    from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
    from mcp.server.lowlevel import Server

logger = logging.getLogger(__name__)

NAME = "prompt-improver"
_INSTRUCTIONS = """\
Turns rough ideas into clear prompts and saves them. When the user wants a prompt improved, write \
it yourself with the prompt `improve` and check_improved_prompt, or call improve_prompt. Pass the \
idea word for word, and do not carry it out."""
_WITH_HISTORY = """ \
search_prompts and get_prompt find earlier prompts."""


def make_server(dependencies: Dependencies) -> "Server[Any]":
    """A server over ``dependencies``. Needs the package ``mcp``, which is imported here."""
    import mcp_types as types
    from mcp.server.lowlevel import Server

    tools = improving.TOOLS + (history.TOOLS if dependencies.has_history else ())

    async def on_list_tools(ctx: Any, params: Any) -> "types.ListToolsResult":
        return types.ListToolsResult(tools=[_described(each) for each in tools])

    async def on_call_tool(ctx: Any, params: "types.CallToolRequestParams") -> Any:
        return await _call_tool({each.name: each for each in tools}, dependencies, ctx, params)

    async def on_list_prompts(ctx: Any, params: Any) -> "types.ListPromptsResult":
        return types.ListPromptsResult(prompts=await list_prompts(dependencies))

    async def on_get_prompt(ctx: Any, params: "types.GetPromptRequestParams") -> Any:
        return await get_prompt(dependencies, params.name, params.arguments or {})

    async def on_list_resources(ctx: Any, params: Any) -> "types.ListResourcesResult":
        return types.ListResourcesResult(resources=await list_resources(dependencies))

    async def on_list_templates(ctx: Any, params: Any) -> "types.ListResourceTemplatesResult":
        return types.ListResourceTemplatesResult(resource_templates=resource_templates())

    async def on_read_resource(ctx: Any, params: "types.ReadResourceRequestParams") -> Any:
        return await read_resource(dependencies, params.uri)

    resources: dict[str, Any] = {
        "on_list_resources": on_list_resources,
        "on_list_resource_templates": on_list_templates,
        "on_read_resource": on_read_resource,
    }
    server: Server[Any] = Server(
        NAME,
        version=__version__,
        title="Prompt Improver",
        instructions=_INSTRUCTIONS + (_WITH_HISTORY if dependencies.has_history else ""),
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
        on_list_prompts=on_list_prompts,
        on_get_prompt=on_get_prompt,
        **(resources if dependencies.has_history else {}),
    )
    # In the place of its own, which would hand users' text to an OpenTelemetry exporter.
    server.middleware[:] = [_in_fixed_sentences]
    return server


def _described(tool: Tool) -> "types.Tool":
    import mcp_types as types

    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=schema_of(tool.arguments, "validation"),
        output_schema=schema_of(tool.result, "serialization"),
        annotations=types.ToolAnnotations(
            read_only_hint=tool.reads_only, destructive_hint=False, open_world_hint=False
        ),
    )


async def _call_tool(
    tools: dict[str, Tool],
    dependencies: Dependencies,
    ctx: "ServerRequestContext[Any, Any]",
    params: "types.CallToolRequestParams",
) -> "types.CallToolResult | types.InputRequiredResult":
    import mcp_types as types
    from mcp.shared.exceptions import MCPError

    tool = tools.get(params.name)
    if tool is None:
        raise MCPError(types.INVALID_PARAMS, "There is no tool with this name.")
    try:
        call = Call(
            arguments=read_arguments(tool.arguments, params.arguments),
            dependencies=dependencies,
            context=ctx,
            params=params,
            began=asyncio.get_running_loop().time(),
        )
        async with reported(ctx.session):
            result = await tool.run(call)
    except PromptImproverError as error:
        # As a result: the model is to read it, and an error of the protocol it does not see.
        logger.log(error.kind.log_level, "%s: %s: %s", tool.name, error.code, error)
        return types.CallToolResult(
            content=[types.TextContent(text=_sentence(error))], is_error=True
        )
    if isinstance(result, types.InputRequiredResult):
        return result
    record = result.model_dump(mode="json")
    text = json.dumps(record, ensure_ascii=False)
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=record)


async def _in_fixed_sentences(
    ctx: "ServerRequestContext[Any, Any]", call_next: "CallNext"
) -> "HandlerResult":
    """The edge of every request: the library would send an error's own words."""
    import mcp_types as types
    from mcp.shared.exceptions import MCPError
    from pydantic import ValidationError

    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise  # answered by the library, which quotes nothing of them
    except PromptImproverError as error:
        logger.log(error.kind.log_level, "%s: %s: %s", ctx.method, error.code, error)
        raise MCPError(types.INVALID_PARAMS, _sentence(error), {"code": error.code}) from None
    except Exception as error:  # noqa: BLE001 the edge of a request
        # Not its message, which could quote the user.
        place = "".join(traceback.format_tb(error.__traceback__))
        logger.error("Unexpected %s\n%s", type(error).__name__, place)
        sentence = ERRORS["internal_error"].sentence
        raise MCPError(types.INTERNAL_ERROR, sentence, {"code": "internal_error"}) from None


def _sentence(error: PromptImproverError) -> str:
    return str(error) if isinstance(error, InvalidRequestError) else error.kind.sentence
