"""New versions over HTTP, with the real offline backend and a model's server on loopback."""

import json
import sqlite3
from contextlib import ExitStack, closing
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from prompt_improver.app import create_app
from prompt_improver.settings import Settings
from tests.error_bodies import error_body
from tests.event_streams import read_events
from tests.model_server import ModelServer, Reply, parts

IMPROVE = "/api/v1/improve-prompt"
IDEA = "Write a mail about the move of Acme to Lyon, at most 120 words"
MINE = ("starred", "rating", "note", "tags", "edited_prompt")


@pytest.fixture
def make_client(tmp_path):
    with ExitStack() as stack:

        def make(**settings) -> TestClient:
            defaults = {
                "_env_file": None,
                "llm_provider": "offline",
                "sqlite_auto_cleanup": False,
                "sqlite_db_path": str(tmp_path / "prompt_history.db"),
            }
            app = create_app(Settings(**defaults | settings))
            return stack.enter_context(TestClient(app, base_url="http://localhost"))

        yield make


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture
def model():
    with ModelServer() as server:
        yield server


@pytest.fixture
def model_client(make_client, model):
    return make_client(
        llm_provider="openai", llm_model="m", llm_base_url=model.base_url, llm_api_key="planted"
    )


def improve(client, **body):
    answer = client.post(IMPROVE, json={"idea": IDEA} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refine(client, parent, status=200, **body):
    answer = client.post(f"/api/v1/history/{parent['prompt_id']}/refine", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def rules(answer, source):
    """The guardrails that come from there."""
    pairs = zip(answer["guardrails"], answer["guardrail_sources"], strict=True)
    return [rule for rule, each in pairs if each == source]


def test_without_a_model_the_feedback_is_a_rule_of_the_new_version_word_for_word(client, tmp_path):
    first = improve(client, context="An office of 40")
    second = refine(client, first, feedback="no greeting, please")
    assert set(second) == set(first)
    own = rules(first, "idea")
    assert own
    assert rules(second, "idea") == [*own, "no greeting, please"]
    assert rules(second, "assumed") == rules(first, "assumed")
    assert "- no greeting, please" in second["improved_prompt"]
    assert second["changed_parts"] == ["guardrails"]
    same = ("original_idea", "context", "directive", "output_format", "role", "language", "target")
    assert {name: second[name] for name in same} == {name: first[name] for name in same}
    lineage = (second["parent_id"], second["version"], second["instruction"])
    assert lineage == (first["prompt_id"], 2, "no greeting, please")
    third = refine(client, second, feedback="one line")
    assert (third["version"], third["parent_id"]) == (3, second["prompt_id"])
    shown = client.get(f"/api/v1/history/{third['prompt_id']}").json()
    assert {name: shown[name] for name in shown if name in third} == {
        name: third[name] for name in third if name in shown
    }
    with closing(sqlite3.connect(tmp_path / "prompt_history.db")) as connection:
        sql = "SELECT version, parent_id, instruction FROM prompt_history ORDER BY id"
        assert connection.execute(sql).fetchall() == [
            (1, None, None),
            (2, first["prompt_id"], "no greeting, please"),
            (3, second["prompt_id"], "one line"),
        ]


def test_feedback_lifts_a_limit_of_the_idea(client):
    first = improve(client)
    assert "at most 120 words" in first["guardrails"]
    second = refine(client, first, feedback="drop the 120 words, 300 are fine")
    assert "at most 120 words" not in second["guardrails"]
    assert rules(second, "idea")[-1] == "drop the 120 words, 300 are fine"


def test_an_answer_to_a_question_takes_the_place_of_what_was_assumed(client):
    first = improve(client, idea="write a sql query for late orders")
    question = next(each for each in first["questions"] if each["id"] == "database")
    assert question["default"] in first["improved_prompt"]
    told = [{"id": "database", "text": "SQLite 3.40"}]
    second = refine(client, first, answers=told)
    assert (second["version"], second["parent_id"]) == (2, first["prompt_id"])
    assert "SQLite 3.40" in second["improved_prompt"]
    assert question["default"] not in second["improved_prompt"]
    assert second["answers"] == told
    assert "database" not in [each["id"] for each in second["questions"]]
    # Beside feedback it becomes a line of it.
    third = refine(client, first, feedback="use a CTE", answers=told)
    assert rules(third, "idea")[-1].splitlines()[0] == "use a CTE"
    assert "SQLite 3.40" in rules(third, "idea")[-1]
    assert question["default"] not in third["improved_prompt"]
    assert third["instruction"] == "use a CTE"


def test_a_version_inherits_nothing_that_somebody_thought_of_its_parent(client):
    first = improve(client)
    mine = {"starred": True, "rating": 1, "note": "n", "tags": ["t"]}
    client.patch(f"/api/v1/history/{first['prompt_id']}", json=mine)
    second = refine(client, first, feedback="no greeting")
    assert [second[name] for name in MINE] == [False, None, None, [], None]


def test_an_edited_prompt_is_what_is_refined(client):
    first = improve(client)
    edited = "# My mail\n\nWrite it to Acme in Lyon, at most 120 words."
    client.patch(f"/api/v1/history/{first['prompt_id']}", json={"edited_prompt": edited})
    second = refine(client, first, feedback="no greeting")
    assert second["improved_prompt"] == f"{edited}\n\nno greeting"
    assert refine(client, second, status=409, feedback="no greeting")["code"] == "nothing_changed"


def test_a_refinement_that_changes_nothing_makes_no_version(client):
    first = improve(client)
    second = refine(client, first, feedback="no greeting")
    assert refine(client, second, 409, feedback="no greeting") == error_body("nothing_changed")
    versions = client.get(f"/api/v1/history/{first['prompt_id']}/versions").json()["items"]
    assert len(versions) == 2


def test_a_version_is_restored_with_its_parts_as_a_new_one(client):
    first = improve(client)
    second = refine(client, first, feedback="no greeting")
    third = refine(client, second, restore=first["prompt_id"])
    assert (third["version"], third["parent_id"]) == (3, second["prompt_id"])
    assert third["instruction"] is None
    for name in ("improved_prompt", "guardrails", "directive", "backend"):
        assert third[name] == first[name]
    assert third["changed_parts"] == ["guardrails"]
    assert refine(client, third, 409, restore=first["prompt_id"])["code"] == "nothing_changed"
    other = improve(client, idea="Another idea of mine")
    for unknown in (other["prompt_id"], str(uuid4())):
        body = refine(client, third, 404, restore=unknown)
        assert body == error_body("improvement_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"feedback": " \n"},
        {"feedback": "", "answers": [{"id": "a", "text": "b"}]},
        {"feedback": "a\0"},
        {"feedback": "x" * 100_001},
        {"feedback": "a", "restore": str(uuid4())},
        {"restore": "1"},
        {"answers": []},
        {"feedback": "a", "backend": "client"},
        {"feedbak": "a", "feedback": "b"},
    ],
)
def test_a_request_that_does_not_fit_is_422_and_makes_no_version(client, body):
    first = improve(client)
    assert refine(client, first, 422, **body)["code"] == "invalid_request"
    versions = client.get(f"/api/v1/history/{first['prompt_id']}/versions").json()["items"]
    assert len(versions) == 1


def test_what_is_not_there_cannot_be_refined_and_without_a_history_nothing_can(client, make_client):
    unknown = {"prompt_id": str(uuid4())}
    assert refine(client, unknown, 404, feedback="a") == error_body("improvement_not_found")
    off = make_client(sqlite_enabled=False)
    assert refine(off, unknown, 503, feedback="a") == error_body("history_off")


def test_a_model_is_shown_prompt_and_feedback_and_only_what_it_changes_changes(model_client, model):
    model.reply = Reply(
        text=parts(
            role="You write for an office.",
            directive="Write a mail about the move of Acme to Lyon. Keep it to at most 120 words.",
            guardrails=["At most 120 words.", "Name Acme and Lyon."],
            output_format="A subject line and the text.",
        )
    )
    first = improve(model_client)
    assert first["warnings"] == []
    model.reply = Reply(text=json.dumps({"guardrails": [*first["guardrails"], "No greeting."]}))
    second = refine(model_client, first, feedback="no greeting")
    assert second["guardrails"] == [*first["guardrails"], "No greeting."]
    assert second["guardrail_sources"][-1] == "idea"
    assert second["changed_parts"] == ["guardrails"]
    assert (second["kept_original"], second["warnings"], second["backend"]) == (
        False, [], "few-shot",
    )  # fmt: skip
    asked = model.requests[-1].body["messages"]
    assert len(asked) == 2, "no demonstrations of another task"
    assert "no greeting" in asked[1]["content"]
    assert "You write for an office." in asked[1]["content"]
    assert IDEA in asked[1]["content"]


def test_what_the_feedback_brings_in_is_not_assumed(model_client, model):
    model.reply = Reply(text=parts(directive="Write a mail about the move of Acme to Lyon, at most "
                                   "120 words.", guardrails=["At most 120 words."]))  # fmt: skip
    first = improve(model_client)
    rules = ["At most 120 words.", "Name the 14 June, and Kubernetes 1.31.", "Use Terraform 9."]
    model.reply = Reply(text=json.dumps({"guardrails": rules}))
    second = refine(model_client, first, feedback="name the 14 June, and Kubernetes 1.31")
    assumed = " ".join(each["text"] for each in second["evidence"]["assumed"])
    assert "Terraform" in assumed
    assert "1.31" not in assumed
    assert "14 June" not in assumed


def test_what_the_feedback_does_not_concern_comes_back_word_for_word(model_client, model):
    model.reply = Reply(
        text=parts(
            role="You write for an office.",
            directive="Write a mail about the move of Acme to Lyon. Keep it to at most 120 words. "
            "Say when the new office opens.",
            guardrails=["At most 120 words.", "Name Acme and Lyon."],
            output_format="A subject line and the text.",
        )
    )
    first = improve(model_client)
    reworded = {
        "role": "You always write for an office.",
        "directive": "Write a mail about the move of Acme to Lyon. Keep it to at most 120 words. "
        "Say when exactly the new office opens. Leave out any greeting.",
        "guardrails": ["Use at most 120 words.", "No greeting."],
        "output_format": "One subject line and the text.",
    }
    model.reply = Reply(text=json.dumps(reworded))
    second = refine(model_client, first, feedback="no greeting")
    assert second["role"] == first["role"]
    assert second["output_format"] == first["output_format"]
    assert second["directive"] == f"{first['directive']} Leave out any greeting."
    assert second["guardrails"] == [*first["guardrails"], "No greeting."]
    assert second["changed_parts"] == ["directive", "guardrails"]


@pytest.mark.parametrize(
    ("feedback", "reply"),
    [
        # A number of the feedback is changed; a limit of the idea is lost; a name is.
        ("exactly 3 sentences", {"guardrails": ["At most 120 words.", "Exactly 4 sentences."]}),
        ("no greeting", {"directive": "Write a mail about the move of Acme. No greeting.",
                         "guardrails": ["No greeting."]}),
    ],
)  # fmt: skip
def test_a_change_that_loses_what_was_asked_is_corrected_and_else_the_feedback_is_a_rule(
    model_client, model, feedback, reply
):
    model.reply = Reply(
        text=parts(
            role="You write for an office.",
            directive="Write a mail about the move of Acme to Lyon, at most 120 words.",
            guardrails=["At most 120 words."],
            output_format="A subject line and the text.",
        )
    )
    first = improve(model_client)
    model.reply = Reply(text=json.dumps(reply))
    second = refine(model_client, first, feedback=feedback)
    assert second["model_calls"] == 2
    assert "Put right" in model.requests[-1].body["messages"][-1]["content"]
    assert second["kept_original"] is True
    assert second["warnings"]
    assert second["guardrails"] == [*first["guardrails"], feedback]
    assert second["directive"] == first["directive"]


def test_a_model_that_fails_leaves_the_feedback_as_a_rule(model_client, model):
    first = improve(model_client, backend="offline")
    model.reply = Reply(status=500)
    second = refine(model_client, first, feedback="no greeting")
    assert (second["backend"], second["warnings"]) == ("offline", ["model_unavailable"])
    assert rules(second, "idea")[-1] == "no greeting"
    answer = refine(model_client, first, 502, feedback="no greeting", backend="zero-shot")
    assert answer["code"] == "model_provider_failed"


def test_a_refinement_streams_as_an_improvement_does(model_client, model):
    model.reply = Reply(
        text=parts(
            directive="Write a mail about the move of Acme to Lyon, at most 120 words.",
            guardrails=["At most 120 words."],
        )
    )
    first = improve(model_client)
    model.reply = Reply(text=json.dumps({"guardrails": ["At most 120 words.", "No greeting."]}))
    address = f"/api/v1/history/{first['prompt_id']}/refine"
    for path, headers in (
        (f"{address}/stream", {}),
        (address, {"Accept": "text/event-stream"}),
    ):
        answer = model_client.post(path, json={"feedback": "no greeting"}, headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = read_events(answer.text)
        names = [name for name, _ in events]
        assert (names[0], names[-1]) == ("start", "final")
        assert (
            "items",
            {"field": "guardrails", "items": ["At most 120 words.", "No greeting."]},
        ) in (events)
        assert events[-1][1]["guardrails"] == ["At most 120 words.", "No greeting."]
        assert events[-1][1]["parent_id"] == first["prompt_id"]
    nothing = model_client.post(f"{address}/stream", json={"restore": first["prompt_id"]})
    assert nothing.status_code == 409
