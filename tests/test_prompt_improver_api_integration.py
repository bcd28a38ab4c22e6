"""The API from request to row, in one process."""

import json
import logging
import re
import sqlite3
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from prompt_improver.app import create_app
from prompt_improver.domain.breaker import BreakerState
from prompt_improver.domain.errors import (
    ImproverModelNotFoundError,
    ImproverProviderError,
    ImproverRateLimitedError,
    ImproverRefusedError,
    ImproverReplyError,
    ImproverTimeoutError,
    ImproverUnreachableError,
    RepositoryConnectionError,
)
from prompt_improver.domain.history_record import COLUMNS
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.question import Question
from prompt_improver.domain.recorder import Recorder
from prompt_improver.settings import Settings
from tests.error_bodies import error_body
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.scripted_improver import ScriptedImprover, make_backends

URL = "/api/v1/improve-prompt"
OF_POST_ALONE = {
    "saved",
    # For clients of prompt_raycast_ext.
    "intent",
    "strategy",
    "strategy_meta",
    "degradation_flags",
    "metrics_warning",
}
FIELDS = {*COLUMNS, *OF_POST_ALONE} - {"id", "timestamp"}


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


def test_the_history_shows_what_was_answered(make_client):
    client = make_client(sqlite_async_enabled=False)
    answered = client.post(URL, json={"idea": "Diseña una API REST", "context": "FastAPI"}).json()
    assert (answered["original_idea"], answered["context"]) == ("Diseña una API REST", "FastAPI")
    assert answered["language"] == "es"
    assert answered["kept_original"] is False
    shown = client.get(f"/api/v1/history/{answered['prompt_id']}").json()
    assert isinstance(shown.pop("id"), int)
    assert shown.pop("timestamp")
    assert answered["saved"] == "saved"
    assert shown == {name: value for name, value in answered.items() if name not in OF_POST_ALONE}


def test_a_language_that_was_not_detected_is_null(make_client, database_file):
    client = make_client(sqlite_async_enabled=False)
    assert client.post(URL, json={"idea": "x1 y2"}).json()["language"] is None
    assert rows(database_file)[0]["language"] is None


def test_answers_and_questions_are_kept_as_they_are_answered(make_client, improver):
    improver.questions = (
        Question(id="size", text="How large?", why="Cost.", default="Small", options=("S", "L")),
        Question(id="colour", text="Which colour?"),
    )
    client = make_client(sqlite_async_enabled=False)
    body = {"idea": "Design a chair", "answers": [{"id": "colour", "text": "red", "more": 1}]}
    answered = client.post(URL, json=body).json()
    assert "Design a chair\n\nred" in answered["improved_prompt"]
    assert answered["original_idea"] == "Design a chair"
    assert answered["answers"] == [{"id": "colour", "text": "red"}]
    assert answered["questions"] == [
        {
            "id": "size",
            "text": "How large?",
            "why": "Cost.",
            "default": "Small",
            "options": ["S", "L"],
        }
    ]
    assert answered.pop("saved") == "saved"
    shown = client.get(f"/api/v1/history/{answered['prompt_id']}").json()
    for name in ("improved_prompt", "original_idea", "answers", "questions"):
        assert shown[name] == answered[name]


@pytest.mark.parametrize("target", ["agent", "system", "image", "plain", "chat"])
def test_the_target_is_answered_as_it_was_asked_for(client, target):
    assert client.post(URL, json={"idea": "A chair", "target": target}).json()["target"] == target


@pytest.mark.parametrize(
    ("idea", "target"), [("A chair", "chat"), ("A picture of a chair", "image")]
)
def test_auto_answers_the_target_that_was_taken(client, idea, target):
    assert client.post(URL, json={"idea": idea}).json()["target"] == target


def test_another_target_is_refused_with_those_that_there_are(client):
    answer = client.post(URL, json={"idea": "A chair", "target": "poster"})
    (problem,) = answer.json()["detail"]
    assert (answer.status_code, problem["loc"]) == (422, ["body", "target"])
    assert "'auto', 'chat', 'agent', 'system', 'image' or 'plain'" in problem["msg"]
    assert "poster" not in answer.text


@pytest.mark.parametrize(
    "answers",
    [
        "yes",
        [{"text": "yes"}],
        [{"id": "", "text": "yes"}],
        [{"id": "a", "text": "x" * 100_001}],
        [{"id": "a", "text": "a\0b"}],
        [{"id": "a", "text": "yes"}] * 21,
    ],
)
def test_answers_that_do_not_fit_are_refused_by_their_place(client, answers):
    answer = client.post(URL, json={"idea": "A chair", "answers": answers})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["body", "answers"]


