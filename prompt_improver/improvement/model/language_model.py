"""Which model answers: from plain settings to one choice, with its reason. No DSPy here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr

from prompt_improver.improvement.model.listing import list_models, list_ollama_models
from prompt_improver.improvement.model.providers import CHOICES, PROVIDERS, WITH_KEY, Provider

OLLAMA_URL = PROVIDERS["ollama"].base_url or ""
OLLAMA_WAIT_S = 0.3
LISTING_WAIT_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModelSettings:
    """What the user set. Blank counts as not set."""

    provider: str = "auto"
    model: str | None = None
    base_url: str | None = None
    api_key: SecretStr | None = None
    own_keys: Mapping[str, SecretStr] = field(default_factory=dict)
    """The providers' own keys, by the provider's name."""
    timeout_s: float = 110.0
    max_tokens: int | None = None
    """None takes a bound that suits the model."""
    temperature: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModelChoice:
    """The model that this process calls, and why. ``repr`` shows no key."""

    provider: str
    """openai, anthropic, gemini, deepseek, ollama, openai-compatible, or offline."""
    reason: str
    """Fit for the log and for /health: names variables and addresses, never a key."""
    model: str | None = None
    """None with ``offline`` only."""
    base_url: str | None = None
    """Without a slash at the end; None is the provider's own address."""
    api_key: SecretStr | None = None
    constrained: bool = False
    """Whether decoding is held to the JSON schema of a reply."""
    timeout_s: float = 110.0
    max_tokens: int = 4_000
    temperature: float | None = None
    """None is the model's own. Where the model refuses one, the engine goes on without."""
    thinking: bool = True
    """False asks a model that thinks to answer without; True leaves it as it is."""

    @property
    def offline(self) -> bool:
        return self.provider == "offline"

    @property
    def model_version(self) -> str:
        """``openai/gpt-6-luna``: what answers, as the history keeps it."""
        return f"{self.provider}/{self.model}"


ListOllama = Callable[[str, float], Awaitable[list[str] | None]]


async def choose_language_model(
    settings: LanguageModelSettings,
    *,
    ollama_url: str = OLLAMA_URL,
    list_ollama: ListOllama = list_ollama_models,
) -> LanguageModelChoice:
    """The model to call.

    ``auto`` takes the first of: LLM_BASE_URL (an OpenAI-compatible server), a key for
    openai, anthropic, gemini or deepseek, an Ollama at ``ollama_url`` that answers within
    0.3 s and has a model; else offline. A named provider is taken at its word.

    Raises:
        ValueError: a setting is wrong or missing. Names the variable and the mend, no key.
    """
    provider = settings.provider.strip().lower()
    if provider not in CHOICES:
        raise ValueError(f"LLM_PROVIDER is {settings.provider!r}: use one of {', '.join(CHOICES)}")
    base_url = check_base_url(settings.base_url)
    model = (settings.model or "").strip() or None
    if provider == "offline":
        return LanguageModelChoice(provider=provider, reason="LLM_PROVIDER=offline")
    reason = f"LLM_PROVIDER={provider}"
    if provider == "auto":
        if base_url is not None:
            provider, reason = "openai-compatible", "LLM_BASE_URL is set"
        elif found := next((each for each in WITH_KEY if _own_key(settings, each)), None):
            provider, reason = found.name, f"{found.key_variable} is set"
        else:
            return await _ollama_or_offline(settings, model, ollama_url, list_ollama)
    entry = PROVIDERS[provider]
    if variable := entry.key_variable:
        key = _own_key(settings, entry)
        if settings.provider.strip().lower() != "auto":
            # Where nobody is named, LLM_API_KEY could be anybody's.
            key = _key(settings.api_key, "LLM_API_KEY") or key
        if key is None:
            raise ValueError(
                f"{variable} is not set, but LLM_PROVIDER={provider} needs it: set {variable} "
                "(or LLM_API_KEY), or another LLM_PROVIDER"
            )
        model = (model or entry.default_model or "").removeprefix(f"{provider}/")
        if base_url is not None and not urlsplit(base_url).path:
            base_url += entry.version_path
        return _chosen(settings, entry, model, base_url, key, reason)
    key = _key(settings.api_key, "LLM_API_KEY")
    if provider == "ollama":
        root = (base_url or ollama_url.rstrip("/")).removesuffix("/v1")
        if model is None:
            names = await list_ollama(root, LISTING_WAIT_S)
            model = _first_chat_model(names) or entry.default_model or ""
        return _chosen(settings, entry, model, f"{root}/v1", key, reason)
    if base_url is None:
        raise ValueError(
            "LLM_BASE_URL is not set, but LLM_PROVIDER=openai-compatible needs it: set it to the "
            "server's address, such as http://127.0.0.1:8080/v1"
        )
    if model is None:
        secret = key.get_secret_value() if key else None
        model = _first_chat_model(await list_models(base_url, LISTING_WAIT_S, secret))
    if model is None:
        raise ValueError(
            "LLM_MODEL is not set, and the server at LLM_BASE_URL does not say which models it "
            "has: set LLM_MODEL, or start the server first"
        )
    return _chosen(settings, entry, model, base_url, key, reason)


