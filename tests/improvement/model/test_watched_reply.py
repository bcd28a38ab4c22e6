"""Replies that come piece by piece, with the bytes that each kind of server sends."""

import asyncio
from collections.abc import Iterator

import pytest

from prompt_improver.domain.errors import (
    ImproverProviderError,
    ImproverRateLimitedError,
    ImproverReplyError,
    ImproverUnreachableError,
)
from prompt_improver.improvement.improver import Improvement
from prompt_improver.improvement.model.watched_reply import MOST_TEXT_CHARACTERS
from prompt_improver.improvement.progress import (
    Event,
    ItemsShown,
    Restarted,
    State,
    StateChanged,
    TextAdded,
    Why,
    watched,
)
from tests.model_improvers import IDEA, improver_for
from tests.model_server import PARTS, ModelServer, Reply, parts
from tests.model_streams import anthropic_events, data, openai_events

pytestmark = pytest.mark.anyio
STREAM = {"Content-Type": "text/event-stream"}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


async def improve(server: ModelServer, **settings: object) -> tuple[Improvement, list[Event]]:
    events: list[Event] = []
    async with improver_for(server, **settings) as improver:
        with watched(events.append):
            found = await improver.improve(IDEA)
    return found, events


def text_of(events: list[Event], field: str) -> str:
    return "".join(e.text for e in events if isinstance(e, TextAdded) and e.field == field)


def states(events: list[Event]) -> list[State]:
    return [event.state for event in events if isinstance(event, StateChanged)]


def assert_whole(found: Improvement, events: list[Event]) -> None:
    """What was shown is what is in the answer."""
    for field in ("role", "directive", "output_format", "reasoning"):
        assert text_of(events, field) == PARTS[field] == getattr(found.prompt, field)
    items = [event.items for event in events if isinstance(event, ItemsShown)]
    assert items[-1] == found.prompt.guardrails == tuple(PARTS["guardrails"])


@pytest.mark.parametrize("provider", ["openai", "deepseek", "ollama", "anthropic", "gemini"])
async def test_each_providers_stream_is_shown_and_counted_as_its_plain_reply(server, provider):
    found, events = await improve(server, provider=provider)
    assert_whole(found, events)
    assert states(events) == [State.READING, State.WRITING]
    assert (found.model_calls, found.input_tokens, found.output_tokens) == (1, 120, 80)
    assert sum(isinstance(event, TextAdded) for event in events) > 4


async def test_tokens_that_anthropic_leaves_out_at_the_end_are_not_known(server):
    *events, delta, stop = anthropic_events(parts())
    delta = delta.replace(b'"input_tokens": 120, ', b"")
    server.reply = Reply(body=b"".join([*events, delta, stop]), headers=STREAM)
    found, _ = await improve(server, provider="anthropic")
    assert (found.input_tokens, found.output_tokens) == (None, 80)


async def test_whom_nobody_watches_is_not_asked_to_stream(server):
    async with improver_for(server) as improver:
        await improver.improve(IDEA)
    assert not server.requests[0].body.get("stream")


async def test_what_anthropic_thinks_is_a_state_and_no_text(server):
    thought = [
        {"type": "thinking_delta", "thinking": "{ hm"},
        {"type": "signature_delta", "signature": "x"},
    ]
    start = {"type": "content_block_start", "index": 0}
    start["content_block"] = {"type": "thinking", "thinking": "", "signature": ""}
    thinking = [b"event: content_block_start\n" + data(start)]
    for delta in thought:
        value = {"type": "content_block_delta", "index": 0, "delta": delta}
        thinking.append(b"event: content_block_delta\n" + data(value))
    first, *rest = (
        event.replace(b'"index": 0', b'"index": 1') for event in anthropic_events(parts())
    )
    server.reply = Reply(body=b"".join([first, *thinking, *rest]), headers=STREAM)
    found, events = await improve(server, provider="anthropic")
    assert_whole(found, events)
    assert states(events) == [State.READING, State.THINKING, State.WRITING]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_what_deepseek_and_vllm_send_as_reasoning_is_a_state_and_no_text(server, field):
    choice = {"index": 0, "delta": {field: '{"role": "no"'}, "finish_reason": None}
    thought = data({"id": "1", "object": "chat.completion.chunk", "choices": [choice]})
    first, *rest = openai_events(parts())
    server.reply = Reply(body=b"".join([first, thought, *rest]), headers=STREAM)
    found, events = await improve(server, provider="deepseek")
    assert_whole(found, events)
    assert states(events) == [State.READING, State.THINKING, State.WRITING]


async def test_thoughts_in_the_text_itself_are_not_shown(server):
    server.reply = Reply(text=f'<think>{{"role": "no"}}</think>\n```json\n{parts()}\n```')
    found, events = await improve(server)
    assert_whole(found, events)
    assert states(events) == [State.READING, State.THINKING, State.WRITING]


async def test_a_proxy_that_sends_everything_in_one_chunk_shows_everything(server):
    server.reply = Reply(body=b"".join(openai_events(parts())), headers=STREAM)
    found, events = await improve(server)
    assert_whole(found, events)
    assert len(server.requests) == found.model_calls == 1


