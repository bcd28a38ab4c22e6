"""The use case, without any door."""

import asyncio
from datetime import UTC, datetime

import pytest

from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.errors import (
    BlankIdeaError,
    CallerGoneError,
    ImproverProviderError,
    ImproverRateLimitedError,
    ImproverRefusedError,
    ImproverTimeoutError,
    ImproverUnreachableError,
    InvalidRequestError,
    StoppingError,
    TooManyImprovementsError,
)
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.question import Answer, Question
from prompt_improver.domain.recorder import Recorder, SaveOutcome
from prompt_improver.domain.target import Target
from prompt_improver.improvement.answering import Answering
from prompt_improver.improvement.cancellation import Cancellation
from prompt_improver.improvement.client_prompt import ClientParts
from prompt_improver.improvement.improve_idea import ImproveIdea
from prompt_improver.improvement.improved import ImprovementObserver, ModelFailure
from prompt_improver.improvement.model_slots import ModelSlots
from prompt_improver.improvement.text_bounds import MAX_TEXT_CHARACTERS
from tests.scripted_improver import ScriptedImprover, make_backends

pytestmark = pytest.mark.anyio


NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class ListRecorder(Recorder):
    """Keeps rows in a list."""

    def __init__(self) -> None:
        self.rows: list[PromptHistory] = []

    async def record(self, history: PromptHistory) -> SaveOutcome:
        self.rows.append(history)
        return SaveOutcome.SAVED


class Figures(ImprovementObserver):
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def count_improvement(self, history: PromptHistory) -> None:
        self.heard.append(("improved", history.backend, history.latency_ms))

    def count_failure(self, backend: BackendType, error: Exception) -> None:
        self.heard.append(("failed", backend, type(error)))

    def count_fallback(self, backend: BackendType, error: Exception) -> None:
        self.heard.append(("fallback", backend, type(error)))

    def count_cancellation(self, backend: BackendType, cause: str) -> None:
        self.heard.append(("cancelled", backend, cause))


class House:
    """The use case with a model and the offline backend, and what stands around it."""

    def __init__(self, slots: int = 2, *, fallback: bool = True) -> None:
        self.model = ScriptedImprover(BackendType.FEW_SHOT)
        self.offline = ScriptedImprover(BackendType.OFFLINE)
        self.recorder, self.figures = ListRecorder(), Figures()
        ticks = iter(range(0, 1000, 2))
        self.improve_idea = ImproveIdea(
            Answering(
                make_backends(self.model, self.offline),
                self.recorder,
                slots=ModelSlots(slots, wait_s=0.01),
                observer=self.figures,
                fallback=fallback,
                clock=lambda: float(next(ticks)),
                now=lambda: NOON,
            )
        )

    async def improve(self, idea: str = "Fix it", context: str = "", **given: object):
        given.setdefault("cancellation", Cancellation())
        return await self.improve_idea.improve(idea, context, **given)  # type: ignore[arg-type]


@pytest.fixture
def house() -> House:
    return House()


async def test_an_improvement_is_kept_as_it_is_answered(house):
    improved = await house.improve("Fix it", "a bug")
    assert house.recorder.rows == [improved.history]
    assert improved.saved is SaveOutcome.SAVED
    row = improved.history
    assert (row.original_idea, row.context, row.directive) == ("Fix it", "a bug", "Fix it")
    assert (row.backend, row.latency_ms) == (BackendType.FEW_SHOT, 2000.0)
    assert house.figures.heard == [("improved", BackendType.FEW_SHOT, 2000.0)]


async def test_answers_count_as_part_of_the_idea_and_the_record_keeps_both(house):
    given = (
        Answer(id="language", text=" Python 3 "),
        Answer(id="skipped", text=" "),
        Answer(id="unknown", text="for Windows"),
    )
    improved = await house.improve("Write a script", answers=given)
    assert house.model.calls == [("Write a script\n\nLanguage: Python 3\n\nfor Windows", "")]
    row = improved.history
    assert (row.original_idea, row.answers, row.changed) == ("Write a script", given, True)


