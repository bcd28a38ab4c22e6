"""The real server process: how it starts, what it leaves, how it ends."""

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prompt_improver.improvement.offline import compose
from tests.forked_program import run_program
from tests.model_server import ModelServer, Reply
from tests.server_process import ROOT, ServerProcess

IDEAS = Path(os.environ.get("PROMPT_IMPROVER_IDEAS", ROOT.parent / "shared" / "ideas.jsonl"))


def count_rows(database_file: Path) -> int:
    with sqlite3.connect(database_file) as connection:
        return connection.execute("SELECT COUNT(*) FROM prompt_history").fetchone()[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def start_and_fail(folder: Path, **variables: str) -> subprocess.CompletedProcess:
    return run_program(folder, "serve", **{"API_PORT": "0"} | variables)


@pytest.mark.parametrize("command", [(str(ROOT / "main.py"),), ("-m", "prompt_improver", "serve")])
def test_it_starts_without_any_model_and_answers(tmp_path, command):
    with ServerProcess(tmp_path, *command, LLM_PROVIDER="auto") as server:
        answer = server.improve("Design a REST API", "FastAPI")
        assert answer.status_code == 200
        assert "Design a REST API" in answer.json()["improved_prompt"]


def test_sixty_posts_and_a_sigterm_at_once_are_sixty_rows(tmp_path):
    with ServerProcess(tmp_path) as server:
        for number in range(60):
            assert server.improve(f"Fix bug {number}").status_code == 200
        server.stop()
    assert count_rows(server.database_file) == 60


def test_an_interrupt_ends_it_cleanly_too(tmp_path):
    with ServerProcess(tmp_path) as server:
        server.improve("Fix this bug")
        server.stop(signal.SIGINT)
        assert "Traceback" not in server.log
    assert count_rows(server.database_file) == 1


def test_database_and_folder_are_the_users_alone_whatever_the_umask(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    with ServerProcess(tmp_path) as server:
        server.improve("Fix this bug")
        files = sorted(folder.iterdir())
        assert {file.name for file in files} >= {"prompt_history.db", "prompt_history.db-wal"}
        assert {mode(file) for file in files} == {0o600}
        assert mode(folder) == 0o700


def test_a_folder_that_is_not_the_default_is_left_as_it_is(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    with ServerProcess(tmp_path, SQLITE_DB_PATH="mine/history.db") as server:
        server.improve("Fix this bug")
        assert mode(folder / "history.db") == 0o600
        assert mode(folder) == 0o755


def test_without_wal_mode_there_is_no_write_ahead_log(tmp_path):
    with ServerProcess(tmp_path, SQLITE_WAL_MODE="false", SQLITE_ASYNC_ENABLED="false") as server:
        assert server.improve("Fix this bug").json()["saved"] == "saved"
        assert not server.database_file.with_name("prompt_history.db-wal").exists()
        assert count_rows(server.database_file) == 1


@pytest.mark.parametrize(("automatic", "left"), [("true", 1), ("false", 2)])
def test_old_rows_are_deleted_after_the_start_where_auto_cleanup_is_on(tmp_path, automatic, left):
    with ServerProcess(tmp_path, SQLITE_ASYNC_ENABLED="false") as server:
        server.improve("old")
        server.improve("new")
        server.stop()
    with sqlite3.connect(server.database_file) as connection:
        connection.execute(
            "UPDATE prompt_history SET timestamp = '2020-01-01 00:00:00.000' "
            "WHERE original_idea = 'old'"
        )
    with ServerProcess(tmp_path, SQLITE_AUTO_CLEANUP=automatic) as server:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and "Deleted" not in server.log:
            if automatic == "false" and time.monotonic() > server.started + 3:
                break
            time.sleep(0.05)
        assert count_rows(server.database_file) == left


def test_the_retention_setting_decides_what_is_old(tmp_path):
    with ServerProcess(tmp_path, SQLITE_ASYNC_ENABLED="false") as server:
        server.improve("two days old")
        server.stop()
    with sqlite3.connect(server.database_file) as connection:
        connection.execute(
            "UPDATE prompt_history SET timestamp = strftime('%Y-%m-%d %H:%M:%f', 'now', '-2 days')"
        )
    with ServerProcess(tmp_path, SQLITE_RETENTION_DAYS="1") as server:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and "Deleted 1" not in server.log:
            time.sleep(0.05)
        assert count_rows(server.database_file) == 0


def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path):
    done = start_and_fail(tmp_path, SQLITE_POOL_SIZE="5")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "SQLITE_POOL_SIZE='5': the history uses one locked connection: set it to 1 or remove it; "
        "the default is '1'"
    ]


def test_a_provider_without_its_key_stops_the_start_with_one_line(tmp_path):
    done = start_and_fail(tmp_path, LLM_PROVIDER="anthropic")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "ANTHROPIC_API_KEY" in done.stderr


def test_a_port_that_is_taken_stops_the_start_with_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = start_and_fail(tmp_path, API_PORT=str(port))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"port {port}" in done.stderr
    assert "API_PORT" in done.stderr


def test_a_database_full_of_garbage_is_left_alone_and_the_api_serves(tmp_path):
    database_file = tmp_path / "data" / "prompt_history.db"
    database_file.parent.mkdir()
    garbage = b"this is no database " * 1000
    database_file.write_bytes(garbage)
    with ServerProcess(tmp_path) as server:
        assert server.improve("Fix this bug").status_code == 200
        assert server.client.get("/health/repository").status_code == 503
        assert str(database_file) in server.log
        server.stop()
    assert database_file.read_bytes() == garbage


def test_a_row_waits_while_another_process_holds_the_database(tmp_path):
    with ServerProcess(tmp_path) as server:
        server.improve("before")
        holder = sqlite3.connect(server.database_file, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        try:
            assert server.improve("meanwhile").status_code == 200
            deadline = time.monotonic() + 10
            while server.client.get("/health/repository").status_code == 200:
                assert time.monotonic() < deadline, "the history never became unhealthy"
                time.sleep(0.1)
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        deadline = time.monotonic() + 10
        while count_rows(server.database_file) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert count_rows(server.database_file) == 2


@pytest.mark.skipif(not IDEAS.exists(), reason="the ideas file is not here")
def test_every_idea_that_people_typed_is_answered_and_kept(tmp_path):
    ideas = [json.loads(line) for line in IDEAS.read_text().splitlines() if line.strip()]
    with ServerProcess(tmp_path) as server:
        for idea in ideas:
            answer = server.improve(idea["idea"], idea["context"])
            assert answer.status_code == 200
            own = compose(idea["idea"], idea["context"]).prompt
            assert own.directive in answer.json()["improved_prompt"]
            assert own.material in answer.json()["improved_prompt"]
        server.stop()
    assert count_rows(server.database_file) == len(ideas)


@pytest.mark.parametrize("backend", ["zero-shot", "few-shot"])
def test_a_model_behind_an_address_answers_with_one_call(tmp_path, backend):
    with (
        ModelServer(models=["tiny"]) as model,
        ServerProcess(tmp_path, LLM_PROVIDER="auto", LLM_BASE_URL=model.base_url) as server,
    ):
        answer = server.improve("Design a REST API", "FastAPI", backend=backend).json()
        assert answer["backend"] == backend
        assert answer["model_version"] == "openai-compatible/tiny"
        assert len(model.requests) == 1
        health = server.client.get("/health").json()
        assert (health["provider"], health["model"]) == ("openai-compatible", "tiny")
        assert "LLM_BASE_URL" in health["reason"]
        server.stop()
    assert count_rows(server.database_file) == 1


def test_fifty_ideas_at_once_wait_for_one_model_call_and_not_for_each_other(tmp_path):
    with (
        ModelServer(models=["tiny"]) as model,
        ServerProcess(tmp_path, LLM_PROVIDER="auto", LLM_BASE_URL=model.base_url) as server,
    ):
        model.reply = Reply(delay_s=1.0)
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(server.improve, [f"Fix bug {n}" for n in range(50)]))
        assert {answer.status_code for answer in answers} == {200}
        assert model.at_once == 50
        server.stop()
    assert count_rows(server.database_file) == 50
