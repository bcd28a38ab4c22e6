"""The one table of providers: settings, choice and engine read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LOCAL_BOUND, LOCAL_THINKING_BOUND = 3_000, 8_000
PLAIN_BOUND, THINKING_BOUND = 4_000, 16_000
"""Tokens that a reply may have. A good one has about 400; what a model thinks before it counts
too, and a small local server refuses a bound over its context."""


_LOCAL_THINKERS = ("qwen3", "qwq", "deepseek-r1", "gpt-oss", "magistral", "-thinking", "reasoning")
"""In the names of open models that think before they answer; both count for the bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who has a model, and how it is talked to."""

    name: str
    """As in LLM_PROVIDER."""
    title: str
    door: str
    """The adapter of ``dspy.lm15`` that speaks with it."""
    key_variable: str | None = None
    """Setting that holds its key; None where it needs none."""
    base_url: str | None = None
    """Where it is, if its door does not know that; LLM_BASE_URL goes before."""
    version_path: str = ""
    """Put behind an LLM_BASE_URL without a path: Anthropic's own programs give the address so."""
    default_model: str | None = None
    """LLM_MODEL where it is not set. The dates are as published on 2026-11-24; a test compares
    them with the price list that DSPy installs."""
    is_local: bool = False
    """A server of the user's own: decoding is held to the schema of a reply, and the bound is
    small."""
    plain_models: tuple[str, ...] = ()
    """Beginnings of the names of models that think only if they are asked to."""
    mutable_models: tuple[str, ...] = ()
    """Those of models that think unless they are told not to, and that take being told."""

    @property
    def key_setting(self) -> str | None:
        """The key's field in the settings."""
        return self.key_variable.lower() if self.key_variable else None

    def thinks(self, model: str) -> bool:
        """Whether ``model`` is left to think as it does by itself."""
        return not model.startswith(self.mutable_models)

    def bound(self, model: str) -> int:
        """Tokens that a reply of ``model`` may have."""
        if self.is_local:
            thinks = any(name in model.lower() for name in _LOCAL_THINKERS)
            return LOCAL_THINKING_BOUND if thinks else LOCAL_BOUND
        silent = model.startswith(self.plain_models) or not self.thinks(model)
        return PLAIN_BOUND if silent else THINKING_BOUND


_ALL = (
    Provider(
        name="openai",
        title="OpenAI",
        door="openai-chat",
        key_variable="OPENAI_API_KEY",
        # OpenAI names it in the place of gpt-4.1-mini, which ends on 2027-01-14; it has no end
        # itself: developers.openai.com/api/docs/deprecations.
        default_model="gpt-6-luna",
        plain_models=("gpt-4",),
        # Who comes from gpt-4.x is to begin without (help.openai.com/en/articles/20001600), and
        # only then a temperature is allowed
        # (developers.openai.com/api/docs/guides/deployment-checklist).
        mutable_models=("gpt-6-luna",),
    ),
    Provider(
        name="anthropic",
        title="Anthropic",
        door="anthropic",
        key_variable="ANTHROPIC_API_KEY",
        version_path="/v1",
        # Not before 2027-10-07; claude-haiku-4-5 was promised until 2026-10-15 only:
        # platform.claude.com/docs/en/about-claude/model-deprecations.
        default_model="claude-haiku-5-5",
        plain_models=("claude-3", "claude-haiku-4", "claude-opus-4", "claude-sonnet-4"),
    ),
    Provider(
        name="gemini",
        title="Google Gemini",
        door="gemini",
        key_variable="GEMINI_API_KEY",
        # No end announced; Google names it in the place of gemini-3.1-flash-lite, which may end
        # from 2027-05-07 on: ai.google.dev/gemini-api/docs/deprecations.
        default_model="gemini-3.5-flash-lite",
    ),
    Provider(
        name="deepseek",
        title="DeepSeek",
        door="deepseek",
        key_variable="DEEPSEEK_API_KEY",
        # No end announced; deepseek-v4-flash, retired on 2026-09-10, is another name of it for
        # the time being: api-docs.deepseek.com/quick_start/pricing.
        default_model="deepseek-flash",
    ),
    Provider(
        name="ollama",
        title="Ollama",
        door="ollama",
        base_url="http://127.0.0.1:11434",
        # A file on one's own disk never ends. It stands in only where Ollama does not say what
        # it has: ollama.com/library/llama3.2.
        default_model="llama3.2",
        is_local=True,
    ),
    Provider(
        name="openai-compatible",
        title="an OpenAI-compatible server",
        # Ollama's door is the plain one: chat completions with max_tokens, a key only if given.
        door="ollama",
        is_local=True,
    ),
)

PROVIDERS: Mapping[str, Provider] = MappingProxyType({each.name: each for each in _ALL})
"""By name. ``auto`` asks those that need a key in this order."""

WITH_KEY = tuple(each for each in _ALL if each.key_variable)

CHOICES = ("auto", *PROVIDERS, "offline")
"""What LLM_PROVIDER may be."""
