"""What every answer shows of an improvement, fresh from the model or from the history."""

from pydantic import BaseModel, Field

from prompt_improver.domain.evidence import KEPT_KINDS, MOST_CHARACTERS, MOST_PIECES
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.warning_table import describe_warnings


class QuestionFields(BaseModel):
    """An open question whose answer matters for the idea."""

    id: str = Field(description="Id of the question, for `answers` of the next request.")
    text: str = Field(description="The question.")
    why: str = Field(description="What depends on it.")
    default: str = Field(
        description="What the prompt assumes until you answer; empty if nothing can be assumed."
    )
    options: list[str] = Field(description="Common answers; others are fine too.")


class AnswerFields(BaseModel):
    """The user's answer to a question."""

    id: str = Field(description="Id of the question.")
    text: str = Field(description="The answer; blank means the default.")


class KeptPieceFields(BaseModel):
    """A piece of the idea that the prompt kept."""

    kind: str = Field(description=f"One of {', '.join(KEPT_KINDS)}.")
    text: str = Field(
        description=f"As it stands in the idea, cut to {MOST_CHARACTERS} characters; the code of a "
        "language."
    )


class PassageFields(BaseModel):
    """A passage in one part of the prompt."""

    text: str = Field(description="The passage, verbatim.")
    part: str = Field(
        description="role, directive, framework, guardrails, output_format, assumptions or "
        "examples."
    )


class EvidenceFields(BaseModel):
    """What the prompt kept from the idea, and what it adds."""

    kept: list[KeptPieceFields] = Field(
        description=f"What of the idea had to be kept, and is: at most {MOST_PIECES} of a kind."
    )
    added: list[PassageFields] = Field(description="Parts and rules that you did not ask for.")
    assumed: list[PassageFields] = Field(
        description="Figures, names, technologies, deadlines and limits that are in neither"
        " idea nor context, and stated assumptions. Check these first."
    )


class ImprovementFields(BaseModel):
    """An improvement. Fields that an earlier version did not record are null."""

    prompt_id: str = Field(description="UUID of this improvement in the history.")
    original_idea: str = Field(description="The idea as typed.")
    context: str = Field(description="The context as typed.")
    improved_prompt: str = Field(description="The prompt as Markdown, rendered from its parts.")
    role: str = Field(description="Role of the model.")
    directive: str = Field(description="The task.")
    framework: str = Field(
        description="Method: chain-of-thought, tree-of-thoughts, decomposition or role-"
        "playing; empty if the prompt names none."
    )
    guardrails: list[str] = Field(description="Rules for the result, each of which can be checked.")
    guardrail_sources: list[str] | None = Field(
        description="Origin of each guardrail, in the same order: idea, context or assumed."
    )
    material: str | None = Field(
        description="Text pasted into the idea for the task to work on; empty if there is none."
    )
    output_format: str | None = Field(description="Format of the result.")
    reasoning: str | None = Field(description="Explanation of the prompt; null if unknown.")
    confidence: float | None = Field(
        description="The backend's confidence in its result, 0 to 1. Not a probability; "
        "null if it gives none."
    )
    language: str | None = Field(
        description="Language of the idea (ISO 639-1); null if not detected."
    )
    task: str | None = Field(
        description="Kind of task that shapes the prompt; null if not certain."
    )
    field: str | None = Field(
        description="Field of knowledge that shapes the prompt; null if not certain."
    )
    assumptions: list[str] | None = Field(
        description="Assumptions that the prompt states; empty if there are none."
    )
    examples: str | None = Field(
        description="Example of the result, if its format could be misread; otherwise empty."
    )
    evidence: EvidenceFields | None = Field(
        description="What the prompt kept from the idea, added and assumed."
    )
    artefact: str | None = Field(description="The thing to be made; null if not certain.")
    target: str | None = Field(
        description="What the prompt is for: chat, agent, system, image or plain."
    )
    questions: list[QuestionFields] | None = Field(
        description="At most three questions whose answers matter for this artefact and are"
        " in neither idea nor context. The prompt works without answers; to add them, send "
        "the idea again with `answers`."
    )
    answers: list[AnswerFields] | None = Field(
        description="The `answers` of the request; they count as part of the idea."
    )
    quotes_idea: bool | None = Field(
        description="Whether the prompt contains the whole idea besides the other parts."
    )
    changed_parts: list[str] | None = Field(
        description="Parts changed by the refinement; null if this is no refinement."
    )
    changed: bool | None = Field(description="Whether the prompt differs from the idea.")
    kept_original: bool | None = Field(
        description="true if the model's answer failed the checks. Then this is the offline"
        " prompt with the model's good guardrails."
    )
    warnings: list[str] | None = Field(
        description=f"Codes of what there is to know. {describe_warnings()}"
    )
    backend: BackendType = Field(
        description="Backend that answered: zero-shot, few-shot, offline, client (the "
        "caller's own model) or imported (another program)."
    )
    fallback_reason: str | None = Field(
        description="Why a different backend answered; null if none did."
    )
    parent_id: str | None = Field(
        description="`prompt_id` of the improvement that this one was refined from, which "
        "may have been deleted; null if this is no refinement."
    )
    version: int = Field(description="Version number: that of the parent plus 1; otherwise 1.")
    instruction: str | None = Field(
        description="Feedback for the refinement, as typed; null if this is no refinement."
    )
    starred: bool = Field(description="Whether it is starred.")
    rating: int | None = Field(description="-1 bad, 0 neutral, 1 good; null if not rated.")
    note: str | None = Field(description="Note; null if there is none.")
    tags: list[str] = Field(description="Tags, in order.")
    edited_prompt: str | None = Field(
        description="Edited version of the improved prompt; null if there is none."
    )
    source: str | None = Field(description="Program that it was imported from; null if made here.")
    model_version: str | None = Field(description="Model that answered, as provider/model.")
    latency_ms: float | None = Field(description="Duration of the improvement in milliseconds.")
    input_tokens: int | None = Field(
        description="Input tokens; null if the provider does not report them."
    )
    output_tokens: int | None = Field(
        description="Output tokens; null if the provider does not report them."
    )
    model_calls: int | None = Field(
        description="Requests sent to the model, including failed ones; at most 2."
    )
    imported_at: str | None = Field(
        description="Time of import, ISO 8601 in UTC; null if made here.",
        examples=["2026-05-04T12:00:00.123Z"],
        json_schema_extra={"format": "date-time"},
    )
