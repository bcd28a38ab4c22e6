"""The stream of events over HTTP, and what it shares with the plain answer."""

import asyncio
import logging
from collections.abc import Iterator

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient

from prompt_improver.api.events import answer_with_events
from prompt_improver.api.shutdown import Shutdown
from prompt_improver.app import create_app
from prompt_improver.domain.errors import ImproverTimeoutError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.progress import Restarted, Started, TextAdded, Why, tell
from prompt_improver.settings import Settings
from tests.error_bodies import error_body
from tests.event_streams import preview_of, read_events
from tests.model_server import PARTS, ModelServer, Reply
from tests.scripted_improver import ScriptedImprover, make_backends

PLAIN = "/api/v1/improve-prompt"
STREAM = f"{PLAIN}/stream"
IDEA = "Design a REST API"
UNLIKE = {"prompt_id", "latency_ms"}
"""What two answers to the same request differ in."""


class TellingImprover(ScriptedImprover):
    """Tells one text, then answers as its script says."""

    def __init__(self) -> None:
        super().__init__()
        self.called = asyncio.Event()

    async def improve(self, *given, **named):
        self.called.set()
        tell(TextAdded("role", "You are"))
        return await super().improve(*given, **named)


@pytest.fixture
def improver() -> TellingImprover:
    return TellingImprover()


@pytest.fixture
def make_client(improver) -> Iterator:
    entered = []

    def make(**settings) -> TestClient:
        given = {"_env_file": None, "llm_provider": "offline", "sqlite_enabled": False}
        backends = make_backends(improver, ScriptedImprover(BackendType.OFFLINE))
        client = TestClient(
            create_app(Settings(**given | settings), backends=backends),
            base_url="http://localhost",
            raise_server_exceptions=False,
        )
        client.__enter__()
        entered.append(client)
        return client

    yield make
    for client in reversed(entered):
        client.__exit__(None, None, None)


@pytest.fixture
def client(make_client) -> TestClient:
    return make_client()


@pytest.mark.parametrize("backend", ["auto", "offline"])
def test_the_last_event_is_the_plain_answer(client, backend):
    body = {"idea": IDEA, "context": "FastAPI", "backend": backend}
    answer = client.post(STREAM, json=body)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    events = read_events(answer.text)
    name, final = events[-1]
    plain = client.post(PLAIN, json=body).json()
    assert name == "final"
    assert list(final) == list(plain)
    assert {k: v for k, v in final.items() if k not in UNLIKE} == {
        k: v for k, v in plain.items() if k not in UNLIKE
    }
    asked = "zero-shot" if backend == "auto" else "offline"
    assert events[0] == ("start", {"backend": asked, "model": "scripted/1"})


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        ("text/event-stream", True),
        ("text/event-stream;q=0.9, */*;q=0.1", True),
        ("application/json", False),
        ("*/*", False),
        ("application/json, text/event-stream", False),
    ],
)
def test_the_plain_route_streams_where_events_are_all_that_is_accepted(client, accept, streams):
    answer = client.post(PLAIN, json={"idea": IDEA}, headers={"Accept": accept})
    kind = "text/event-stream" if streams else "application/json"
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"json": {"idea": " "}}, 400),
        ({"json": {"idea": 1}}, 422),
        ({"json": {"idea": "x" * 300_000}}, 413),
        ({"content": b"idea", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"json": {"idea": IDEA, "backend": "few-shot"}}, 503),
        ({"json": {"idea": IDEA}, "headers": {"Host": "example.org"}}, 400),
    ],
)
def test_what_is_known_before_is_an_ordinary_error(client, given, status):
    answer = client.post(STREAM, **given)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == client.post(PLAIN, **given).json()


def test_a_stream_needs_the_key(make_client):
    client = make_client(api_key="k" * 20)
    assert client.post(STREAM, json={"idea": IDEA}).status_code == 401
    headers = {"Authorization": f"Bearer {'k' * 20}"}
    assert client.post(STREAM, json={"idea": IDEA}, headers=headers).status_code == 200