def check_base_url(value: str | None) -> str | None:
    """``value`` without the slash at its end, or None where it is blank.

    Raises:
        ValueError: not an http or https address, or one with a password, query or fragment
            in it. The message does not quote the value.
    """
    url = (value or "").strip().rstrip("/")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError(
            "LLM_BASE_URL must be an http or https address, such as http://127.0.0.1:8080/v1"
        )
    try:
        parts.hostname.encode("idna")
        plain = url.isascii() and url.isprintable() and " " not in url
    except UnicodeError:
        plain = False
    if not plain:
        raise ValueError("LLM_BASE_URL must be a plain address: ASCII, no spaces, a valid host")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "LLM_BASE_URL must hold no password, query or fragment: put the key into LLM_API_KEY"
        )
    return url


async def _ollama_or_offline(
    settings: LanguageModelSettings, model: str | None, url: str, list_ollama: ListOllama
) -> LanguageModelChoice:
    root = url.rstrip("/")
    names = await list_ollama(root, OLLAMA_WAIT_S)
    first = _first_chat_model(names)
    if names is None or first is None:
        found = "no Ollama answers" if names is None else "the Ollama that answers has no model"
        stray = " (LLM_API_KEY needs LLM_PROVIDER)" if _key(settings.api_key, "LLM_API_KEY") else ""
        reason = f"no provider's key is set{stray} and {found} at {root}"
        return LanguageModelChoice(provider="offline", reason=reason)
    reason = f"no provider's key is set; Ollama answers at {root}"
    if model is not None:
        if model in names or f"{model}:latest" in names:
            first = model
        else:
            reason += f", which does not have {model}"
    return _chosen(settings, PROVIDERS["ollama"], first, f"{root}/v1", None, reason)


def _chosen(
    settings: LanguageModelSettings,
    provider: Provider,
    model: str,
    base_url: str | None,
    key: SecretStr | None,
    reason: str,
) -> LanguageModelChoice:
    return LanguageModelChoice(
        provider=provider.name,
        model=model,
        base_url=base_url or provider.base_url,
        api_key=key,
        reason=reason,
        thinking=provider.thinks(model),
        constrained=provider.is_local,
        timeout_s=settings.timeout_s,
        max_tokens=settings.max_tokens or provider.bound(model),
        temperature=settings.temperature,
    )


def _own_key(settings: LanguageModelSettings, provider: Provider) -> SecretStr | None:
    return _key(settings.own_keys.get(provider.name), provider.key_variable or "")


def _key(secret: SecretStr | None, variable: str) -> SecretStr | None:
    text = secret.get_secret_value().strip() if secret is not None else ""
    if not text:
        return None
    if not (text.isascii() and text.isprintable()):
        # It goes into an HTTP header, which such a character would end or garble.
        raise ValueError(f"{variable} holds a character that no key has: copy the key again")
    return SecretStr(text)


def _first_chat_model(names: list[str] | None) -> str | None:
    marks = ("embed", "minilm", "bge-", "rerank", "whisper")
    return next((n for n in names or () if not any(m in n.lower() for m in marks)), None)
