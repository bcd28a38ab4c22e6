"""The API from request to row, in one process."""

import json
import logging
import sqlite3
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from prompt_improver.api.circuit_breaker import BreakerState
from prompt_improver.api.recorder import Recorder
from prompt_improver.app import create_app
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.prompt_repository import RepositoryConnectionError
from prompt_improver.improvement.improver import (
    ImproverModelNotFoundError,
    ImproverProviderError,
    ImproverRateLimitedError,
    ImproverRefusedError,
    ImproverReplyError,
    ImproverTimeoutError,
    ImproverUnreachableError,
)
from prompt_improver.settings import Settings
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.scripted_improver import ScriptedImprover, make_backends

URL = "/api/v1/improve-prompt"
FIELDS = {
    "prompt_id",
    "improved_prompt",
    "role",
    "directive",
    "framework",
    "guardrails",
    "guardrail_sources",
    "material",
    "task",
    "field",
    "language",
    "changed",
    "output_format",
    "reasoning",
    "confidence",
    "backend",
    "model_version",
    "latency_ms",
    "warnings",
    "kept_original",
    "input_tokens",
    "output_tokens",
    "model_calls",
    "saved",
}


@pytest.fixture
def improver() -> ScriptedImprover:
    return ScriptedImprover()


@pytest.fixture
def database_file(tmp_path) -> Path:
    return tmp_path / "private" / "prompt_history.db"


@pytest.fixture
def make_client(database_file, improver):
    """Make clients of started apps; they are stopped at the end."""
    entered = []

    def make(repository=None, backends=None, **settings) -> TestClient:
        defaults = {
            "_env_file": None,
            "llm_provider": "offline",
            "sqlite_db_path": str(database_file),
        }
        app = create_app(
            Settings(**defaults | settings),
            repository=repository,
            backends=backends or make_backends(improver),
        )
        client = TestClient(app, base_url="http://localhost")
        client.__enter__()
        entered.append(client)
        return client

    yield make
    for client in reversed(entered):
        client.__exit__(None, None, None)


@pytest.fixture
def client(make_client) -> TestClient:
    return make_client()


def rows(database_file: Path) -> list[sqlite3.Row]:
    with sqlite3.connect(database_file) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("SELECT * FROM prompt_history ORDER BY id").fetchall()


def wait_for_rows(database_file: Path, number: int) -> list[sqlite3.Row]:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and len(rows(database_file)) < number:
        time.sleep(0.01)
    return rows(database_file)


def recorder_of(client: TestClient) -> Recorder:
    return client.app.state.container.get(Recorder)


def test_improve_prompt_with_persistence(client, database_file):
    answer = client.post(URL, json={"idea": "Design a REST API", "context": "FastAPI"})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == FIELDS
    assert body["saved"] == "queued"
    (row,) = wait_for_rows(database_file, 1)
    assert row["prompt_id"] == body["prompt_id"]
    assert row["original_idea"] == "Design a REST API"
    assert row["context"] == "FastAPI"
    assert row["improved_prompt"] == body["improved_prompt"]
    assert json.loads(row["guardrails"]) == body["guardrails"]
    assert row["backend"] == "zero-shot"


def test_improve_prompt_without_persistence(make_client, database_file):
    client = make_client(sqlite_enabled=False)
    answer = client.post(URL, json={"idea": "Test"})
    assert answer.status_code == 200
    assert answer.json()["saved"] == "disabled"
    assert not database_file.exists()
    assert client.get("/health/repository").json() == {
        "status": "disabled",
        "reason": "SQLITE_ENABLED=false",
    }


def test_with_async_saving_off_the_answer_waits_for_the_commit(make_client, database_file):
    client = make_client(sqlite_async_enabled=False)
    answer = client.post(URL, json={"idea": "Test"})
    assert answer.json()["saved"] == "saved"
    assert len(rows(database_file)) == 1


def test_health_check_endpoint(client):
    answer = client.get("/health")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "healthy"
    assert body["dspy_configured"] is True
    assert body["provider"] == "scripted"
    assert body["model"] == "1"
    assert body["backend"] == "zero-shot"
    assert body["uptime_s"] >= 0
    assert set(body) >= {"version"}


def test_health_stays_healthy_while_the_model_is_not_ready(client, improver):
    improver.is_ready = False
    body = client.get("/health").json()
    assert (body["status"], body["model_ready"]) == ("healthy", False)
    improver.is_ready = True
    assert client.get("/health").json()["model_ready"] is True