def test_full_slots_are_an_ordinary_503_with_a_time_to_wait(make_client, improver):
    client = make_client(max_concurrent_improvements=1)
    improver.gate = asyncio.Event()

    async def ask_twice():
        transport = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            waiting = asyncio.create_task(http.post(STREAM, json={"idea": IDEA}))
            await asyncio.wait_for(improver.called.wait(), 10)
            refused = await http.post(STREAM, json={"idea": IDEA})
            improver.gate.set()
            return refused, await waiting

    refused, answered = asyncio.run(ask_twice())
    assert (refused.status_code, refused.json()) == (503, error_body("too_many_improvements"))
    assert refused.headers["Retry-After"] == "1"
    assert read_events(answered.text)[-1][0] == "final"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ImproverTimeoutError("planted"), "model_timeout"),
        (RuntimeError("planted"), "internal_error"),
    ],
)
def test_what_fails_under_way_is_an_event_in_a_fixed_sentence(
    client, improver, caplog, error, code
):
    improver.fail_with = error
    with caplog.at_level(logging.INFO):
        answer = client.post(STREAM, json={"idea": IDEA, "backend": "zero-shot"})
    *before, last = read_events(answer.text)
    assert last == ("error", error_body(code))
    assert [name for name, _ in before] == ["start", "delta"]
    assert "planted" not in answer.text
    cause = f"{code}: planted" if code == "model_timeout" else "Unexpected RuntimeError"
    assert caplog.text.count(cause) == 1
    assert ("planted" in caplog.text) == (code == "model_timeout")


def test_where_the_model_fails_the_preview_is_reset_and_the_offline_answer_is_final(
    client, improver
):
    improver.fail_with = ImproverTimeoutError("planted")
    events = read_events(client.post(STREAM, json={"idea": IDEA}).text)
    assert ("restart", {"why": "fallback"}) in events
    assert preview_of(events) == {}
    name, final = events[-1]
    assert (name, final["backend"], final["warnings"]) == (
        "final",
        "offline",
        ["model_unavailable"],
    )


def test_at_a_stop_a_stream_ends_as_the_plain_answer_does(client, improver):
    client.app.state.container.get(Shutdown).grace_ended.set()
    events = read_events(client.post(STREAM, json={"idea": IDEA}).text)
    assert [name for name, _ in events] == ["start", "final"]
    assert events[0][1]["backend"] == events[1][1]["backend"] == "offline"
    refused = client.post(STREAM, json={"idea": IDEA, "backend": "zero-shot"})
    assert (refused.status_code, refused.json()) == (503, error_body("server_stopping"))
    assert improver.calls == []


def test_the_log_has_one_line_for_a_stream_as_for_an_answer(client, caplog):
    with caplog.at_level(logging.INFO):
        client.post(STREAM, json={"idea": IDEA})
    (line,) = [r.getMessage() for r in caplog.records if "latency_ms=" in r.getMessage()]
    assert "route=/api/v1/improve-prompt/stream status=200" in line
    assert "backend=zero-shot saved=disabled" in line


def test_a_silent_stream_is_kept_alive_by_comments():
    async def silent():
        yield Started(BackendType.ZERO_SHOT, "m")
        await anyio.sleep(0.3)
        yield TextAdded("role", "You are")

    async def listen() -> str:
        answer = await answer_with_events(silent(), dict, {}, heartbeat_s=0.05)
        transport = httpx.ASGITransport(answer)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return (await http.post(STREAM)).text

    text = asyncio.run(listen())
    assert 3 <= text.count(": alive\n\n") <= 8
    assert read_events(text)[-1][0] == "delta"


def test_a_correction_resets_the_preview_and_the_final_event_counts():
    """The first reply has no role."""
    with ModelServer() as model:
        model.reply = [Reply(text='{"directive": "Design an API."}'), Reply()]
        settings = Settings(
            _env_file=None,
            llm_provider="openai",
            llm_base_url=model.base_url,
            llm_api_key="k" * 20,
            llm_model="m",
            sqlite_enabled=False,
        )
        with TestClient(create_app(settings), base_url="http://localhost") as client:
            asked = {"idea": IDEA}
            events = read_events(client.post(STREAM, json=asked).text)
        assert len(model.requests) == 2
    assert ("status", {"state": "correcting"}) in events
    at = events.index(("restart", {"why": "correction"}))
    assert preview_of(events[:at])["directive"] == "Design an API."
    assert preview_of(events)["directive"] == PARTS["directive"]
    assert events[-1][1]["model_calls"] == 2


def test_the_document_describes_the_events(client):
    document = client.get("/openapi.json").json()
    for path in (PLAIN, STREAM):
        answer = document["paths"][path]["post"]["responses"]["200"]
        assert "text/event-stream" in answer["content"]
    assert "`restart`" in answer["description"]
    assert Restarted(Why.RETRY).why in answer["description"]
