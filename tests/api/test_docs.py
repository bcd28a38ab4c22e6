"""/docs and the document behind it."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from prompt_improver.api.docs.page import FILES, FOLDER
from prompt_improver.api.history_schemas import HistoryItem, HistoryResponse
from prompt_improver.api.schemas import ImproveResponse
from prompt_improver.app import create_app
from prompt_improver.settings import Settings
from tests.server_process import ServerProcess

CHROMIUM = Path("/usr/bin/chromium")
KEY = "planted-key-0123456789"


@pytest.fixture
def client():
    settings = Settings(_env_file=None, sqlite_enabled=False, llm_provider="offline")
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        yield client


def test_the_page_loads_files_of_this_server_only(client):
    text = client.get("/docs").text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert {f"docs/{name}" for name in FILES} <= set(loaded)
    for address in loaded:
        if not address.startswith("data:"):
            assert client.get(f"/{address}").status_code == 200


def test_no_policy_of_the_page_names_another_server(client):
    for path in ("/docs", "/docs/start.js"):
        assert "http" not in client.get(path).headers["Content-Security-Policy"]


def test_the_vendored_files_are_those_of_the_table():
    table = (FOLDER / "vendor" / "SOURCES.md").read_text()
    sums = dict(re.findall(r"^\| (\S+\.(?:js|css)) \| ([0-9a-f]{64}) \|$", table, re.MULTILINE))
    assert set(sums) == {"swagger-ui-bundle.js", "swagger-ui.css"}
    for name, wanted in sums.items():
        assert hashlib.sha256(FILES[name].read_bytes()).hexdigest() == wanted


def test_operation_ids_are_short_and_each_is_there_once(client):
    paths = client.get("/openapi.json").json()["paths"]
    ids = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert {
        "improvePrompt", "listHistory", "getImprovement", "deleteImprovement", "exportHistory",
        "getStatistics",
    } <= set(ids)  # fmt: skip
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][A-Za-z]{2,24}", name) for name in ids)


@pytest.mark.parametrize(
    ("path", "method", "model"),
    [
        ("/api/v1/improve-prompt", "post", ImproveResponse),
        ("/api/v1/history", "get", HistoryResponse),
        ("/api/v1/history/{prompt_id}", "get", HistoryItem),
    ],
)
def test_an_example_of_an_answer_fits_its_schema_and_has_every_field(client, path, method, model):
    document = client.get("/openapi.json").json()
    content = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    assert content["schema"]["$ref"].endswith(f"/{model.__name__}")
    shown = model.model_validate_json(json.dumps(content["example"]), extra="forbid")
    assert shown.model_dump(mode="json") == content["example"]
    assert set(content["example"]) == set(model.model_fields)


def test_the_document_names_the_key_where_a_route_wants_it(client):
    document = client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["API_KEY"]["scheme"] == "bearer"
    assert document["servers"][0]["url"] == "/"
    assert document["paths"]["/api/v1/history"]["get"]["security"] == [{"API_KEY": []}, {}]
    assert "security" not in document["paths"]["/health"]["get"]


def test_head_is_answered_where_get_is_and_has_no_body(tmp_path):
    with ServerProcess(tmp_path) as server:
        for path in ("/", "/health", "/api/v1/history/export", "/docs", "/metrics"):
            got, headed = server.client.get(path), server.client.head(path)
            assert (headed.status_code, headed.content) == (got.status_code, b""), path
            assert headed.headers["Content-Type"] == got.headers["Content-Type"], path


def test_head_is_refused_where_there_is_no_get(client):
    answer = client.head("/api/v1/improve-prompt")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert client.post("/health").headers["Allow"] == "GET, HEAD"


def test_a_browser_shows_the_page_and_calls_with_the_key_that_it_was_given(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium")
    with (
        ServerProcess(tmp_path, API_KEY=KEY) as server,
        sync_api.sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        ) as browser,
    ):
        page = browser.new_page()
        told, asked = [], []
        page.on("console", lambda message: told.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.url}/docs")
        page.click(".btn.authorize")
        page.fill(".auth-container input", KEY)
        page.click(".auth-btn-wrapper .authorize")
        page.click(".btn-done")
        page.click("#operations-health-root")
        page.click("#operations-health-root .try-out__btn")
        page.click("#operations-health-root .execute")
        answer = page.locator("#operations-health-root .live-responses-table .response")
        assert answer.locator(".response-col_status").inner_text().strip() == "200"
        assert told == []
        assert all(url.startswith(server.url) for url in asked)
