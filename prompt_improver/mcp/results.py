"""What the tools answer with."""

from typing import Self

from pydantic import BaseModel, Field

from prompt_improver.domain.evidence import tell_evidence
from prompt_improver.domain.history_record import iso_text
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.question import Question
from prompt_improver.domain.recorder import SaveOutcome
from prompt_improver.domain.warning_table import WARNINGS
from prompt_improver.improvement.improved import Broken, Checked, Improved

SUMMARY_CHARACTERS = 300
"""Of idea and prompt, in a list."""


class OpenQuestion(BaseModel):
    """A fact that decides how the idea is carried out, and is still open."""

    id: str = Field(description="Use it in `answers` of improve_prompt.")
    text: str
    why: str = Field(description="What depends on it.")
    default: str = Field(description="What the prompt assumes without an answer.")
    options: list[str] = Field(description="Common answers; others are fine.")

    @classmethod
    def of(cls, question: Question) -> Self:
        return cls(
            id=question.id,
            text=question.text,
            why=question.why,
            default=question.default,
            options=list(question.options),
        )


class Notice(BaseModel):
    """What the reader should know of the prompt."""

    code: str
    text: str


class ImprovedPrompt(BaseModel):
    """An improved prompt, as it was kept."""

    prompt_id: str = Field(description="For refine_prompt, get_prompt and rate_prompt.")
    version: int
    improved_prompt: str = Field(description="The prompt. Show or use it unchanged.")
    changed: bool = Field(description="false: the idea was good enough and is returned unchanged.")
    kept_original: bool = Field(description="true: the task is the user's own wording.")
    warnings: list[Notice]
    questions: list[OpenQuestion] = Field(
        description="Ask the user, then call again with the same idea and `answers`."
    )
    evidence: str = Field(description="What was kept from the idea, added and assumed.")
    changed_parts: list[str] = Field(description="Parts that the refinement changed.")
    target: str
    backend: str
    model: str | None
    fallback_reason: str | None = Field(description="Why another backend answered.")
    saved: SaveOutcome = Field(description="Whether the history has it.")

    @classmethod
    def of(cls, improved: Improved) -> Self:
        history = improved.history
        return cls(
            prompt_id=history.prompt_id,
            version=history.version,
            improved_prompt=history.prompt_to_use,
            changed=history.changed is not False,
            kept_original=bool(history.kept_original),
            warnings=[
                Notice(code=code, text=WARNINGS.get(code, code)) for code in history.warnings or ()
            ],
            questions=[OpenQuestion.of(each) for each in history.questions or ()],
            evidence=tell_evidence(history.evidence),
            changed_parts=list(history.changed_parts or ()),
            target=history.target or "chat",
            backend=history.backend.value,
            model=history.model_version,
            fallback_reason=history.fallback_reason,
            saved=improved.saved,
        )


class BrokenThing(BaseModel):
    """Something of the idea that is missing or changed, or that must not be there."""

    gate: str
    text: str = Field(description="What to correct; quotes the idea.")

    @classmethod
    def of(cls, broken: Broken) -> Self:
        return cls(gate=broken.gate, text=broken.text)


class CheckedPrompt(BaseModel):
    """What became of the parts."""

    ok: bool
    broken: list[BrokenThing] = Field(description="Correct these and call the tool again.")
    improved_prompt: str | None = Field(description="null if something is broken.")
    prompt_id: str | None = Field(description="Id of the saved prompt; null if nothing was saved.")

    @classmethod
    def of(cls, checked: Checked) -> Self:
        history = None if checked.improved is None else checked.improved.history
        return cls(
            ok=history is not None,
            broken=[BrokenThing.of(each) for each in checked.broken],
            improved_prompt=None if history is None else history.prompt_to_use,
            prompt_id=None if history is None else history.prompt_id,
        )


class FoundPrompt(BaseModel):
    """One row of a search."""

    prompt_id: str
    timestamp: str
    idea: str = Field(description=f"The first {SUMMARY_CHARACTERS} characters.")
    improved_prompt: str = Field(description=f"The first {SUMMARY_CHARACTERS} characters.")
    starred: bool
    rating: int | None
    tags: list[str]

    @classmethod
    def of(cls, history: PromptHistory) -> Self:
        return cls(
            prompt_id=history.prompt_id,
            timestamp=iso_text(history.timestamp),
            idea=history.original_idea[:SUMMARY_CHARACTERS],
            improved_prompt=history.prompt_to_use[:SUMMARY_CHARACTERS],
            starred=history.starred,
            rating=history.rating,
            tags=list(history.tags),
        )


class FoundPrompts(BaseModel):
    """Newest first."""

    prompts: list[FoundPrompt]
    more: bool = Field(description="Whether there are more.")


class KeptPrompt(BaseModel):
    """A prompt of the history, with what people think of it."""

    prompt_id: str
    version: int
    parent_id: str | None = Field(description="What it was refined from.")
    timestamp: str
    idea: str
    context: str
    improved_prompt: str = Field(description="The user's edited version, if there is one.")
    role: str
    directive: str
    framework: str
    guardrails: list[str]
    output_format: str
    target: str
    questions: list[OpenQuestion]
    backend: str
    model: str | None
    starred: bool
    rating: int | None = Field(description="-1 bad, 0 neither, 1 good.")
    note: str | None
    tags: list[str]

    @classmethod
    def of(cls, history: PromptHistory) -> Self:
        return cls(
            prompt_id=history.prompt_id,
            version=history.version,
            parent_id=history.parent_id,
            timestamp=iso_text(history.timestamp),
            idea=history.original_idea,
            context=history.context,
            improved_prompt=history.prompt_to_use,
            role=history.role,
            directive=history.directive,
            framework=history.framework,
            guardrails=list(history.guardrails),
            output_format=history.output_format or "",
            target=history.target or "chat",
            questions=[OpenQuestion.of(each) for each in history.questions or ()],
            backend=history.backend.value,
            model=history.model_version,
            starred=history.starred,
            rating=history.rating,
            note=history.note,
            tags=list(history.tags),
        )
