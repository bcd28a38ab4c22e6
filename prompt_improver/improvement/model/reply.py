"""A model's reply, read into the parts of a prompt as models really write them.

One call, one reading: JSON is looked for wherever it stands (in a fence, after prose or a
``<think>`` block), else sections under the field names, else JSON with the ordinary faults (a
trailing comma, bare keys, Python or typographic quotes). White space, list marks and number
formats are forgiven; what is not there is never made up.
"""

import json
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields
from typing import Any

from prompt_improver.domain.errors import ImproverReplyError
from prompt_improver.domain.question import Question
from prompt_improver.domain.values import find_unstorable_character
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.model.reply_questions import read_questions
from prompt_improver.improvement.model.reply_values import (
    read_confidence,
    read_framework,
    read_guardrails,
    read_text,
)
from prompt_improver.improvement.structured_prompt import Framework

REQUIRED_KEYS = (
    "reasoning",
    "role",
    "directive",
    "framework",
    "guardrails",
    "output_format",
    "confidence",
)
OPTIONAL_KEYS = ("material", "assumptions", "examples")
FREE_KEYS = ("questions",)
"""Optional too, but not in the schema: a small model that is held to it writes no good ones."""
FIELDS = (*REQUIRED_KEYS, *OPTIONAL_KEYS, *FREE_KEYS)
_REQUIRED = ("role", "directive", "guardrails")
_LONGEST = {
    "role": 2_000,
    "directive": 60_000,
    "output_format": 10_000,
    "reasoning": 10_000,
    "material": 110_000,
    "examples": 10_000,
}
_MAX_GUARDRAILS = 30
_LONGEST_GUARDRAIL = 2_000

_MAX_REPLY = 400_000
_MAX_OPENINGS = 300
"""Braces tried: a reply of nothing but braces must not cost seconds."""

_MAX_REPAIRED = 20_000
_MAX_NESTING = 50
"""Repair takes time in the square of the depth: 20,000 braces took 5 s, 20,000 characters of
text 0.12 s."""

_THINKING = lazy_pattern(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_JSON = json.JSONDecoder(strict=False)  # models put raw line breaks into JSON strings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyParts:
    """What the model wrote, in the types that StructuredPrompt takes."""

    role: str
    directive: str
    framework: Framework
    guardrails: tuple[str, ...]
    output_format: str = ""
    reasoning: str | None = None
    confidence: float | None = None
    material: str = ""
    """The text of the idea that is to be worked on, or its beginning."""
    assumptions: tuple[str, ...] = ()
    examples: str = ""
    questions: tuple[Question, ...] = ()


STAYS: ContextVar[ReplyParts | None] = ContextVar("parts_that_stay", default=None)
"""What the running request changes, an earlier attempt or a prompt: what its reply leaves out
stays as there."""


def parse_reply(text: str, refused: ReplyParts | None = None) -> ReplyParts:
    """The parts in ``text``. Role and directive must be there, and guardrails, be it an empty
    list; or they are those of ``refused``, the attempt that the reply corrects with the keys that
    it changes.

    A framework that is missing or unknown counts as none; a confidence without a number
    ("High") is None.

    Raises:
        ImproverReplyError: a required part is missing, or one is too long or cannot be
            stored. Names the part, quotes nothing.
    """
    found = _find_fields(text[:_MAX_REPLY])
    if found and refused is not None:
        stays = asdict(refused)
        for name in ("guardrails", "assumptions"):
            stays[name] = list(stays[name])
        found = stays | found
    role = read_text(found.get("role"))
    if role is None and refused is not None:
        role = refused.role  # a prompt that is changed may have none
    directive = read_text(found.get("directive"))
    guardrails = read_guardrails(found.get("guardrails"))
    values = dict(zip(_REQUIRED, (role, directive, guardrails), strict=True))
    may_be_empty = {"guardrails"} if found.get("guardrails") == [] else set()
    if refused is not None and not refused.role:
        may_be_empty.add("role")
    missing = [name for name, value in values.items() if not value and name not in may_be_empty]
    if missing or role is None or directive is None:
        raise ImproverReplyError(f"the model's reply has no {', no '.join(missing)}")
    parts = ReplyParts(
        role=role,
        directive=directive,
        framework=read_framework(found.get("framework")),
        guardrails=guardrails,
        output_format=read_text(found.get("output_format"), as_json=True) or "",
        reasoning=read_text(found.get("reasoning")),
        confidence=read_confidence(found.get("confidence")),
        material=read_text(found.get("material")) or "",
        assumptions=read_guardrails(found.get("assumptions")),
        examples=read_text(found.get("examples"), as_json=True) or "",
        questions=read_questions(found.get("questions")),
    )
    _check(parts, refused)
    return parts


def _check(parts: ReplyParts, stays: ReplyParts | None) -> None:
    """What stays was kept before, whatever its length."""
    new = {each.name for each in fields(parts)}
    if stays is not None:
        new = {name for name in new if getattr(parts, name) != getattr(stays, name)}
    texts = {name: getattr(parts, name) or "" for name in _LONGEST if name in new}
    for name, text in texts.items():
        if len(text) > _LONGEST[name]:
            raise ImproverReplyError(f"the model's {name} is over {_LONGEST[name]} characters")
    lists = {name: getattr(parts, name) for name in ("guardrails", "assumptions") if name in new}
    for name, lines in lists.items():
        kept = () if stays is None else getattr(stays, name)
        lists[name] = lines = tuple(line for line in lines if line not in kept)
        if len(lines) > _MAX_GUARDRAILS or any(len(line) > _LONGEST_GUARDRAIL for line in lines):
            raise ImproverReplyError(f"the model's {name} are too many or too long")
    listed = [(name, line) for name, lines in lists.items() for line in lines]
    for name, value in (*texts.items(), *listed):
        if found := find_unstorable_character(value):
            raise ImproverReplyError(f"the model's {name} holds {found}")


def _find_fields(text: str) -> dict[str, Any]:
    """The last JSON object that has all required fields (a model that drafts first gives
    its answer last), else sections, else the fullest JSON object.

    Nothing where there are two answers, sections around a complete object: it may be an
    object that the idea holds and the model repeats.
    """
    text = _THINKING.sub("", text)
    best: dict[str, Any] = {}
    outside = text
    for found, start, end in _json_objects(text):
        if _is_complete(found) or (len(found) > len(best) and not _is_complete(best)):
            best, outside = found, f"{text[:start]}\n{text[end:]}"
    if _is_complete(best):
        around = {_label_name(label) for label in _labels(outside)}
        return {} if around.issuperset(_REQUIRED) else best
    sections = _sections(text)
    if _is_complete(sections):
        return sections
    repaired = _repaired(text)
    return repaired if _is_complete(repaired) else best or sections


def _repaired(text: str) -> dict[str, Any]:
    """The fields of the last object with one of ours, its faults mended as json_repair does."""
    starts = [match.start() for match in _OBJECT.finditer(text)]
    broken = text[starts[-1] :] if starts else ""
    if not broken or len(broken) > _MAX_REPAIRED or broken.count("{") > _MAX_NESTING:
        return {}
    if broken.count("[") > _MAX_NESTING:
        return {}
    # Heavy, and needed only for a reply with faults; it comes with DSPy.
    from json_repair import repair_json

    try:
        value = repair_json(broken, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        return {}
    # A list where text follows the object that looks like one more.
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, dict)), {})
    return _known(value) if isinstance(value, dict) else {}


