"""From settings to backends."""

import subprocess
import sys

import pytest

from prompt_improver.domain.errors import SettingsError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.model_wiring import make_backends
from prompt_improver.settings import Settings
from tests.model_server import ModelServer
from tests.server_process import clean_environment

pytestmark = pytest.mark.anyio


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **{"llm_provider": "offline"} | changes)


async def test_without_a_model_there_is_the_offline_backend_alone():
    backends = await make_backends(settings())
    assert list(backends.improvers) == [BackendType.OFFLINE]
    assert backends.default is BackendType.OFFLINE
    assert (backends.provider, backends.model) == ("offline", None)


async def test_with_a_model_auto_means_few_shot_and_all_backends_are_there():
    backends = await make_backends(settings(llm_provider="openai", openai_api_key="planted"))
    assert set(backends.improvers) == {
        BackendType.ZERO_SHOT,
        BackendType.FEW_SHOT,
        BackendType.OFFLINE,
    }
    assert backends.default is BackendType.FEW_SHOT


async def test_with_few_shot_disabled_auto_means_zero_shot():
    backends = await make_backends(
        settings(llm_provider="openai", openai_api_key="planted", dspy_fewshot_enabled=False)
    )
    assert backends.default is BackendType.ZERO_SHOT


async def test_as_many_examples_are_shown_as_the_setting_says():
    with ModelServer(models=["tiny"]) as model:
        backends = await make_backends(
            settings(llm_provider="auto", llm_base_url=model.base_url, dspy_fewshot_k=2)
        )
        improver = backends.get(BackendType.FEW_SHOT)
        await improver.improve("Design a REST API for the resources that the user names")
        await improver.close()
    roles = [message["role"] for message in model.requests[0].body["messages"]]
    assert roles.count("assistant") == 2


async def test_the_temperature_and_the_longest_reply_reach_the_model():
    with ModelServer(models=["tiny"]) as model:
        backends = await make_backends(
            settings(
                llm_provider="auto",
                llm_base_url=model.base_url,
                llm_temperature=0.25,
                llm_max_tokens=777,
            )
        )
        improver = backends.get(BackendType.ZERO_SHOT)
        await improver.improve("Design a REST API for the resources that the user names")
        await improver.close()
    body = model.requests[0].body
    assert (body["temperature"], body["max_tokens"]) == (0.25, 777)


async def test_a_provider_without_its_key_is_a_settings_error_that_names_the_variable():
    with pytest.raises(SettingsError, match="ANTHROPIC_API_KEY"):
        await make_backends(settings(llm_provider="anthropic"))


async def test_a_bad_training_set_is_a_settings_error_with_file_and_line(tmp_path):
    file = tmp_path / "examples.jsonl"
    file.write_text('\n{"idea": 1}\n')
    with pytest.raises(SettingsError, match=r"DSPY_FEWSHOT_TRAINSET_PATH.*line 2"):
        await make_backends(
            settings(
                llm_provider="openai",
                openai_api_key="planted",
                dspy_fewshot_trainset_path=str(file),
            )
        )


async def test_no_key_stands_in_what_health_tells():
    backends = await make_backends(settings(llm_provider="openai", openai_api_key="planted"))
    assert "planted" not in repr(backends)


def test_the_offline_provider_never_imports_dspy(tmp_path):
    script = """
import sys
from fastapi.testclient import TestClient
from prompt_improver.app import create_app
from prompt_improver.settings import Settings
with TestClient(create_app(Settings(_env_file=None)), base_url="http://localhost") as client:
    assert client.post("/api/v1/improve-prompt", json={"idea": "Test"}).status_code == 200
loaded = {"dspy", "litellm", "openai"} & set(sys.modules)
assert not loaded, loaded
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=clean_environment(HOME=str(tmp_path), LLM_PROVIDER="offline"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
