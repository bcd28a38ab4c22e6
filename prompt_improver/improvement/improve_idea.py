"""The one use case: an idea becomes an improvement, and is remembered. Every door calls it."""

import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from prompt_improver.domain.errors import (
    BlankIdeaError,
    CallerGoneError,
    ImprovementCancelledError,
    ImproverError,
    ImproverReplyError,
    InvalidRequestError,
    PromptImproverError,
)
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.question import Answer
from prompt_improver.domain.recorder import Recorder, SaveOutcome
from prompt_improver.domain.target import Target
from prompt_improver.domain.values import find_unstorable_character
from prompt_improver.improvement.backends import Backends
from prompt_improver.improvement.brief import Brief, with_answers
from prompt_improver.improvement.cancellation import Cancellation
from prompt_improver.improvement.event_stream import stream_events
from prompt_improver.improvement.improver import UNREADABLE_REPLY, Improvement, Improver
from prompt_improver.improvement.model_slots import ModelSlots
from prompt_improver.improvement.offline import answer_labels, choose_target
from prompt_improver.improvement.progress import (
    Event,
    ItemsShown,
    Restarted,
    Started,
    TextAdded,
    Why,
    tell,
)

logger = logging.getLogger(__name__)

MAX_TEXT_CHARACTERS = 100_000
"""Of the idea, and of the context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Improved:
    """What one call has brought."""

    history: PromptHistory
    """The record: what the answer shows, and what is kept."""
    saved: SaveOutcome
    instead_of: PromptImproverError | None = None
    """Why the model gave no answer, where the offline backend answers in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFailure:
    """That the model gave no answer, and when."""

    code: str
    """Of the error, as in domain/error_table.py."""
    at: datetime
    """UTC."""


class ImprovementObserver:
    """Hears of every call, for figures. This one does nothing with it."""

    def count_improvement(self, history: PromptHistory) -> None:
        """An idea was answered."""

    def count_failure(self, backend: BackendType, error: Exception) -> None:
        """An idea was not answered."""

    def count_fallback(self, backend: BackendType, error: PromptImproverError) -> None:
        """The offline backend is to answer in the place of ``backend``."""

    def observe_first_field(self, backend: BackendType, seconds: float) -> None:
        """A stream has shown its first field so long after its request."""

    def count_cancellation(self, backend: BackendType, cause: str) -> None:
        """A call of the model was given up. That is neither an answer nor a failure."""


