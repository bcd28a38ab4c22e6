"""Every error of a model's server, from real HTTP on loopback to the client's answer."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from fastapi.testclient import TestClient

from prompt_improver.app import create_app
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.settings import Settings
from tests.error_bodies import error_body
from tests.model_server import ModelServer, Reply, parts

URL = "/api/v1/improve-prompt"
IDEA = "Design a REST API for a library"
KEY = "sk-planted-0123456789abcdef"
PATH_KEY = "path-key-4711"
"""Stands in the address: some proxies are given their key there."""
WORDS = f"Incorrect API key provided: {KEY}. Ask billing@provider.example about it."
FAULT = '{"error": {"message": "%s", "type": "fault", "code": "fault"}}'
BODY = (FAULT % WORDS).encode()


def fails(status: int, body: bytes = BODY, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, body=body, headers=named)


@dataclass(frozen=True)
class Row:
    reply: Reply
    code: str
    requests: int = 1
    retry_after: str | None = None
    settings: dict[str, object] = field(default_factory=dict)


ROWS = {
    "401": Row(fails(401), "model_key_refused"),
    "403": Row(fails(403), "model_key_refused"),
    "404 model": Row(fails(404), "model_not_found"),
    "429 with Retry-After": Row(
        fails(429, Retry_After="7"),
        "model_rate_limited",
        retry_after="7",
    ),
    "429 without Retry-After": Row(fails(429), "model_rate_limited", retry_after="10"),
    "500": Row(fails(500), "model_provider_failed", requests=2),
    "503": Row(fails(503), "model_provider_failed", requests=2),
    "529 overloaded": Row(
        fails(529),
        "model_rate_limited",
        requests=2,
        retry_after="10",
    ),
    "reset": Row(Reply(reset=True), "model_unreachable", requests=2),
    "reset in mid-answer": Row(Reply(reset_midway=True), "model_unreachable", requests=2),
    "timeout": Row(Reply(delay_s=20), "model_timeout", settings={"llm_timeout_s": 0.3}),
    "HTML with an error status": Row(
        fails(502, b"<html><body>" + WORDS.encode() + b"</body></html>"),
        "model_provider_failed",
        requests=2,
    ),
}

UNREADABLE = {
    "empty reply": Reply(text=""),
    "no reply": Reply(text=None),
    "cut at max_tokens": Reply(text=parts()[:60], finish_reason="length"),
    "no choices": Reply(body=b'{"choices": []}'),
    "a list": Reply(body=b"[]"),
    "garbage": Reply(text=f"asdf {KEY} qwer"),
    "HTML in the reply": Reply(text=f"<html><body>{WORDS}</body></html>"),
}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@contextmanager
def client_of(base_url: str, **settings: object) -> Iterator[TestClient]:
    given: dict[str, object] = {
        "_env_file": None,
        "llm_provider": "openai",
        "llm_base_url": base_url,
        "llm_api_key": KEY,
        "llm_model": "gpt-test",
        "llm_fallback": "none",
        "sqlite_enabled": False,
    }
    with TestClient(
        create_app(Settings(**given | settings)), base_url="http://localhost"
    ) as client:
        yield client


def assert_secrets_stay(caplog: pytest.LogCaptureFixture, *answers: str) -> None:
    text = "\n".join(
        (*answers, caplog.text, *(str(record.exc_info or "") for record in caplog.records))
    )
    for secret in (KEY, PATH_KEY, "billing@provider", "Incorrect API key", IDEA):
        assert secret not in text


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_failing_provider_is_told_in_our_own_words(server, caplog, row: Row):
    server.reply = row.reply
    with caplog.at_level(logging.DEBUG), client_of(server.base_url, **row.settings) as client:
        client.post(URL, json={"idea": "warm up", "backend": "offline"})
        answer = client.post(URL, json={"idea": IDEA})
    kind = ERRORS[row.code]
    assert (answer.status_code, answer.json()) == (kind.status, error_body(row.code))
    assert answer.headers.get("Retry-After") == row.retry_after
    assert len(server.requests) == row.requests
    logged = [record for record in caplog.records if record.getMessage().startswith(row.code)]
    assert [record.levelno for record in logged] == [kind.log_level]
    assert all(record.exc_info is None for record in logged)
    assert_secrets_stay(caplog, answer.text, str(answer.headers))


def test_a_refused_connection_is_told_in_our_own_words(caplog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{PATH_KEY}/v1"
        with caplog.at_level(logging.DEBUG), client_of(url) as client:
            answer = client.post(URL, json={"idea": IDEA})
    assert (answer.status_code, answer.json()) == (502, error_body("model_unreachable"))
    logged = [record for record in caplog.records if record.getMessage().startswith("model_")]
    assert [record.levelno for record in logged] == [logging.ERROR]
    assert_secrets_stay(caplog, answer.text)


def test_a_key_in_the_path_of_the_address_shows_nowhere(server, caplog):
    server.reply = fails(401)
    address = f"{server.root}/{PATH_KEY}/v1"
    with caplog.at_level(logging.DEBUG), client_of(address) as client:
        answer = client.post(URL, json={"idea": IDEA})
        health = client.get("/health")
    assert server.requests[0].path.startswith(f"/{PATH_KEY}/")
    assert answer.status_code == 502
    assert_secrets_stay(caplog, answer.text, health.text)


@pytest.mark.parametrize("reply", UNREADABLE.values(), ids=UNREADABLE)
def test_a_reply_that_cannot_be_read_twice_keeps_the_users_words(server, caplog, reply: Reply):
    server.reply = reply
    with caplog.at_level(logging.DEBUG), client_of(server.base_url) as client:
        answer = client.post(URL, json={"idea": IDEA})
    assert answer.status_code == 200
    found = answer.json()
    assert found["kept_original"]
    assert found["warnings"] == ["reply"]
    assert found["directive"] == IDEA
    assert found["model_calls"] == len(server.requests) == 2
    assert found["output_tokens"] == (None if reply.body else 160)
    unread = [record for record in caplog.records if "the model's reply" in record.getMessage()]
    assert [record.levelno for record in unread] == [logging.WARNING] * 2
    if reply.finish_reason == "length":
        assert "LLM_MAX_TOKENS" in unread[0].getMessage()
    # The answer holds the idea, as it must; the log holds neither it nor the reply.
    assert_secrets_stay(caplog)
    assert KEY not in answer.text


@pytest.mark.parametrize(
    "body",
    [f"<html><body>{WORDS}</body></html>".encode(), b"", b"\xff\xfe"],
    ids=["HTML", "empty", "binary"],
)
def test_a_200_that_is_no_completion_is_told_in_our_own_words(server, caplog, body: bytes):
    server.reply = Reply(body=body)
    with caplog.at_level(logging.DEBUG), client_of(server.base_url) as client:
        answer = client.post(URL, json={"idea": IDEA})
    assert (answer.status_code, answer.json()) == (502, error_body("model_provider_failed"))
    assert len(server.requests) == 1
    assert_secrets_stay(caplog, answer.text)


@pytest.mark.parametrize("second", [fails(401), fails(429), fails(500), Reply(reset=True)])
def test_an_error_at_the_correction_keeps_the_users_words(server, caplog, second: Reply):
    server.reply = [Reply(text="asdf"), second]
    with caplog.at_level(logging.DEBUG), client_of(server.base_url) as client:
        answer = client.post(URL, json={"idea": IDEA})
    assert answer.status_code == 200
    assert answer.json()["kept_original"]
    assert len(server.requests) == 2
    assert_secrets_stay(caplog)
