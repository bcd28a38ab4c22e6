"""Migrations by the sqlite3 command line, by the program, and by both: the old schema or the
new one, never between, and every row in it."""

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from db.sqlite.connection import migrate_database
from db.sqlite.database import Database
from db.sqlite.read_only import plan_migration
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.sql_files import SQL_FOLDER
from prompt_improver.domain.errors import (
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryCorruptError,
)
from tests.forked_program import run_program
from tests.histories import make_history
from tests.history_files import LATEST, MIGRATIONS, make_old, names, old_rows, save_rows, schema
from tests.sqlite_files import CLI, cli, connect, needs_cli, raw

ROOT = Path(__file__).parents[3]
SCRIPTS = [migration.path.read_text() for migration in MIGRATIONS]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


@pytest.fixture(scope="module")
def newest(tmp_path_factory):
    path = tmp_path_factory.mktemp("newest") / "history.db"
    migrate_database(path)
    return schema(path)


def by_program(path):
    migrate_database(path)


def by_hand(path):
    (version,) = raw(path, "PRAGMA user_version")[0]
    for script in SCRIPTS[version:]:
        done = cli(path, script)
        assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


def in_turn(path):
    """The next file by hand, what then is left by the program."""
    (version,) = raw(path, "PRAGMA user_version")[0]
    for script in SCRIPTS[version : version + 1]:
        assert cli(path, script).stderr == ""
    migrate_database(path)


@needs_cli
@pytest.mark.parametrize("wal", [True, False])
@pytest.mark.parametrize("way", [by_program, by_hand, in_turn])
@pytest.mark.parametrize("version", range(1, LATEST + 1))
def test_from_every_version_upward_no_row_is_lost(path, newest, version, way, wal):
    make_old(path, version, wal=wal)
    rows = old_rows(path)
    way(path)
    assert schema(path) == newest
    assert old_rows(path) == rows
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
    save_rows(path, 1)
    assert len(old_rows(path)) == len(rows) + 1


@needs_cli
@pytest.mark.parametrize("version", range(LATEST + 1))
def test_a_file_out_of_turn_is_refused_changes_nothing_and_says_what_to_do(path, version):
    if version:
        make_old(path, version)
    before = schema(path) if version else ([], 0)
    rows = old_rows(path) if version else []
    out_of_turn = [each for each in MIGRATIONS if each.version != version + 1]
    scripts = [each.path.read_text() for each in out_of_turn]
    scripts += [(SQL_FOLDER / "schema.sql").read_text()] if version else []
    for script in scripts:
        done = cli(path, script)
        assert done.returncode == 1
        assert "runs only on schema version" in done.stderr
        assert (
            "in order; PRAGMA user_version is the last" in done.stderr
            or "schema.sql" in done.stderr
        )
        assert schema(path) == before
    assert (old_rows(path) if version else []) == rows


@needs_cli
def test_a_newer_database_is_refused_by_hand_and_by_program(path):
    make_old(path, LATEST)
    raw(path, "PRAGMA user_version = 99")
    before = schema(path)
    for script in SCRIPTS:
        assert "runs only on schema version" in cli(path, script).stderr
    for refuse in (migrate_database, plan_migration):
        with pytest.raises(RepositoryConnectionError, match=r"use a newer program or restore"):
            refuse(path)
    assert schema(path) == before


@needs_cli
def test_an_older_program_goes_on_saving_while_its_database_is_migrated(path, newest):
    make_old(path, 1, rows=0)
    stop, saved = threading.Event(), []

    def save():
        with connect(path) as connection:
            connection.execute("PRAGMA busy_timeout = 5000")
            while not stop.is_set():
                connection.execute(
                    "INSERT INTO prompt_history (timestamp, original_idea, context, "
                    "improved_prompt, role, directive, framework, guardrails, backend, prompt_id) "
                    "VALUES ('2026-05-04 12:00:00.000', 'idea', '', 'prompt', '', '', '', '[]', "
                    "'offline', printf('00000000-0000-4000-8000-%012x', ?))",
                    (len(saved),),
                )
                saved.append(True)
                time.sleep(0.001)  # nobody gets in between without a pause

    thread = threading.Thread(target=save)
    thread.start()
    try:
        for script in SCRIPTS[1:]:
            time.sleep(0.02)
            # By hand there is no waiting for a lock unless one asks for it.
            done = cli(path, script, "-cmd", ".timeout 5000")
            assert (done.returncode, done.stderr) == (0, "")
    finally:
        stop.set()
        thread.join()
    assert schema(path) == newest
    assert len(saved) > 0
    assert len(old_rows(path)) == len(saved)


@needs_cli
@pytest.mark.anyio
async def test_files_by_hand_on_a_database_in_use_change_nothing(path, newest):
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    await repository.save(make_history())
    for script in SCRIPTS:
        assert cli(path, script).returncode == 1
    await repository.save(make_history())
    await repository.close()
    assert schema(path) == newest
    assert len(old_rows(path)) == 2


