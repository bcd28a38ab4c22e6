"""What operators run by hand, run by the real command line."""

import json
import re
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from db.sqlite.connection import open_connection
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.sql_files import SQL_FOLDER
from prompt_improver.domain.prompt_history import BackendType
from tests.history_files import LATEST, make_example, save_rows
from tests.sqlite_files import CLI, cli, needs_cli, raw

pytestmark = needs_cli

MAINTENANCE = sorted((SQL_FOLDER / "maintenance").glob("*.sql"))
README = (SQL_FOLDER.parent / "README.md").read_text()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "history.db"
    make_example(path)
    return path


def run(path: Path, name: str, *arguments: str) -> str:
    done = cli(path, (SQL_FOLDER / "maintenance" / f"{name}.sql").read_text(), *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def figures(output: str) -> dict[str, str]:
    return dict(re.findall(r"^ *(\w+) = (.*)$", output, re.MULTILINE))


@pytest.mark.parametrize("file", MAINTENANCE, ids=lambda file: file.stem)
def test_every_file_says_what_why_cost_and_how_to_run_it(file):
    text = file.read_text()
    header = text[: text.index(".bail on")]
    assert re.search(r"^-- What: .*^-- Why: .*^-- Cost: ", header, re.MULTILINE | re.DOTALL)
    assert re.search(rf"^--   .*sqlite3 data/\S+.* < sql/maintenance/{file.name}", header, re.M)
    assert ".timeout 5000" in text


@pytest.mark.parametrize("file", MAINTENANCE, ids=lambda file: file.stem)
def test_every_file_runs_as_its_header_says_while_the_program_has_it_open(tmp_path, file):
    make_example(tmp_path / "data" / "prompt_history.db")
    (tmp_path / "sql").symlink_to(SQL_FOLDER)
    commands = re.findall(r"^--   (.+)$", file.read_text(), re.MULTILINE)
    assert commands
    with closing(open_connection(tmp_path / "data" / "prompt_history.db")) as server:
        for command in commands:
            done = subprocess.run(
                ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=30
            )
            assert (done.returncode, done.stderr) == (0, ""), command
        server.execute("UPDATE prompt_history SET role = 'still writable'")


def test_recent_shows_the_newest_first_in_a_line_each(path):
    save_rows(path, 12)
    assert len(run(path, "recent").splitlines()) == 2 + 10
    lines = run(path, "recent", "-cmd", ".parameter set :limit 15").splitlines()[2:]
    assert "idea 11" in lines[0]
    assert "2026-05-03 17:30:02" in lines[-1]
    assert "Design a REST API for a library" in lines[-1]


def test_check_says_that_all_is_well_or_what_is_not(path):
    found = figures(run(path, "check"))
    assert found["integrity"] == "ok"
    assert found["broken_foreign_keys"] == "0"
    assert found["schema_version"] == str(LATEST)
    assert found["improvements"] == "4"
    assert found["newest"] == "2026-05-04 08:03:55.102"
    raw(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    # An index that lacks a row: what a disk that lost a page leaves behind.
    page = raw(path, "SELECT rootpage FROM sqlite_schema WHERE name LIKE '%_by_timestamp'")[0][0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 + 3 : (page - 1) * 4096 + 5] = b"\x00\x03"
    path.write_bytes(content)
    assert "prompt_history_by_timestamp" in figures(run(path, "check"))["integrity"]


def test_size_says_what_an_improvement_takes(path):
    found = {name: int(value) for name, value in figures(run(path, "size")).items()}
    raw(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert found["bytes"] == path.stat().st_size
    assert found["improvements"] == 4
    assert found["bytes_an_improvement"] == (found["bytes"] - found["free_bytes"]) // 4
    assert found["idea_bytes"] == (37 + 31 + 12 + 22) // 4


def test_optimize_teaches_sqlite_about_the_table(path):
    assert run(path, "optimize").endswith("optimized\n")
    assert raw(path, "SELECT COUNT(*) FROM sqlite_stat1 WHERE tbl = 'prompt_history'") != [(0,)]
    test_the_newest_rows_of_a_view_are_found_along_the_index(path)


def test_vacuum_gives_back_room_and_wipes_what_was_deleted(path):
    """By somebody whose connection did not overwrite it."""
    save_rows(path, 500, idea="forgotten-secret")
    raw(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert CLI is not None
    cli(path, "PRAGMA secure_delete = OFF; DELETE FROM prompt_history WHERE id > 4;")
    assert b"forgotten-secret" in path.read_bytes()
    before = path.stat().st_size
    assert run(path, "vacuum").endswith(f"{path.stat().st_size} bytes\n")
    assert path.stat().st_size < before / 3
    assert b"forgotten-secret" not in path.read_bytes()
    wal = path.with_name("history.db-wal")
    assert not wal.exists() or wal.stat().st_size == 0
    assert raw(path, "PRAGMA auto_vacuum") == [(2,)]
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(4,)]


def test_export_gives_every_column_of_every_row(path):
    raw(path, "INSERT INTO prompt_tags (history_id, tag) VALUES (2, 'work'), (2, 'api')")
    lines = [json.loads(line) for line in run(path, "export").splitlines()]
    columns = [name for _, name, *_ in raw(path, "PRAGMA table_info(prompt_history)")]
    rows = raw(path, "SELECT * FROM prompt_history ORDER BY timestamp")
    assert len(lines) == 4
    for line, row in zip(lines, rows, strict=True):
        line["guardrails"] = json.dumps(line["guardrails"], ensure_ascii=False)
        wanted = dict(zip(columns, row, strict=True))
        details = json.loads(wanted.pop("details"))
        assert (details["field"], line["starred"]) == ("software", False)
        assert line.pop("tags") == (["api", "work"] if line["id"] == 2 else [])
        assert line == wanted | details


# --- The views ---

VIEWS = {
    "recent_improvements": [
        "id", "timestamp", "backend", "idea", "confidence", "latency_ms", "model_version",
        "model_calls", "input_tokens", "output_tokens", "prompt_id",
    ],
    "daily_usage": [
        "day", "improvements", "rated", "average_confidence", "timed", "average_latency_ms",
        "model_calls", "input_tokens", "output_tokens",
    ],
    "backend_usage": [
        "backend", "improvements", "rated", "average_confidence", "timed", "average_latency_ms",
        "model_calls", "input_tokens", "output_tokens", "oldest", "newest",
    ],
    "kept_improvements": [
        "id", "timestamp", "starred", "rating", "note", "tags", "idea", "prompt", "version",
        "backend", "prompt_id",
    ],
}  # fmt: skip


def test_the_columns_that_others_build_on_are_there_in_their_order(path):
    """Later versions may add some at the end; what is here must never change."""
    for view, columns in VIEWS.items():
        found = [name for _, name, *_ in raw(path, f"PRAGMA table_info({view})")]
        assert found[: len(columns)] == columns


@pytest.mark.anyio
@pytest.mark.parametrize("view", ["daily_usage", "backend_usage"])
async def test_every_figure_of_the_statistics_can_be_had_from_a_view(path, view):
    save_rows(path, 3, days_ago=400)
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    statistics = await repository.get_statistics()
    await repository.close()
    (found,) = raw(
        path,
        "SELECT SUM(improvements), SUM(average_confidence * rated) / SUM(rated), "
        f"SUM(average_latency_ms * timed) / SUM(timed) FROM {view}",
    )
    assert found[0] == statistics.total_count == 7
    assert found[1] == pytest.approx(statistics.average_confidence, rel=1e-6)
    assert found[2] == pytest.approx(statistics.average_latency_ms, rel=1e-6)
    by_backend = raw(path, "SELECT backend, improvements FROM backend_usage")
    assert {BackendType(name): n for name, n in by_backend} == statistics.backend_distribution


def test_counts_of_tokens_that_no_number_can_hold_do_not_break_a_view(path):
    raw(path, "UPDATE prompt_history SET input_tokens = 9223372036854775807")
    for view in ("daily_usage", "backend_usage"):
        assert raw(path, f"SELECT MAX(input_tokens) >= 1e9 FROM {view}") == [(1,)]


def test_the_newest_rows_of_a_view_are_found_along_the_index(path):
    plan = raw(path, "EXPLAIN QUERY PLAN SELECT * FROM recent_improvements LIMIT 10")
    assert [row[3] for row in plan] == [
        "SCAN prompt_history USING INDEX prompt_history_by_timestamp"
    ]


# --- README ---

EXAMPLES = re.findall(r"^```console\n\$ (.+?)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("command", "output"), EXAMPLES)
def test_readme_shows_what_its_queries_really_print(tmp_path, command, output):
    make_example(tmp_path / "data" / "prompt_history.db")
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=30
    )
    assert (done.stderr, done.stdout) == ("", output)


def test_readme_shows_every_view():
    shown = " ".join(command for command, _ in EXAMPLES)
    assert [view for view in VIEWS if view not in shown] == []
