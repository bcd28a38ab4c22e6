"""The tools that make prompts: improve_prompt, refine_prompt, check_improved_prompt."""

import logging
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from prompt_improver.domain.errors import InvalidRequestError, PromptImproverError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.question import MOST_ANSWERS, Answer
from prompt_improver.domain.target import Target
from prompt_improver.improvement.client_prompt import ClientParts
from prompt_improver.improvement.improved import Improved
from prompt_improver.mcp.questions import answers_of, ask
from prompt_improver.mcp.results import CheckedPrompt, ImprovedPrompt
from prompt_improver.mcp.tool import Arguments, Call, Text, Tool

if TYPE_CHECKING:
    from mcp_types import InputRequiredResult

logger = logging.getLogger(__name__)

MOST_GUARDRAILS = 30

Idea = Annotated[Text, Field(description="The user's idea, word for word.")]
Context = Annotated[Text, Field(description="Background that the model should know.")]
TargetName = Annotated[
    Literal["auto", "chat", "agent", "system", "image", "plain"],
    Field(description="What the prompt is for; auto derives it from the idea."),
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
        "auto", description="Backend; auto picks the best one configured."
    )
    answers: list[GivenAnswer] = Field(
        [], max_length=MOST_ANSWERS, description="Answers to `questions` of an earlier result."
    )


class RefineArguments(Arguments):
    prompt_id: str = Field(description="Id of the prompt, or its beginning.", max_length=36)
    feedback: Text = Field(description="What to change, in the user's words.")


class CheckArguments(Arguments):
    idea: Idea
    context: Context = ""
    role: Text
    directive: Text = Field(description="The whole task. Include pasted text in full.")
    framework: str = Field(
        description="Empty, or chain-of-thought, tree-of-thoughts, decomposition or role-playing.",
        max_length=100,
    )
    guardrails: list[Annotated[str, Field(max_length=2_000)]] = Field(
        description="Rules for the result; the user's own rules first.", max_length=MOST_GUARDRAILS
    )
    output_format: Text
    model: str = Field("", description="Your model name, as provider/model.", max_length=200)
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
    first = await call.dependencies.improve_idea.improve(
        given.idea,
        given.context,
        backend=backend,
        target=_target(given.target),
        answers=tuple(Answer(id=each.id, text=each.text) for each in given.answers),
        cancellation=call.cancellation,
    )
    call.dependencies.made.put(first)
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
    first = call.dependencies.made.get(call.params.request_state or "")
    same = first is not None and first.history.original_idea == given.idea
    return first if same else None


async def _with_answers(
    call: Call, first: Improved, answers: tuple[Answer, ...], backend: BackendType | None
) -> Improved:
    if not answers:
        return first
    try:
        improved = await call.dependencies.improve_idea.refine(
            first.history, answers=answers, backend=backend, cancellation=call.cancellation
        )
    except PromptImproverError as error:
        # There is a prompt already: better that, and its questions, than an error.
        logger.log(error.kind.log_level, "Without the answers: %s: %s", error.code, error)
        return first
    call.dependencies.made.put(improved)
    return improved


async def refine(call: Call) -> ImprovedPrompt:
    given: RefineArguments = call.arguments
    if not given.feedback.strip():
        raise InvalidRequestError("feedback: must not be blank")
    parent = await call.dependencies.find(given.prompt_id)
    improved = await call.dependencies.improve_idea.refine(
        parent, given.feedback, cancellation=call.cancellation
    )
    call.dependencies.made.put(improved)
    return ImprovedPrompt.of(improved)


async def check(call: Call) -> CheckedPrompt:
    given: CheckArguments = call.arguments
    checked = await call.dependencies.improve_idea.check(
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
        call.dependencies.made.put(checked.improved)
    return CheckedPrompt.of(checked)


TOOLS = (
    Tool(
        name="improve_prompt",
        title="Improve a prompt",
        description="Turns a rough idea into a clear prompt for a language model and saves it. "
        "Pass the idea word for word. Show improved_prompt to the user; do not carry it out "
        "unless they ask. Works without a model. To write the prompt yourself, use the prompt "
        "`improve` and check_improved_prompt instead.",
        arguments=ImproveArguments,
        result=ImprovedPrompt,
        run=improve,
    ),
    Tool(
        name="refine_prompt",
        title="Refine an improved prompt",
        description="Changes an improved prompt according to the user's feedback and saves the "
        "result as a new version. Everything else stays word for word.",
        arguments=RefineArguments,
        result=ImprovedPrompt,
        run=refine,
    ),
    Tool(
        name="check_improved_prompt",
        title="Check and save a prompt that you wrote",
        description="Compares the prompt that you wrote with the user's idea. If something of the "
        "idea is missing or changed, `broken` lists it and nothing is saved: correct it and call "
        "again. Otherwise the parts are joined into improved_prompt and saved. Write in the "
        "language of the idea, and keep its placeholders, names, numbers with units, quotations, "
        "paths, negations and limits word for word.",
        arguments=CheckArguments,
        result=CheckedPrompt,
        run=check,
    ),
)