@pytest.mark.parametrize("backend", ["client", "imported"])
def test_nobody_can_ask_for_a_backend_that_is_no_engine(client, backend):
    assert client.post(URL, json={"idea": "Design", "backend": backend}).status_code == 422
    assert client.get("/api/v1/history", params={"backend": backend}).status_code == 200


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
    assert answer.json() == {"detail": "Idea must not be empty", "code": "blank_idea"}
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
        b'{"idea": "' + b"x" * 100_001 + b'"}',
        b'{"idea": "test", "context": "' + b"x" * 100_001 + b'"}',
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


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "json", ""])
def test_a_body_that_is_not_declared_as_json_is_415_saying_how(client, kind):
    answer = client.post(URL, content=b'{"idea": "planted"}', headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert answer.json() == error_body("unsupported_media_type")
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_declared_with_more_words(client, kind):
    answer = client.post(URL, content=b'{"idea": "Test"}', headers={"Content-Type": kind})
    assert answer.status_code == 200


@pytest.mark.parametrize("character", ["x", "ñ", "写", "😀"])
def test_100_000_characters_each_fit_however_they_are_written(client, character):
    body = {"idea": character * 100_000, "context": character * 100_000}
    for ascii_only in (True, False):
        answer = client.post(
            URL,
            content=json.dumps(body, ensure_ascii=ascii_only).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"idea": "x" * 250_001},
        {"idea": "Test", "more": ["x" * 200_000, {"y" * 60_000: 1}]},
        {"idea": "Test", "more": [1] * 250_000},
    ],
    ids=["one text", "in pieces", "numbers"],
)
def test_over_250_000_characters_are_413(client, body):
    answer = client.post(URL, json=body)
    assert (answer.status_code, answer.json()) == (413, error_body("request_too_large"))


def test_over_4_mb_are_413_with_and_without_a_length(client):
    def pieces():
        for _ in range(401):
            yield b" " * 10_000

    for content in (b" " * 4_000_001, pieces()):
        answer = client.post(URL, content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()) == (413, error_body("request_too_large"))


@pytest.mark.parametrize("path", ["/health/", "/api/v1/history/", "/api/v1/improve-prompt/"])
def test_a_slash_too_many_is_named(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (404, error_body("trailing_slash"))


def test_an_unknown_address_is_404_and_says_where_to_look(client):
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, error_body("not_found"))


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
        answer = client.post(URL, json={"idea": "Test", "backend": "zero-shot"})
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]
    assert "planted" not in answer.text
    assert f"{error.code}: planted" in caplog.text


def test_health_tells_of_the_last_failure_of_the_model_and_when(client, improver):
    assert client.get("/health").json()["last_model_failure"] is None
    improver.fail_with = ImproverRefusedError("planted")
    client.post(URL, json={"idea": "Test"})
    told = client.get("/health").json()["last_model_failure"]
    assert told["code"] == "model_key_refused"
    assert "Check" in told["detail"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["at"])


def test_a_rate_limit_tells_when_to_come_again(client, improver):
    improver.fail_with = ImproverRateLimitedError("slow down", retry_after_s=6.2)
    assert (
        client.post(URL, json={"idea": "Test", "backend": "zero-shot"}).headers["Retry-After"]
        == "7"
    )


def test_a_rate_limit_without_a_time_tells_one_of_ours(client, improver):
    improver.fail_with = ImproverRateLimitedError("slow down")
    assert (
        int(client.post(URL, json={"idea": "Test", "backend": "zero-shot"}).headers["Retry-After"])
        > 0
    )


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
    assert answer.json() == error_body("internal_error")
    assert answer.headers["X-Request-ID"] == "me"
    assert "RuntimeError" in caplog.text
    assert "planted" not in caplog.text


def test_openapi_describes_every_field_and_declares_every_error_status(client):
    document = client.get("/openapi.json").json()
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            assert described.get("description"), f"{name}.{field}"
    responses = document["paths"][URL]["post"]["responses"]
    assert set(responses) == {"200", "400", "401", "413", "415", "422", "500", "502", "503", "504"}
    health = document["paths"]["/health/repository"]["get"]["responses"]
    assert set(health) == {"200", "400", "401", "413", "500", "503"}
    assert client.get("/docs").status_code == 200
    for path in ("/docs", "/openapi.json"):
        assert client.head(path).status_code == 200


def test_prompt_text_is_not_logged(client, caplog):
    with caplog.at_level(logging.DEBUG):
        client.post(URL, json={"idea": "my planted idea", "context": "my planted context"})
        client.post(URL, json={"idea": "my planted \ud800".encode("utf-8", "replace").decode()})
    assert "planted" not in caplog.text
