"""One improvement over HTTP: what people think of it, its versions, and its words beside others."""

import json
import sqlite3
from contextlib import closing
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from prompt_improver.app import create_app
from prompt_improver.domain.prompt_history import EDITABLE
from prompt_improver.settings import Settings
from tests.error_bodies import error_body
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.scripted_improver import ScriptedImprover, make_backends

HISTORY = "/api/v1/history"


def app_with(tmp_path, repository=None):
    settings = Settings(
        _env_file=None,
        llm_provider="offline",
        sqlite_auto_cleanup=False,
        sqlite_db_path=str(tmp_path / "prompt_history.db"),
    )
    backends = make_backends(ScriptedImprover())
    return create_app(settings, repository=repository, backends=backends)


@pytest.fixture
def repository():
    return InMemoryPromptRepository()


@pytest.fixture
def client(tmp_path, repository):
    with TestClient(app_with(tmp_path, repository), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def row(client, repository):
    return repository._keep(make_history(parent_id=None))


def address(row, rest=""):
    return f"{HISTORY}/{row.prompt_id}{rest}"


def test_a_change_is_answered_with_the_whole_improvement_and_is_in_the_table(tmp_path):
    with TestClient(app_with(tmp_path), base_url="http://localhost") as client:
        # Not waited for: the row may still be on its way.
        made = client.post("/api/v1/improve-prompt", json={"idea": "a shop"}).json()
        mine = {"starred": True, "rating": 1, "note": "ñ", "tags": ["b", "a", "a"],
                "edited_prompt": "my own"}  # fmt: skip
        answer = client.patch(f"{HISTORY}/{made['prompt_id']}", json=mine)
        assert answer.status_code == 200, answer.text
        shown = client.get(f"{HISTORY}/{made['prompt_id']}").json()
        assert answer.json() == shown
        assert {name: shown[name] for name in EDITABLE} == mine | {"tags": ["a", "b"]}
        assert shown["improved_prompt"] == made["improved_prompt"]
        with closing(sqlite3.connect(tmp_path / "prompt_history.db")) as connection:
            sql = "SELECT starred, rating, note, edited_prompt FROM prompt_history"
            assert connection.execute(sql).fetchall() == [(1, 1, "ñ", "my own")]
            tags = connection.execute("SELECT history_id, tag FROM prompt_tags").fetchall()
            assert sorted(tags) == [(shown["id"], "a"), (shown["id"], "b")]


def test_what_a_change_leaves_out_stays_and_null_takes_away(client, row):
    client.patch(address(row), json={"rating": -1, "note": "n", "tags": ["t"]})
    changed = client.patch(address(row), json={"rating": None, "starred": True}).json()
    left = (changed["starred"], changed["rating"], changed["note"], changed["tags"])
    assert left == (True, None, "n", ["t"])
    assert client.patch(address(row), json={}).json() == changed


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"starred": None}, "starred"),
        ({"starred": 1}, "starred"),
        ({"rating": 2}, "rating"),
        ({"rating": True}, "rating"),
        ({"note": "xq9z\0"}, "note"),
        ({"note": "xq9z" * 30_000}, "note"),
        ({"tags": [" "]}, "tags"),
        ({"tags": ["xq9z" * 26]}, "tags"),
        ({"tags": None}, "tags"),
        ({"tags": [str(number) for number in range(51)]}, "tags"),
        ({"edited_prompt": 5}, "edited_prompt"),
        ({"improved_prompt": "xq9z"}, "improved_prompt"),
        ({"stared": True}, "stared"),
    ],
)
def test_a_change_that_does_not_fit_is_422_and_changes_nothing(
    client, repository, row, changes, place
):
    answer = client.patch(address(row), json={"note": "new"} | changes)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["body", place]
    assert "xq9z" not in answer.text
    assert repository.rows == [row]


def test_a_change_of_nothing_that_is_there_is_404_and_one_without_json_415(client, row):
    answer = client.patch(f"{HISTORY}/{uuid4()}", json={"starred": True})
    assert (answer.status_code, answer.json()) == (404, error_body("improvement_not_found"))
    assert client.patch(address(row), content="starred=1").status_code == 415


def test_filters_of_an_address_narrow_the_list(client, repository):
    parent = repository._keep(make_history(role="parent", parent_id=None, target="agent"))
    mine = {"starred": True, "rating": -1, "task": "fix", "artefact": "script"}
    repository._keep(make_history(role="child", parent_id=parent.prompt_id, tags=("work",), **mine))

    def roles(**parameters):
        answer = client.get(HISTORY, params=parameters)
        assert answer.status_code == 200, answer.text
        return [item["role"] for item in answer.json()["items"]]

    for name, value in (mine | {"tag": " work ", "parent": parent.prompt_id.upper()}).items():
        assert roles(**{name: value}) == ["child"]
    assert roles(starred=False, target="agent") == ["parent"]
    assert roles(starred=True, target="agent") == []