class ImproveIdea:
    """Improves ideas with ``backends``, as many at once as there are ``slots``, and hands each
    improvement to ``recorder``. With ``fallback`` the offline backend answers where the model
    fails and none was asked for by name."""

    def __init__(
        self,
        backends: Backends,
        recorder: Recorder,
        *,
        slots: ModelSlots,
        observer: ImprovementObserver,
        fallback: bool = True,
        clock: Callable[[], float] = time.perf_counter,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._backends = backends
        self._recorder = recorder
        self._slots = slots
        self._observer = observer
        self._fallback = fallback
        self._clock = clock
        self._now = now
        self.last_failure: ModelFailure | None = None
        """Of the model, since the start; None where it has not failed."""

    def chosen(self, backend: BackendType | None) -> BackendType:
        """The backend that answers where ``backend`` is asked for; None is auto."""
        return self._backends.default if backend is None else backend

    async def improve(
        self,
        idea: str,
        context: str = "",
        *,
        backend: BackendType | None = None,
        target: Target | None = None,
        answers: tuple[Answer, ...] = (),
        cancellation: Cancellation,
    ) -> Improved:
        """Improve ``idea`` and keep the improvement.

        Args:
            backend: who is to answer; None takes the best that is configured, and where that
                one fails or has to be given up because the program stops, the offline backend.
            target: what the prompt is for; None takes what the idea is for.
            answers: to questions of an earlier answer. They count as part of the idea.
            cancellation: when the caller no longer waits. Nothing is kept then, unless the
                answer was complete.

        Raises:
            BlankIdeaError: the idea is blank.
            InvalidRequestError: the idea (with the answers) or the context is too long, or
                something cannot be stored.
            TooManyImprovementsError: no slot became free in time.
            ImprovementCancelledError: nobody waits any more, or the program stops.
            ImproverError: the model gave no answer; which of its kinds says why.
        """
        check_text("idea", idea)
        check_text("context", context)
        if not idea.strip():
            raise BlankIdeaError("the idea is blank")
        for answer in answers:
            check_text("answers", answer.id)
            check_text("answers", answer.text)
        told = with_answers(idea, answers, answer_labels(idea) if answers else {})
        if len(told) > MAX_TEXT_CHARACTERS:
            raise InvalidRequestError(
                f"idea and answers: must have at most {MAX_TEXT_CHARACTERS} characters together"
            )
        brief = Brief(
            target=target or choose_target(told),
            answered=frozenset(answer.id for answer in answers),
            taken=frozenset(answer.id for answer in answers if answer.text.strip()),
        )
        chosen = self.chosen(backend)
        began = self._clock()
        instead_of: PromptImproverError | None = None
        try:
            improvement = await self._ask(chosen, told, context, brief, cancellation)
            if backend is None and self._fallback:
                _check_readable(improvement)
        except ImprovementCancelledError as error:
            self._observer.count_cancellation(chosen, error.cause)
            if isinstance(error, CallerGoneError) or backend is not None:
                raise
            instead_of = error
        except ImproverError as error:
            if chosen in self._backends.improvers:
                self.last_failure = ModelFailure(code=error.code, at=self._now())
            if backend is not None or not self._fallback:
                self._observer.count_failure(chosen, error)
                raise
            logger.warning("The offline backend answers: %s: %s", error.code, error)
            instead_of = error
        except Exception as error:
            # An error that nobody expected is counted too; the door tells of it.
            self._observer.count_failure(chosen, error)
            raise
        if instead_of is not None:
            self._observer.count_fallback(chosen, instead_of)
            tell(Restarted(Why.FALLBACK))
            improvement = await self._answer_without_model(told, context, brief, instead_of)
        history = improvement.to_history(
            idea=idea,
            context=context,
            latency_ms=(self._clock() - began) * 1000,
            brief=brief,
            answers=answers,
            fallback_reason=None if instead_of is None else instead_of.kind.sentence,
        )
        self._observer.count_improvement(history)
        # Nobody looks for the caller's end from here on: the answer is complete, and its row is
        # kept.
        saved = await self._recorder.record(history)
        return Improved(history=history, saved=saved, instead_of=instead_of)

    async def stream(
        self, work: Coroutine[Any, Any, Improved]
    ) -> AsyncGenerator[Event | Improved, None]:
        """``work``, a call of this use case, as a stream: its events, ``Started`` first, then the
        Improved. What it raises is raised there; before ``Started``, nothing was asked of the
        model."""
        began = self._clock()
        asked: BackendType | None = None
        has_field = False
        async with contextlib.aclosing(stream_events(work)) as events:
            async for event in events:
                if isinstance(event, Started):
                    asked = event.backend
                elif asked is None:
                    # Given up before a model was asked: the offline answer is all there is.
                    if not isinstance(event, Improved):
                        continue
                    yield Started(event.history.backend, event.history.model_version or "")
                elif isinstance(event, TextAdded | ItemsShown) and not has_field:
                    has_field = True
                    self._observer.observe_first_field(asked, self._clock() - began)
                yield event

    async def _answer_without_model(
        self, idea: str, context: str, brief: Brief, error: PromptImproverError
    ) -> Improvement:
        improvement = await self._backends.improve_without_model(idea, context, brief)
        if not isinstance(error, ImproverError):
            return improvement
        # What failed has to be paid for all the same.
        return replace(
            improvement,
            model_calls=error.model_calls,
            input_tokens=error.input_tokens,
            output_tokens=error.output_tokens,
        )

    async def _ask(
        self,
        backend: BackendType,
        idea: str,
        context: str,
        brief: Brief,
        cancellation: Cancellation,
    ) -> Improvement:
        improver = self._backends.get(backend)
        if backend is BackendType.OFFLINE:  # there before anybody can hang up, and without a slot
            tell(Started(backend, improver.model_version))
            return await improver.improve(idea, context, brief=brief)
        return await cancellation.run(self._ask_in_a_slot(improver, idea, context, brief))

    async def _ask_in_a_slot(
        self, improver: Improver, idea: str, context: str, brief: Brief
    ) -> Improvement:
        async with self._slots.take():
            tell(Started(improver.backend, improver.model_version))
            return await improver.improve(idea, context, brief=brief)


def _check_readable(improvement: Improvement) -> None:
    """Raises ImproverReplyError where no reply of the model could be read."""
    if UNREADABLE_REPLY in improvement.warnings:
        raise ImproverReplyError(
            "no reply of the model could be read as a prompt",
            model_calls=improvement.model_calls,
            input_tokens=improvement.input_tokens,
            output_tokens=improvement.output_tokens,
        )


def check_text(name: str, text: str) -> None:
    """Raises InvalidRequestError where ``text`` is too long or the history cannot hold it."""
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidRequestError(f"{name}: must have at most {MAX_TEXT_CHARACTERS} characters")
    if found := find_unstorable_character(text):
        raise InvalidRequestError(f"{name}: must not hold {found}")
