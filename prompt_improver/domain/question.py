"""What decides how an idea is carried out and is still open, and what the user said to it."""

from dataclasses import dataclass

MOST_ANSWERS = 20
"""In one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A fact that decides. The prompt works without an answer, with the default."""

    id: str
    """The same for the same question, so that an answer can name it."""
    text: str
    why: str = ""
    """What depends on it."""
    default: str = ""
    """What the prompt assumes; empty where nothing can stand in."""
    options: tuple[str, ...] = ()
    """Usual answers; any other will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the user said to a question. A blank text takes the default."""

    id: str
    """Of the question; one that is not known does no harm."""
    text: str
