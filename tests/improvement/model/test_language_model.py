"""Which model is taken, and why."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import SecretStr

from prompt_improver.improvement.model.language_model import (
    LanguageModelChoice,
    LanguageModelSettings,
    check_base_url,
    choose_language_model,
)
from prompt_improver.improvement.model.providers import PROVIDERS, WITH_KEY
from tests.model_server import ModelServer

pytestmark = pytest.mark.anyio

KEY = SecretStr("sk-very-secret")


@pytest.fixture
def free_url() -> str:
    """An address on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


DEFAULT_MODELS = {name: entry.default_model for name, entry in PROVIDERS.items()}
KEY_VARIABLES = {entry.name: entry.key_variable for entry in WITH_KEY}


async def choose(free: str, **settings: object) -> LanguageModelChoice:
    own = {name: settings.pop(f"{name}_api_key", None) for name in KEY_VARIABLES}
    keys = {name: key for name, key in own.items() if key is not None}
    chosen = replace(LanguageModelSettings(own_keys=keys), **settings)  # type: ignore[arg-type]
    return await choose_language_model(chosen, ollama_url=free)


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("https://api.anthropic.com", "https://api.anthropic.com/v1"),
        ("https://api.anthropic.com/", "https://api.anthropic.com/v1"),
        ("https://api.anthropic.com/v1", "https://api.anthropic.com/v1"),
        ("https://proxy.example/anthropic", "https://proxy.example/anthropic"),
    ],
)
async def test_anthropics_address_is_taken_with_and_without_its_version(
    free_url: str, given: str, called: str
) -> None:
    choice = await choose(free_url, provider="anthropic", anthropic_api_key=KEY, base_url=given)
    assert choice.base_url == called


async def test_auto_without_anything_is_offline_and_says_why(free_url: str) -> None:
    choice = await choose(free_url)
    assert choice.offline
    assert (choice.provider, choice.model) == ("offline", None)
    assert choice.reason == f"no provider's key is set and no Ollama answers at {free_url}"


@pytest.mark.parametrize("provider", KEY_VARIABLES)
async def test_auto_takes_the_provider_whose_key_is_set(free_url: str, provider: str) -> None:
    choice = await choose(free_url, **{f"{provider}_api_key": KEY})
    assert (choice.provider, choice.model) == (provider, DEFAULT_MODELS[provider])
    assert choice.model_version == f"{provider}/{DEFAULT_MODELS[provider]}"
    assert choice.reason == f"{KEY_VARIABLES[provider]} is set"
    assert not choice.constrained


async def test_auto_goes_by_the_documented_order(free_url: str, server: ModelServer) -> None:
    keys = {f"{provider}_api_key": KEY for provider in KEY_VARIABLES}
    taken = []
    for provider in KEY_VARIABLES:
        taken.append((await choose(free_url, **keys)).provider)
        del keys[f"{provider}_api_key"]
    assert taken == ["openai", "anthropic", "gemini", "deepseek"]
    with_address = await choose(free_url, openai_api_key=KEY, base_url=server.base_url)
    assert with_address.provider == "openai-compatible"
    assert with_address.reason == "LLM_BASE_URL is set"
    assert with_address.api_key is None, "OpenAI's key is not for another's server"


async def test_a_blank_key_counts_as_not_set(free_url: str) -> None:
    assert (await choose(free_url, openai_api_key=SecretStr("  "))).offline


async def test_auto_finds_an_ollama_and_passes_over_its_embedding_models() -> None:
    with ModelServer(models=["nomic-embed-text:latest", "llama3.2:latest"]) as ollama:
        choice = await choose(ollama.root)
    assert (choice.provider, choice.model) == ("ollama", "llama3.2:latest")
    assert choice.base_url == ollama.base_url
    assert choice.constrained
    assert "Ollama answers" in choice.reason


@pytest.mark.parametrize(
    ("wanted", "taken"), [("qwen3", "qwen3"), ("qwen3:latest", "qwen3:latest"), ("gone", "phi4")]
)
async def test_auto_takes_llm_model_if_ollama_has_it(wanted: str, taken: str) -> None:
    with ModelServer(models=["phi4", "qwen3:latest"]) as ollama:
        choice = await choose(ollama.root, model=wanted)
    assert choice.model == taken
    assert ("does not have gone" in choice.reason) == (wanted == "gone")


async def test_an_ollama_without_a_chat_model_is_passed_over() -> None:
    with ModelServer(models=["all-minilm"]) as ollama:
        choice = await choose(ollama.root)
    assert choice.offline
    assert "has no model" in choice.reason


async def test_a_port_that_never_answers_costs_a_third_of_a_second() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        choice = await choose(f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert 0.2 < time.monotonic() - started < 1.0
    assert choice.offline


@pytest.mark.parametrize("provider", KEY_VARIABLES)
async def test_a_named_provider_without_its_key_names_the_mend(
    free_url: str, provider: str
) -> None:
    with pytest.raises(ValueError, match=f"set {KEY_VARIABLES[provider]}"):
        await choose(free_url, provider=provider)


async def test_the_key_for_all_goes_before_the_named_providers_own(free_url: str) -> None:
    choice = await choose(
        free_url, provider="openai", openai_api_key=KEY, api_key=SecretStr("general")
    )
    assert choice.api_key == SecretStr("general")
    assert choice.reason == "LLM_PROVIDER=openai"


async def test_llm_model_overrides_and_may_name_its_provider(free_url: str) -> None:
    for model in ("gpt-6-luna", "openai/gpt-6-luna"):
        choice = await choose(free_url, openai_api_key=KEY, model=model)
        assert choice.model_version == "openai/gpt-6-luna"


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-6-luna"), ("openai", "gpt-4.1-mini"), ("anthropic", "claude-haiku-4-5")],
)
async def test_a_model_that_answers_at_once_gets_a_narrow_bound(
    free_url: str, provider: str, model: str
) -> None:
    choice = await choose(free_url, provider=provider, api_key=KEY, model=model)
    assert choice.max_tokens == 4_000


