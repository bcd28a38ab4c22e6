"""One value of a model's reply, read from whatever form the model gave it."""

import json
import math
import re
from typing import Any

from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.structured_prompt import Framework

_FRAMEWORKS = {
    "chainofthought": Framework.CHAIN_OF_THOUGHT,
    "cot": Framework.CHAIN_OF_THOUGHT,
    "stepbystep": Framework.CHAIN_OF_THOUGHT,
    "treeofthought": Framework.TREE_OF_THOUGHTS,
    "tot": Framework.TREE_OF_THOUGHTS,
    "decompos": Framework.DECOMPOSITION,
    "leasttomost": Framework.DECOMPOSITION,
    "roleplay": Framework.ROLE_PLAYING,
    "persona": Framework.ROLE_PLAYING,
}
_LIST_MARK = lazy_pattern(r"^\s*(?:[-*+•‣–—]\s+|\(?\d{1,2}[.):]\s+|\[[ xX]?\]\s+)+")
_NUMBER = lazy_pattern(r"\s*([0-9]+(?:[.,][0-9]+)?|[.][0-9]+)(\s*%|\s*/\s*([0-9]+))?(?![.,]?\w)")


def read_text(value: Any, *, as_json: bool = False) -> str | None:
    """A text, or a list of texts as its lines; None where it is neither or blank.
    ``as_json`` takes any other structure too, written out as JSON."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = "\n".join(value)
    elif as_json and isinstance(value, dict | list) and value:
        value = json.dumps(value, ensure_ascii=False, indent=2)
    if not isinstance(value, str):
        return None
    return value.strip() or None


def read_guardrails(value: Any) -> tuple[str, ...]:
    """A list of texts; or a text that is a JSON list, or bullets, numbers or lines.

    Without the marks in front, without blanks. Empty where nothing of that is there.
    """
    if isinstance(value, str):
        value = _json_list(value) or value.splitlines()
        if len(value) > 1 and isinstance(value[0], str) and value[0].rstrip().endswith(":"):
            value = value[1:]  # "The rules are:", and then the list
    if not isinstance(value, list):
        return ()
    rules = []
    for item in value:
        if isinstance(item, dict) and len(item) == 1:  # {"rule": "..."}
            item = next(iter(item.values()))
        if not isinstance(item, str):
            return ()
        rules.append(_LIST_MARK.sub("", item).strip())
    return tuple(rule for rule in rules if re.search(r"\w", rule))


def read_framework(value: Any) -> Framework:
    """One of the four, whatever its spelling; none where it is missing, blank or unknown."""
    letters = re.sub(r"[^a-z]", "", value.lower()) if isinstance(value, str) else ""
    for mark, framework in _FRAMEWORKS.items():
        if letters.startswith(mark):
            return framework
    return Framework.NONE


def read_confidence(value: Any) -> float | None:
    """0 to 1, from 0.85, "0.85 (high)", "85%", 85, "8/10"; None where there is no such
    number. A word is no number: "High" is None."""
    if isinstance(value, str) and len(value) < 200 and (match := _NUMBER.match(value)):
        number, suffix, whole = float(match[1].replace(",", ".")), match[2], match[3]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number, suffix, whole = float(max(min(value, 1_000), -1)), None, None
    else:
        return None
    if whole is not None:
        number = number / float(whole) if float(whole) else math.nan
    elif suffix is not None or 10 <= number <= 100:  # 2 to 9 may be of ten or of a hundred
        number /= 100
    return number if 0 <= number <= 1 else None


def _json_list(text: str) -> list[Any] | None:
    start = text.find("[")
    if start < 0 or not re.fullmatch(r"\s*(?:```\w*\s*)?", text[:start]):
        return None
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None
