"""One improvement: what an answer shows and what the history keeps."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from types import MappingProxyType

from prompt_improver.domain import evidence, values
from prompt_improver.domain.evidence import Evidence
from prompt_improver.domain.question import Answer, Question
from prompt_improver.domain.values import Rule

NEUTRAL_CONFIDENCE = 0.5
LATENCY_FOR_FULL_PENALTY_MS = 10_000.0
MAX_LATENCY_PENALTY = 0.3


class BackendType(StrEnum):
    """Who wrote an improved prompt."""

    ZERO_SHOT = "zero-shot"
    FEW_SHOT = "few-shot"
    OFFLINE = "offline"
    CLIENT = "client"
    """The caller's own model, with our instructions."""
    IMPORTED = "imported"
    """Another program, whose history was imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptHistory:
    """One improvement: what was typed, what came out, and who made it.

    Each field has its rule in ``COLUMN_RULES`` or in ``DETAIL_RULES`` below.

    Equality is by value, and a row that was saved and read back equals the one that was
    handed in but for its ``id``: the timestamp is brought to UTC and cut to milliseconds
    here, because that is what the database keeps.

    Raises:
        ValueError: a field breaks a rule. The message names the field and the value, but
            never quotes the user's text.
    """

    prompt_id: str
    """UUID, made before the save so that saving again cannot double the row."""
    timestamp: datetime
    original_idea: str
    context: str
    improved_prompt: str
    role: str
    directive: str
    framework: str
    guardrails: tuple[str, ...]
    backend: BackendType
    confidence: float | None = None
    """0 to 1: what the model said of itself, not a probability."""
    reasoning: str | None = None
    latency_ms: float | None = None
    model_version: str | None = None
    """What answered, as provider/model."""
    input_tokens: int | None = None
    """As the model's server counted them; None where it did not say, or without a model."""
    output_tokens: int | None = None
    model_calls: int | None = None
    """Answers that the model gave. Here and below, None in a row from before it was kept."""
    output_format: str | None = None
    """The form of the result."""
    language: str | None = None
    """ISO 639-1 code of the idea's language; None where it was not detected."""
    kept_original: bool | None = None
    """Whether the idea stands verbatim as the task."""
    imported_at: datetime | None = None
    """When it was imported; None where it was made here. The retention counts from here
    where it is later than ``timestamp``."""
    warnings: tuple[str, ...] | None = None
    """Names of what the reader should know of the prompt; empty where there is nothing."""
    task: str | None = None
    """The kind of task whose frame shapes the prompt; None where none does."""
    field: str | None = None
    """The field of knowledge whose frame shapes the prompt; None where none does."""
    changed: bool | None = None
    """Whether the prompt differs from the idea."""
    material: str | None = None
    """What the task works on, as it was pasted into the idea; empty without."""
    guardrail_sources: tuple[str, ...] | None = None
    """Where each guardrail comes from, in their order: idea, context or assumed."""
    assumptions: tuple[str, ...] | None = None
    """What the prompt says that it takes for granted."""
    examples: str | None = None
    """An example of the result, where its form could be misread; empty without."""
    evidence: Evidence | None = None
    """What it kept of the idea, what it added, and what it took for granted."""
    artefact: str | None = None
    """What the idea is to bring forth; None where that is not certain."""
    target: str | None = None
    """What the prompt is written for: chat, agent, system, image or plain."""
    questions: tuple[Question, ...] | None = None
    """What decides for the artefact and is still open; empty where nothing does."""
    answers: tuple[Answer, ...] | None = None
    """What the user said to questions; the prompt is made of the idea and these."""
    quotes_idea: bool | None = None
    """Whether the idea stands in the prompt in full, beside the other parts."""
    changed_parts: tuple[str, ...] | None = None
    """The parts that a refinement has changed; None where it was not refined."""
    fallback_reason: str | None = None
    """Why another backend answered than the one that was asked; None where none had to."""
    parent_id: str | None = None
    """``prompt_id`` of the improvement that this one was refined from, which may be gone."""
    version: int = 1
    """That of the parent and one."""
    instruction: str | None = None
    """How the parent was to be refined, as it was typed."""
    starred: bool = False
    rating: int | None = None
    """What somebody thought of it: -1 bad, 0 neither, 1 good."""
    note: str | None = None
    """What somebody noted; never blank."""
    edited_prompt: str | None = None
    """What somebody made of the improved prompt; never blank."""
    source: str | None = None
    """The program that it was imported from; None where it was made here."""
    tags: tuple[str, ...] = ()
    """In their order, each once; at most MAX_TAG_CHARACTERS long."""
    id: int | None = None
    """The row's number, given by the database at the save."""

    def __post_init__(self) -> None:
        for name, rule in _RULES:
            value = getattr(self, name)
            if value is not None or name not in OPTIONAL:
                # A frozen dataclass leaves no other way to set a field of its own.
                object.__setattr__(self, name, rule(name, value))
        for name in ("original_idea", "improved_prompt"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} must not be blank")
        if self.guardrail_sources is not None:
            wanted, found = len(self.guardrails), len(self.guardrail_sources)
            if found != wanted:
                raise ValueError(
                    f"guardrail_sources must be {wanted}, one a guardrail, got {found}"
                )

    def with_changes(self, changes: Mapping[str, object]) -> "PromptHistory":
        """The same with ``changes``, by the names of EDITABLE. A blank note or edit takes the one
        that is there away, and so does an edit that is the improved prompt.

        Raises:
            ValueError: a name is not in EDITABLE, or a value breaks its rule.
        """
        given = dict(changes)
        if unknown := given.keys() - set(EDITABLE):
            raise ValueError(f"only {', '.join(EDITABLE)} can be changed, not {min(unknown)}")
        for name in ("note", "edited_prompt"):
            value = given.get(name)
            if isinstance(value, str) and not value.strip():
                given[name] = None
        if given.get("edited_prompt") == self.improved_prompt:
            given["edited_prompt"] = None
        return replace(self, **given)  # type: ignore[arg-type]

    @property
    def prompt_to_use(self) -> str:
        """What somebody made of the improved prompt, else the improved prompt."""
        return self.improved_prompt if self.edited_prompt is None else self.edited_prompt

    @property
    def quality_score(self) -> float:
        """Confidence less a penalty for slowness, 0 to 1.

        Confidence counts as 0.5 where the model gave none; the penalty is latency over
        10,000 ms, at most 0.3.
        """
        confidence = NEUTRAL_CONFIDENCE if self.confidence is None else self.confidence
        penalty = min((self.latency_ms or 0.0) / LATENCY_FOR_FULL_PENALTY_MS, MAX_LATENCY_PENALTY)
        return min(max(confidence - penalty, 0.0), 1.0)