def _is_complete(fields: dict[str, Any]) -> bool:
    return all(name in fields for name in _REQUIRED)


def _json_objects(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Every object with a field of ours, and from where to where it stands."""
    position = 0
    for _ in range(_MAX_OPENINGS):
        start = text.find("{", position)
        if start < 0:
            return
        try:
            value, position = _JSON.raw_decode(text, start)
        except (ValueError, RecursionError):
            position = start + 1
            continue
        candidates = [value, *(inner for inner in value.values() if isinstance(inner, dict))]
        for candidate in candidates:
            if fields := _known(candidate):
                yield fields, start, position


def _known(value: dict[str, Any]) -> dict[str, Any]:
    by_name = {re.sub(r"[^a-z0-9]", "", name.lower()): item for name, item in value.items()}
    names = ((name, name.replace("_", "")) for name in FIELDS)
    return {name: by_name[plain] for name, plain in names if plain in by_name}


_OBJECT = lazy_pattern(
    r"\{\s*(?:(?://|#)[^\n]*\n\s*)?[\"'“”‘]?(?:reasoning|role|directive)[\"'“”’]?\s*[:：]",
    re.IGNORECASE,
)

# `## Role`, `**Role:** ...`, `[[ ## role ## ]]`, `- Role: ...`, `1. role: ...`
_LABEL = lazy_pattern(
    r"^[ \t]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?P<open>\[\[[ \t]*#+[ \t]*|#{1,6}[ \t]+|[*_]{1,3})?"
    r"(?P<name>reasoning|role|directive|framework|guardrails?|output[ _-]?format|confidence)"
    r"(?P<close>[ \t]*#+[ \t]*\]\]|[*_]{1,3})?[ \t]*(?P<colon>:?)[*_]{0,3}[ \t]*(?P<rest>.*)$",
    re.IGNORECASE | re.MULTILINE,
)


def _sections(text: str) -> dict[str, Any]:
    """Text under field names, where the model wrote no JSON. A name that comes twice makes
    the reply ambiguous: nothing is taken from it."""
    labels = _labels(text)
    found: dict[str, Any] = {}
    ends = [*(match.start() for match in labels[1:]), len(text)]
    for match, end in zip(labels, ends if labels else [], strict=True):
        name = _label_name(match)
        if name in found:
            return {}
        found[name] = (match["rest"] + text[match.end() : end]).strip()
    return found


def _labels(text: str) -> list[re.Match[str]]:
    return [match for match in _LABEL.finditer(text) if _is_label(match)]


def _label_name(label: re.Match[str]) -> str:
    name = label["name"].lower()
    return {"g": "guardrails", "o": "output_format"}.get(name[0], name)


def _is_label(match: re.Match[str]) -> bool:
    """A line that starts with the word "role" is a label only if something marks it as one."""
    return bool(match["colon"]) or bool(match["open"] and not match["rest"])
