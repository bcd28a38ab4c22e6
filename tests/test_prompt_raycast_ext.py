"""What users of prompt_raycast_ext bring along: its client, its database, its pool, its .env."""

import json
import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from prompt_improver.app import create_app
from prompt_improver.domain.errors import FileError, SettingsError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.importing.export_file import BadLine
from prompt_improver.importing.prompt_raycast_ext import read_database
from prompt_improver.improvement.model.demonstrations import load_demonstrations
from prompt_improver.model_wiring import improve_once, make_backends
from prompt_improver.prompt_raycast_settings import translate
from prompt_improver.setting_warnings import setting_warnings
from prompt_improver.settings import Settings, load_settings
from tests.model_server import ModelServer

SCHEMA = """
CREATE TABLE prompt_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT, created_at TEXT NOT NULL,
    original_idea TEXT NOT NULL, context TEXT DEFAULT '', improved_prompt TEXT NOT NULL,
    role TEXT NOT NULL, directive TEXT NOT NULL, framework TEXT NOT NULL,
    guardrails TEXT NOT NULL, reasoning TEXT, confidence REAL, backend TEXT NOT NULL,
    model TEXT NOT NULL, provider TEXT NOT NULL, latency_ms INTEGER
)
"""
ROW = (
    "2026-01-05T13:56:50.166068+00:00",
    "Escribe un hook",
    None,
    "**Role:** ...",
    "An engineer",
    "Write a hook",
    "decomposition",
    '["Avoid any", "Test it"]',
    None,
    0.87,
    "few-shot",
    "claude-haiku-4-5",
    "anthropic",
    1200,
)


def their_database(path: Path, *rows: tuple) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute(SCHEMA)
        marks = ", ".join("?" * len(ROW))
        connection.executemany(f"INSERT INTO prompt_history VALUES (NULL, {marks})", rows or [ROW])
    connection.close()
    return path


def test_their_client_finds_us_healthy_and_gets_every_field_that_it_reads(tmp_path):
    settings = Settings(
        _env_file=None, llm_provider="offline", sqlite_db_path=str(tmp_path / "history.db")
    )
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        health = client.get("/health").json()
        assert (health["status"], health["dspy_configured"]) == ("healthy", True)
        assert isinstance(health["provider"], str)
        assert isinstance(health["model"], str)
        endpoints = client.get("/").json()["endpoints"]
        assert endpoints["health"] == "/health"
        body = {"idea": "Fix this bug in the login form", "context": "", "mode": "legacy"}
        answer = client.post(endpoints["improve_prompt"], json=body)
    assert answer.status_code == 200
    found = answer.json()
    for name in ("improved_prompt", "role", "directive", "framework"):
        assert isinstance(found[name], str), name
    assert isinstance(found["guardrails"], list)
    assert found["intent"] == (found["task"] or "")
    assert found["strategy"] == found["backend"] == "offline"
    assert found["strategy_meta"] == {
        "model_version": found["model_version"],
        "fallback_reason": None,
    }
    assert found["degradation_flags"] == {}
    assert found["metrics_warning"] is None


def test_their_rows_come_with_their_dates_and_backend(tmp_path):
    (row,) = read_database(their_database(tmp_path / "theirs.db"))
    assert not isinstance(row, BadLine)
    assert row.timestamp.isoformat() == "2026-01-05T13:56:50.166000+00:00"
    assert (row.backend, row.model_version) == (
        BackendType.FEW_SHOT,
        "anthropic/claude-haiku-4-5",
    )
    assert row.guardrails == ("Avoid any", "Test it")
    assert (row.context, row.confidence, row.latency_ms) == ("", 0.87, 1200.0)
    assert row.source == "prompt_raycast_ext"


def test_a_strategy_that_we_do_not_have_is_imported(tmp_path):
    theirs = their_database(tmp_path / "theirs.db", (*ROW[:10], "nlac", *ROW[11:]))
    (row,) = read_database(theirs)
    assert not isinstance(row, BadLine)
    assert row.backend is BackendType.IMPORTED


def test_their_row_is_the_same_improvement_each_time(tmp_path):
    theirs = their_database(tmp_path / "theirs.db")
    first, second = [next(read_database(theirs)) for _ in range(2)]
    assert first == second


def test_a_bad_row_goes_by_its_number(tmp_path):
    theirs = their_database(tmp_path / "theirs.db", ROW, ("yesterday", *ROW[1:]))
    _, bad = read_database(theirs)
    assert bad == BadLine(2, "created_at is no ISO 8601 date")


def test_what_is_no_database_of_theirs_is_named_and_left_alone(tmp_path):
    file = tmp_path / "other.db"
    file.write_bytes(b"something else " * 100)
    with pytest.raises(FileError, match=r"other\.db"):
        list(read_database(file))
    with pytest.raises(FileError):
        list(read_database(tmp_path / "missing.db"))
    assert not (tmp_path / "missing.db").exists()


EXAMPLE = {
    "inputs": {"original_idea": "Documenta una función", "context": ""},
    "outputs": {
        "improved_prompt": "...",
        "role": "A technical writer",
        "directive": "Document the function",
        "framework": "Decomposition",
        "guardrails": "1. Be precise\n2. Be brief",
    },
    "metadata": {"domain": "documentation"},
}


