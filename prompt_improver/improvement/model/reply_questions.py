"""The questions that a model writes beside its prompt, as it writes them."""

import re
from typing import Any

from prompt_improver.domain.question import Question
from prompt_improver.domain.values import find_unstorable_character
from prompt_improver.improvement.lazy_pattern import lazy_pattern

MOST_QUESTIONS = 3
_LONGEST = {"id": 40, "text": 300, "why": 300, "default": 300}
_MOST_OPTIONS = 6
_LONGEST_OPTION = 100
_NO_ID = lazy_pattern(r"[^a-z0-9]+")


def read_questions(value: Any) -> tuple[Question, ...]:
    """Those of ``value`` that can be asked: objects with a text, within bounds, no id twice; at
    most three. What is not right is left out: the prompt works without."""
    found: dict[str, Question] = {}
    for one in value if isinstance(value, list | tuple) else ():
        question = _read(one) if isinstance(one, dict) else None
        if question and question.id not in found and len(found) < MOST_QUESTIONS:
            found[question.id] = question
    return tuple(found.values())


def _read(given: dict[str, Any]) -> Question | None:
    texts = {name: _text(given.get(name)) for name in _LONGEST}
    if not texts["text"] or any(len(texts[name]) > most for name, most in _LONGEST.items()):
        return None
    listed = given.get("options")
    options = [_text(option) for option in listed] if isinstance(listed, list | tuple) else []
    options = [option for option in options if option and len(option) <= _LONGEST_OPTION]
    if any(find_unstorable_character(text) for text in (*texts.values(), *options)):
        return None
    # An answer names the question by its id: one word, whatever the model took.
    name = texts["id"] or texts["text"][:40]
    plain = re.sub(r"\s+", "_", _NO_ID.sub(" ", name.lower()).strip())
    return Question(
        id=plain or "question",
        text=texts["text"],
        why=texts["why"],
        default=texts["default"],
        options=tuple(dict.fromkeys(options))[:_MOST_OPTIONS],
    )


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(str(value).split())
