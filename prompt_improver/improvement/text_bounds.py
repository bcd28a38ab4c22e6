"""How long a text of the caller's may be, and that the history can hold it."""

from prompt_improver.domain.errors import InvalidRequestError
from prompt_improver.domain.values import find_unstorable_character

MAX_TEXT_CHARACTERS = 100_000
"""Of the idea, and of the context."""


def check_text(name: str, text: str) -> None:
    """Raises InvalidRequestError where ``text`` is too long or the history cannot hold it."""
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidRequestError(f"{name}: must have at most {MAX_TEXT_CHARACTERS} characters")
    if found := find_unstorable_character(text):
        raise InvalidRequestError(f"{name}: must not hold {found}")


def within_bounds(told: str) -> str:
    """``told``. Raises InvalidRequestError where it has become too long by the answers in it."""
    if len(told) > MAX_TEXT_CHARACTERS:
        raise InvalidRequestError(
            f"answers: must have at most {MAX_TEXT_CHARACTERS} characters together with the text "
            "that they go with"
        )
    return told