@pytest.mark.parametrize("wrap", [lambda pool: pool, lambda pool: {"examples": pool}])
def test_their_pool_is_read_without_the_examples_that_show_nothing(tmp_path, wrap):
    empty = {**EXAMPLE, "outputs": {**EXAMPLE["outputs"], "role": ""}}
    file = tmp_path / "pool.json"
    file.write_text(json.dumps(wrap([EXAMPLE, empty]), indent=2))
    demonstrations = load_demonstrations(file)
    (example,) = demonstrations.choose("Documenta una clase", 3)
    assert len(demonstrations) == 1
    assert example.fields["framework"] == "decomposition"
    assert example.fields["guardrails"] == ["Be precise", "Be brief"]


THEIRS = {
    "LLM_PROVIDER": "anthropic",
    "LLM_MODEL": "claude-haiku-4-5-20251001",
    "LLM_BASE_URL": "https://api.anthropic.com",
    "HEMDOV_ANTHROPIC_API_KEY": "planted-key",
    "SQLITE_DB_PATH": "data/prompt_history.db",
    "SQLITE_POOL_SIZE": "1",
    "SQLITE_RETENTION_DAYS": "0",
    "LANGCHAIN_TRACING_V2": "true",
    "DSPY_MAX_BOOTSTRAPPED_DEMOS": "5",
    "DSPY_COMPILED_PATH": "",
    "USE_KNN_FEWSHOT": "true",
    "DSPY_FEWSHOT_ENABLED": "false",
    "DSPY_FEWSHOT_K": "3",
    "API_HOST": "0.0.0.0",
    "API_PORT": "8000",
    "API_RELOAD": "true",
    "CORS_ORIGINS": "*",
    "MIN_CONFIDENCE_THRESHOLD": "0.7",
    "MAX_LATENCY_MS": "30000",
}


def test_their_env_file_starts_us_and_keeps_everything(tmp_path, monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in THEIRS.items()))
    settings = load_settings()
    assert (settings.api_host, settings.cors_origins) == ("127.0.0.1", ())
    assert settings.dspy_fewshot_enabled is True
    assert settings.anthropic_api_key.get_secret_value() == "planted-key"
    assert settings.cleanup_off == "SQLITE_RETENTION_DAYS=0"


@pytest.mark.parametrize("placeholder_of", ["ANTHROPIC_API_KEY", "HEMDOV_ANTHROPIC_API_KEY"])
def test_of_their_two_keys_the_one_that_is_no_placeholder_counts(
    tmp_path, monkeypatch, placeholder_of
):
    """Their example has ``your_anthropic_api_key_here`` in both."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    keys = dict.fromkeys(("ANTHROPIC_API_KEY", "HEMDOV_ANTHROPIC_API_KEY"), "planted-key")
    theirs = THEIRS | keys | {placeholder_of: "your_anthropic_api_key_here"}
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in theirs.items()))
    assert load_settings().anthropic_api_key.get_secret_value() == "planted-key"


@pytest.mark.anyio
async def test_their_example_as_it_is_says_which_key_to_put_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    theirs = THEIRS | {"ANTHROPIC_API_KEY": "your_anthropic_api_key_here"}
    del theirs["HEMDOV_ANTHROPIC_API_KEY"]
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in theirs.items()))
    assert setting_warnings()[0].startswith("ANTHROPIC_API_KEY holds a placeholder")
    with pytest.raises(SettingsError, match="ANTHROPIC_API_KEY is not set"):
        await make_backends(load_settings())


@pytest.mark.anyio
async def test_with_their_env_file_their_model_answers(tmp_path, monkeypatch):
    """As their example has it: Anthropic's address without a version, a pool that lies in their
    own folder, and the key in one of two places."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    with ModelServer() as model:
        theirs = THEIRS | {
            "LLM_BASE_URL": model.base_url.removesuffix("/v1"),
            "DSPY_FEWSHOT_TRAINSET_PATH": "datasets/exports/unified-fewshot-pool.json",
        }
        lines = "".join(f"{name}={value}\n" for name, value in theirs.items())
        (tmp_path / ".env").write_text(lines)
        settings = load_settings()
        improved, _ = await improve_once(settings, "Design a REST API", "", None)
    assert improved.history.backend is BackendType.FEW_SHOT
    assert [request.path for request in model.requests] == ["/v1/messages"]
    assert any("DSPY_FEWSHOT_TRAINSET_PATH names no file" in each for each in setting_warnings())


def test_each_value_of_theirs_that_cannot_be_honoured_is_named_with_ours():
    _, lines = translate(THEIRS)
    told = "\n".join(lines)
    for name in ("API_RELOAD", "API_HOST", "CORS_ORIGINS", "MAX_LATENCY_MS"):
        assert name in told
    for ours in ("127.0.0.1", "LLM_TIMEOUT_S", "ANTHROPIC_API_KEY", "DSPY_FEWSHOT_K"):
        assert ours in told
    assert "planted" not in told


def test_an_environment_of_ours_is_left_as_it_is():
    assert translate({"API_HOST": "0.0.0.0", "CORS_ORIGINS": "*"}) == ({}, [])


def test_what_is_turned_off_there_is_not_named():
    assert translate({"API_RELOAD": "false", "USE_KNN_FEWSHOT": "true"})[1] == []
