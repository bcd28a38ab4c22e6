"""How calls fail, wait and run side by side, against a real server on loopback."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from prompt_improver.domain.errors import (
    ImproverError,
    ImproverModelNotFoundError,
    ImproverNotConfiguredError,
    ImproverProviderError,
    ImproverRateLimitedError,
    ImproverRefusedError,
    ImproverReplyError,
    ImproverTimeoutError,
    ImproverUnreachableError,
)
from prompt_improver.improvement.model.demonstrations import load_demonstrations
from tests.model_improvers import IDEA, KEY, Pauses, improver_for
from tests.model_server import PARTS, ModelServer, Reply, parts

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


SAID = f"provider says: {KEY} is wrong for {IDEA}"


FAILURES: dict[str, tuple[Reply, type[ImproverError], int]] = {
    "401": (Reply(status=401, body=SAID.encode()), ImproverRefusedError, 1),
    "403": (Reply(status=403, body=SAID.encode()), ImproverRefusedError, 1),
    "402": (Reply(status=402, body=SAID.encode()), ImproverRefusedError, 1),
    "404": (Reply(status=404, body=SAID.encode()), ImproverModelNotFoundError, 1),
    "400": (Reply(status=400, body=SAID.encode()), ImproverProviderError, 1),
    "429": (Reply(status=429, body=SAID.encode()), ImproverRateLimitedError, 1),
    "500": (Reply(status=500, body=SAID.encode()), ImproverProviderError, 2),
    "503": (Reply(status=503, body=SAID.encode()), ImproverProviderError, 2),
    "504": (Reply(status=504, body=SAID.encode()), ImproverTimeoutError, 1),
    "529": (Reply(status=529, body=SAID.encode()), ImproverRateLimitedError, 2),
    "redirect": (
        Reply(status=302, headers={"Location": "/v1/elsewhere"}, body=b""),
        ImproverProviderError,
        1,
    ),
    "reset": (Reply(reset=True), ImproverUnreachableError, 2),
    "reset midway": (Reply(reset_midway=True), ImproverUnreachableError, 2),
    "null": (Reply(text=None), ImproverReplyError, 1),
    "empty": (Reply(text=""), ImproverReplyError, 1),
    "garbage": (Reply(text=SAID), ImproverReplyError, 1),
    "cut": (Reply(text=parts()[:300], finish_reason="length"), ImproverReplyError, 1),
    "html": (Reply(body=f"<html>{SAID}</html>".encode()), ImproverProviderError, 1),
    "no choices": (Reply(body=b"{}"), ImproverReplyError, 1),
    "a list": (Reply(body=b"[1]"), ImproverReplyError, 1),
    "an error in a 200": (
        Reply(body=json.dumps({"error": {"message": SAID}}).encode()),
        ImproverProviderError,
        2,
    ),
}


@pytest.mark.parametrize(("reply", "expected", "calls"), FAILURES.values(), ids=FAILURES)
async def test_each_failure_has_its_error_and_tells_nothing(
    server: ModelServer,
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
    expected: type[ImproverError],
    calls: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply = reply
    async with improver_for(server) as improver:
        with pytest.raises(ImproverError) as caught:
            await improver.improve(IDEA)
    assert type(caught.value) is expected
    assert len(server.requests) == calls
    error: BaseException | None = caught.value
    assert error is not None
    assert error.__cause__ is None
    assert error.__context__ is None
    for private in (KEY, IDEA, "provider says", server.root):
        assert private not in str(error)
        assert private not in caplog.text


async def test_nobody_listening_is_unreachable(server: ModelServer) -> None:
    pauses = Pauses()
    async with improver_for(
        server, base_url="http://127.0.0.1:1/v1", sleep=pauses.sleep
    ) as improver:
        with pytest.raises(ImproverUnreachableError, match="ConnectionRefusedError"):
            await improver.improve(IDEA)
    assert pauses.slept == [0.4]


async def test_a_provider_without_a_key_says_what_to_set(server: ModelServer) -> None:
    async with improver_for(server, api_key=None) as improver:
        with pytest.raises(ImproverNotConfiguredError, match="set LLM_API_KEY"):
            await improver.improve(IDEA)
    assert server.requests == []


async def test_a_slow_model_is_given_up_in_time(server: ModelServer) -> None:
    server.reply = Reply(delay_s=5)
    async with improver_for(server, timeout_s=0.3) as improver:
        await improver.warm()
        started = time.monotonic()
        with pytest.raises(ImproverTimeoutError, match=r"within 0\.3 s"):
            await improver.improve(IDEA)
    assert time.monotonic() - started < 1.5


async def test_the_retry_is_inside_the_time_of_the_whole_call(server: ModelServer) -> None:
    server.reply = [Reply(status=500, body=b"{}"), Reply(delay_s=5)]
    async with improver_for(server, timeout_s=0.4) as improver:
        await improver.warm()
        with pytest.raises(ImproverTimeoutError):
            await improver.improve(IDEA)
    assert len(server.requests) == 2


async def test_a_reply_cut_at_max_tokens_says_what_to_set(server: ModelServer) -> None:
    server.reply = Reply(text=parts()[:300], finish_reason="length")
    async with improver_for(server) as improver:
        with pytest.raises(ImproverReplyError, match="LLM_MAX_TOKENS"):
            await improver.improve(IDEA)


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_a_cut_reply_is_not_taken_for_a_whole_one_because_it_can_be_read(
    server: ModelServer, reason: str
) -> None:
    server.reply = Reply(finish_reason=reason)
    async with improver_for(server) as improver:
        with pytest.raises(ImproverReplyError):
            await improver.improve(IDEA)


@pytest.mark.parametrize(
    "text",
    [parts().replace("0.8", "NaN"), parts().replace("0.8", "-1" + "0" * 400), '{"a":' * 20_000],
    ids=["NaN", "a number of 400 digits", "20,000 brackets"],
)
async def test_a_number_that_no_float_holds_and_endless_brackets_are_no_error_of_ours(
    server: ModelServer, text: str
) -> None:
    server.reply = Reply(text=text)
    async with improver_for(server, constrained=True) as improver:
        with contextlib.suppress(ImproverReplyError):
            assert (await improver.improve(IDEA)).prompt.confidence is None


async def test_a_count_of_tokens_that_cannot_be_is_no_figure(server: ModelServer) -> None:
    server.reply = Reply(usage=(2**70, 5))
    async with improver_for(server) as improver:
        found = await improver.improve(IDEA)
    assert (found.input_tokens, found.output_tokens) == (None, 5)


async def test_an_error_tells_what_it_cost(server: ModelServer) -> None:
    server.reply = Reply(status=500, body=b"{}")
    async with improver_for(server) as improver:
        with pytest.raises(ImproverProviderError) as caught:
            await improver.improve(IDEA)
    assert caught.value.model_calls == 2


async def test_fifty_at_once_wait_for_one_second_and_not_for_each_other(
    server: ModelServer,
) -> None:
    server.reply = Reply(delay_s=1)
    async with improver_for(server, demonstrations=load_demonstrations()) as improver:
        await improver.warm()
        started = time.monotonic()
        found = await asyncio.gather(*(improver.improve(f"{IDEA} {n}") for n in range(50)))
        took = time.monotonic() - started
    assert len(found) == len(server.requests) == 50
    assert took < 2.5


async def test_many_at_once_do_not_mix_their_answers_or_their_tokens(server: ModelServer) -> None:
    def answer(request: Any) -> Reply:
        name = request.body["messages"][-1]["content"].split("idea-")[1].split("\n")[0]
        return Reply(text=parts(role=f"for {name}"), usage=(int(name), 1), delay_s=0.05)

    server.reply = answer
    async with improver_for(server) as improver:
        found = await asyncio.gather(*(improver.improve(f"idea-{n}") for n in range(20)))
    assert [f.prompt.role for f in found] == [f"for {n}" for n in range(20)]
    assert [f.input_tokens for f in found] == list(range(20))


async def test_a_call_that_is_cancelled_leaves_the_connection_usable(server: ModelServer) -> None:
    server.reply = [Reply(delay_s=5), Reply()]
    async with improver_for(server) as improver:
        await improver.warm()
        call = asyncio.create_task(improver.improve(IDEA))
        while not server.requests:  # noqa: ASYNC110 the server is in a thread
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await improver.improve(IDEA)).prompt.role == PARTS["role"]


async def test_ready_turns_true_when_warm_and_all_waiters_share_one_import(
    server: ModelServer,
) -> None:
    async with improver_for(server) as improver:
        assert not improver.ready
        given_up = asyncio.create_task(improver.warm())
        others = [asyncio.create_task(improver.warm()) for _ in range(3)]
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(*others)
        assert improver.ready


async def test_closing_twice_or_before_use_does_nothing(server: ModelServer) -> None:
    async with improver_for(server) as improver:
        await improver.close()
        await improver.improve(IDEA)
        await improver.close()


async def test_dspy_keeps_no_history_and_no_trace(server: ModelServer) -> None:
    async with improver_for(server) as improver:
        await improver.improve(IDEA)
        import dspy
        from dspy.clients.base_lm import GLOBAL_HISTORY

        assert not GLOBAL_HISTORY
        assert not dspy.settings.trace
        assert not dspy.cache.memory_cache
        assert not dspy.cache.enable_disk_cache


@pytest.mark.parametrize("place", ["idea", "context"])
async def test_an_answer_that_only_repeats_an_object_it_was_given_is_none(
    server: ModelServer, place: str
) -> None:
    given = {"idea": IDEA, "context": "", place: parts(role="You are a pirate.")}
    server.reply = Reply(text=given[place])
    async with improver_for(server) as improver:
        with pytest.raises(ImproverReplyError, match="repeats"):
            await improver.improve(given["idea"], given["context"])
