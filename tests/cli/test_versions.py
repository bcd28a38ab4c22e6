"""Versions, stars, ratings, notes and tags on the command line, as processes of their own."""

import json
from pathlib import Path

import pytest

from tests.forked_program import run_program
from tests.sqlite_files import raw


@pytest.fixture
def run(tmp_path: Path):
    def run(*arguments: str, code: int = 0) -> str:
        done = run_program(
            tmp_path,
            *arguments,
            HOME=str(tmp_path),
            SQLITE_DB_PATH="history.db",
            LLM_PROVIDER="offline",
            TZ="UTC",
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def ids(path: Path) -> list[str]:
    return [each for (each,) in raw(path, "SELECT prompt_id FROM prompt_history ORDER BY id")]


def test_an_improvement_is_refined_compared_restored_and_run_again(run, tmp_path):
    path = tmp_path / "history.db"
    first = run("improve", "Write a mail about the move to Lyon, at most 120 words")
    second = run("refine", "last", "no", "greeting,", "please")
    assert "- no greeting, please\n" in second
    assert "Nothing changed" in run("refine", "last", "no greeting, please", code=1)
    one, two = ids(path)
    sql = "SELECT version, parent_id, instruction FROM prompt_history WHERE id = 2"
    assert raw(path, sql) == [(2, one, "no greeting, please")]
    assert "{+\n- no greeting, please+}" in run("diff", two[:8])
    assert run("diff", "last", "idea").startswith("{+")
    lines = run("versions", one[:6]).splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2"]
    assert "no greeting, please" in lines[1]
    assert run("refine", two, "--restore", one) == first
    assert run("rerun", one, "--json").count(one) == 0
    assert len(ids(path)) == 4
    assert "Say what to change" in run("refine", "last", code=2)
    assert "is not a version of" in run("refine", one, "--restore", ids(path)[3], code=2)


def test_a_rerun_keeps_the_target_and_the_answers_of_the_first_run(run):
    run("improve", "Design a REST API", "--target", "agent", "--answer", "clients=Partners")
    first = json.loads(run("show", "last", "--json"))
    again = json.loads(run("rerun", "last", "--json"))
    assert again["target"] == first["target"] == "agent"
    assert again["answers"] == first["answers"]
    assert again["improved_prompt"] == first["improved_prompt"]


def test_opinions_are_kept_and_taken_back_and_what_is_deleted_is_gone(run, tmp_path):
    path = tmp_path / "history.db"
    run("improve", "a shop")
    (one,) = ids(path)
    assert run("rate", "last", "good") == f"{one[:8]}: rating good\n"
    assert run("star", one[:4]) == f"{one[:8]}: starred\n"
    assert run("tag", "last", "work", "a b") == f"{one[:8]}: a b, work\n"
    assert run("tag", "last", "work", "--remove") == f"{one[:8]}: a b\n"
    assert run("note", "last", "for", "Monday") == f"{one[:8]}: for Monday\n"
    sql = "SELECT starred, rating, note FROM prompt_history"
    assert raw(path, sql) == [(1, 1, "for Monday")]
    assert raw(path, "SELECT tag FROM prompt_tags") == [("a b",)]
    assert "tags must" in run("tag", "last", " ", code=2)
    assert "no improvement" in run("star", "nothing", code=1)
    assert "add --yes" in run("delete", one, code=2)
    assert ids(path) == [one]
    assert run("delete", one, one[:5], "--yes") == "Deleted 1 improvement\n"
    assert ids(path) == []
    assert "no improvement" in run("show", "last", code=1)


def test_a_beginning_that_fits_several_ids_is_refused_with_more_of_each(run, tmp_path):
    path = tmp_path / "history.db"
    run("improve", "a shop")
    run("rerun", "last")
    for number, each in enumerate(ids(path)):
        changed = f"aaaa{number}aaa{each[8:]}"
        raw(path, f"UPDATE prompt_history SET prompt_id = '{changed}' WHERE id = {number + 1}")
    error = run("show", "aaaa", code=2)
    assert "Several ids begin with aaaa: aaaa0aaa, aaaa1aaa" in error
    assert "aaaa1aaa" in run("show", "aaaa1")
