"""Who is let in, and what every answer tells a browser."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from prompt_improver.app import create_app
from prompt_improver.domain.errors import SettingsError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.settings import Settings, load_settings
from tests.forked_program import run_program
from tests.scripted_improver import ScriptedImprover, make_backends
from tests.server_process import ServerProcess

URL = "/api/v1/improve-prompt"
KEY = "planted-key-é"
LONG_KEY = "planted-key-of-16-and-more"


@pytest.fixture
def make_client():
    entered = []

    def make(*improvers, base_url="http://localhost", **settings) -> TestClient:
        app = create_app(
            Settings(_env_file=None, **{"sqlite_enabled": False} | settings),
            backends=make_backends(*(improvers or [ScriptedImprover()])),
        )
        client = TestClient(app, base_url=base_url)
        client.__enter__()
        entered.append(client)
        return client

    yield make
    for client in entered:
        client.__exit__(None, None, None)


def bearer(key: str) -> dict[str, bytes]:
    return {"Authorization": b"Bearer " + key.encode()}


def test_without_a_key_everybody_on_this_machine_is_let_in(make_client):
    assert make_client().post(URL, json={"idea": "Test"}).status_code == 200


def test_with_a_key_set_the_right_key_is_let_in(make_client):
    client = make_client(api_key=KEY)
    assert client.post(URL, json={"idea": "Test"}, headers=bearer(KEY)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("wrong"),
        bearer(""),
        bearer(KEY + "x"),
        bearer(KEY[:-1]),
        {"Authorization": KEY.encode()},
        {"Authorization": b"Basic " + KEY.encode()},
        {"Authorization": b"Bearer \xff\xfe"},
        {"X-API-Key": KEY.encode()},
    ],
)
def test_any_other_is_401_and_logged_without_the_key(make_client, caplog, headers):
    client = make_client(api_key=KEY)
    with caplog.at_level(logging.INFO):
        answer = client.post(URL, json={"idea": "Test"}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["X-Request-ID"]
    assert "refused" in caplog.text
    assert "planted" not in caplog.text + answer.text


def test_two_keys_are_refused_even_where_one_is_right(make_client):
    client = make_client(api_key=KEY)
    right, wrong = b"Bearer " + KEY.encode(), b"Bearer wrong"
    for pair in ((right, wrong), (wrong, right)):
        headers = [("Authorization", value) for value in pair]
        assert client.post(URL, json={"idea": "Test"}, headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["/", "/health/repository", "/metrics"])
def test_with_a_key_set_what_tells_of_the_history_wants_it(make_client, path):
    client = make_client(api_key=KEY)
    assert client.get(path).status_code == 401
    assert client.get(path, headers=bearer(KEY)).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/docs", "/docs/start.js", "/openapi.json"])
def test_with_a_key_set_what_holds_nothing_of_anybody_is_open(make_client, path):
    assert make_client(api_key=KEY).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/docsx", "/docs/../metrics", "/healthx", "/openapi.json/"])
def test_with_a_key_set_what_only_looks_like_an_open_path_wants_it(make_client, path):
    assert make_client(api_key=KEY).get(path).status_code in (401, 404)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "169.254.169.254", ""])
def test_a_foreign_host_name_is_refused(make_client, host):
    answer = make_client().get("/health", headers={"Host": host})
    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.0.0.1:1", "[::1]:8000"])
def test_the_names_of_this_machine_are_taken(make_client, host):
    assert make_client().get("/health", headers={"Host": host}).status_code == 200


def test_a_host_name_that_the_settings_name_is_taken(make_client):
    client = make_client(allowed_hosts="prompts.example, localhost", api_key=LONG_KEY)
    assert client.get("/health", headers={"Host": "Prompts.example"}).status_code == 200


def test_a_door_that_is_left_open_on_purpose_is_warned_of_at_each_start(make_client, caplog):
    client = make_client(allowed_hosts="prompts.example, localhost", allow_no_api_key=True)
    assert client.get("/", headers={"Host": "prompts.example"}).status_code == 200
    (warning,) = [each for each in caplog.records if "ALLOW_NO_API_KEY" in each.getMessage()]
    assert warning.levelno == logging.WARNING


def test_no_page_of_another_origin_may_read_an_answer(make_client):
    answer = make_client().get("/health", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_an_origin_that_the_settings_name_may_and_never_with_credentials(make_client):
    client = make_client(cors_origins="https://app.example/", api_key=KEY)
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = client.options(URL, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in answer.headers
    other = client.options(URL, headers=asked | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_security_headers_stand_on_every_answer(make_client):
    client = make_client(api_key=KEY)
    answers = [
        client.get("/health"),
        client.get("/"),
        client.get("/nowhere", headers=bearer(KEY)),
        client.post(URL, json={"idea": ""}, headers=bearer(KEY)),
        client.post(URL, content=b"x" * 4_000_001, headers=bearer(KEY)),
        client.get("/health", headers={"Host": "evil.example"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 401, 404, 400, 413, 400]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_beyond_the_limit_of_improvements_the_answer_is_503_with_retry_after(make_client):
    slow = ScriptedImprover()
    client = make_client(slow, ScriptedImprover(BackendType.OFFLINE), max_concurrent_improvements=2)
    client.portal.call(hold, slow)
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(client.post, URL, json={"idea": "Test"}) for _ in range(2)]
        deadline = time.monotonic() + 10
        while len(slow.calls) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        refused = client.post(URL, json={"idea": "Test"})
        offline = client.post(URL, json={"idea": "Test", "backend": "offline"})
        client.portal.call(slow.gate.set)
        assert [answer.result().status_code for answer in waiting] == [200, 200]
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) == 1
    assert offline.status_code == 200
    assert client.post(URL, json={"idea": "Test"}).status_code == 200


async def hold(improver: ScriptedImprover) -> None:
    improver.gate = asyncio.Event()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "app.example"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "http://localhost"),
        ("ALLOWED_HOSTS", ""),
        ("MAX_CONCURRENT_IMPROVEMENTS", "0"),
    ],
)
def test_a_door_that_would_stand_open_by_mistake_stops_the_start(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load_settings()


@pytest.mark.parametrize(
    "variables",
    [
        {"API_HOST": "0.0.0.0"},
        {"API_HOST": "::"},
        {"ALLOWED_HOSTS": "prompts.example,localhost"},
        {"ALLOWED_HOSTS": "prompts.example,localhost", "API_KEY": LONG_KEY[:15]},
    ],
)
def test_a_start_that_would_stand_open_to_others_is_refused_in_one_line(tmp_path, variables):
    done = run_program(tmp_path, "serve", API_PORT="0", **variables)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    name, value = next(iter(variables.items()))
    assert f"{name}='{value.split(',')[0]}'" in line
    assert "set API_KEY to 16 characters or more" in line
    assert "planted" not in line


def test_with_a_key_it_listens_where_it_is_told(tmp_path):
    with ServerProcess(tmp_path, API_HOST="127.0.0.2", API_KEY="planted") as server:
        hosts = {"Host": "localhost"}
        assert server.client.get("/", headers=hosts).status_code == 401
        keyed = hosts | {"Authorization": "Bearer planted"}
        assert server.client.get("/", headers=keyed).status_code == 200
        assert "API_KEY has fewer than 16 characters" in server.log
        assert "planted" not in server.log


def test_with_a_key_a_name_that_a_proxy_passes_on_is_served_and_not_warned_of(tmp_path):
    with ServerProcess(tmp_path, ALLOWED_HOSTS="prompts.example", API_KEY=LONG_KEY) as server:
        assert "WARNING" not in server.log
        public = {"Host": "prompts.example"}
        assert server.client.get("/api/v1/history", headers=public).status_code == 401
        keyed = public | {"Authorization": f"Bearer {LONG_KEY}"}
        assert server.client.get("/api/v1/history", headers=keyed).status_code == 200
