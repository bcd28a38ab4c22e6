"""search, show, export and import on the command line, as processes of their own."""

import csv
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.sqlite.sql_files import SQL_FOLDER
from prompt_improver.cli.output import moment as local_time
from prompt_improver.domain.history_record import COLUMNS, from_record, to_record
from prompt_improver.domain.prompt_history import DETAIL_RULES
from prompt_improver.importing.export_file import MAX_LINE_BYTES, BadLine, read_lines
from tests.forked_program import clean_environment, run_program
from tests.histories import make_history
from tests.history_files import make_example, save_rows
from tests.sqlite_files import cli, mode, needs_cli, raw


@pytest.fixture
def run(tmp_path):
    """Runs ``python -m prompt_improver`` in a folder, by itself an empty one."""

    def run(*arguments: str, stdin: bytes = b"", folder: Path = tmp_path, **variables: str):
        variables = {"SQLITE_DB_PATH": "history.db"} | variables
        done = run_program(folder, *arguments, stdin=stdin, **variables)
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "history.db"
    make_example(path)
    return path


def test_times_are_printed_in_the_zone_of_the_machine_and_are_iso_8601_in_json(run, path):
    ((prompt_id, timestamp),) = raw(
        path, "SELECT prompt_id, timestamp FROM prompt_history WHERE id = 2"
    )
    assert timestamp == "2026-05-03 17:30:02.005"
    local = "2026-05-03 23:15:02+05:45"
    for command in (["history"], ["search", "library"]):
        lines = run(*command, TZ="NPT-5:45").stdout.splitlines()
        (line,) = (line for line in lines if prompt_id in line)
        assert line.startswith(f"{local}  ")
    assert f"timestamp       {local}\n" in run("show", prompt_id, TZ="NPT-5:45").stdout
    shown = json.loads(run("show", prompt_id, "--json", TZ="NPT-5:45").stdout)
    assert shown["timestamp"] == "2026-05-03T17:30:02.005Z"


@pytest.mark.parametrize("year", [1, 9999])
def test_a_moment_that_the_zone_leads_out_of_the_calendar_is_printed_in_utc(monkeypatch, year):
    monkeypatch.setenv("TZ", "BRT3" if year == 1 else "NPT-5:45")
    time.tzset()
    end = datetime(1, 1, 1, tzinfo=UTC) if year == 1 else datetime(9999, 12, 31, 23, tzinfo=UTC)
    assert local_time(end) == end.isoformat(sep=" ")
    monkeypatch.undo()
    time.tzset()


# But for the id, which is of one history, and the moment of the import.
ALL = ", ".join({*COLUMNS, "details"} - {*DETAIL_RULES, "id", "imported_at", "tags"})


def all_rows(path):
    return raw(path, f"SELECT {ALL} FROM prompt_history ORDER BY id")


def files(folder):
    return sorted(
        each.name for each in folder.iterdir() if each.is_file() and each.suffix != ".lock"
    )


def test_search_lists_what_holds_the_words_the_last_saved_first(run, path):
    lines = run("search", "fix this bu").stdout.splitlines()
    assert [line.split("few-shot")[-1].strip() for line in lines] == [
        "fix this bug in {file}",
        "fix this bug",
    ]
    assert len(run("search", "bug", "--limit", "1").stdout.splitlines()) == 1
    assert run("search", "nothing like it").stdout == ""
    assert run("search", '"AND (').returncode == 0


def test_show_prints_all_of_a_row_or_says_that_there_is_none(run, path):
    prompt_id = raw(path, "SELECT prompt_id FROM prompt_history WHERE id = 2")[0][0]
    shown = run("show", prompt_id).stdout
    assert f"prompt_id       {prompt_id}" in shown
    assert "--- original_idea\nDesign a REST API\nfor a library\n" in shown
    assert "--- improved_prompt\n# Role\n" in shown
    assert list(json.loads(run("show", prompt_id, "--json").stdout)) == list(COLUMNS)
    done = run("show", "00000000-0000-4000-8000-000000000000")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no improvement with this id" in done.stderr


def test_what_is_exported_can_be_imported_elsewhere_and_again(run, path, tmp_path):
    save_rows(path, 500, idea="línea\ndos  \u2028 😀")
    done = run("export", "out.jsonl")
    assert done.stdout == "out.jsonl: 504 improvements\n"
    assert mode(tmp_path / "out.jsonl") == 0o600
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for expected in ("504 improvements imported\n", "0 improvements imported, 504 already there"):
        done = run("import", "../out.jsonl", folder=elsewhere)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(expected)
    assert all_rows(elsewhere / "history.db") == all_rows(path)
    piped = run("export").stdout.encode()
    assert piped == (tmp_path / "out.jsonl").read_bytes()
    third = tmp_path / "third"
    third.mkdir()
    done = run("import", "-", stdin=piped, folder=third)
    assert done.stdout.startswith("504 improvements imported\n")
    assert files(tmp_path) == ["history.db", "out.jsonl"]


def test_an_import_says_when_the_cleanup_comes_to_it_and_how_to_keep_it(run, path, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(record() + b"\n" + record())
    said = run("import", "in.jsonl").stdout.splitlines()
    day = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    assert said[1].startswith(f"The cleanup will delete them on {day} (UTC), 30 days")
    assert "SQLITE_AUTO_CLEANUP=false" in said[1]
    assert raw(path, "SELECT COUNT(*) FROM prompt_history WHERE imported_at > '2026-05-05'") == [
        (2,)
    ]
    # Of old rows those that were made here go, and those that were imported stay.
    assert run("cleanup").stdout == "Deleted 4 improvements older than 30 days\n"
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(2,)]
    assert len(run("import", "in.jsonl").stdout.splitlines()) == 1