def test_the_root_says_what_is_here_as_json(client):
    body = client.get("/").json()
    assert set(body) == {"message", "version", "endpoints"}
    assert "POST /api/v1/improve-prompt" in body["endpoints"].values()


def test_health_repository_tells_the_figures(client, database_file):
    client.post(URL, json={"idea": "Test"})
    wait_for_rows(database_file, 1)
    answer = client.get("/health/repository")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "healthy"
    assert body["total_records"] == 1
    assert body["database_path"] == str(database_file)
    assert body["average_confidence"] == 0.5
    assert body["breaker"] == "closed"


def test_circuit_breaker_trips(make_client):
    repository = InMemoryPromptRepository()
    client = make_client(repository, breaker_max_failures=2)
    repository.fail_with = RepositoryConnectionError("disk full")
    client.post(URL, json={"idea": "Test"})
    breaker = recorder_of(client).breaker
    deadline = time.monotonic() + 5
    while breaker.state is BreakerState.CLOSED and time.monotonic() < deadline:
        time.sleep(0.01)
    assert breaker.state is BreakerState.OPEN
    answer = client.post(URL, json={"idea": "Test"})
    assert answer.status_code == 200
    assert answer.json()["saved"] == "spooled"
    assert client.get("/health/repository").status_code == 503


def test_graceful_degradation(make_client, database_file):
    """A database that is a folder: the API serves, and says so."""
    database_file.mkdir(parents=True)
    client = make_client()
    answer = client.post(URL, json={"idea": "Test"})
    assert answer.status_code == 200
    assert answer.json()["improved_prompt"]
    health = client.get("/health/repository")
    assert health.status_code == 503
    assert health.json()["status"] == "unhealthy"
    assert list(database_file.iterdir()) == []


def test_stopping_the_app_saves_what_was_queued(make_client, database_file, improver):
    app = create_app(
        Settings(_env_file=None, sqlite_db_path=str(database_file), llm_provider="offline"),
        backends=make_backends(improver),
    )
    with TestClient(app, base_url="http://localhost") as client:
        for number in range(60):
            client.post(URL, json={"idea": f"idea {number}"})
    assert len(rows(database_file)) == 60


@pytest.mark.parametrize("idea", ["", "   ", "\n\t"])
def test_a_blank_idea_is_400_in_the_words_that_clients_know(client, idea, improver):
    answer = client.post(URL, json={"idea": idea})
    assert answer.status_code == 400
    assert answer.json() == {"detail": "Idea must not be empty"}
    assert improver.calls == []


def test_blank_ideas_never_open_the_breaker(client):
    for _ in range(20):
        client.post(URL, json={"idea": ""})
    assert recorder_of(client).breaker.state is BreakerState.CLOSED