@pytest.mark.parametrize("model", ["gpt-6-astra", "claude-haiku-5-5", "o3"])
async def test_a_model_that_thinks_gets_a_wider_bound_unless_one_is_set(
    free_url: str, model: str
) -> None:
    choice = await choose(free_url, openai_api_key=KEY, model=model)
    assert choice.max_tokens == 16_000
    assert (await choose(free_url, openai_api_key=KEY, model=model, max_tokens=77)).max_tokens == 77


async def test_only_a_model_that_can_is_asked_not_to_think(free_url: str) -> None:
    assert not (await choose(free_url, openai_api_key=KEY)).thinking
    assert (await choose(free_url, openai_api_key=KEY, model="gpt-6-astra")).thinking
    assert (await choose(free_url, anthropic_api_key=KEY)).thinking
    elsewhere = await choose(free_url, base_url=f"{free_url}/v1", model="gpt-6-luna")
    assert elsewhere.thinking, "another's server may not know the word"


@pytest.mark.parametrize("provider", KEY_VARIABLES)
def test_no_default_model_has_an_end_in_the_price_list_that_dspy_installs(provider: str) -> None:
    """Turns red with an upgrade of DSPy that brings an end: move the default then."""
    package = find_spec("litellm")
    assert package is not None
    assert package.submodule_search_locations is not None
    (folder,) = package.submodule_search_locations
    prices = json.loads((Path(folder) / "model_prices_and_context_window_backup.json").read_text())
    model = DEFAULT_MODELS[provider]
    entry = prices.get(f"{provider}/{model}") or prices[model]
    assert entry["litellm_provider"] == provider
    assert "deprecation_date" not in entry
    assert entry["input_cost_per_token"] <= 0.30e-6
    assert entry["output_cost_per_token"] <= 2.50e-6


async def test_offline_by_name_looks_for_nothing(server: ModelServer) -> None:
    choice = await choose(server.root, provider="offline", openai_api_key=KEY)
    assert choice.offline
    assert choice.reason == "LLM_PROVIDER=offline"
    assert server.listings == []


async def test_a_named_ollama_is_taken_though_it_is_not_there_yet(free_url: str) -> None:
    choice = await choose(free_url, provider="ollama")
    assert choice.model_version == "ollama/llama3.2"
    elsewhere = await choose(free_url, provider="ollama", base_url=f"{free_url}/", model="phi4")
    assert elsewhere.base_url == f"{free_url}/v1"
    assert elsewhere.model == "phi4"


async def test_an_openai_compatible_server_is_asked_for_its_model(server: ModelServer) -> None:
    choice = await choose(server.root, provider="openai-compatible", base_url=server.base_url)
    assert choice.model_version == "openai-compatible/test-model"
    assert choice.constrained
    assert server.listings == ["/v1/models"]


async def test_an_openai_compatible_server_that_does_not_say_needs_llm_model(
    free_url: str,
) -> None:
    with pytest.raises(ValueError, match="set LLM_MODEL"):
        await choose(free_url, base_url=f"{free_url}/v1")
    assert (await choose(free_url, base_url=f"{free_url}/v1", model="m")).model == "m"


async def test_openai_compatible_needs_an_address(free_url: str) -> None:
    with pytest.raises(ValueError, match="LLM_BASE_URL is not set"):
        await choose(free_url, provider="openai-compatible")


@pytest.mark.parametrize(
    "url",
    "ftp://x localhost:8080 file:///etc/passwd http:// http://h:99999/v1 "
    "http://me:sk-secret@host/v1 http://host/v1?key=sk-secret http://host/#sk-secret".split(),
)
async def test_an_address_that_is_none_is_refused_without_a_quote(free_url: str, url: str) -> None:
    with pytest.raises(ValueError, match="LLM_BASE_URL must") as caught:
        await choose(free_url, base_url=url)
    assert "sk-secret" not in str(caught.value)


async def test_an_unknown_provider_is_refused_with_the_known_ones(free_url: str) -> None:
    with pytest.raises(ValueError, match="LLM_PROVIDER is 'gpt': use one of auto, openai"):
        await choose(free_url, provider="gpt")


async def test_a_key_that_would_break_the_header_is_refused_by_name(free_url: str) -> None:
    with pytest.raises(ValueError, match="OPENAI_API_KEY holds a character") as caught:
        await choose(free_url, openai_api_key=SecretStr("sk-very\nsecret"))
    assert "very" not in str(caught.value)


async def test_no_repr_and_no_reason_shows_a_key(free_url: str) -> None:
    settings = LanguageModelSettings(own_keys={"openai": KEY}, api_key=KEY)
    choice = await choose(free_url, openai_api_key=KEY)
    assert choice.api_key == KEY
    assert "very-secret" not in f"{settings!r} {choice!r} {choice.reason}"


async def test_a_server_that_answers_nonsense_has_no_models(server: ModelServer) -> None:
    choice = await choose_language_model(
        LanguageModelSettings(provider="ollama", base_url=f"{server.root}/elsewhere")
    )
    assert choice.model == DEFAULT_MODELS["ollama"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/ñ", "http://a..b/v1", "http://h/a b"])
def test_an_address_that_cannot_be_called_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="LLM_BASE_URL"):
        check_base_url(url)