@needs_cli
def test_while_another_writes_a_migration_waits_or_says_so_and_changes_nothing(path):
    make_old(path, 1)
    before = schema(path)
    with connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        done = cli(path, SCRIPTS[1])
        assert done.returncode == 1
        assert "database is locked" in done.stderr
        with pytest.raises(RepositoryBusyError, match="end what holds it"):
            migrate_database(path)
        assert schema(path) == before
    migrate_database(path)


def test_a_dry_run_says_what_would_run_and_changes_nothing(path):
    for version in range(1, LATEST + 1):
        old = path.with_name(f"{version}.db")
        make_old(old, version)
        there, before = names(path.parent), old.read_bytes()
        assert plan_migration(old) == MIGRATIONS[version:]
        assert (names(path.parent), old.read_bytes()) == (there, before)


def test_a_dry_run_sees_what_stands_only_in_the_log(path):
    make_old(path, 1)
    with connect(path) as server:
        server.execute("PRAGMA wal_autocheckpoint = 0")
        server.executescript(SCRIPTS[1].replace(".bail on\n", ""))
        there = names(path.parent)
        assert plan_migration(path) == MIGRATIONS[2:]
        assert names(path.parent) == there


def test_a_dry_run_without_a_database_makes_none(path):
    assert plan_migration(path) == MIGRATIONS
    assert names(path.parent) == []


@pytest.mark.parametrize("content", [b"x" * 8192, None])
def test_a_dry_run_refuses_what_is_no_history(path, content):
    if content is None:
        raw(path, "CREATE TABLE places (x)")
    else:
        path.write_bytes(content)
    with pytest.raises(RepositoryCorruptError):
        plan_migration(path)


def test_migrate_dry_run_on_the_command_line(tmp_path):
    def migrate(*arguments):
        done = run_program(tmp_path, "migrate", *arguments, SQLITE_DB_PATH="old.db")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    make_old(tmp_path / "old.db", 1)
    planned = migrate("--dry-run")
    assert planned == [f"would apply {each.name}" for each in MIGRATIONS[1:]]
    assert migrate() == [f"applied {each.name}" for each in MIGRATIONS[1:]]
    assert migrate("--dry-run") == [f"{tmp_path / 'old.db'} is up to date"]


# --- Interrupted by kill -9 ---

CHILD = """
import sys
from pathlib import Path
from db.sqlite.connection import migrate_database
print("ready", flush=True)
sys.stdin.readline()
migrate_database(Path(sys.argv[1]))
print("done", flush=True)
sys.stdin.readline()
"""


def start_program(path):
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    return process, "go\n", "done\n"


def start_by_hand(path):
    process = subprocess.Popen(
        [CLI, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdin.write("SELECT 'ready';\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ready\n"
    return process, "".join(SCRIPTS[1:]) + "SELECT 'done';\n", "done\n"


def run_for(start, path, seconds):
    """Whether the migrations were done before the process was killed; without ``seconds`` it
    is let run. And how long it took."""
    process, command, end = start(path)
    began = time.perf_counter()
    process.stdin.write(command)
    process.stdin.flush()
    if seconds is None:
        assert process.stdout.readline() == end
    else:
        time.sleep(seconds)
    took = time.perf_counter() - began
    process.kill()
    return process.communicate(timeout=30)[0] == "" and seconds is not None, took


@needs_cli
@pytest.mark.parametrize("start", [start_program, start_by_hand])
@pytest.mark.parametrize("times", [pytest.param(10), pytest.param(100, marks=pytest.mark.slow)])
def test_kill_9_at_any_moment_leaves_the_old_schema_or_the_new(tmp_path, newest, start, times):
    between = {MIGRATIONS[0].version: None}
    for version in range(1, LATEST + 1):
        old = tmp_path / f"version{version}.db"
        make_old(old, version, rows=0)
        between[version] = schema(old)
    template = tmp_path / "template.db"
    make_old(template, 1, rows=1500)
    rows = old_rows(template)
    whole = tmp_path / "whole.db"
    whole.write_bytes(template.read_bytes())
    took = run_for(start, whole, None)[1]
    randomness = random.Random(times)
    interrupted = 0
    for number in range(times):
        path = tmp_path / f"{number}.db"
        path.write_bytes(template.read_bytes())
        cut_short, _ = run_for(start, path, randomness.uniform(0, took))
        interrupted += cut_short
        found = schema(path)
        assert found == between[found[1]]
        assert old_rows(path) == rows
        assert raw(path, "PRAGMA integrity_check") == [("ok",)]
        copies = list(tmp_path.glob(f"{number}.db.before-*.backup"))
        if start is start_program and found != between[1]:
            assert copies
        for copy in copies:
            assert (schema(copy), old_rows(copy)) == (between[1], rows)
        # And the next start ends what was begun.
        migrate_database(path)
        assert schema(path) == newest
        assert old_rows(path) == rows
        for each in tmp_path.glob(f"{number}.db*"):
            each.unlink()
    assert interrupted > times / 3