async def test_a_question_that_was_answered_or_skipped_does_not_come_again(house):
    house.model.questions = tuple(Question(id=name, text=f"{name}?") for name in "abc")
    improved = await house.improve(answers=(Answer(id="a", text="yes"), Answer(id="b", text="")))
    assert [question.id for question in improved.history.questions] == ["c"]
    assert house.model.briefs[0].answered == {"a", "b"}


async def test_idea_and_answers_have_one_bound(house):
    with pytest.raises(InvalidRequestError, match="together"):
        await house.improve("x" * 60_000, answers=(Answer(id="a", text="x" * 60_000),))
    with pytest.raises(InvalidRequestError, match="answers"):
        await house.improve("x", answers=(Answer(id="a", text="\0"),))


async def test_the_target_that_is_asked_for_is_handed_on_and_kept(house):
    improved = await house.improve(target=Target.AGENT)
    assert house.model.briefs[0].target is Target.AGENT
    assert improved.history.target == "agent"


async def test_without_a_target_the_record_says_which_one_was_taken(house):
    assert (await house.improve("Fix it")).history.target == "chat"


async def test_the_backend_that_is_asked_for_answers(house):
    improved = await house.improve(backend=BackendType.OFFLINE)
    assert improved.history.backend is BackendType.OFFLINE
    assert house.model.calls == []


@pytest.mark.parametrize(
    ("idea", "context", "error"),
    [
        (" \n", "", BlankIdeaError),
        ("x" * (MAX_TEXT_CHARACTERS + 1), "", InvalidRequestError),
        ("x", "x" * (MAX_TEXT_CHARACTERS + 1), InvalidRequestError),
        ("a\0b", "", InvalidRequestError),
        ("x", "\ud800", InvalidRequestError),
    ],
    ids=["blank", "a long idea", "a long context", "a NUL", "half a pair"],
)
async def test_what_does_not_fit_is_refused_before_anybody_is_asked(house, idea, context, error):
    with pytest.raises(error):
        await house.improve(idea, context)
    assert house.model.calls == house.recorder.rows == house.figures.heard == []


@pytest.mark.parametrize(
    "asked", [{"backend": BackendType.FEW_SHOT}, {}], ids=["asked by name", "without a fallback"]
)
async def test_a_model_that_fails_is_counted_and_nothing_is_kept(asked):
    house = House(fallback=bool(asked))
    house.model.fail_with = ImproverTimeoutError("late")
    with pytest.raises(ImproverTimeoutError):
        await house.improve(**asked)
    assert house.figures.heard == [("failed", BackendType.FEW_SHOT, ImproverTimeoutError)]
    assert house.improve_idea.last_failure == ModelFailure(code="model_timeout", at=NOON)
    assert house.recorder.rows == house.offline.calls == []


@pytest.mark.parametrize(
    "kind",
    [
        ImproverRefusedError,
        ImproverRateLimitedError,
        ImproverProviderError,
        ImproverUnreachableError,
        ImproverTimeoutError,
    ],
)
async def test_where_the_model_fails_auto_is_answered_offline(house, kind):
    house.model.fail_with = kind("planted")
    house.model.fail_with.model_calls = 1
    improved = await house.improve()
    row = improved.history
    assert (row.backend, row.warnings[0]) == (BackendType.OFFLINE, "model_unavailable")
    assert row.fallback_reason == ERRORS[kind.code].sentence
    assert (row.model_calls, improved.instead_of) == (1, house.model.fail_with)
    assert house.recorder.rows == [row]
    assert house.improve_idea.last_failure == ModelFailure(code=kind.code, at=NOON)
    assert [heard[:2] for heard in house.figures.heard] == [
        ("fallback", BackendType.FEW_SHOT),
        ("improved", BackendType.OFFLINE),
    ]


async def test_where_no_reply_can_be_read_auto_is_answered_offline_at_their_cost(house):
    house.model.answer_with = {"warnings": ("reply",), "model_calls": 2, "output_tokens": 7}
    row = (await house.improve()).history
    assert (row.backend, row.warnings[0]) == (BackendType.OFFLINE, "model_unavailable")
    assert row.fallback_reason == ERRORS["model_reply_unreadable"].sentence
    assert (row.model_calls, row.output_tokens) == (2, 7)
    named = (await house.improve(backend=BackendType.FEW_SHOT)).history
    assert (named.backend, named.warnings) == (BackendType.FEW_SHOT, ("reply",))


