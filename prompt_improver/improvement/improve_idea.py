"""The one use case: an idea becomes an improvement, and is remembered. Every door calls it."""

import contextlib
import uuid
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from prompt_improver.domain.errors import (
    BlankIdeaError,
    InvalidRequestError,
    NothingChangedError,
)
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.question import Answer
from prompt_improver.domain.target import Target
from prompt_improver.improvement.answering import Answering
from prompt_improver.improvement.brief import Brief, with_answers
from prompt_improver.improvement.cancellation import Cancellation
from prompt_improver.improvement.client_prompt import (
    ClientParts,
    find_broken,
    improvement_of_client,
    prompt_of_client,
)
from prompt_improver.improvement.event_stream import stream_events
from prompt_improver.improvement.improved import (
    Checked,
    Improved,
    ModelFailure,
)
from prompt_improver.improvement.improver import Improvement
from prompt_improver.improvement.offline import answer_labels, choose_target
from prompt_improver.improvement.progress import Event, ItemsShown, Started, TextAdded
from prompt_improver.improvement.refining import (
    changed_parts,
    prompt_of,
    settled_defaults,
    told_idea,
    told_to_change,
)
from prompt_improver.improvement.revision import Revision
from prompt_improver.improvement.text_bounds import check_text, within_bounds


class ImproveIdea:
    """Improves, refines and restores, with what ``answering`` asks and keeps."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    @property
    def last_failure(self) -> ModelFailure | None:
        """Of the model, since the start; None where it has not failed."""
        return self._answering.last_failure

    def chosen(self, backend: BackendType | None) -> BackendType:
        """The backend that answers where ``backend`` is asked for; None is auto."""
        return self._answering.chosen(backend)

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
        _check_answers(answers)
        told = within_bounds(with_answers(idea, answers, answer_labels(idea) if answers else {}))
        brief = Brief.of(target or choose_target(told), answers)
        return await self._answering.answer(
            told,
            context,
            brief,
            backend,
            cancellation,
            partial(Improvement.to_history, idea=idea, context=context, answers=answers),
        )

    async def refine(
        self,
        parent: PromptHistory,
        feedback: str = "",
        *,
        answers: tuple[Answer, ...] = (),
        backend: BackendType | None = None,
        cancellation: Cancellation,
    ) -> Improved:
        """Change the prompt of ``parent`` as ``feedback`` and ``answers`` to its questions ask,
        and keep the result as a new version of it. What the feedback does not concern stays word
        for word. It inherits no star, rating, note or tag. For ``backend`` and ``cancellation``
        see ``improve``.

        Raises:
            InvalidRequestError: neither feedback nor an answer, or one is too long or cannot be
                stored.
            NothingChangedError: the result is the prompt of ``parent``; nothing was kept.
            TooManyImprovementsError, ImprovementCancelledError, ImproverError: as ``improve``.
        """
        check_text("feedback", feedback)
        _check_answers(answers)
        wish = within_bounds(told_to_change(parent, feedback, answers))
        if not wish:
            raise InvalidRequestError("feedback: must not be blank")
        before = prompt_of(parent)
        every = (*(parent.answers or ()), *answers)
        brief = Brief.of(Target(parent.target or Target.CHAT), every)
        idea = told_idea(parent)
        if not feedback.strip() and self._is_as_composed(parent, backend):
            # As if the answers had been there from the start: a better prompt than rules beside.
            idea = within_bounds(told_idea(parent, answers))
        else:
            settled = settled_defaults(parent, answers)
            asked = Revision(
                parent=before, feedback=wish, before=parent.instruction or "", settled=settled
            )
            brief = replace(brief, revision=asked)

        def to_history(improvement: Improvement, **facts: Any) -> PromptHistory:
            history = improvement.to_history(
                idea=parent.original_idea, context=parent.context, answers=every, **facts
            )
            if history.improved_prompt == parent.prompt_to_use:
                raise NothingChangedError("the result is the prompt that was to be refined")
            return replace(
                history,
                parent_id=parent.prompt_id,
                version=parent.version + 1,
                instruction=feedback if feedback.strip() else wish,
                changed_parts=changed_parts(before, improvement.prompt),
            )

        return await self._answering.answer(
            idea, parent.context, brief, backend, cancellation, to_history
        )

    def _is_as_composed(self, parent: PromptHistory, backend: BackendType | None) -> bool:
        """Whether the offline backend made ``parent`` of its idea, nobody has changed it since,
        and the offline backend is to answer again."""
        is_first = parent.instruction is None and parent.edited_prompt is None
        makers = {parent.backend, self.chosen(backend)}
        return is_first and parent.parent_id is None and makers == {BackendType.OFFLINE}

    async def restore(self, parent: PromptHistory, version: PromptHistory) -> Improved:
        """Keep the parts of ``version``, as they are, as a new version of ``parent``.

        Raises:
            NothingChangedError: it is the prompt of ``parent``; nothing was kept.
        """
        began = self._answering.clock()
        if version.prompt_to_use == parent.prompt_to_use:
            raise NothingChangedError("the version is the prompt that there is")
        changed = changed_parts(prompt_of(parent), prompt_of(version))
        history = replace(
            version,
            id=None,
            prompt_id=str(uuid.uuid4()),
            timestamp=self._answering.now(),
            parent_id=parent.prompt_id,
            version=parent.version + 1,
            instruction=None,
            changed_parts=changed,
            starred=False,
            rating=None,
            note=None,
            tags=(),
            imported_at=None,
            model_calls=0,
            input_tokens=None,
            output_tokens=None,
            latency_ms=round((self._answering.clock() - began) * 1000, 3),
        )
        return Improved(history=history, saved=await self._answering.recorder.record(history))

    async def check(
        self,
        idea: str,
        context: str,
        parts: ClientParts,
        *,
        target: Target | None = None,
        model: str = "",
    ) -> Checked:
        """Hold what the caller's own model wrote against ``idea``, and keep it where nothing is
        broken. Nothing is put right; ``model`` is that model's name.

        Raises:
            BlankIdeaError, InvalidRequestError: as ``improve``, of the parts too.
        """
        began = self._answering.clock()
        given = {"idea": idea, "context": context, "model": model, **asdict(parts)}
        for name, text in given.items():
            for each in text if isinstance(text, tuple) else (text,):
                check_text(name, each)
        if not idea.strip():
            raise BlankIdeaError("the idea is blank")
        if not parts.directive.strip():
            raise InvalidRequestError("directive: must not be blank")
        brief = Brief(target=target or choose_target(idea))
        prompt = prompt_of_client(idea, context, brief.target, parts)
        if broken := find_broken(idea, context, prompt):
            return Checked(broken=broken)
        history = improvement_of_client(idea, context, prompt, model).to_history(
            idea=idea,
            context=context,
            brief=brief,
            latency_ms=(self._answering.clock() - began) * 1000,
        )
        self._answering.observer.count_improvement(history)
        saved = await self._answering.recorder.record(history)
        return Checked(improved=Improved(history=history, saved=saved))

    async def stream(
        self, work: Coroutine[Any, Any, Improved]
    ) -> AsyncGenerator[Event | Improved, None]:
        """``work``, a call of this use case, as a stream: its events, ``Started`` first, then the
        Improved. What it raises is raised there; before ``Started``, nothing was asked of the
        model."""
        began = self._answering.clock()
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
                    self._answering.observer.observe_first_field(
                        asked, self._answering.clock() - began
                    )
                yield event


def _check_answers(answers: tuple[Answer, ...]) -> None:
    for answer in answers:
        check_text("answers", answer.id)
        check_text("answers", answer.text)
