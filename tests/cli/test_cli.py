"""The command line, as a process of its own."""

import json
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from typer.main import get_command

from prompt_improver.cli.commands import app
from prompt_improver.cli.help import GROUPS
from prompt_improver.cli.settings import tell_next_cleanup
from prompt_improver.settings import Settings
from tests.forked_program import clean_environment, run_program


@pytest.fixture
def run(tmp_path):
    """Runs ``python -m prompt_improver`` in an empty folder."""

    return partial(run_program, tmp_path)


@pytest.fixture
def database_file(tmp_path) -> Path:
    return tmp_path / "data" / "prompt_history.db"


def ideas(database_file: Path) -> list[str]:
    with sqlite3.connect(database_file) as connection:
        rows = connection.execute("SELECT original_idea FROM prompt_history ORDER BY id")
        return [idea for (idea,) in rows]


def test_improve_prints_the_prompt_alone_on_standard_output_and_keeps_it(run, database_file):
    done = run("improve", "Write a python function that sorts a list", "--context", "FastAPI")
    assert done.returncode == 0
    assert done.stdout.startswith("## Task\n")
    assert "Write a python function that sorts a list" in done.stdout
    assert "FastAPI" in done.stdout
    with sqlite3.connect(database_file) as connection:
        (kept,) = connection.execute("SELECT improved_prompt FROM prompt_history").fetchone()
    assert kept + "\n" == done.stdout


def test_improve_reads_the_idea_from_standard_input(run, database_file):
    done = run("improve", "-", stdin="haz un hook de React para formularios ñ\n".encode())
    assert done.returncode == 0
    assert ideas(database_file) == ["haz un hook de React para formularios ñ"]


def test_improve_json_prints_every_part(run):
    parts = json.loads(run("improve", "Write a python function that sorts a list", "--json").stdout)
    assert parts["backend"] == "offline"
    assert parts["saved"] == "saved"
    assert parts["improved_prompt"].startswith("## Task")


