import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from db.sqlite.connection import open_connection
from db.sqlite.rows import COLUMNS, INSERT_ROW, to_parameters
from db.sqlite.sql_files import SQL_FOLDER, load_statement
from tests.histories import make_history
from tests.sqlite_files import cli, connect, needs_cli


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


def fill(path, *days_ago):
    with closing(open_connection(path)) as connection:
        for days in days_ago:
            moment = datetime.now(UTC) - timedelta(days=days)
            connection.execute(INSERT_ROW, to_parameters(make_history(timestamp=moment)))


def count(path):
    with connect(path) as connection:
        return connection.execute("SELECT COUNT(*) FROM prompt_history").fetchone()[0]


@needs_cli
def test_the_statements_that_people_type_work_as_typed(path):
    fill(path, 0, 31, 29, 60)
    newest = cli(path, "SELECT * FROM prompt_history ORDER BY timestamp DESC LIMIT 10;", "-json")
    rows = json.loads(newest.stdout)
    assert [row["id"] for row in rows] == [1, 3, 2, 4]
    assert {*rows[0]} == {*COLUMNS[: COLUMNS.index(", (")].split(", ")}
    backends = cli(path, "SELECT backend, COUNT(*) FROM prompt_history GROUP BY backend;")
    assert backends.stdout == "offline|4\n"
    deleted = cli(path, "DELETE FROM prompt_history WHERE timestamp < datetime('now', '-30 days');")
    assert (deleted.returncode, deleted.stderr) == (0, "")
    assert count(path) == 2


@needs_cli
@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ([":days 30"], 2),
        ([":days 1"], 1),
        ([":days 30", ":rows 1"], 3),
        ([], 4),
        ([":days 0"], 4),
        ([":days -1"], 4),
        ([":days 1.5"], 4),
        ([":days 36501"], 4),
        ([":days 'all'"], 4),
    ],
)
def test_delete_old_by_hand_deletes_what_it_is_told_and_else_nothing(path, parameters, left):
    fill(path, 0, 31, 29, 60)
    set_up = [word for each in parameters for word in ("-cmd", f".parameter set {each}")]
    script = (SQL_FOLDER / "maintenance/delete_old.sql").read_text()
    done = cli(path, script, *set_up)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{4 - left} rows deleted" in done.stdout
    assert count(path) == left
    if left == 3:
        oldest = cli(path, "SELECT id FROM prompt_history ORDER BY timestamp LIMIT 1").stdout
        assert oldest == "2\n"


@needs_cli
def test_delete_old_by_hand_makes_the_file_smaller(path):
    fill(path, *[31] * 200)
    before = path.stat().st_size
    script = (SQL_FOLDER / "maintenance/delete_old.sql").read_text()
    cli(path, script, "-cmd", ".parameter set :days 30")
    assert path.stat().st_size < before / 2


@needs_cli
def test_statistics_by_hand_are_readable(path):
    fill(path, 0, 1)
    done = cli(path, (SQL_FOLDER / "maintenance/statistics.sql").read_text())
    assert done.stderr == ""
    assert "average_confidence = 0.75" in done.stdout
    assert 'backend_distribution = {"offline":2}' in done.stdout


def test_a_file_must_hold_exactly_one_statement_of_the_kind_asked_for():
    assert load_statement("maintenance/statistics.sql", "SELECT").startswith("SELECT")
    with pytest.raises(ValueError, match="one UPDATE statement, holds 0"):
        load_statement("maintenance/statistics.sql", "UPDATE")


VALID = to_parameters(make_history())


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("timestamp", "2026-05-04T12:00:00.123", "timestamp is UTC"),
        ("timestamp", "2026-05-04 12:00:00", "timestamp is UTC"),
        ("timestamp", "2026-02-30 12:00:00.123", "timestamp is UTC"),
        ("timestamp", "2026-05-04 12:00:60.123", "timestamp is UTC"),
        ("timestamp", "2026-05-04 12:00:00.12x", "timestamp is UTC"),
        ("original_idea", " \t\n", "original_idea is not blank"),
        ("improved_prompt", "", "improved_prompt is not blank"),
        ("guardrails", "not json", "guardrails is a JSON array of texts"),
        ("guardrails", '["one", 2]', "guardrails is a JSON array of texts"),
        ("guardrails", '{"a": 1}', "guardrails is a JSON array of texts"),
        ("backend", "magic", "backend is zero-shot"),
        ("language", "eng", "language is an ISO 639-1 code"),
        ("language", "EN", "language is an ISO 639-1 code"),
        ("kept_original", 2, "kept_original is 0 or 1"),
        ("imported_at", "2026-05-04", "imported_at is UTC"),
        ("details", "[]", "details is a JSON object"),
        ("details", "{", "details is a JSON object"),
        ("details", None, "NOT NULL constraint failed"),
        ("confidence", 1.01, "confidence is from 0 to 1"),
        ("confidence", -0.01, "confidence is from 0 to 1"),
        ("confidence", "high", "cannot store TEXT"),
        ("latency_ms", -1, "latency_ms is 0 or more"),
        ("input_tokens", -1, "input_tokens is 0 or more"),
        ("output_tokens", -1, "output_tokens is 0 or more"),
        ("model_calls", -1, "model_calls is 0 or more"),
        ("model_calls", 0.5, "cannot store REAL"),
        ("prompt_id", "not a uuid", "prompt_id is a UUID"),
        ("prompt_id", "A" * 8 + "-aaaa-aaaa-aaaa-" + "a" * 12, "prompt_id is a UUID"),
        ("context", None, "NOT NULL constraint failed"),
    ],
)
def test_the_table_refuses_a_row_that_breaks_a_rule(path, column, value, rule):
    with closing(open_connection(path)) as connection:
        connection.execute(INSERT_ROW, VALID)
        connection.execute("DELETE FROM prompt_history")
        with pytest.raises(sqlite3.IntegrityError, match=rule):
            connection.execute(INSERT_ROW, VALID | {column: value})


def test_the_table_takes_every_millisecond_and_missing_numbers(path):
    with closing(open_connection(path)) as connection:
        connection.execute("BEGIN")
        for millisecond in range(1000):
            moment = datetime(2024, 2, 29, 23, 59, 59, millisecond * 1000, tzinfo=UTC)
            history = make_history(timestamp=moment, confidence=None, latency_ms=None)
            connection.execute(INSERT_ROW, to_parameters(history))
        connection.execute("COMMIT")
    assert count(path) == 1000
