"""The ``.env`` of prompt_raycast_ext: what it says in our words, and what we cannot do."""

from collections.abc import Mapping
from pathlib import Path

from prompt_improver.setting_values import is_placeholder

_MARKS = frozenset({"USE_KNN_FEWSHOT", "HEMDOV_ANTHROPIC_API_KEY", "API_RELOAD"})
"""Variables of that program alone: without one of them an environment is ours."""
_UNSET = ("", "false", "0", "no", "off")
_WITHOUT_EFFECT = {
    "API_RELOAD": "start the server again after a change",
    "DSPY_COMPILED_PATH": "examples are chosen for each idea",
    "DSPY_FEWSHOT_COMPILED_PATH": "examples are chosen for each idea",
    "DSPY_MAX_BOOTSTRAPPED_DEMOS": "ours is DSPY_FEWSHOT_K",
    "DSPY_MAX_LABELED_DEMOS": "ours is DSPY_FEWSHOT_K",
    "MAX_LATENCY_MS": "ours is LLM_TIMEOUT_S",
    "MIN_CONFIDENCE_THRESHOLD": "every answer is compared with the idea instead",
}


def translate(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Settings of ours, by field name, to put before ``given`` (names in upper case), and a line
    for each value that is not taken as it stands, with ours. Both are empty where ``given`` has
    no variable of that program alone. No line quotes a key."""
    if not _MARKS & given.keys():
        return {}, []
    ours: dict[str, str] = {}
    lines = [
        f"{name} of prompt_raycast_ext has no effect: {instead}"
        for name, instead in _WITHOUT_EFFECT.items()
        if given.get(name, "").lower() not in _UNSET
    ]
    if given.get("USE_KNN_FEWSHOT", "").lower() in ("1", "true", "yes", "on"):
        ours["dspy_fewshot_enabled"] = "true"
    key = given.get("HEMDOV_ANTHROPIC_API_KEY", "")
    own = given.get("ANTHROPIC_API_KEY", "")
    if key and not is_placeholder(key) and (not own or is_placeholder(own)):
        ours["anthropic_api_key"] = key
        lines.append("HEMDOV_ANTHROPIC_API_KEY is used: ours is ANTHROPIC_API_KEY")
    if given.get("API_HOST") == "0.0.0.0" and not given.get("API_KEY"):  # noqa: S104
        ours["api_host"] = "127.0.0.1"
        lines.append("API_HOST=0.0.0.0 needs an API_KEY: listening on 127.0.0.1")
    if given.get("CORS_ORIGINS") == "*":
        ours["cors_origins"] = ""
        lines.append("CORS_ORIGINS=* is not taken: name each origin; none is allowed now")
    if given.get("LLM_BASE_URL") and given.get("LLM_PROVIDER", "").lower() in (
        "openai",
        "gemini",
        "deepseek",
    ):
        # Their program looks at it for Ollama and Anthropic alone, and their example sets it.
        ours["llm_base_url"] = ""
        lines.append("LLM_BASE_URL is not used with this LLM_PROVIDER, as in prompt_raycast_ext")
    pool = given.get("DSPY_FEWSHOT_TRAINSET_PATH", "")
    if pool and not Path(pool).expanduser().is_file():
        ours["dspy_fewshot_trainset_path"] = ""
        lines.append(
            "DSPY_FEWSHOT_TRAINSET_PATH names no file here: the built-in examples are used"
        )
    return ours, lines