def test_a_warning_goes_to_standard_error(run):
    done = run("improve", "fix this bug")
    assert done.returncode == 0
    assert "vague" in done.stderr
    assert "warning" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "stdin", "why"),
    [
        (["improve", "  "], b"", "must not be empty"),
        (["improve", "-"], b"\xff\xfe", "not UTF-8"),
        (["improve", "-"], b"a\x00b", "NUL"),
        (["improve", "-"], b"x" * 100_001, "100000"),
        (["improve", "idea", "--backend", "magic"], b"", "'zero-shot'"),
        (["improve"], b"", "Idea must not be empty"),
        (["history", "--limit", "0"], b"", "--limit"),
        (["cleanup", "--days", "0"], b"", "--days"),
        (["cleanup", "--days", "36501"], b"", "--days"),
        (["fix", "this bug"], b"", "There is no command fix. To improve an idea, type: "),
        (["write", "a poem"], b"", "There is no command write. To improve an idea, type: "),
        (["histry"], b"", "There is no command histry. Did you mean history?"),
        (["rate", "last", "5"], b"", "for 'rating': '5' is not one of 'good'"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(run, arguments, stdin, why):
    done = run(*arguments, stdin=stdin)
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_an_idea_that_stays_as_it_is_is_told_on_standard_error(run):
    done = run("improve", "build a bot")
    assert done.stdout == "build a bot\n"
    assert done.stderr.startswith("Your idea is unchanged: without a model, ")


def test_a_search_that_finds_nothing_says_so_on_standard_error(run):
    run("improve", "build a bot")
    done = run("search", "unheard")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No improvements match.\n")


def test_an_improvement_is_printed_even_where_it_cannot_be_kept(run, database_file):
    database_file.mkdir(parents=True)
    done = run("improve", "Write a python function that sorts a list")
    assert done.returncode == 0
    assert done.stdout.startswith("## Task")
    assert "not in the history yet" in done.stderr
    assert "spool" in done.stderr


def test_with_the_history_off_nothing_is_written(run, database_file):
    idea = "Write a python function that sorts a list"
    assert run("improve", idea, SQLITE_ENABLED="false").returncode == 0
    assert not database_file.exists()


def test_history_lists_the_newest_first_in_a_line_each(run):
    run("improve", "first idea")
    run("improve", "second\nidea " + "long " * 40)
    lines = run("history").stdout.splitlines()
    assert len(lines) == 2
    assert "second idea long" in lines[0]
    assert lines[0].endswith("…")
    assert lines[1].endswith("first idea")
    assert len(run("history", "--limit", "1").stdout.splitlines()) == 1


def test_stats_prints_the_figures(run):
    run("improve", "Write a python function that sorts a list")
    done = run("stats")
    assert "improvements        1" in done.stdout
    assert "offline" in done.stdout


def test_stats_of_an_empty_history_are_none(run):
    run("migrate")
    assert "average confidence  none" in run("stats").stdout


def test_cleanup_deletes_what_is_older_than_the_days_and_says_how_many(run, database_file):
    run("improve", "old")
    run("improve", "new")
    with sqlite3.connect(database_file) as connection:
        connection.execute(
            "UPDATE prompt_history SET timestamp = '2020-01-01 00:00:00.000' "
            "WHERE original_idea = 'old'"
        )
    for command, width in (("stats", 20), ("check", 16)):
        line = f"{'next cleanup':{width}}deletes 1 older than 30 days\n"
        assert line in run(command).stdout
    done = run("cleanup", "--days", "7")
    assert done.stdout == "Deleted 1 improvement older than 7 days\n"
    assert ideas(database_file) == ["new"]


def test_cleanup_takes_the_retention_of_the_settings(run):
    run("migrate")
    done = run("cleanup", SQLITE_RETENTION_DAYS="12")
    assert done.stdout == "Deleted 0 improvements older than 12 days\n"


def test_cleanup_makes_no_history_where_there_is_none(run, database_file):
    done = run("cleanup")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Nothing to delete: there is no history yet at {database_file}\n"
    assert not database_file.parent.exists()


@pytest.mark.parametrize(
    ("changes", "old_rows", "expected"),
    [
        ({}, 0, "deletes 0 older than 30 days"),
        ({"sqlite_retention_days": 7}, 1234, "deletes 1,234 older than 7 days"),
        ({}, None, "deletes what is older than 30 days"),
        ({"sqlite_auto_cleanup": False}, None, "none: SQLITE_AUTO_CLEANUP=false"),
        ({"sqlite_retention_days": 0}, 0, "none: SQLITE_RETENTION_DAYS=0"),
        ({"sqlite_enabled": False}, 0, "none: SQLITE_ENABLED=false"),
    ],
)
def test_what_the_next_cleanup_does_is_told_with_the_setting_that_turns_it_off(
    changes, old_rows, expected
):
    assert tell_next_cleanup(Settings(_env_file=None, **changes), old_rows) == expected


def test_migrate_makes_the_database_and_has_nothing_to_do_the_second_time(run, database_file):
    done = run("migrate")
    assert done.stdout.startswith("applied 0001_create_prompt_history\n")
    assert database_file.exists()
    assert run("migrate").stdout == f"{database_file} is up to date\n"


@pytest.mark.parametrize("command", ["history", "stats", "cleanup", "migrate"])
def test_a_database_that_cannot_be_used_ends_with_1_and_one_line(run, database_file, command):
    database_file.mkdir(parents=True)
    done = run(command)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert str(database_file) in done.stderr


@pytest.mark.parametrize("command", [["improve", "idea"], ["serve"], ["history"]])
def test_a_wrong_setting_ends_with_1_and_one_line(run, command):
    done = run(*command, SQLITE_POOL_SIZE="2")
    assert done.returncode == 1
    assert done.stderr.startswith("SQLITE_POOL_SIZE='2'")
    assert len(done.stderr.splitlines()) == 1


def test_a_backend_without_a_model_ends_with_1_and_says_what_to_set(run):
    done = run("improve", "idea", "--backend", "few-shot")
    assert done.returncode == 1
    assert "LLM_PROVIDER" in done.stderr


NEEDLESS = """
import json, sys
from prompt_improver.__main__ import run
needless = {
    "--help": ["pydantic", "anyio", "asyncio", "sqlite3", "tenacity", "tomllib"],
    "improve": ["prompt_improver.improvement.model.connection", "prompt_improver.server"],
}
for modules in needless.values():
    modules += ["dspy", "fastapi", "starlette", "uvicorn", "httpx", "rich", "prometheus_client"]
imported = {}
for command, arguments in (("--help", []), ("improve", ["Write a function that sorts"])):
    try:
        run([command, *arguments])
    except SystemExit as ending:
        imported[command] = [ending.code, *(set(needless[command]) & set(sys.modules))]
print(json.dumps(imported), file=sys.stderr)
"""


def test_the_help_lists_every_command_once_under_what_it_is_for():
    listed = [name for group in GROUPS.values() for name in group]
    assert sorted(listed) == sorted(get_command(app).commands)


def test_a_command_imports_nothing_heavy_that_it_does_not_need(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", NEEDLESS],
        cwd=tmp_path,
        env=clean_environment(HOME=str(tmp_path), LLM_PROVIDER="offline"),
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stderr.splitlines()[-1]) == {"--help": [0], "improve": [0]}
    assert "serve" in done.stdout
    assert "## Task" in done.stdout


def test_a_reader_that_stops_early_gets_no_traceback(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m prompt_improver improve 'Write a python sort function' | head -c 1",
        shell=True,
        cwd=tmp_path,
        env=clean_environment(HOME=str(tmp_path), LLM_PROVIDER="offline"),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == "#"
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_ends_with_1_and_one_line(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m prompt_improver improve 'Design a REST API' > /dev/full",
        shell=True,
        cwd=tmp_path,
        env=clean_environment(HOME=str(tmp_path), LLM_PROVIDER="offline"),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    evidence, error = done.stderr.splitlines()
    assert evidence.startswith("Kept ")
    assert "Standard output" in error