async def test_without_a_free_slot_it_is_refused_and_the_offline_backend_needs_none():
    house = House(slots=1)
    house.model.gate = asyncio.Event()
    waiting = asyncio.create_task(house.improve())
    await asyncio.sleep(0)
    with pytest.raises(TooManyImprovementsError):
        await house.improve()
    await house.improve(backend=BackendType.OFFLINE)
    house.model.gate.set()
    await waiting
    assert (await house.improve()).history.backend is BackendType.FEW_SHOT


async def test_nothing_is_kept_for_a_caller_that_has_gone(house):
    house.model.gate = asyncio.Event()

    async def gone() -> None:
        """At once."""

    with pytest.raises(CallerGoneError):
        await house.improve(cancellation=Cancellation(caller_gone=gone, linger_s=0))
    assert house.figures.heard == [("cancelled", BackendType.FEW_SHOT, "caller_gone")]
    assert house.recorder.rows == []


async def test_at_a_stop_auto_is_answered_offline_and_a_named_backend_is_refused(house):
    stopping = asyncio.Event()
    stopping.set()
    improved = await house.improve(cancellation=Cancellation(stopping=stopping))
    assert improved.history.backend is BackendType.OFFLINE
    assert improved.history.warnings == ("model_unavailable",)
    assert isinstance(improved.instead_of, StoppingError)
    assert improved.history.fallback_reason == ERRORS["server_stopping"].sentence
    with pytest.raises(StoppingError):
        await house.improve(
            backend=BackendType.FEW_SHOT, cancellation=Cancellation(stopping=stopping)
        )
    assert len(house.recorder.rows) == 1


IDEA_WITH_LIMITS = "rename the files of src/a.csv to {date}.csv. Never delete any file"


async def test_what_the_callers_model_wrote_is_refused_with_what_is_broken_and_not_patched(house):
    parts = ClientParts(role="A developer.", directive="Rename the files by their date.")
    checked = await house.improve_idea.check(IDEA_WITH_LIMITS, "", parts)
    assert checked.improved is None
    assert {each.gate for each in checked.broken} == {"placeholders", "verbatim", "limits"}
    told = " ".join(each.text for each in checked.broken)
    assert all(piece in told for piece in ("{date}", "src/a.csv", "Never delete any file"))
    assert house.recorder.rows == []
    assert house.figures.heard == []


async def test_what_the_callers_model_wrote_is_kept_where_nothing_is_broken(house):
    parts = ClientParts(
        role="A developer.",
        directive="Rename the files of src/a.csv to {date}.csv.",
        framework="Step by step",
        guardrails=("Say which files were renamed.", "- Never delete any file."),
    )
    checked = await house.improve_idea.check(IDEA_WITH_LIMITS, "bash", parts, model="acme/1")
    assert checked.broken == ()
    (row,) = house.recorder.rows
    assert checked.improved is not None
    assert checked.improved.history == row
    assert (row.backend, row.model_version, row.model_calls) == (BackendType.CLIENT, "acme/1", 0)
    assert (row.original_idea, row.context) == (IDEA_WITH_LIMITS, "bash")
    assert (row.framework, row.guardrail_sources) == ("chain-of-thought", ("idea", "idea"))
    assert house.figures.heard == [("improved", BackendType.CLIENT, 2000.0)]
    assert row.evidence is not None
    assert row.quotes_idea is False


async def test_parts_that_cannot_be_stored_or_say_nothing_are_refused_by_their_name(house):
    for parts, told in (
        (ClientParts(directive=" "), "directive"),
        (ClientParts(directive="x", guardrails=("a\0b",)), "guardrails"),
    ):
        with pytest.raises(InvalidRequestError, match=told):
            await house.improve_idea.check("Fix it", "", parts)
    with pytest.raises(BlankIdeaError):
        await house.improve_idea.check(" ", "", ClientParts(directive="x"))
