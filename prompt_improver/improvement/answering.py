"""Who answers, and what becomes of the answer: the same for a new prompt and a changed one."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from prompt_improver.domain.errors import (
    CallerGoneError,
    ImprovementCancelledError,
    ImproverError,
    ImproverReplyError,
    PromptImproverError,
)
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.recorder import Recorder
from prompt_improver.improvement.backends import Backends
from prompt_improver.improvement.brief import Brief
from prompt_improver.improvement.cancellation import Cancellation
from prompt_improver.improvement.improved import Improved, ImprovementObserver, ModelFailure
from prompt_improver.improvement.improver import UNREADABLE_REPLY, Improvement, Improver
from prompt_improver.improvement.model_slots import ModelSlots
from prompt_improver.improvement.progress import Restarted, Started, Why, tell

logger = logging.getLogger(__name__)


class Answering:
    """Asks ``backends``, as many at once as there are ``slots``, and hands each answer to
    ``recorder``. With ``fallback`` the offline backend answers where the model fails and none was
    asked for by name."""

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
        self.recorder = recorder
        self.observer = observer
        self.clock = clock
        self.now = now
        self.last_failure: ModelFailure | None = None
        """Of the model, since the start; None where it has not failed."""
        self._backends = backends
        self._slots = slots
        self._fallback = fallback

    def chosen(self, backend: BackendType | None) -> BackendType:
        """The backend that answers where ``backend`` is asked for; None is auto."""
        return self._backends.default if backend is None else backend

    async def answer(
        self,
        idea: str,
        context: str,
        brief: Brief,
        backend: BackendType | None,
        cancellation: Cancellation,
        to_history: Callable[..., PromptHistory],
    ) -> Improved:
        """What the backend, or the offline one in its place, makes of ``idea``, kept.

        Args:
            idea: with the answers to questions in it.
            to_history: makes the record of the Improvement; gets ``latency_ms``, ``brief`` and
                ``fallback_reason`` by name.

        Raises:
            Exception: whatever ``to_history`` raises; nothing was kept.
            TooManyImprovementsError, ImprovementCancelledError, ImproverError: as
                ``ImproveIdea.improve``.
        """
        chosen = self.chosen(backend)
        began = self.clock()
        instead_of: PromptImproverError | None = None
        try:
            improvement = await self._ask(chosen, idea, context, brief, cancellation)
            if backend is None and self._fallback:
                _check_readable(improvement)
        except ImprovementCancelledError as error:
            self.observer.count_cancellation(chosen, error.cause)
            if isinstance(error, CallerGoneError) or backend is not None:
                raise
            instead_of = error
        except ImproverError as error:
            if chosen in self._backends.improvers:
                self.last_failure = ModelFailure(code=error.code, at=self.now())
            if backend is not None or not self._fallback:
                self.observer.count_failure(chosen, error)
                raise
            logger.warning("The offline backend answers: %s: %s", error.code, error)
            instead_of = error
        except Exception as error:
            # An error that nobody expected is counted too; the door tells of it.
            self.observer.count_failure(chosen, error)
            raise
        if instead_of is not None:
            self.observer.count_fallback(chosen, instead_of)
            tell(Restarted(Why.FALLBACK))
            improvement = await self._answer_without_model(idea, context, brief, instead_of)
        history = to_history(
            improvement,
            latency_ms=(self.clock() - began) * 1000,
            brief=brief,
            fallback_reason=None if instead_of is None else instead_of.kind.sentence,
        )
        self.observer.count_improvement(history)
        # Nobody looks for the caller's end from here on: the answer is complete, and its row is
        # kept.
        saved = await self.recorder.record(history)
        return Improved(history=history, saved=saved, instead_of=instead_of)

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
