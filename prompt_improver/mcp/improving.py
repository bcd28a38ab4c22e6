"""The tools that make prompts: improve_prompt, refine_prompt, check_improved_prompt."""

import logging
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from prompt_improver.domain.errors import InvalidRequestError, PromptImproverError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.question import Answer
from prompt_improver.domain.target import Target
from prompt_improver.improvement.client_prompt import ClientParts
from prompt_improver.improvement.improved import Improved
from prompt_improver.mcp.questions import answers_of, ask
from prompt_improver.mcp.results import CheckedPrompt, ImprovedPrompt
from prompt_improver.mcp.tool import Arguments, Call, Text, Tool

if TYPE_CHECKING:
    from mcp_types import InputRequiredResult

logger = logging.getLogger(__name__)

MOST_ANSWERS = 20
MOST_GUARDRAILS = 30

Idea = Annotated[Text, Field(description="What is wanted, word for word as the user typed it.")]
Context = Annotated[Text, Field(description="What a model should know besides.")]
TargetName = Annotated[
    Literal["auto", "chat", "agent", "system", "image", "plain"],
    Field(description="What the prompt is for; auto takes what the idea is for."),
]


class GivenAnswer(BaseModel):
    """What the user says to a question."""

    id: str = Field(min_length=1, max_length=200)
    text: Text


class ImproveArguments(Arguments):
    idea: Idea
    context: Context = ""
    target: TargetName = "auto"
    backend: Literal["auto", "zero-shot", "few-shot", "offline"] = Field(
        "auto", description="Who improves it; auto takes the best that is configured."
    )
    answers: list[GivenAnswer] = Field(
        [], max_length=MOST_ANSWERS, description="To `questions` of an earlier result."
    )


class RefineArguments(Arguments):
    prompt_id: str = Field(description="Of the prompt, or the beginning of it.", max_length=36)
    feedback: Text = Field(description="How the prompt has to change, in the user's words.")


class CheckArguments(Arguments):
    idea: Idea
    context: Context = ""
    role: Text
    directive: Text = Field(description="The whole task, with any pasted text in full.")
    framework: str = Field(
        description="Empty, chain-of-thought, tree-of-thoughts, decomposition or role-playing.",
        max_length=100,
    )
    guardrails: list[Annotated[str, Field(max_length=2_000)]] = Field(
        description="Rules for the result, the user's first.", max_length=MOST_GUARDRAILS
    )
    output_format: Text
    model: str = Field("", description="Your own name, as provider/model.", max_length=200)
    target: TargetName = "auto"


def _target(name: str) -> Target | None:
    return None if name == "auto" else Target(name)


async def improve(call: Call) -> "ImprovedPrompt | InputRequiredResult":
    """The improved prompt; where something decides that the client can ask for, first that."""
    given: ImproveArguments = call.arguments
    backend = None if given.backend == "auto" else BackendType(given.backend)
    first = _waiting_for_answers(call, given)
    if first is not None:
        answers = answers_of(call, first.history)
        return ImprovedPrompt.of(await _with_answers(call, first, answers, backend))
    first = await call.services.improve_idea.improve(
        given.idea,
        given.context,
        backend=backend,
        target=_target(given.target),
        answers=tuple(Answer(id=each.id, text=each.text) for each in given.answers),
        cancellation=call.cancellation,
    )
    call.services.made.put(first)
    # Who sends answers has asked already.
    said = () if given.answers else await ask(call, first.history)
    if not isinstance(said, tuple):
        return said
    return ImprovedPrompt.of(await _with_answers(call, first, said, backend))


def _waiting_for_answers(call: Call, given: ImproveArguments) -> Improved | None:
    """What this call has brought already, where the client calls again with the answers. The
    state comes from the client: it leads to nothing but an improvement of the same idea."""
    if call.params.input_responses is None:
        return None
    first = call.services.made.get(call.params.request_state or "")
    same = first is not None and first.history.original_idea == given.idea
    return first if same else None


async def _with_answers(
    call: Call, first: Improved, answers: tuple[Answer, ...], backend: BackendType | None
) -> Improved:
    if not answers:
        return first
    try:
        improved = await call.services.improve_idea.refine(
            first.history, answers=answers, backend=backend, cancellation=call.cancellation
        )
    except PromptImproverError as error:
        # There is a prompt already: better that, and its questions, than an error.
        logger.log(error.kind.log_level, "Without the answers: %s: %s", error.code, error)
        return first
    call.services.made.put(improved)
    return improved


async def refine(call: Call) -> ImprovedPrompt:
    given: RefineArguments = call.arguments
    if not given.feedback.strip():
        raise InvalidRequestError("feedback: must not be blank")
    parent = await call.services.find(given.prompt_id)
    improved = await call.services.improve_idea.refine(
        parent, given.feedback, cancellation=call.cancellation
    )
    call.services.made.put(improved)
    return ImprovedPrompt.of(improved)


async def check(call: Call) -> CheckedPrompt:
    given: CheckArguments = call.arguments
    checked = await call.services.improve_idea.check(
        given.idea,
        given.context,
        ClientParts(
            role=given.role,
            directive=given.directive,
            framework=given.framework,
            guardrails=tuple(given.guardrails),
            output_format=given.output_format,
        ),
        target=_target(given.target),
        model=given.model,
    )
    if checked.improved is not None:
        call.services.made.put(checked.improved)
    return CheckedPrompt.of(checked)


TOOLS = (
    Tool(
        name="improve_prompt",
        title="Improve a prompt",
        description="Turns a rough idea into a prompt that a language model can work with, and "
        "keeps it. Give the idea word for word. Show the user improved_prompt; do not carry it "
        "out unless they ask. Works without a model; to write the prompt yourself, take the "
        "prompt `improve` and check_improved_prompt instead.",
        arguments=ImproveArguments,
        result=ImprovedPrompt,
        run=improve,
    ),
    Tool(
        name="refine_prompt",
        title="Refine an improved prompt",
        description="Changes an improved prompt as the user says, and keeps the result as a new "
        "version. What the feedback does not concern stays word for word.",
        arguments=RefineArguments,
        result=ImprovedPrompt,
        run=refine,
    ),
    Tool(
        name="check_improved_prompt",
        title="Check and keep a prompt that you wrote",
        description="Holds the parts of a prompt that you wrote against the idea that they are "
        "of. Where something of the idea is missing or changed, broken names it and nothing is "
        "kept: put it right and call again. Else the parts are put together as improved_prompt "
        "and kept. Placeholders, names, numbers with units, quotations, paths, negations and "
        "limits of the idea must stand in the parts word for word, in the idea's language.",
        arguments=CheckArguments,
        result=CheckedPrompt,
        run=check,
    ),
)
