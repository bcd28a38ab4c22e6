"""What requests and answers look like."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from prompt_improver.api.circuit_breaker import BreakerState
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.prompt_history import (
    BackendType,
    PromptHistory,
    find_unstorable_character,
)
from prompt_improver.domain.recorder import RecorderCounts, SaveOutcome
from prompt_improver.domain.warning_table import describe_warnings
from prompt_improver.improvement.improver import Improvement

MAX_TEXT_CHARACTERS = 100_000


def storable(text: str) -> str:
    """``text``. Raises ValueError where the history cannot hold it."""
    if found := find_unstorable_character(text):
        raise ValueError(f"must not hold {found}")
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS), AfterValidator(storable)]


class ImproveRequest(BaseModel):
    """A raw idea. Fields that are not known are ignored: older clients send some."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={"examples": [{"idea": "Design a REST API", "context": "FastAPI"}]},
    )

    idea: Text = Field(description="What is wanted, in any language, as roughly as you like.")
    context: Text = Field(
        "", description="What a model should know besides. It stands in the prompt verbatim."
    )
    backend: Literal["auto", "zero-shot", "few-shot", "offline"] = Field(
        "auto", description="Who improves it; auto takes the best that is configured."
    )

    @property
    def chosen_backend(self) -> BackendType | None:
        """The backend that is asked for, or None for auto."""
        return None if self.backend == "auto" else BackendType(self.backend)


class ImproveResponse(BaseModel):
    """An improved prompt, whole and in its parts."""

    prompt_id: str = Field(description="UUID of this improvement in the history.")
    improved_prompt: str = Field(description="The prompt as Markdown, rendered from its parts.")
    role: str = Field(description="Who the model is to be.")
    directive: str = Field(description="The task.")
    framework: str = Field(
        description="How the model is to go about it: chain-of-thought, tree-of-thoughts, "
        "decomposition or role-playing."
    )
    guardrails: list[str] = Field(description="Rules that the result can be checked against.")
    output_format: str = Field(description="The form of the result.")
    reasoning: str | None = Field(description="Why the prompt is as it is; null where unknown.")
    confidence: float | None = Field(
        description="What the backend says of its own result, 0 to 1; not a probability; null "
        "where it says nothing."
    )
    backend: BackendType = Field(description="Who answered.")
    model_version: str = Field(description="The model that answered, as provider/model.")
    latency_ms: float = Field(description="Milliseconds that the improvement took.")
    warnings: list[str] = Field(
        description=f"Codes of what there is to know. {describe_warnings()}"
    )
    kept_original: bool = Field(
        description="The model's answer was worse than the idea: the idea stands verbatim as "
        "the task, among the sections that were good."
    )
    input_tokens: int | None = Field(
        description="Tokens that the model read; null where its server does not say."
    )
    output_tokens: int | None = Field(
        description="Tokens that the model wrote; null where its server does not say."
    )
    model_calls: int = Field(description="Requests sent to the model: 0 offline, at most 2.")
    saved: SaveOutcome = Field(
        description="What became of it in the history: queued (will be written shortly), "
        "saved, spooled (kept in a file until the database is back), dropped (could not be "
        "kept) or disabled."
    )

    @classmethod
    def of(
        cls, improvement: Improvement, history: PromptHistory, saved: SaveOutcome
    ) -> "ImproveResponse":
        """The answer that tells of ``improvement``, which is remembered as ``history``."""
        return cls(
            prompt_id=history.prompt_id,
            improved_prompt=history.improved_prompt,
            role=history.role,
            directive=history.directive,
            framework=history.framework,
            guardrails=list(history.guardrails),
            output_format=improvement.prompt.output_format,
            reasoning=history.reasoning,
            confidence=history.confidence,
            backend=history.backend,
            model_version=improvement.model_version,
            latency_ms=history.latency_ms or 0.0,
            warnings=list(improvement.warnings),
            kept_original=improvement.kept_original,
            input_tokens=improvement.input_tokens,
            output_tokens=improvement.output_tokens,
            model_calls=improvement.model_calls,
            saved=saved,
        )


class ErrorResponse(BaseModel):
    """What went wrong, in a fixed sentence. The cause is in the log under the answer's
    X-Request-ID."""

    detail: str = Field(description="What went wrong and what to do.")
    code: str = Field(
        description="Name of the error, which stays the same in later versions.",
        json_schema_extra={"enum": list[JsonValue](sorted(ERRORS))},
    )


class ValidationProblem(BaseModel):
    """One thing that is wrong in the request. What was sent is not echoed."""

    loc: list[str | int] = Field(description="Where: body, then the field.")
    msg: str = Field(description="What is wrong.")
    type: str = Field(description="The kind of mistake, as Pydantic names it.")


class ValidationErrorResponse(BaseModel):
    """The request does not fit."""

    detail: list[ValidationProblem] = Field(description="Each thing that is wrong.")
    code: Literal["invalid_request"] = Field(description="invalid_request")


class HealthResponse(BaseModel):
    """The process serves."""

    status: Literal["healthy"] = Field(description="Always healthy while the process serves.")
    version: str = Field(description="Version of the program.")
    provider: str = Field(description="Where the model is; offline without one.")
    model: str | None = Field(description="The model; null without one.")
    backend: BackendType = Field(description="What backend auto takes.")
    reason: str = Field(description="Why this provider was taken.")
    dspy_configured: bool = Field(
        description="Improvements can be answered (true with the offline backend as well)."
    )
    model_ready: bool = Field(
        description="False for the first moments, while what a model needs is being loaded; an "
        "improvement asked for then waits for it."
    )
    uptime_s: float = Field(description="Seconds since the start.")


class Saves(BaseModel):
    """Rows since the start: accepted = saved + spooled + dropped + rejected + waiting."""

    accepted: int = Field(
        description="Offered to the history, with those that an earlier run had spooled."
    )
    saved: int = Field(description="Committed to the database.")
    spooled: int = Field(description="In the spool file now, still to be committed.")
    dropped: int = Field(description="Lost: neither the database nor the spool took them.")
    rejected: int = Field(description="Refused by the database; the log names each.")
    waiting: int = Field(description="In memory now.")

    @classmethod
    def of(cls, counts: RecorderCounts) -> "Saves":
        return cls(**asdict(counts))


class RepositoryHealthy(BaseModel):
    """The history works."""

    status: Literal["healthy"] = Field(description="healthy")
    total_records: int = Field(description="Rows in the history.")
    database_path: str = Field(description="The database file.")
    average_confidence: float | None = Field(description="Mean of the rows that have one.")
    average_latency_ms: float | None = Field(description="Mean of the rows that have one.")
    breaker: BreakerState = Field(description="closed, open or half-open.")
    saves: Saves = Field(description="What became of the improvements.")


class RepositoryDisabled(BaseModel):
    """No history is kept."""

    status: Literal["disabled"] = Field(description="disabled")
    reason: str = Field(description="The setting that turned it off.")


class RepositoryUnhealthy(BaseModel):
    """The history does not work at the moment; improvements are answered all the same."""

    status: Literal["unhealthy"] = Field(description="unhealthy")
    reason: str = Field(description="A fixed sentence; the cause is in the log.")
    saves: Saves = Field(description="What became of the improvements.")


class RootResponse(BaseModel):
    """What is here."""

    message: str = Field(description="The program's name.")
    version: str = Field(description="Version of the program.")
    endpoints: dict[str, str] = Field(description="What can be called, by name.")
