"""How commands fail: a sentence, what it concerns, what to do, and the exit code of the table."""

import socket
import subprocess
from pathlib import Path

import pytest

from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.warning_table import WARNINGS
from tests.forked_program import run_program
from tests.history_files import save_rows
from tests.model_server import ModelServer, Reply
from tests.sqlite_files import connect

KEY = "sk-planted-0123456789abcdef"
PATH_KEY = "path-key-4711"


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    done = run_program(folder, *arguments, **variables)
    assert "Traceback" not in done.stderr
    assert KEY not in done.stderr
    assert PATH_KEY not in done.stderr
    return done


def asking(base_url: str) -> dict[str, str]:
    return {
        "LLM_PROVIDER": "openai-compatible",
        "LLM_BASE_URL": base_url,
        "LLM_MODEL": "tiny",
        "LLM_API_KEY": KEY,
        "LLM_FALLBACK": "none",
    }


def test_a_model_at_a_wrong_address_is_told_with_host_and_port_and_the_setting(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = run(tmp_path, "improve", "Test", **asking(f"{address}/{PATH_KEY}/v1"))
    told = f"{ERRORS['model_unreachable'].sentence} (openai-compatible/tiny at {address})\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "model_key_refused"), (404, "model_not_found"), (429, "model_rate_limited")],
)
def test_what_a_provider_refuses_is_told_with_the_model_and_the_setting(tmp_path, status, code):
    with ModelServer() as server:
        server.reply = Reply(status=status, body=f'{{"error": "bad {KEY}"}}'.encode())
        done = run(tmp_path, "improve", "Test", **asking(server.base_url))
        address = server.base_url.removesuffix("/v1")
    told = f"{ERRORS[code].sentence} (openai-compatible/tiny at {address})\n"
    assert (done.returncode, done.stdout, done.stderr) == (ERRORS[code].exit_code, "", told)


def test_where_the_model_fails_auto_prints_the_offline_prompt_and_says_why(tmp_path):
    with ModelServer() as server:
        server.reply = Reply(status=401, body=b"{}")
        variables = asking(server.base_url) | {"LLM_FALLBACK": "offline"}
        done = run(tmp_path, "improve", "Design a REST API for a library", **variables)
    assert done.returncode == 0
    assert "Design a REST API for a library" in done.stdout
    why, what = done.stderr.splitlines()[:2]
    assert why.startswith(f"warning: {ERRORS['model_key_refused'].sentence} (openai-compatible/")
    assert what == f"warning: {WARNINGS['model_unavailable']} (model_unavailable)"


def test_a_busy_database_is_told_with_its_path_and_what_to_do(tmp_path):
    path = tmp_path / "data" / "prompt_history.db"
    save_rows(path, 1)
    with connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        done = run(tmp_path, "cleanup")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"the history database {path} is held by another process; end what holds it\n"
    )


def test_an_id_that_is_not_there_is_told_in_the_sentence_of_the_table(tmp_path):
    save_rows(tmp_path / "data" / "prompt_history.db", 1)
    done = run(tmp_path, "show", "8f3a")
    told = f"{ERRORS['improvement_not_found'].sentence}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_a_warning_is_a_sentence_with_its_code(tmp_path):
    done = run(tmp_path, "improve", "fix this bug")
    assert done.stderr.splitlines()[0] == f"warning: {WARNINGS['vague']} (vague)"


def test_serve_on_a_port_that_is_taken_ends_with_1_and_the_address(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run(tmp_path, "serve", API_PORT=port)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"127.0.0.1 port {port}" in line
    assert "API_PORT" in line
