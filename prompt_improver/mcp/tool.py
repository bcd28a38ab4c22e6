"""What a tool is, and one call of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompt_improver.domain.errors import InvalidRequestError
from prompt_improver.improvement.cancellation import Cancellation
from prompt_improver.improvement.text_bounds import MAX_TEXT_CHARACTERS
from prompt_improver.mcp.dependencies import Dependencies

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp_types import CallToolRequestParams, InputRequiredResult

_RESERVE_S = 5.0
"""Of that, for the offline backend where the model takes too long, and for the row."""
_MOST_PROBLEMS = 3
_LONGEST_NAME = 60

Text = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)]


class Arguments(BaseModel):
    """Of a tool."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a tool by a client."""

    arguments: Any
    """Of the tool's own kind."""
    dependencies: Dependencies
    context: "ServerRequestContext[Any, Any]"
    params: "CallToolRequestParams"
    began: float
    """By the clock of the event loop."""

    @property
    def seconds_left(self) -> float:
        """Until an answer has to be at hand; never negative."""
        spent = asyncio.get_running_loop().time() - self.began
        return max(0.0, self.dependencies.longest_answer_s - _RESERVE_S - spent)

    @property
    def cancellation(self) -> Cancellation:
        """A client that gives up cancels the task; what is left is its patience."""
        return Cancellation(stopping=self.dependencies.stopping, longest_s=self.seconds_left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    name: str
    title: str
    description: str
    arguments: type[Arguments]
    result: type[BaseModel]
    run: Callable[[Call], "Awaitable[BaseModel | InputRequiredResult]"]
    reads_only: bool = False


def read_arguments(kind: type[Arguments], given: dict[str, Any] | None) -> Arguments:
    """``given`` as the tool takes it.

    Raises:
        InvalidRequestError: it does not fit. The message names the arguments, and quotes nothing.
    """
    try:
        return kind.model_validate(given or {})
    except ValidationError as error:
        problems = error.errors(include_input=False, include_context=False, include_url=False)
        told = [
            f"{'.'.join(str(each)[:_LONGEST_NAME] for each in problem['loc'])}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in problems[:_MOST_PROBLEMS]
        ]
        raise InvalidRequestError("; ".join(told)) from None


def schema_of(
    kind: type[BaseModel], mode: Literal["validation", "serialization"]
) -> dict[str, Any]:
    """The JSON schema of ``kind``, as it is taken or given, in one piece: older protocols know no
    ``$defs``."""
    schema = kind.model_json_schema(mode=mode)
    parts = schema.pop("$defs", {})

    def whole(value: Any) -> Any:
        if isinstance(value, list):
            return [whole(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            beside = {name: each for name, each in value.items() if name != "$ref"}
            return whole(parts[value["$ref"].rsplit("/", 1)[1]] | beside)
        return {
            name: whole(each)
            for name, each in value.items()
            if name != "title" or isinstance(each, dict)
        }

    found: dict[str, Any] = whole(schema)
    return found
