"""What the running server writes to its log, in both forms."""

import json
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from prompt_improver.app import create_app
from prompt_improver.logs import log_line
from prompt_improver.settings import Settings
from tests.model_server import ModelServer, Reply
from tests.server_process import ServerProcess, clean_environment

TEXT_LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?P<level>[A-Z]+) (?P<logger>[\w.]+) "
    r"\[(?P<request_id>[A-Za-z0-9._-]{1,64})\] (?P<message>.*)"
)
ALWAYS = ["time", "level", "logger", "request_id", "message"]


def use(server: ServerProcess) -> None:
    """A good request, three that are not, one path and one line that are no requests."""
    server.client.headers["X-Request-ID"] = "good"
    server.improve("planted-idea ñ", "planted-context")
    server.client.headers["X-Request-ID"] = "blank"
    server.improve(" ")
    server.client.headers["X-Request-ID"] = "malformed"
    server.improve("test", backend="planted-backend")
    server.client.headers["X-Request-ID"] = "unknown"
    server.client.get("/planted-path?planted-query=1")
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(b"planted nonsense\r\n\r\n")
        connection.recv(1000)
    server.stop()


@pytest.fixture(scope="module")
def json_log(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("json")
    with ServerProcess(folder, LOG_FORMAT="json", LOG_LEVEL="DEBUG") as server:
        use(server)
        yield server.log


@pytest.fixture(scope="module")
def text_log(tmp_path_factory) -> Iterator[str]:
    with ServerProcess(tmp_path_factory.mktemp("text"), LOG_LEVEL="DEBUG") as server:
        use(server)
        yield server.log


def as_json(log: str) -> list[dict]:
    return [json.loads(line) for line in log.splitlines()]


def of_request(log: str, request_id: str) -> list[dict]:
    """The lines that tell a request's end."""
    lines = as_json(log)
    return [line for line in lines if line["request_id"] == request_id and "status" in line]


def test_every_line_is_one_json_object_with_the_same_first_fields(json_log):
    lines = as_json(json_log)
    assert len(lines) >= 6
    for line in lines:
        assert list(line)[:5] == ALWAYS
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


def test_every_line_of_text_says_the_same(text_log):
    lines = text_log.splitlines()
    assert len(lines) >= 6
    assert [line for line in lines if not TEXT_LINE.fullmatch(line)] == []


def test_a_request_is_one_line_of_json(json_log):
    (line,) = of_request(json_log, "good")
    assert line["level"] == "INFO"
    assert line["method"] == "POST"
    assert line["route"] == "/api/v1/improve-prompt"
    assert line["status"] == 200
    assert line["backend"] == "offline"
    assert line["saved"] == "queued"
    assert 0 < line["latency_ms"] < 30_000


def test_a_request_is_one_line_of_text(text_log):
    found = [TEXT_LINE.fullmatch(line) for line in text_log.splitlines()]
    (message,) = [line["message"] for line in found if line and line["request_id"] == "good"]
    assert re.fullmatch(
        r"method=POST route=/api/v1/improve-prompt status=200 latency_ms=[\d.]+ "
        r"backend=offline saved=queued",
        message,
    )


@pytest.mark.parametrize(
    ("request_id", "status"), [("blank", 400), ("malformed", 422), ("unknown", 404)]
)
def test_a_request_that_is_refused_is_one_line_too(json_log, request_id, status):
    (line,) = of_request(json_log, request_id)
    assert line["status"] == status
    assert "saved" not in line


@pytest.mark.parametrize("form", ["json_log", "text_log"])
def test_nothing_that_a_client_sent_is_in_the_log(form, request):
    assert "planted" not in request.getfixturevalue(form)


def test_uvicorns_warnings_come_in_the_same_form(json_log, text_log):
    (line,) = [line for line in as_json(json_log) if line["logger"].startswith("uvicorn")]
    assert line["level"] == "WARNING"
    assert line["request_id"] == "-"
    assert "WARNING uvicorn.error [-] " + line["message"] in text_log


def test_only_what_is_asked_for_is_logged(tmp_path):
    with ServerProcess(tmp_path, LOG_LEVEL="ERROR") as server:
        assert server.improve("test").status_code == 200
        server.stop()
        assert server.log == ""


def test_a_models_failure_is_told_without_its_words(tmp_path):
    """The line of the failure carries the request's id, and its cause but not its text."""
    with (
        ModelServer(models=["tiny"]) as model,
        ServerProcess(
            tmp_path,
            LOG_FORMAT="json",
            LOG_LEVEL="DEBUG",
            LLM_PROVIDER="openai-compatible",
            LLM_BASE_URL=model.base_url,
            LLM_API_KEY="planted-key",
            LLM_FALLBACK="none",
        ) as server,
    ):
        model.reply = Reply(status=401, body=b'{"error": {"message": "planted-key is wrong"}}')
        answer = server.improve("planted-idea")
        assert answer.status_code == 502
        server.stop()
        lines = as_json(server.log)
        assert "planted" not in server.log
    ours = [line for line in lines if line["request_id"] == answer.headers["X-Request-ID"]]
    assert [line["level"] for line in ours] == ["ERROR", "INFO"]
    assert ours[1]["status"] == 502
    assert ours[1]["backend"] == "few-shot"
    assert "saved" not in ours[1]


def test_warnings_of_python_do_not_write_past_the_log():
    """pydantic's quote the values that they warn of."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import warnings; from prompt_improver.logs import configure_logging; "
            "configure_logging('INFO', 'json'); warnings.warn('planted')",
        ],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_line_on_standard_output_is_json_where_the_log_is():
    assert log_line("text", "server", "listens on http://127.0.0.1:8000").startswith("listens")
    line = json.loads(log_line("json", "server", "listens on http://127.0.0.1:8000"))
    assert (line["level"], line["message"]) == ("INFO", "listens on http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("variables", "messages"),
    [
        ({"API_PORT": "x", "LLM_PROVIDER": "openia"}, ["API_PORT", "LLM_PROVIDER"]),
        ({"LLM_PROVIDER": "openai"}, ["OPENAI_API_KEY"]),
    ],
)
def test_a_wrong_setting_is_a_line_of_json_too(tmp_path, variables, messages):
    """Also where the form stands in a .env that has a line which cannot be read."""
    (tmp_path / ".env").write_text('LOG_FORMAT=json\nno = line "\nAPI_PORT=0\n')
    done = subprocess.run(
        [sys.executable, "-m", "prompt_improver", "serve"],
        cwd=tmp_path,
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (1, "")
    lines = as_json(done.stderr)
    assert [line for line in lines if list(line)[:5] != ALWAYS] == []
    errors = [line["message"] for line in lines if line["level"] == "ERROR"]
    assert [error.split("=")[0].split()[0] for error in errors] == messages


def test_probes_that_are_well_do_not_fill_the_log_and_others_are_logged(tmp_path, caplog):
    settings = Settings(
        _env_file=None, llm_provider="offline", sqlite_db_path=str(tmp_path / "history.db")
    )
    with (
        caplog.at_level(logging.INFO, logger="prompt_improver"),
        TestClient(create_app(settings), base_url="http://localhost") as client,
    ):
        for path in ("/health", "/health/repository", "/metrics", "/"):
            assert client.get(path).status_code == 200
        assert client.post("/health").status_code == 405
    lines = [record.getMessage() for record in caplog.records if "route=" in record.getMessage()]
    assert [line.split(" status")[0] for line in lines if "route=/ " in line] == [
        "method=GET route=/"
    ]
    assert not [line for line in lines if "GET route=/health" in line or "route=/metrics" in line]
    assert [line for line in lines if "status=405" in line]
