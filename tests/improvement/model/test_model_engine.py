"""What goes over the wire, against a real server on loopback."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from prompt_improver.domain.errors import ImproverProviderError, ImproverRateLimitedError
from prompt_improver.improvement.model.connection import ModelConnection
from prompt_improver.improvement.model.dspy_improver import DspyImprover
from tests.model_improvers import IDEA, KEY, Pauses, choice_for, improver_for
from tests.model_server import PARTS, ModelServer, Reply, parts

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.mark.parametrize(
    ("provider", "path", "key_header"),
    [
        ("anthropic", "/v1/messages", "x-api-key"),
        ("gemini", "/v1/models/gpt-test:generateContent", "x-goog-api-key"),
        ("deepseek", "/v1/chat/completions", "authorization"),
        ("ollama", "/v1/chat/completions", "authorization"),
    ],
)
async def test_each_provider_is_called_in_its_own_protocol(
    server: ModelServer, provider: str, path: str, key_header: str
) -> None:
    async with improver_for(server, provider=provider) as improver:
        found = await improver.improve(IDEA)
    assert found.model_version == f"{provider}/gpt-test"
    assert (found.model_calls, found.input_tokens, found.output_tokens) == (1, 120, 80)
    assert server.requests[0].path == path
    assert KEY in server.requests[0].headers[key_header]


@pytest.mark.parametrize(
    "first", [Reply(status=500, body=b"{}"), Reply(status=529, body=b"{}"), Reply(reset=True)]
)
async def test_one_quick_retry_mends_a_passing_failure(server: ModelServer, first: Reply) -> None:
    server.reply = [first, Reply()]
    pauses = Pauses()
    async with improver_for(server, sleep=pauses.sleep) as improver:
        found = await improver.improve(IDEA)
    assert pauses.slept == [0.4]
    assert found.model_calls == 2, "the failed request counts too"
    assert len(server.requests) == 2


async def test_a_server_that_asks_to_wait_is_not_asked_again(server: ModelServer) -> None:
    server.reply = Reply(status=429, headers={"Retry-After": "7"}, body=b"{}")
    async with improver_for(server) as improver:
        with pytest.raises(ImproverRateLimitedError) as caught:
            await improver.improve(IDEA)
        assert caught.value.retry_after_s == 7
        server.reply = Reply(status=503, headers={"Retry-After": "7"}, body=b"{}")
        with pytest.raises(ImproverProviderError):
            await improver.improve(IDEA)
    assert len(server.requests) == 2


async def test_tokens_that_the_server_does_not_count_are_none(server: ModelServer) -> None:
    server.reply = Reply(usage=None)
    async with improver_for(server) as improver:
        found = await improver.improve(IDEA)
    assert (found.input_tokens, found.output_tokens, found.model_calls) == (None, None, 1)


@pytest.mark.parametrize("provider", ["ollama", "openai-compatible"])
async def test_decoding_is_held_to_the_schema_on_servers_of_ones_own(
    server: ModelServer, provider: str
) -> None:
    async with improver_for(server, provider=provider, constrained=True) as improver:
        await improver.improve(IDEA)
        await improver.improve("word " * 2_000)
    short, long = (request.body["response_format"] for request in server.requests)
    assert short["type"] == "json_schema"
    properties = short["json_schema"]["schema"]["properties"]
    assert list(properties) == [*PARTS, "material", "assumptions", "examples"]
    assert properties["directive"]["maxLength"] == 1_500
    assert "maxLength" not in long["json_schema"]["schema"]["properties"]["directive"]


@pytest.mark.parametrize("status", [400, 422])
async def test_a_server_without_response_format_is_noticed_once(
    server: ModelServer, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    server.reply = lambda request: (
        Reply(status=status, body=b"{}") if "response_format" in request.body else Reply()
    )
    async with improver_for(server, provider="openai-compatible", constrained=True) as improver:
        first = await improver.improve(IDEA)
        await asyncio.gather(*(improver.improve(IDEA) for _ in range(3)))
    assert first.model_calls == 1
    assert len(server.requests) == 5
    assert sum("response_format" in request.body for request in server.requests) == 1
    assert caplog.text.count("response_format") == 1


async def test_a_request_refused_for_another_reason_goes_on_being_constrained(
    server: ModelServer,
) -> None:
    server.reply = [Reply(status=400, body=b"{}"), Reply(status=400, body=b"{}"), Reply()]
    async with improver_for(server, provider="ollama", constrained=True) as improver:
        with pytest.raises(ImproverProviderError):
            await improver.improve(IDEA)
        await improver.improve(IDEA)
    assert "response_format" in server.requests[-1].body


async def test_a_model_that_is_not_to_think_is_told_in_openais_words(server: ModelServer) -> None:
    """gpt-6-luna takes no max_tokens, and a temperature only next to effort none."""
    async with improver_for(server, model="gpt-6-luna", thinking=False, temperature=0.2) as asked:
        found = await asked.improve(IDEA)
    body = server.requests[0].body
    assert (body["reasoning_effort"], body["temperature"]) == ("none", 0.2)
    assert (body["max_completion_tokens"], "max_tokens" in body) == (500, False)
    assert found.model_calls == 1


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini", "deepseek", "ollama"])
async def test_nobody_else_is_told_how_to_think(server: ModelServer, provider: str) -> None:
    async with improver_for(server, provider=provider) as improver:
        await improver.improve(IDEA)
    names = " ".join(all_names(server.requests[0].body))
    assert not re.search("effort|thinking|reasoning_|temperature", names)


async def test_thoughts_before_the_answer_are_passed_over(server: ModelServer) -> None:
    said = [{"type": "thinking", "thinking": "{ hm", "signature": "x"}]
    said.append({"type": "text", "text": parts()})
    answer = {"type": "message", "role": "assistant", "model": "m", "content": said, "id": "1"}
    answer |= {"stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 2}}
    server.reply = Reply(body=json.dumps(answer).encode())
    async with improver_for(server, provider="anthropic", model="claude-haiku-5-5") as improver:
        assert (await improver.improve(IDEA)).prompt.role == PARTS["role"]


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_a_model_that_takes_no_temperature_is_noticed_once(
    server: ModelServer, caplog: pytest.LogCaptureFixture, provider: str
) -> None:
    server.reply = lambda request: (
        Reply(status=400, body=b"{}") if "temperature" in request.body else Reply()
    )
    async with improver_for(server, provider=provider, temperature=0.2) as improver:
        first = await improver.improve(IDEA)
        await improver.improve(IDEA)
    assert first.model_calls == 1
    assert ["temperature" in request.body for request in server.requests] == [True, False, False]
    assert caplog.text.count("does not support temperature") == 1


async def test_a_request_refused_for_another_reason_goes_on_having_its_temperature(
    server: ModelServer,
) -> None:
    server.reply = [Reply(status=400, body=b"{}"), Reply(status=400, body=b"{}"), Reply()]
    async with improver_for(server, temperature=0.2) as improver:
        with pytest.raises(ImproverProviderError):
            await improver.improve(IDEA)
        await improver.improve(IDEA)
    assert server.requests[-1].body["temperature"] == 0.2


def all_names(body: Any) -> list[str]:
    """The keys of a JSON value, at every depth."""
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [*(body if isinstance(body, dict) else ()), *(n for v in inner for n in all_names(v))]


async def test_a_proxy_of_the_environment_is_not_asked_for_a_model_on_this_machine(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with improver_for(server) as improver:
        assert (await improver.improve(IDEA)).model_calls == 1


def test_one_connection_serves_one_event_loop_after_another(server: ModelServer) -> None:
    improver = DspyImprover(ModelConnection(choice_for(server)))
    for _ in range(2):
        assert asyncio.run(improver.improve(IDEA)).prompt.role == PARTS["role"]
