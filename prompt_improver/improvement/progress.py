"""What is told of an improvement while it is made: a preview, which never counts as the answer.

Whoever makes it tells events; whoever wants to hear them runs it under ``watched``. Nobody else
pays for them.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from prompt_improver.domain.prompt_history import BackendType


@dataclass(frozen=True, slots=True)
class Started:
    """The first event: who is asked."""

    backend: BackendType
    model: str
    """As ``model_version`` of the record has it."""


class State(StrEnum):
    """What is going on."""

    READING = "reading"
    """The model has the request, and has said nothing yet."""
    THINKING = "thinking"
    WRITING = "writing"
    CHECKING = "checking"
    """The gates hold the reply against the idea."""
    CORRECTING = "correcting"
    """The model is asked a second time, for what was wrong."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    state: State


@dataclass(frozen=True, slots=True)
class TextAdded:
    """``text`` goes to the end of ``field``, a part of the prompt: role, directive, ..."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemsShown:
    """All finished items of ``field`` so far, in the place of those before."""

    field: str
    items: tuple[str, ...]


class Why(StrEnum):
    """Why a preview begins anew."""

    RETRY = "retry"
    """The connection to the model broke."""
    CORRECTION = "correction"
    """The reply did not pass the gates, or could not be read."""
    FALLBACK = "fallback"
    """The model gave no answer: the offline backend makes it."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """What was shown so far does not count any more."""

    why: Why


STATES: Mapping[State, str] = MappingProxyType(
    {
        State.READING: "The model is reading the idea",
        State.THINKING: "The model is thinking",
        State.WRITING: "The model is writing",
        State.CHECKING: "Checking the prompt against the idea",
        State.CORRECTING: "The model is correcting the prompt",
    }
)
RESTARTS: Mapping[Why, str] = MappingProxyType(
    {
        Why.RETRY: "Lost the connection to the model; trying again",
        Why.CORRECTION: "Something of the idea was lost; the model is correcting the prompt",
        Why.FALLBACK: "The model did not answer; the offline backend makes the prompt",
    }
)
"""What every door says, without the sign at the end."""

Event = Started | StateChanged | TextAdded | ItemsShown | Restarted

_SINK: ContextVar[Callable[[Event], None] | None] = ContextVar("progress_sink", default=None)


@contextlib.contextmanager
def watched(sink: Callable[[Event], None]) -> Iterator[None]:
    """``sink`` hears what is told in this block, and in the tasks that begin in it."""
    token = _SINK.set(sink)
    try:
        yield
    finally:
        _SINK.reset(token)


def is_watched() -> bool:
    """Whether anybody hears what is told here."""
    return _SINK.get() is not None


def tell(event: Event) -> None:
    """Have whoever watches hear of ``event``."""
    if (sink := _SINK.get()) is not None:
        sink(event)
