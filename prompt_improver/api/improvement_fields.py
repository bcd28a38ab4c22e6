"""What every answer shows of an improvement, fresh from the model or from the history."""

from pydantic import BaseModel, Field

from prompt_improver.domain.evidence import KEPT_KINDS, MOST_CHARACTERS, MOST_PIECES
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.warning_table import describe_warnings


class QuestionFields(BaseModel):
    """A fact that decides how the idea is carried out, and is still open."""

    id: str = Field(description="Name of the question, for `answers` of the next request.")
    text: str = Field(description="The question.")
    why: str = Field(description="What depends on it.")
    default: str = Field(
        description="What the prompt assumes until then; empty where nothing can stand in."
    )
    options: list[str] = Field(description="Usual answers; any other will do.")


class AnswerFields(BaseModel):
    """What the user said to a question."""

    id: str = Field(description="Of the question.")
    text: str = Field(description="The answer; blank took the default.")


class KeptPieceFields(BaseModel):
    """Something of the idea that stands in the prompt."""

    kind: str = Field(description=f"One of {', '.join(KEPT_KINDS)}.")
    text: str = Field(
        description=f"As it stands in the idea, cut to {MOST_CHARACTERS} characters; the code of a "
        "language."
    )


class PassageFields(BaseModel):
    """Something in a part of the prompt."""

    text: str = Field(description="As it stands there.")
    part: str = Field(
        description="role, directive, framework, guardrails, output_format, assumptions or "
        "examples."
    )


class EvidenceFields(BaseModel):
    """What the prompt has of the idea, and what it has besides."""

    kept: list[KeptPieceFields] = Field(
        description=f"What of the idea had to be kept, and is: at most {MOST_PIECES} of a kind."
    )
    added: list[PassageFields] = Field(description="Parts and rules that nobody asked for.")
    assumed: list[PassageFields] = Field(
        description="Figures, names, technologies, deadlines and limits that neither idea nor "
        "context has, and what the prompt says it assumes. Check these first."
    )


class ImprovementFields(BaseModel):
    """An improvement. Facts that an earlier version of the program did not keep are null in
    its rows."""

    prompt_id: str = Field(description="UUID of this improvement in the history.")
    original_idea: str = Field(description="What was typed.")
    context: str = Field(description="What was typed as the context.")
    improved_prompt: str = Field(description="The prompt as Markdown, rendered from its parts.")
    role: str = Field(description="Who the model is to be.")
    directive: str = Field(description="The task.")
    framework: str = Field(
        description="How the model is to go about it: chain-of-thought, tree-of-thoughts, "
        "decomposition or role-playing; empty where no method is named."
    )
    guardrails: list[str] = Field(description="Rules that the result can be checked against.")
    guardrail_sources: list[str] | None = Field(
        description="Where each guardrail comes from, in their order: idea, context or assumed."
    )
    material: str | None = Field(
        description="What the task works on, as it was pasted into the idea; empty without."
    )
    output_format: str | None = Field(description="The form of the result.")
    reasoning: str | None = Field(description="Why the prompt is as it is; null where unknown.")
    confidence: float | None = Field(
        description="What the backend says of its own result, 0 to 1; not a probability; null "
        "where it says nothing."
    )
    language: str | None = Field(
        description="Language of the idea, ISO 639-1; null where it was not detected."
    )
    task: str | None = Field(
        description="Kind of task whose frame shapes the prompt; null where none does."
    )
    field: str | None = Field(
        description="Field of knowledge whose frame shapes the prompt; null where none does."
    )
    assumptions: list[str] | None = Field(
        description="What the prompt says that it takes for granted; empty without."
    )
    examples: str | None = Field(
        description="An example of the result, where its form could be misread; empty without."
    )
    evidence: EvidenceFields | None = Field(
        description="What the prompt kept of the idea, what it added, and what it assumed."
    )
    artefact: str | None = Field(
        description="What the idea is to bring forth; null where that is not certain."
    )
    target: str | None = Field(
        description="What the prompt is written for: chat, agent, system, image or plain."
    )
    questions: list[QuestionFields] | None = Field(
        description="At most three facts that decide for this artefact and that neither idea nor "
        "context tells; empty where nothing decides. The prompt works without answers. Send "
        "the idea again with `answers` to have them in it."
    )
    answers: list[AnswerFields] | None = Field(
        description="What was sent as `answers`; they count as part of the idea."
    )
    quotes_idea: bool | None = Field(
        description="Whether the idea stands in the prompt in full, beside the other parts."
    )
    changed_parts: list[str] | None = Field(
        description="The parts that a refinement has changed; null where it was not refined."
    )
    changed: bool | None = Field(description="Whether the prompt differs from the idea.")
    kept_original: bool | None = Field(
        description="The model's answer was worse than the idea: the prompt is the one that is "
        "made without a model, with the model's guardrails that were good."
    )
    warnings: list[str] | None = Field(
        description=f"Codes of what there is to know. {describe_warnings()}"
    )
    backend: BackendType = Field(
        description="Who answered: zero-shot, few-shot, offline, client (the caller's own "
        "model) or imported (another program)."
    )
    fallback_reason: str | None = Field(
        description="Why another backend answered than the one that was asked; null where none "
        "had to."
    )
    parent_id: str | None = Field(
        description="`prompt_id` of the improvement that this one was refined from, which may be "
        "deleted; null where it was not refined."
    )
    version: int = Field(description="That of the parent and one; 1 where it was not refined.")
    instruction: str | None = Field(
        description="How the parent was to be refined, as it was typed; null where it was not."
    )
    starred: bool = Field(description="Whether somebody has starred it.")
    rating: int | None = Field(
        description="-1 bad, 0 neither, 1 good; null where nobody has rated it."
    )
    note: str | None = Field(description="What somebody noted; null without.")
    tags: list[str] = Field(description="Its tags, in their order.")
    edited_prompt: str | None = Field(
        description="What somebody made of the improved prompt; null without."
    )
    source: str | None = Field(
        description="The program that it was imported from; null where it was made here."
    )
    model_version: str | None = Field(description="The model that answered, as provider/model.")
    latency_ms: float | None = Field(description="Milliseconds that the improvement took.")
    input_tokens: int | None = Field(
        description="Tokens that the model read; null where its server does not say."
    )
    output_tokens: int | None = Field(
        description="Tokens that the model wrote; null where its server does not say."
    )
    model_calls: int | None = Field(
        description="Requests sent to the model, those that failed among them: at most 2."
    )
    imported_at: str | None = Field(
        description="When it was imported: ISO 8601, UTC; null where it was made here.",
        examples=["2026-05-04T12:00:00.123Z"],
        json_schema_extra={"format": "date-time"},
    )