@needs_cli
def test_what_sqlite_exports_by_hand_can_be_imported(run, path, tmp_path):
    save_rows(path, 1)
    script = (SQL_FOLDER / "maintenance/export.sql").read_text()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "in.jsonl").write_text(cli(path, script).stdout)
    done = run("import", "in.jsonl", folder=elsewhere)
    assert (done.returncode, done.stderr) == (0, "")
    rows = all_rows(elsewhere / "history.db")
    assert rows == all_rows(path)


def test_an_export_as_csv_has_a_heading_and_a_line_a_row(run, path, tmp_path):
    run("export", "out.csv", "--format", "csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0] == list(COLUMNS)
    assert len(lines) == 5
    assert run("export", "--format", "xml").returncode == 2


def test_an_export_overwrites_no_file_and_leaves_no_half_one(run, path, tmp_path):
    before = path.read_bytes()
    done = run("export", "history.db")
    assert done.returncode == 1
    assert "already exists" in done.stderr
    assert path.read_bytes() == before
    done = run("export", "missing/out.jsonl")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    path.write_bytes(b"garbage" * 1000)
    assert run("export", "out.jsonl").returncode == 1
    assert files(tmp_path) == ["history.db"]


GOOD = json.dumps(to_record(make_history())).encode()


def record(**changes):
    return json.dumps(to_record(make_history()) | changes).encode()


BAD = [
    (b"no json", "not a line of JSON"),
    (b"\xff\xfe", "not a line of JSON"),
    (b"[" * 100_000, "not a line of JSON"),
    (b"[]", "must be an object"),
    (b"{}", "lacks timestamp, original_idea"),
    (record(original_idea=" "), "original_idea must not be blank"),
    (record(original_idea=5), "original_idea must be text"),
    (record(context="a\0b"), "context must not hold a NUL"),
    (record(context="\ud800"), "context must not hold a lone surrogate"),
    (record(timestamp="yesterday"), "timestamp must be text like"),
    (record(timestamp=5), "timestamp must be text like"),
    (record(timestamp="9999-12-31T23:59:59-12:00"), "out of the calendar"),
    (record(guardrails="one"), "guardrails must be a list"),
    (record(guardrails=[1]), "guardrails[0] must be text"),
    (record(backend="magic"), "backend must be one of"),
    (record(backend=[]), "backend must be one of"),
    (record(confidence=float("nan")), "confidence must be between"),
    (record(latency_ms=10**400), "latency_ms must be"),
    (record(model_calls=True), "model_calls must be a whole number"),
    (record(prompt_id="x" * 1000), "prompt_id must be a UUID"),
]


@pytest.mark.parametrize(("line", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_bad_line_is_told_by_its_number_and_a_reason(line, reason, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD + b"\r\n\n" + line + b"\n" + GOOD)
    with file.open("rb") as opened:
        first, bad, last = read_lines(opened)
    assert first == last == from_record(json.loads(GOOD))
    assert isinstance(bad, BadLine)
    assert bad.number == 3
    assert reason in bad.reason
    assert len(bad.reason) <= 200


def test_a_line_without_end_does_not_fill_the_memory(tmp_path):
    file = tmp_path / "in.jsonl"
    with file.open("wb") as opened:
        opened.write(b"x" * MAX_LINE_BYTES * 2)
        opened.write(b"\n" + GOOD)
    with file.open("rb") as opened:
        bad, good = read_lines(opened)
    assert isinstance(bad, BadLine)
    assert "longer than" in bad.reason
    assert good == from_record(json.loads(GOOD))


def test_columns_of_a_later_version_are_left_out_and_missing_figures_are_none():
    line = json.loads(GOOD) | {"mood": "good"}
    for name in ("id", "model_calls", "reasoning"):
        del line[name]
    row = from_record(line)
    assert row.model_calls is row.reasoning is row.id is None


def test_with_a_bad_line_nothing_is_imported_unless_bad_lines_are_skipped(run, path):
    lines = b"\n".join([record(), b"no json", record(), *[b"{}"] * 25])
    done = run("import", "-", stdin=lines)
    assert (done.returncode, done.stdout) == (1, "")
    assert "line 2: not a line of JSON in UTF-8" in done.stderr
    assert "and 6 more" in done.stderr
    assert "26 bad lines: nothing was imported" in done.stderr
    assert len(all_rows(path)) == 4
    done = run("import", "-", "--skip-bad", stdin=lines)
    assert done.stdout.startswith("2 improvements imported, 26 bad lines skipped\n")
    assert len(all_rows(path)) == 6


def test_an_import_of_no_file_ends_with_one_line(run, tmp_path):
    for name in ("missing.jsonl", str(tmp_path)):
        done = run("import", name)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert not (tmp_path / "history.db").exists()


def test_on_a_terminal_an_import_draws_its_progress(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(record() for _ in range(50)))
    ours, theirs = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "prompt_improver", "import", "in.jsonl"],
        cwd=tmp_path,
        env=clean_environment(HOME=str(tmp_path), SQLITE_DB_PATH="history.db", TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=60,
    )
    os.close(theirs)
    drawn = os.read(ours, 100_000)
    os.close(ours)
    assert done.stdout.startswith(b"50 improvements imported\n")
    assert b"reading" in drawn
    assert b"importing" in drawn
    assert b"100%" in drawn
