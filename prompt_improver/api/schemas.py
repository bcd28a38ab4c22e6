"""What requests and answers look like."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from prompt_improver.api.improvement_fields import ImprovementFields
from prompt_improver.domain.breaker import BreakerState
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.history_record import to_json_record
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.question import MOST_ANSWERS, Answer
from prompt_improver.domain.recorder import RecorderCounts, SaveOutcome
from prompt_improver.domain.target import Target
from prompt_improver.domain.values import find_unstorable_character
from prompt_improver.improvement.improved import ModelFailure
from prompt_improver.improvement.text_bounds import MAX_TEXT_CHARACTERS


def storable(text: str) -> str:
    """``text``. Raises ValueError where the history cannot hold it."""
    if found := find_unstorable_character(text):
        raise ValueError(f"must not hold {found}")
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS), AfterValidator(storable)]


class GivenAnswer(BaseModel):
    """Your answer to one question."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)] = Field(
        description="`id` of the question. With an unknown id the text counts on its own."
    )
    text: Text = Field(description="Your answer. Blank: the default.")


class ImproveRequest(BaseModel):
    """A rough idea. Unknown fields are ignored, because older clients send some."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={"examples": [{"idea": "Design a REST API", "context": "FastAPI"}]},
    )

    idea: Text = Field(description="Your idea, in any language, as rough as you like.")
    context: Text = Field(
        "", description="Background for the model. It appears in the prompt verbatim."
    )
    backend: Literal["auto", "zero-shot", "few-shot", "offline"] = Field(
        "auto", description="Backend; auto picks the best one configured."
    )

    target: Literal["auto", "chat", "agent", "system", "image", "plain"] = Field(
        "auto",
        description="What the prompt is for: chat (a model that answers), agent (a model "
        "with tools and files), system (an assistant's standing instructions), image (an "
        "image model) or plain (the idea's own form). auto derives it from the idea.",
    )
    answers: list[GivenAnswer] = Field(
        [],
        max_length=MOST_ANSWERS,
        description="Answers to `questions` of an earlier response, sent with the same "
        "idea. They count as part of the idea; answered questions are not asked again.",
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
    """An improved prompt, as a whole and in parts."""

    saved: SaveOutcome = Field(
        description="State of the row in the history: queued (written shortly), saved, "
        "spooled (in a file until the database works again), dropped (lost) or disabled."
    )
    # What clients of prompt_raycast_ext read besides, under the names of that program.
    intent: str = Field(description="Same as task; empty if that is null.")
    strategy: str = Field(description="Same as backend.")
    strategy_meta: dict[str, JsonValue] = Field(description="model_version and fallback_reason.")
    degradation_flags: dict[str, bool] = Field(
        description="Problems, each true: persistence_failed (saved is dropped), "
        "model_unavailable, kept_original."
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
    """An error as a fixed sentence. The log has the cause under the X-Request-ID of the
    response."""

    detail: str = Field(description="What went wrong and what to do.")
    code: str = Field(
        description="Code of the error. Codes do not change in later versions.",
        json_schema_extra={"enum": list[JsonValue](sorted(ERRORS))},
    )


class ValidationProblem(BaseModel):
    """One problem of the request. The input is not echoed."""

    loc: list[str | int] = Field(description="Location: body, then the field.")
    msg: str = Field(description="What is wrong.")
    type: str = Field(description="Type of the problem, as named by Pydantic.")


class ValidationErrorResponse(BaseModel):
    """The request is invalid."""

    detail: list[ValidationProblem] = Field(description="All problems.")
    code: Literal["invalid_request"] = Field(description="invalid_request")


class ModelFailureResponse(BaseModel):
    """A failure of the model."""

    code: str = Field(description="Code of the error.")
    detail: str = Field(description="What went wrong and what to do.")
    at: str = Field(description="Time, ISO 8601 in UTC.", examples=["2026-05-04T12:00:00.123Z"])

    @classmethod
    def of(cls, failure: ModelFailure) -> "ModelFailureResponse":
        at = failure.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return cls(code=failure.code, detail=ERRORS[failure.code].sentence, at=at)


class HealthResponse(BaseModel):
    """State of the server."""

    status: Literal["healthy"] = Field(description="Always healthy while the process serves.")
    version: str = Field(description="Version of the program.")
    provider: str = Field(description="Provider of the model, or offline.")
    model: str = Field(description="Name of the model, or offline.")
    backend: BackendType = Field(description="Backend that auto uses.")
    reason: str = Field(description="Why this provider was chosen.")
    dspy_configured: bool = Field(
        description="Whether improvements can be answered; true for the offline backend too."
    )
    model_ready: bool = Field(
        description="false while the model's libraries load, in the first moments. Requests"
        " wait until then."
    )
    last_model_failure: ModelFailureResponse | None = Field(
        description="Last failure of the model since the start; null if there was none. A "
        "wrong key appears here after its first use."
    )
    uptime_s: float = Field(description="Seconds since the start.")


class Saves(BaseModel):
    """Rows since the start: accepted = saved + spooled + dropped + rejected + waiting."""

    accepted: int = Field(
        description="Rows handed to the history, including those spooled by an earlier run."
    )
    saved: int = Field(description="Committed to the database.")
    spooled: int = Field(description="Currently in the spool file, not yet committed.")
    dropped: int = Field(description="Lost: neither the database nor the spool could take them.")
    rejected: int = Field(description="Refused by the database; the log names each row.")
    waiting: int = Field(description="Currently in memory.")

    @classmethod
    def of(cls, counts: RecorderCounts) -> "Saves":
        return cls(**asdict(counts))


class RepositoryHealthy(BaseModel):
    """The history is working."""

    status: Literal["healthy"] = Field(description="healthy")
    total_records: int = Field(description="Rows in the history.")
    database_path: str = Field(description="The database file.")
    average_confidence: float | None = Field(description="Average over the rows that have one.")
    average_latency_ms: float | None = Field(description="Average over the rows that have one.")
    next_cleanup_deletes: int | None = Field(
        description="Rows that the next cleanup deletes; null if the cleanup is off "
        "(SQLITE_AUTO_CLEANUP, SQLITE_RETENTION_DAYS)."
    )
    breaker: BreakerState = Field(description="closed, open or half-open.")
    saves: Saves = Field(description="Outcomes of the saves.")


class RepositoryDisabled(BaseModel):
    """The history is turned off."""

    status: Literal["disabled"] = Field(description="disabled")
    reason: str = Field(description="Setting that turned it off.")


class RepositoryUnhealthy(BaseModel):
    """The history is not working; improvements are still answered."""

    status: Literal["unhealthy"] = Field(description="unhealthy")
    reason: str = Field(description="A fixed sentence; the cause is in the log.")
    saves: Saves = Field(description="Outcomes of the saves.")


class RootResponse(BaseModel):
    """Name, version and endpoints."""

    message: str = Field(description="The program's name.")
    version: str = Field(description="Version of the program.")
    endpoints: dict[str, str] = Field(description="Endpoints by name.")
