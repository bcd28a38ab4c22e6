"""The few-shot pool of prompt_raycast_ext: a JSON array of examples, or an object with one under
``examples``, each with ``inputs`` and ``outputs``."""

import json
from typing import Any

from prompt_improver.domain.values import find_unstorable_character
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.structured_prompt import Framework

_MOST_GUARDRAILS = 7
_NUMBER = lazy_pattern(r"^\s*(?:\d+[.)]|[-*])\s+")
_CONFIDENCE = 0.8
"""Their examples have none; ours show the model a number."""


def read_pool(text: str) -> list[dict[str, Any]] | None:
    """The examples of a pool as ours, or None where ``text`` is no pool. Those without a role,
    a directive or an idea show nothing that can be followed, and are left out."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict) and "examples" in found:
        found = found["examples"]
    if not isinstance(found, list):
        return None
    return [example for each in found if (example := _example(each)) is not None]


def _example(each: object) -> dict[str, Any] | None:
    if not isinstance(each, dict):
        return None
    inputs, outputs = each.get("inputs"), each.get("outputs")
    if not isinstance(inputs, dict) or not isinstance(outputs, dict):
        return None
    texts = {
        "idea": inputs.get("original_idea"),
        "context": inputs.get("context") or "",
        "role": outputs.get("role"),
        "directive": outputs.get("directive"),
    }
    for name, value in texts.items():
        if not isinstance(value, str) or find_unstorable_character(value):
            return None
        if name != "context" and not value.strip():
            return None
    framework = str(outputs.get("framework") or "").strip().lower()
    return {
        **texts,
        "reasoning": "An example of the user's own pool.",
        "framework": framework if framework in list(Framework) else Framework.NONE.value,
        "guardrails": _guardrails(outputs.get("guardrails")),
        "output_format": "",
        "confidence": _CONFIDENCE,
    }


def _guardrails(given: object) -> list[str]:
    lines = given if isinstance(given, list) else str(given or "").splitlines()
    rules = [_NUMBER.sub("", str(line)).strip() for line in lines]
    kept = [rule for rule in rules if rule and not find_unstorable_character(rule)]
    return kept[:_MOST_GUARDRAILS]