@pytest.mark.parametrize(
    "parameters",
    [{"starred": "maybe"}, {"rating": "2"}, {"tag": " "}, {"tag": "x" * 101}, {"target": "dog"},
     {"parent": "1"}, {"task": "a\0"}],
)  # fmt: skip
def test_a_filter_that_nothing_can_have_is_422(client, parameters):
    (name,) = parameters
    for method in ("GET", "DELETE"):
        answer = client.request(method, HISTORY, params=parameters)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", name]


def test_a_deletion_by_filter_can_be_counted_first_and_takes_starred_rows_too(client, repository):
    kept, *_ = [repository._keep(make_history(task=task)) for task in ("fix", "plan", "plan")]
    repository.rows[1] = repository.rows[1].with_changes({"starred": True})
    counted = client.delete(HISTORY, params={"task": "plan", "dry_run": True})
    assert counted.json() == {"count": 2, "dry_run": True}
    assert len(repository.rows) == 3
    assert client.delete(HISTORY, params={"task": "plan"}).json() == {"count": 2, "dry_run": False}
    assert repository.rows == [kept]


@pytest.mark.parametrize(
    "query", ["", "?dry_run=false", "?q=", "?q=%20&dry_run=true", "?taks=plan", "?task=fix&limit=5",
              "?tag=a&tag=b"],
)  # fmt: skip
def test_a_deletion_that_could_take_more_than_was_meant_is_422(client, repository, row, query):
    answer = client.delete(HISTORY + query)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert repository.rows == [row]


def test_versions_are_the_thread_of_each_of_them(client, repository, row):
    second = repository._keep(make_history(parent_id=row.prompt_id, original_idea="i" * 400))
    repository._keep(make_history(parent_id=None))
    for each in (row, second):
        items = client.get(address(each, "/versions")).json()["items"]
        assert [item["id"] for item in items] == [row.id, second.id]
    assert [len(item["original_idea"]) for item in items] == [17, 300]
    assert [item["cut"] for item in items] == [False, True]
    whole = client.get(address(row, "/versions"), params={"full": True}).json()["items"]
    assert whole[1] == client.get(address(second)).json() | {"cut": False}
    answer = client.get(f"{HISTORY}/{uuid4()}/versions")
    assert (answer.status_code, answer.json()) == (404, error_body("improvement_not_found"))


def test_a_diff_tells_the_words_against_the_parent_another_one_or_the_idea(client, repository):
    first = repository._keep(make_history(improved_prompt="Design an API.\n", parent_id=None))
    second = repository._keep(
        make_history(improved_prompt="Design a small API.\n", parent_id=first.prompt_id)
    )

    def diff(row, **parameters):
        answer = client.get(address(row, "/diff"), params=parameters)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return found["against"], [(each["op"], each["text"]) for each in found["ops"]]

    wanted = [("keep", "Design "), ("remove", "an"), ("add", "a small"), ("keep", " API.\n")]
    assert diff(second) == (first.prompt_id, wanted)
    assert diff(second, against=first.prompt_id) == diff(second)
    against, ops = diff(first)
    assert against == "idea"
    assert "".join(text for op, text in ops if op != "add") == first.original_idea
    assert diff(second, against="idea")[0] == "idea"
    assert diff(second, against=second.prompt_id)[1] == [("keep", "Design a small API.\n")]
    client.patch(address(first), json={"edited_prompt": "Mine"})
    assert ("remove", "Mine") in diff(second)[1]
    repository.rows.remove(repository.rows[0])
    assert diff(second)[0] == "idea"
    answer = client.get(address(second, "/diff"), params={"against": first.prompt_id})
    assert answer.status_code == 404
    assert client.get(address(second, "/diff"), params={"against": "xq9z"}).status_code == 422


def test_a_browser_of_an_allowed_origin_may_change_improvements(tmp_path):
    settings = Settings(
        _env_file=None,
        llm_provider="offline",
        sqlite_enabled=False,
        cors_origins=["https://page.example"],
    )
    client = TestClient(create_app(settings), base_url="http://localhost")
    answer = client.options(
        f"{HISTORY}/{uuid4()}",
        headers={
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert answer.status_code == 200
    assert "PATCH" in answer.headers["access-control-allow-methods"]


def test_the_figures_of_metrics_tell_stars_and_ratings(client, row):
    client.patch(address(row), json={"starred": True, "rating": -1})
    client.get("/health/repository")
    text = client.get("/metrics").text
    assert "prompt_improver_history_starred_rows 1.0" in text
    assert 'prompt_improver_history_rated_rows{rating="good"} 0.0' in text
    assert 'prompt_improver_history_rated_rows{rating="bad"} 1.0' in text


def test_an_example_of_a_change_is_one_that_fits(client, row):
    schema = client.get("/openapi.json").json()["components"]["schemas"]["ImprovementChanges"]
    (example,) = schema["examples"]
    assert client.patch(address(row), json=json.loads(json.dumps(example))).status_code == 200