def test_unknown_fields_of_older_clients_are_ignored(client):
    assert client.post(URL, json={"idea": "Test", "mode": "nlac"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"idea": 5}',
        b'{"idea": null}',
        b'{"idea": ["planted"]}',
        b"{}",
        b'{"idea": "planted", "context": 1}',
        b'{"idea": "planted", "backend": "planted"}',
        b'{"idea": "planted \\ud800"}',
        b'{"idea": "planted \\u0000"}',
        b'{"idea": "test", "context": "planted \\udfff"}',
        b'{"idea": NaN}',
        b'{"idea": 1e999}',
        b'{"idea": ' + b"9" * 5000 + b"}",
        b'{"idea": "' + b"x" * 20_001 + b'"}',
        b'{"idea": "test", "context": "' + b"x" * 20_001 + b'"}',
        b"not json: planted",
        b'"planted"',
        b"[1, 2]",
        b"",
        b"\xff\xfe planted",
        b'{"idea": "\xff planted"}',
        b"[" * 100_000,
        b'{"idea": ' * 20_000,
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_a_request_that_does_not_fit_is_422_and_echoes_nothing(client, body):
    answer = client.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "planted" not in answer.text
    assert len(answer.content) < 1000
    assert answer.json()["detail"][0].keys() == {"loc", "msg", "type"}


def test_a_body_that_is_not_declared_as_json_is_422(client):
    answer = client.post(URL, content=b"planted", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    assert "planted" not in answer.text


def test_20_000_characters_fit(client):
    assert client.post(URL, json={"idea": "ñ" * 20_000, "context": "ñ" * 20_000}).status_code == 200


def test_a_body_over_256_kb_is_413(client):
    answer = client.post(URL, json={"idea": "x" * 300_000})
    assert answer.status_code == 413
    assert isinstance(answer.json()["detail"], str)


def test_a_body_over_256_kb_without_a_length_is_413(client):
    def pieces():
        for _ in range(40):
            yield b"x" * 10_000

    answer = client.post(URL, content=pieces(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (ImproverTimeoutError("planted"), 504, "did not answer in time"),
        (ImproverUnreachableError("planted"), 502, "could not be reached"),
        (ImproverRefusedError("planted"), 502, "refused the key"),
        (ImproverModelNotFoundError("planted"), 502, "does not know this model"),
        (ImproverReplyError("planted"), 502, "could not be read"),
        (ImproverProviderError("planted"), 502, "provider failed"),
        (ImproverRateLimitedError("planted"), 503, "Try again later"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_of_the_model_has_its_status_and_sentence_and_its_cause_in_the_log(
    client, improver, caplog, error, status, sentence
):
    improver.fail_with = error
    with caplog.at_level(logging.INFO):
        answer = client.post(URL, json={"idea": "Test"})
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]
    assert "planted" not in answer.text
    assert f"{type(error).__name__}: planted" in caplog.text


def test_a_rate_limit_tells_when_to_come_again(client, improver):
    improver.fail_with = ImproverRateLimitedError("slow down", retry_after_s=6.2)
    assert client.post(URL, json={"idea": "Test"}).headers["Retry-After"] == "7"


def test_a_rate_limit_without_a_time_tells_one_of_ours(client, improver):
    improver.fail_with = ImproverRateLimitedError("slow down")
    assert int(client.post(URL, json={"idea": "Test"}).headers["Retry-After"]) > 0


def test_a_backend_that_is_not_configured_is_503_saying_what_to_set(make_client):
    client = make_client(backends=make_backends(ScriptedImprover(BackendType.OFFLINE)))
    answer = client.post(URL, json={"idea": "Test", "backend": "few-shot"})
    assert answer.status_code == 503
    assert "LLM_PROVIDER" in answer.json()["detail"]


def test_the_backend_that_is_asked_for_answers(make_client):
    offline = ScriptedImprover(BackendType.OFFLINE)
    client = make_client(backends=make_backends(ScriptedImprover(), offline))
    answer = client.post(URL, json={"idea": "Test", "backend": "offline"})
    assert answer.json()["backend"] == "offline"
    assert offline.calls == [("Test", "")]


def test_warnings_of_the_backend_are_told(client):
    assert client.post(URL, json={"idea": "vague"}).json()["warnings"] == ["vague"]


def test_a_request_id_of_the_client_is_kept(client):
    answer = client.get("/health", headers={"X-Request-ID": "launcher-7.a_B"})
    assert answer.headers["X-Request-ID"] == "launcher-7.a_B"


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "é", "a\tb", "<script>"])
def test_a_request_id_that_is_not_plain_is_replaced(client, name):
    answer = client.get("/health", headers={"X-Request-ID": name.encode()})
    given = answer.headers["X-Request-ID"]
    assert given != name
    assert len(given) == 32


def test_errors_carry_a_request_id_too(client):
    for answer in (client.post(URL, json={"idea": ""}), client.get("/nowhere")):
        assert answer.headers["X-Request-ID"]


def test_an_error_that_nobody_expected_is_500_in_a_fixed_sentence(client, improver, caplog):
    improver.fail_with = RuntimeError("planted")
    answer = client.post(URL, json={"idea": "Test"}, headers={"X-Request-ID": "me"})
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Something went wrong on our side."}
    assert answer.headers["X-Request-ID"] == "me"
    assert "RuntimeError" in caplog.text
    assert "planted" not in caplog.text


def test_openapi_describes_every_field_and_declares_every_error_status(client):
    document = client.get("/openapi.json").json()
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            assert described.get("description"), f"{name}.{field}"
    responses = document["paths"][URL]["post"]["responses"]
    assert set(responses) == {"200", "400", "401", "413", "422", "500", "502", "503", "504"}
    health = document["paths"]["/health/repository"]["get"]["responses"]
    assert set(health) == {"200", "400", "401", "413", "500", "503"}
    assert client.get("/docs").status_code == 200


def test_prompt_text_is_not_logged(client, caplog):
    with caplog.at_level(logging.DEBUG):
        client.post(URL, json={"idea": "my planted idea", "context": "my planted context"})
        client.post(URL, json={"idea": "my planted \ud800".encode("utf-8", "replace").decode()})
    assert "planted" not in caplog.text