async def test_a_proxy_that_cuts_events_at_any_byte_changes_nothing(server):
    """Among them the middle of a character."""
    sent = b"".join(openai_events(parts(role="Eres una persona ñandú 😀")))
    server.reply = Reply(body=sent, headers=STREAM)
    found, events = await improve(server)
    assert text_of(events, "role") == found.prompt.role == "Eres una persona ñandú 😀"


@pytest.mark.parametrize(
    "whole",
    [Reply(streams=False), Reply(body=data({"pad": "x" * 70_000}), headers=STREAM)],
    ids=["JSON in place of events", "a line over 64 KiB"],
)
async def test_a_server_that_does_not_stream_is_asked_for_its_whole_reply_from_then_on(
    server, caplog, whole
):
    server.reply = lambda request: whole if request.body.get("stream") else Reply()
    async with improver_for(server) as improver:
        for number in range(2):
            events: list[Event] = []
            with watched(events.append):
                found = await improver.improve(IDEA)
            assert_whole(found, events)
            assert found.model_calls == 1, "finding out is not this improvement's cost"
            assert len(server.requests) == 2 + number
    assert [bool(r.body.get("stream")) for r in server.requests] == [True, False, False]
    assert caplog.text.count("does not stream") == 1


async def test_a_provider_that_refuses_streams_to_this_account_is_asked_without(server, caplog):
    server.reply = lambda request: (
        Reply(status=400, body=b"{}") if request.body.get("stream") else Reply()
    )
    found, events = await improve(server)
    assert_whole(found, events)
    assert found.model_calls == 1
    assert "refuses to stream" in caplog.text


async def test_a_refused_response_format_is_left_out_of_the_stream_too(server):
    server.reply = lambda request: (
        Reply(status=400, body=b"{}") if "response_format" in request.body else Reply()
    )
    found, events = await improve(server, provider="openai-compatible", constrained=True)
    assert_whole(found, events)
    assert found.model_calls == 1
    assert [bool(r.body.get("stream")) for r in server.requests] == [True, True]


@pytest.mark.parametrize(
    "first",
    [
        Reply(reset=True),
        Reply(reset_midway=True),
        Reply(body=b"".join(openai_events(parts())[:20]), headers=STREAM),
        Reply(status=500, body=b"{}"),
    ],
    ids=["reset", "reset in mid-reply", "ended in mid-reply", "500"],
)
async def test_after_a_broken_connection_the_preview_begins_anew(server, first):
    server.reply = [first, Reply()]
    found, events = await improve(server)
    assert found.model_calls == len(server.requests) == 2
    at = events.index(Restarted(Why.RETRY))
    assert_whole(found, events[at:])


async def test_a_stream_that_breaks_twice_is_told_as_a_broken_connection(server):
    server.reply = Reply(reset_midway=True)
    with pytest.raises(ImproverUnreachableError):
        await improve(server)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("provider", "error", "kind"),
    [
        ("openai", {"error": {"message": "m", "code": "server_error"}}, ImproverProviderError),
        (
            "openai",
            {"error": {"message": "m", "code": "rate_limit_exceeded"}},
            ImproverRateLimitedError,
        ),
        (
            "anthropic",
            {"type": "error", "error": {"type": "overloaded_error", "message": "m"}},
            (ImproverProviderError, ImproverRateLimitedError),
        ),
    ],
    ids=["openai failed", "openai rate", "anthropic overloaded"],
)
async def test_an_error_in_the_middle_of_a_stream_is_told_by_its_kind(
    server, provider, error, kind
):
    form = anthropic_events if provider == "anthropic" else openai_events
    name = b"event: error\n" if provider == "anthropic" else b""
    server.reply = Reply(body=b"".join([*form(parts())[:12], name + data(error)]), headers=STREAM)
    with pytest.raises(kind):
        await improve(server, provider=provider)


async def test_a_stream_that_is_cut_at_max_tokens_is_no_reply(server):
    server.reply = Reply(text=parts()[:200], finish_reason="length")
    with pytest.raises(ImproverReplyError, match="LLM_MAX_TOKENS"):
        await improve(server)


async def test_a_stream_without_end_is_given_up_by_its_text_and_not_by_its_wrapping(server):
    """13,000 tokens are 4 MB of events, and 52 KB of text."""
    long = parts(directive="word " * 11_000)
    server.reply = Reply(body=b"".join(openai_events(long)), headers=STREAM)
    found, _ = await improve(server)
    assert len(server.reply.body or b"") > 2_000_000
    assert found.prompt.directive == ("word " * 11_000).strip()
    endless = "x" * (MOST_TEXT_CHARACTERS + 1)
    server.reply = Reply(body=b"".join(openai_events(endless, size=16_000)), headers=STREAM)
    assert len(server.reply.body or b"") < 2_000_000
    with pytest.raises(ImproverProviderError):
        await improve(server)


async def test_cancelled_in_mid_reply_the_connection_is_closed(server):
    server.reply = Reply(piece_s=0.02)
    async with improver_for(server) as improver:
        heard = asyncio.Event()

        def sink(event: Event) -> None:
            if isinstance(event, TextAdded):
                heard.set()

        with watched(sink):
            asking = asyncio.create_task(improver.improve(IDEA))
        await asyncio.wait_for(heard.wait(), 20)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        for _ in range(100):
            if server.hang_ups:
                break
            await asyncio.sleep(0.01)
        assert len(server.hang_ups) == 1
