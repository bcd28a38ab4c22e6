"""python -m bench, in its smallest form, run as people run it."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from bench.databases import prepared, without_triggers, working_copy
from bench.http_load import Load, send
from bench.rivals import open_bare
from bench.rows import RowMaker
from db.sqlite.derived_data import verify_derived_data
from tests.server_process import ServerProcess, clean_environment

START = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "bench", "--folder", str(folder), "--rows", "500", *arguments],
        cwd=folder,
        env=clean_environment(HOME=str(folder)),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_small_run_prints_its_table_and_writes_all_figures_as_json(folder):
    done = run(folder, "--seconds", "0.05", "--rounds", "1", "--only", "saves,find,pages,search")
    assert done.returncode == 0, done.stderr
    first, _, heading, _, *lines = done.stdout.splitlines()
    assert "cores" in first
    assert "SQLite" in first
    assert heading.startswith("| measured | rows |")
    record = json.loads((folder / "bench.json").read_text())
    measured = [measurement["name"] for measurement in record["measurements"]]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[:-2]] == measured
    assert "50 concurrent saves, FULL" in measured
    saves = record["measurements"][0]
    assert saves["rows"] == 500
    assert all(figure > 0 for figure in saves["figures"].values())
    assert saves["passed"] in (True, False)
    assert lines[-1].endswith("targets passed.")


def test_what_cannot_be_measured_is_refused(folder):
    done = run(folder, "--only", "saves,everything")
    assert done.returncode == 2
    assert "everything: not one of" in done.stderr


def test_a_prepared_database_has_its_rows_summed_up_and_indexed(folder):
    path = prepared(folder, 300)
    with open_bare(path) as connection:
        assert connection.execute("SELECT COUNT(*) FROM prompt_history").fetchone()[0] == 300
        assert verify_derived_data(connection).problems == []
        triggers = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'trigger'"
        assert connection.execute(triggers).fetchone()[0] == 13


def test_a_prepared_database_is_kept_and_only_copies_are_written_into(folder):
    made = prepared(folder, 300).stat()
    with working_copy(prepared(folder, 300)) as copy, open_bare(copy) as connection:
        connection.execute("DELETE FROM prompt_history")
    assert not copy.exists()
    again = prepared(folder, 300).stat()
    assert (again.st_ino, again.st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def test_triggers_come_back_as_they_were(folder):
    schema = "SELECT name, sql FROM sqlite_schema ORDER BY name"
    with working_copy(prepared(folder, 300)) as copy:
        with open_bare(copy) as connection:
            before = [tuple(row) for row in connection.execute(schema)]
        with without_triggers(copy, "%"), open_bare(copy) as connection:
            kinds = {row[0] for row in connection.execute("SELECT type FROM sqlite_schema")}
        assert "trigger" not in kinds
        with open_bare(copy) as connection:
            assert [tuple(row) for row in connection.execute(schema)] == before


def test_rows_are_the_same_from_the_same_seed_and_as_long_as_real_ones():
    rows = list(RowMaker("a").spread(300, START, START + timedelta(days=3)))
    assert rows == list(RowMaker("a").spread(300, START, START + timedelta(days=3)))
    assert rows != list(RowMaker("b").spread(300, START, START + timedelta(days=3)))
    assert all(20 <= len(row.original_idea) <= 200 for row in rows)
    assert 950 < sum(len(row.improved_prompt) for row in rows) / len(rows) < 1_250


def test_a_load_counts_good_answers_and_errors(tmp_path):
    with ServerProcess(tmp_path, SQLITE_ENABLED="false") as server:
        url = f"{server.url}/api/v1/improve-prompt"
        good = send(Load(url=url, seconds=10, clients=2, count=20))
        assert (len(good.milliseconds), good.errors) == (20, 0)
        assert all(milliseconds > 0 for milliseconds in good.milliseconds)
        bad = send(Load(url=url, seconds=10, clients=2, count=20, body={"idea": " "}))
        assert (len(bad.milliseconds), bad.errors) == (0, 20)
