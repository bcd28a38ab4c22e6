"""An improved prompt is never worse than the idea: one correction, then the user's words."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from prompt_improver.domain.errors import ImproverError, ImproverReplyError
from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.evidence import evidence_of
from prompt_improver.improvement.gates import GateFailure, check, is_long
from prompt_improver.improvement.guardrail_source import with_sources
from prompt_improver.improvement.improver import (
    UNREADABLE_REPLY,
    Correction,
    Improvement,
    Improver,
)
from prompt_improver.improvement.kept_original import keep_original
from prompt_improver.improvement.offline import Composition, compose
from prompt_improver.improvement.original_request import (
    add_original_request,
    lacks_material,
    only_missing,
)
from prompt_improver.improvement.progress import (
    Restarted,
    State,
    StateChanged,
    Why,
    tell,
)
from prompt_improver.improvement.refining import (
    add_feedback,
    check_revision,
    restore_unconcerned,
)
from prompt_improver.improvement.revision import Revision
from prompt_improver.improvement.structured_prompt import StructuredPrompt

logger = logging.getLogger(__name__)

MOST_CALLS = 2
"""Requests to the model for one improvement."""
_UNREADABLE = GateFailure(UNREADABLE_REPLY, ("Answer with one JSON object that has every key.",))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What the improver wrote, what is wrong with it, and what it has cost so far."""

    prompt: StructuredPrompt | None
    """None where the reply could not be read."""
    failures: tuple[GateFailure, ...]
    warnings: tuple[str, ...] = ()
    model_calls: int
    input_tokens: int | None
    output_tokens: int | None

    def followed_by(self, later: "_Attempt") -> "_Attempt":
        """The later attempt, at the cost of both. What could be read is not given up for
        what could not."""
        if later.prompt is None:
            return self.at_the_cost_of(later)
        return later.at_the_cost_of(self)

    def at_the_cost_of(self, other: "_Attempt | ImproverError") -> "_Attempt":
        """The same, with what another attempt cost added."""
        return replace(
            self,
            model_calls=self.model_calls + other.model_calls,
            input_tokens=_sum(self.input_tokens, other.input_tokens),
            output_tokens=_sum(self.output_tokens, other.output_tokens),
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


class GatedImprover(Improver):
    """Holds what ``improver`` writes against the idea.

    What is only missing stands in the section "Original request", which costs no call. Where a
    gate fails otherwise, an improver that can correct itself gets one more attempt, with what it
    wrote and what to put right. If that fails too, the offline prompt of the idea stands in,
    with the guardrails that pass; ``warnings`` names the gates and ``kept_original`` is true.
    All of it within ``timeout_s`` seconds and two calls of the model.
    """

    def __init__(
        self,
        improver: Improver,
        *,
        timeout_s: float = 110.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.backend = improver.backend
        self.model_version = improver.model_version
        self._improver = improver
        self._timeout_s = timeout_s
        self._clock = clock

    @property
    def ready(self) -> bool:
        return self._improver.ready

    async def warm(self) -> None:
        await self._improver.warm()

    async def close(self) -> None:
        await self._improver.close()

    async def improve(
        self,
        idea: str,
        context: str = "",
        correction: Correction | None = None,
        *,
        brief: Brief = CHAT,
    ) -> Improvement:
        deadline = self._clock() + self._timeout_s
        attempt = await self._attempt(idea, context, brief, correction)
        seconds_left = deadline - self._clock()
        calls_left = MOST_CALLS - attempt.model_calls
        if attempt.failures and self._improver.can_correct and min(calls_left, seconds_left) > 0:
            broken = tuple(line for failure in attempt.failures for line in failure.missing)
            tell(StateChanged(State.CORRECTING))
            tell(Restarted(Why.CORRECTION))
            second = Correction(
                broken=broken,
                calls_left=calls_left,
                seconds_left=seconds_left,
                refused=attempt.prompt,
            )
            try:
                attempt = attempt.followed_by(await self._attempt(idea, context, brief, second))
            except ImproverError as error:
                # The idea itself is at hand: better that than an error.
                logger.warning("No correction: %s: %s", type(error).__name__, error)
                attempt = attempt.at_the_cost_of(error)
        return self._finished(idea, context, brief, attempt)

    async def _attempt(
        self, idea: str, context: str, brief: Brief, correction: Correction | None
    ) -> _Attempt:
        """One answer of the improver, and the gates that it does not pass."""
        try:
            found = await self._improver.improve(idea, context, correction, brief=brief)
        except ImproverReplyError as error:
            logger.warning("%s", error)
            return _Attempt(
                prompt=None,
                failures=(_UNREADABLE,),
                model_calls=error.model_calls,
                input_tokens=error.input_tokens,
                output_tokens=error.output_tokens,
            )
        by_a_model = self._improver.can_correct
        if by_a_model:
            tell(StateChanged(State.CHECKING))
        if brief.revision is not None:
            prompt, failures = _revised(brief.revision, idea, context, found.prompt, by_a_model)
            return self._judged(found, prompt, failures)
        prompt = found.prompt
        # Judged without the idea beside it: what contradicts must not hide behind it.
        failures = check(idea, context, prompt, model_backend=by_a_model)
        if by_a_model and (only_missing(failures) or lacks_material(idea, prompt)):
            prompt = add_original_request(idea, prompt)
            failures = () if only_missing(failures) else failures
        return self._judged(found, prompt, failures)

    @staticmethod
    def _judged(
        found: Improvement, prompt: StructuredPrompt, failures: tuple[GateFailure, ...]
    ) -> _Attempt:
        return _Attempt(
            prompt=prompt,
            failures=failures,
            warnings=found.warnings,
            model_calls=found.model_calls,
            input_tokens=found.input_tokens,
            output_tokens=found.output_tokens,
        )

    def _kept(
        self, idea: str, context: str, brief: Brief, written: StructuredPrompt | None
    ) -> Composition:
        """What stands in where no answer passes."""
        if brief.revision is not None:
            return Composition(add_feedback(brief.revision))
        by_a_model = self._improver.can_correct
        return keep_original(idea, context, written, model_backend=by_a_model, brief=brief)

    def _finished(self, idea: str, context: str, brief: Brief, attempt: _Attempt) -> Improvement:
        prompt, warnings = attempt.prompt, attempt.warnings
        kept_original = prompt is None or bool(attempt.failures)
        if prompt is None or attempt.failures:
            names = [failure.gate for failure in attempt.failures]
            logger.info("The idea is kept as it is; not passed: %s", ", ".join(names))
            kept = self._kept(idea, context, brief, attempt.prompt)
            prompt = kept.prompt
            warnings = tuple(dict.fromkeys((*warnings, *names, *kept.warnings)))
        else:
            prompt = with_sources(prompt, idea, context)
            if self._improver.can_correct and prompt.artefact is None and brief.revision is None:
                # What the idea is for does not depend on who writes the prompt.
                prompt = replace(prompt, artefact=compose(idea, context, brief).prompt.artefact)
            if is_long(idea, prompt):
                warnings = (*warnings, "length")
        return Improvement(
            prompt=prompt,
            backend=self.backend,
            model_version=self.model_version,
            warnings=warnings,
            input_tokens=attempt.input_tokens,
            output_tokens=attempt.output_tokens,
            model_calls=attempt.model_calls,
            kept_original=kept_original,
            changed=prompt.render() != idea,
            evidence=evidence_of(_given(idea, brief), context, prompt),
        )


def _revised(
    revision: Revision, idea: str, context: str, written: StructuredPrompt, by_a_model: bool
) -> tuple[StructuredPrompt, tuple[GateFailure, ...]]:
    """What was written of an earlier prompt, with all that nobody asked to change, and the gates
    that it does not pass. The feedback as a rule of the user's, which is what stands without a
    model, is not held against anything."""
    if not by_a_model:
        return written, ()
    prompt = restore_unconcerned(revision, idea, context, written)
    return prompt, check_revision(revision, idea, context, prompt, model_backend=True)


def _given(idea: str, brief: Brief) -> str:
    """All that the user asks for."""
    return idea if brief.revision is None else f"{idea}\n\n{brief.revision.feedback}"