def _backend(name: str, value: object) -> BackendType:
    try:
        return BackendType(value)  # type: ignore[arg-type]
    except ValueError:
        raise ValueError(f"{name} must be one of {', '.join(BackendType)}, got {value!r}") from None


COLUMN_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "timestamp": values.utc_milliseconds,
        "original_idea": values.text,
        "context": values.text,
        "improved_prompt": values.text,
        "role": values.text,
        "directive": values.text,
        "framework": values.text,
        "guardrails": values.texts,
        "backend": _backend,
        "confidence": partial(values.number, high=1.0),
        "reasoning": values.text,
        "latency_ms": partial(values.number, high=math.inf),
        "model_version": values.text,
        "prompt_id": values.canonical_uuid,
        "input_tokens": values.count,
        "output_tokens": values.count,
        "model_calls": values.count,
        "output_format": values.text,
        "language": values.language_code,
        "kept_original": values.flag,
        "imported_at": values.utc_milliseconds,
        "parent_id": values.canonical_uuid,
        "version": values.version,
        "instruction": values.filled_text,
        "starred": values.flag,
        "rating": values.rating,
        "note": values.filled_text,
        "edited_prompt": values.filled_text,
        "source": values.filled_text,
        "task": values.text,
        "artefact": values.text,
        "target": values.text,
    }
)
"""The fields with a column of their own, in the order of the table, behind ``id``: what is
filtered, counted or searched by. A new one takes a migration."""

DETAIL_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "warnings": values.texts,
        "field": values.text,
        "changed": values.flag,
        "material": values.text,
        "guardrail_sources": values.texts,
        "assumptions": values.texts,
        "examples": values.text,
        "evidence": evidence.evidence,
        "questions": partial(values.objects, kind=Question),
        "answers": partial(values.objects, kind=Answer),
        "quotes_idea": values.flag,
        "changed_parts": values.texts,
        "fallback_reason": values.text,
    }
)
"""All other fields: facts that stand together in the JSON column ``details``.

A new fact takes no migration: a field of PromptHistory and its rule here, a line in
``Improvement.to_history``, which fills it, and one in ``api.improvement_fields``, which
describes it. Rows, exports, imports and the spool carry what is named here."""

TAGS_RULE: Mapping[str, Rule] = MappingProxyType({"tags": values.tags})
"""The field that stands in a table of its own."""

EDITABLE = ("starred", "rating", "note", "tags", "edited_prompt")
"""What people change of an improvement afterwards; all else stays as it was made."""

OPTIONAL = frozenset(each.name for each in fields(PromptHistory) if each.default is None)
"""The fields that may be None."""
REQUIRED = frozenset(each.name for each in fields(PromptHistory) if each.default is MISSING)
"""The fields that have to be told."""
_RULES = (*COLUMN_RULES.items(), *DETAIL_RULES.items(), *TAGS_RULE.items())
