"""bench/quality.py, run as people run it."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.quality import Outcome, measure
from bench.token_ratio import demonstration_prompts, token_ratio
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.improver import Improvement
from prompt_improver.improvement.offline import OfflineImprover
from tests.model_server import ModelServer, Reply, parts
from tests.rewrites import structured
from tests.server_process import ROOT, clean_environment

IDEAS = [
    {"idea": "Write an email to {name}, at most 120 words", "context": "Formal"},
    {"idea": "Escribe una función que valide correos en Python"},
    {"idea": "Design a REST API for a library", "context": ""},
]


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    ideas = folder / "ideas.jsonl"
    ideas.write_text("\n".join(map(json.dumps, IDEAS)) + "\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "bench.quality", str(ideas), *arguments],
        cwd=folder,
        env=clean_environment(HOME=str(folder), **variables),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_offline_backend_is_measured_and_written_as_json(tmp_path):
    done = run(tmp_path, "--backend", "offline", "--json", "found.json", LLM_PROVIDER="offline")
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "found.json").read_text())
    assert figures["backend"] == "offline"
    assert (figures["ideas"], figures["errors"]) == (3, 0)
    passed = figures["passed_at_first_call"] + figures["passed_after_correction"]
    assert passed + figures["kept_original"] == 3
    assert figures["answers_that_lose_a_placeholder"] == 0
    assert figures["calls_an_idea"] == 0
    assert figures["input_tokens_an_idea"] is None
    assert figures["prompt_characters_per_idea_character"] > 1
    assert "kept original" in done.stdout
    assert done.stderr.count("idea/s") == 0, "no progress bar where nobody looks"


def test_a_model_is_measured_by_what_its_server_counts(tmp_path):
    with ModelServer() as server:
        server.reply = [Reply(), Reply(text="asdf"), Reply(text="asdf"), Reply(text=parts())]
        done = run(
            tmp_path,
            *("--backend", "zero-shot", "--json", "found.json"),
            LLM_PROVIDER="openai-compatible",
            LLM_BASE_URL=server.base_url,
            LLM_MODEL="m",
        )
        calls = len(server.requests)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "found.json").read_text())
    assert figures["model"] == "openai-compatible/m"
    assert figures["calls_an_idea"] == round(calls / 3, 4)
    assert figures["input_tokens_an_idea"] == round(120 * calls / 3, 4)
    assert figures["kept_original"] >= 1
    assert figures["answers_that_lose_a_placeholder"] == 0


def test_an_answer_that_loses_something_is_counted():
    lossy = Improvement(
        prompt=structured("Write a mail to the customer"),
        backend=BackendType.ZERO_SHOT,
        model_version="m",
        model_calls=2,
    )
    spanish = "Escribe un correo para {name} en 5 líneas con el informe, ver https://a.example/b"
    figures = measure([Outcome(spanish, lossy, 0.1), Outcome("idea", None, 0.1)])
    assert figures["errors"] == 1
    assert figures["passed_after_correction"] == 1
    for name in ("lose_a_placeholder", "lose_a_url", "lose_a_number"):
        assert figures[f"answers_that_{name}"] == 1
    assert figures["language_flips"] == 1


def test_parts_cost_at_most_sixty_percent_of_parts_and_text():
    # Characters stand in for tokens: which tokenizer counts is the bench's business.
    assert token_ratio(demonstration_prompts(), len)["ratio"] <= 0.6
    offline = OfflineImprover()
    prompts = [asyncio.run(offline.improve(given["idea"])).prompt for given in IDEAS]
    assert token_ratio(prompts, len)["ratio"] <= 0.6


@pytest.mark.parametrize("content", ["not JSON", '{"context": "no idea"}', "[]"])
def test_a_file_that_holds_no_ideas_is_told_in_one_line(tmp_path, content):
    (tmp_path / "wrong.jsonl").write_text(content)
    done = subprocess.run(
        [sys.executable, "-m", "bench.quality", "wrong.jsonl"],
        cwd=tmp_path,
        env=clean_environment(HOME=str(tmp_path), LLM_PROVIDER="offline"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert str(ROOT) not in done.stderr
