"""One improvement, as it is remembered."""

import math
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

NEUTRAL_CONFIDENCE = 0.5
LATENCY_FOR_FULL_PENALTY_MS = 10_000.0
MAX_LATENCY_PENALTY = 0.3
MAX_COUNT = 2**63 - 1
"""The largest whole number that the history can hold."""


class BackendType(StrEnum):
    """Who wrote an improved prompt."""

    ZERO_SHOT = "zero-shot"
    FEW_SHOT = "few-shot"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptHistory:
    """One improvement: what was typed, what came out, and who made it.

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
    input_tokens: int | None = None
    """As the model's server counted them; None where it did not say, or without a model."""
    output_tokens: int | None = None
    model_calls: int | None = None
    """Answers that the model gave; None in rows from before this was counted."""
    id: int | None = None
    """The row's number, given by the database at the save."""

    def __post_init__(self) -> None:
        _normalise(self)
        for name in _TEXT_FIELDS:
            _check_text(name, getattr(self, name))
        for name in _OPTIONAL_TEXT_FIELDS:
            if getattr(self, name) is not None:
                _check_text(name, getattr(self, name))
        for position, guardrail in enumerate(self.guardrails):
            _check_text(f"guardrails[{position}]", guardrail)
        for name in ("original_idea", "improved_prompt"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} must not be blank")
        _check_number("confidence", self.confidence, low=0.0, high=1.0)
        _check_number("latency_ms", self.latency_ms, low=0.0, high=math.inf)
        for name in ("input_tokens", "output_tokens", "model_calls"):
            _check_count(name, getattr(self, name))

    @property
    def quality_score(self) -> float:
        """Confidence less a penalty for slowness, 0 to 1.

        Confidence counts as 0.5 where the model gave none; the penalty is latency over
        10,000 ms, at most 0.3.
        """
        confidence = NEUTRAL_CONFIDENCE if self.confidence is None else self.confidence
        penalty = min((self.latency_ms or 0.0) / LATENCY_FOR_FULL_PENALTY_MS, MAX_LATENCY_PENALTY)
        return min(max(confidence - penalty, 0.0), 1.0)


_TEXT_FIELDS = ("original_idea", "context", "improved_prompt", "role", "directive", "framework")
_OPTIONAL_TEXT_FIELDS = ("reasoning", "model_version")


def _normalise(history: PromptHistory) -> None:
    """Bring the fields to the one form that is kept."""
    # A frozen dataclass leaves no other way to set a field of its own.
    put = object.__setattr__
    put(history, "prompt_id", _canonical_uuid(history.prompt_id))
    put(history, "timestamp", utc_milliseconds("timestamp", history.timestamp))
    if isinstance(history.guardrails, str):
        raise ValueError("guardrails must be a sequence of texts, got one text")
    put(history, "guardrails", tuple(history.guardrails))
    try:
        put(history, "backend", BackendType(history.backend))
    except ValueError:
        known = ", ".join(BackendType)
        raise ValueError(f"backend must be one of {known}, got {history.backend!r}") from None


def utc_milliseconds(name: str, moment: datetime) -> datetime:
    """``moment`` in UTC, cut to milliseconds.

    Raises:
        ValueError: ``moment`` has no time zone.
    """
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ValueError(f"{name} must be a datetime with a time zone, got {moment!r}")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def find_unstorable_character(text: str) -> str | None:
    """What in ``text`` the history cannot hold and where, or None.

    NUL ends a text for the tools that people look into the database with, and UTF-8 has no
    form for half of a surrogate pair.
    """
    if "\0" in text:
        return f"a NUL at character {text.index(chr(0)) + 1}"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"a lone surrogate (U+{ord(text[error.start]):04X}) at character {error.start + 1}"
    return None


def _check_text(name: str, text: object) -> None:
    if not isinstance(text, str):
        raise ValueError(f"{name} must be text, got {type(text).__name__}")
    if found := find_unstorable_character(text):
        raise ValueError(f"{name} must not hold {found}")


def _check_number(name: str, number: object, *, low: float, high: float) -> None:
    if number is None:
        return
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueError(f"{name} must be a number, got {number!r}")
    try:
        fits = low <= float(number) <= high and math.isfinite(number)  # NaN fits nowhere
    except OverflowError:  # a whole number that is too large for a float
        fits = False
    if not fits:
        bounds = f"between {low:g} and {high:g}" if high != math.inf else f"{low:g} or more"
        raise ValueError(f"{name} must be {bounds}, got {number!r}")


def _check_count(name: str, number: object) -> None:
    if number is None:
        return
    if isinstance(number, bool) or not isinstance(number, int):
        raise ValueError(f"{name} must be a whole number, got {number!r}")
    if not 0 <= number <= MAX_COUNT:
        raise ValueError(f"{name} must be from 0 to 2**63 - 1, got {number!r}")


def _canonical_uuid(value: object) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise ValueError(f"prompt_id must be a UUID, got {value!r}") from None
