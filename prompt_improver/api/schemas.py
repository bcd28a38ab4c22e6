"""What requests and answers look like."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from prompt_improver.api.improvement_fields import ImprovementFields
from prompt_improver.domain.breaker import BreakerState
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.history_record import to_json_record
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.question import Answer
from prompt_improver.domain.recorder import RecorderCounts, SaveOutcome
from prompt_improver.domain.target import Target
from prompt_improver.domain.values import find_unstorable_character
from prompt_improver.improvement.improve_idea import MAX_TEXT_CHARACTERS
from prompt_improver.improvement.improved import ModelFailure


def storable(text: str) -> str:
    """``text``. Raises ValueError where the history cannot hold it."""
    if found := find_unstorable_character(text):
        raise ValueError(f"must not hold {found}")
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS), AfterValidator(storable)]


MOST_ANSWERS = 20


class GivenAnswer(BaseModel):
    """What you say to one question of an earlier answer."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)] = Field(
        description="The question's `id`; with one that is not known the text counts by itself."
    )
    text: Text = Field(description="Your answer; blank takes the default.")


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

    target: Literal["auto", "chat", "agent", "system", "image", "plain"] = Field(
        "auto",
        description="What the prompt is for: a model that answers (chat), one with tools and files "
        "(agent), an assistant's standing instructions (system), a model that makes pictures "
        "(image), or the idea's own form (plain); auto takes what the idea is for.",
    )
    answers: list[GivenAnswer] = Field(
        [],
        max_length=MOST_ANSWERS,
        description="Answers to `questions` of an earlier answer, sent with the same idea. They "
        "count as part of it, and the same questions do not come again.",
    )

    @property
    def chosen_target(self) -> Target | None:
        """The target that is asked for, or None for auto."""
        return None if self.target == "auto" else Target(self.target)

    @property
    def given_answers(self) -> tuple[Answer, ...]:
        """As the use case takes them."""
        return tuple(Answer(id=each.id, text=each.text) for each in self.answers)

    @property
    def chosen_backend(self) -> BackendType | None:
        """The backend that is asked for, or None for auto."""
        return None if self.backend == "auto" else BackendType(self.backend)


class ImproveResponse(ImprovementFields):
    """An improved prompt, whole and in its parts."""

    saved: SaveOutcome = Field(
        description="What became of it in the history: queued (will be written shortly), "
        "saved, spooled (kept in a file until the database is back), dropped (could not be "
        "kept) or disabled."
    )
    # What clients of prompt_raycast_ext read besides, under the names of that program.
    intent: str = Field(description="As task; empty where that is null.")
    strategy: str = Field(description="As backend.")
    strategy_meta: dict[str, JsonValue] = Field(description="model_version and fallback_reason.")
    degradation_flags: dict[str, bool] = Field(
        description="What could not be done, each true: persistence_failed where saved is "
        "dropped, model_unavailable, kept_original."
    )
    metrics_warning: None = Field(None, description="Always null.")

    @classmethod
    def of(cls, history: PromptHistory, saved: SaveOutcome) -> "ImproveResponse":
        """The answer that shows ``history``, and tells what became of it."""
        flags = {
            "persistence_failed": saved is SaveOutcome.DROPPED,
            "model_unavailable": "model_unavailable" in (history.warnings or ()),
            "kept_original": bool(history.kept_original),
        }
        return cls(
            **to_json_record(history),
            saved=saved,
            intent=history.task or "",
            strategy=history.backend.value,
            strategy_meta={
                "model_version": history.model_version,
                "fallback_reason": history.fallback_reason,
            },
            degradation_flags={name: True for name, is_so in flags.items() if is_so},
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


class ModelFailureResponse(BaseModel):
    """That the model gave no answer, and when."""

    code: str = Field(description="Code of the error.")
    detail: str = Field(description="What went wrong and what to do.")
    at: str = Field(description="When: UTC, ISO 8601.", examples=["2026-05-04T12:00:00.123Z"])

    @classmethod
    def of(cls, failure: ModelFailure) -> "ModelFailureResponse":
        at = failure.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return cls(code=failure.code, detail=ERRORS[failure.code].sentence, at=at)


class HealthResponse(BaseModel):
    """The process serves."""

    status: Literal["healthy"] = Field(description="Always healthy while the process serves.")
    version: str = Field(description="Version of the program.")
    provider: str = Field(description="Where the model is; offline without one.")
    model: str = Field(description="The model; offline without one.")
    backend: BackendType = Field(description="What backend auto takes.")
    reason: str = Field(description="Why this provider was taken.")
    dspy_configured: bool = Field(
        description="Improvements can be answered (true with the offline backend as well)."
    )
    model_ready: bool = Field(
        description="False for the first moments, while what a model needs is being loaded; an "
        "improvement asked for then waits for it."
    )
    last_model_failure: ModelFailureResponse | None = Field(
        description="When the model last gave no answer, and why, since the start; null where it "
        "has not failed. A wrong key shows here once it was used."
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
