import asyncio

import pytest

from prompt_improver.domain.errors import CallerGoneError, ImproverTimeoutError, StoppingError
from prompt_improver.improvement.cancellation import Cancellation

pytestmark = pytest.mark.anyio


class Work:
    """Waits until it is let go on; ``ended`` says how it ended."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.ended = ""

    async def __call__(self) -> str:
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # it closes a connection
            self.ended = "cancelled"
            raise
        self.ended = "done"
        return "answer"


class Caller:
    """Stays until it hangs up."""

    def __init__(self) -> None:
        self.hung_up = asyncio.Event()

    async def __call__(self) -> None:
        await self.hung_up.wait()


async def others() -> set[asyncio.Task]:
    return asyncio.all_tasks() - {asyncio.current_task()}


async def test_the_result_is_handed_on_and_nothing_is_left():
    work, before = Work(), await others()
    work.go_on.set()
    assert await Cancellation(caller_gone=Caller()).run(work()) == "answer"
    assert await others() == before


async def test_an_error_is_handed_on():
    async def fail() -> None:
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        await Cancellation().run(fail())


async def test_work_has_ended_when_its_caller_is_told_gone():
    work, caller, before = Work(), Caller(), await others()
    running = asyncio.create_task(Cancellation(caller_gone=caller, linger_s=0).run(work()))
    await work.begun.wait()
    caller.hung_up.set()
    with pytest.raises(CallerGoneError):
        await running
    assert work.ended == "cancelled"
    assert await others() == before


async def test_an_answer_that_comes_just_after_its_caller_has_gone_is_kept():
    work, caller = Work(), Caller()
    running = asyncio.create_task(Cancellation(caller_gone=caller, linger_s=10).run(work()))
    await work.begun.wait()
    caller.hung_up.set()
    await asyncio.sleep(0.01)
    assert not running.done()
    work.go_on.set()
    assert await running == "answer"


@pytest.mark.parametrize("cause", ["caller_gone", "stopping"])
async def test_an_answer_that_is_complete_in_the_same_moment_is_kept(cause):
    work, caller, stopping = Work(), Caller(), asyncio.Event()
    cancellation = Cancellation(caller_gone=caller, stopping=stopping, linger_s=0)
    running = asyncio.create_task(cancellation.run(work()))
    await work.begun.wait()
    work.go_on.set()
    (caller.hung_up if cause == "caller_gone" else stopping).set()
    assert await running == "answer"


async def test_a_stop_cancels_at_once_all_that_runs():
    works, stopping = [Work() for _ in range(3)], asyncio.Event()
    running = [
        asyncio.create_task(Cancellation(stopping=stopping, linger_s=60).run(work()))
        for work in works
    ]
    for work in works:
        await work.begun.wait()
    stopping.set()
    results = await asyncio.wait_for(asyncio.gather(*running, return_exceptions=True), 5)
    assert [type(result) for result in results] == [StoppingError] * 3
    assert [work.ended for work in works] == ["cancelled"] * 3


async def test_after_a_stop_nothing_begins():
    work, stopping = Work(), asyncio.Event()
    stopping.set()
    with pytest.raises(StoppingError):
        await Cancellation(stopping=stopping).run(work())
    assert not work.begun.is_set()


async def test_whoever_is_cancelled_from_outside_takes_the_work_along():
    work, before = Work(), await others()
    running = asyncio.create_task(Cancellation().run(work()))
    await work.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert work.ended == "cancelled"
    assert await others() == before


async def test_work_is_given_up_after_the_longest_time_that_the_caller_waits():
    work = Work()
    with pytest.raises(ImproverTimeoutError):
        await Cancellation(longest_s=0.01).run(work())
    assert work.ended == "cancelled"
    work.go_on.set()
    assert await Cancellation(longest_s=5).run(work()) == "answer"
