"""A reply as it grows, shown part by part. What counts is read by ``parse_reply`` at its end."""

import time
from collections.abc import Callable
from typing import Any

from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.model.reply import REQUIRED_KEYS
from prompt_improver.improvement.progress import (
    ItemsShown,
    State,
    StateChanged,
    TextAdded,
    tell,
)

_TEXTS = tuple(name for name in REQUIRED_KEYS if name not in ("guardrails", "confidence"))
_OPENING = lazy_pattern(rf'\{{\s*"(?:{"|".join(REQUIRED_KEYS)})"\s*:')
_THINKING = lazy_pattern(r"\s*<think(?:ing)?>")
_THOUGHT = lazy_pattern(r"</think(?:ing)?>")
_BEGINNINGS = ("<think>", "<thinking>")
_CONTROLS = dict.fromkeys(range(0x20), " ")
"""Models put raw line breaks into JSON strings, which jiter refuses."""
_STEPS = 256
"""A reply is read again each time that it has grown by this share, or the time for a long one
would go with the square of its length."""
_READ_EVERY_S = 0.02
"""And not more often than this, once something is shown."""


class Preview:
    """Tells what a growing reply adds to the parts of the prompt."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rests_until = 0.0
        self._text = ""
        self._read_at = 0
        """Length of the text from which on it is read again."""
        self._start: int | None = None
        """Where its object begins, once that is known."""
        self._searched_from = 0
        self._shown: dict[str, str] = {}
        self._items: tuple[str, ...] = ()
        self._state: State | None = None

    def think(self) -> None:
        """The model thinks, apart from its reply."""
        self._change_to(State.THINKING)

    def add(self, text: str) -> None:
        """The reply goes on with ``text``."""
        self._text += text
        now = self._clock()
        if len(self._text) < self._read_at or (self._shown and now < self._rests_until):
            return
        self._read_at = len(self._text) + len(self._text) // _STEPS
        self._rests_until = now + _READ_EVERY_S
        self._read(complete=False)

    def finish(self) -> None:
        """The reply is complete."""
        self._read(complete=True)

    def _read(self, *, complete: bool) -> None:
        if self._start is None:
            if not self._is_past_thinking():
                return
            self._change_to(State.WRITING)
            found = _OPENING.search(self._text, self._searched_from)
            if found is None:
                return
            self._start = found.start()
        value = _parse(self._text[self._start :])
        if not value:
            return
        for name in _TEXTS:
            self._show_text(name, value.get(name))
        if "guardrails" in value:
            is_last = list(value)[-1] == "guardrails"
            self._show_items(value["guardrails"], growing=is_last and not complete)

    def _is_past_thinking(self) -> bool:
        """Whether the answer may have begun; remembers where to look for it."""
        beginning = self._text[self._searched_from :].lstrip()[:20]
        if not beginning or any(
            each.startswith(beginning) and each != beginning for each in _BEGINNINGS
        ):
            return False
        if self._searched_from == 0 and _THINKING.match(self._text):
            end = _THOUGHT.search(self._text)
            if end is None:
                self._change_to(State.THINKING)
                return False
            self._searched_from = end.end()
        return True

    def _show_text(self, name: str, value: Any) -> None:
        shown = self._shown.get(name, "")
        if isinstance(value, str) and len(value) > len(shown) and value.startswith(shown):
            self._shown[name] = value
            tell(TextAdded(name, value[len(shown) :]))

    def _show_items(self, value: Any, *, growing: bool) -> None:
        if not isinstance(value, list):
            return
        # The last one is still being written, unless something follows.
        items = tuple(item for item in (value[:-1] if growing else value) if isinstance(item, str))
        if items != self._items:
            self._items = items
            tell(ItemsShown("guardrails", items))

    def _change_to(self, state: State) -> None:
        if self._state is not state:
            self._state = state
            tell(StateChanged(state))


def _parse(text: str) -> dict[str, Any]:
    """The beginning of an object, as far as it goes; nothing where it is broken."""
    import jiter  # comes with DSPy, and is not there where no model is to be called

    try:
        value = jiter.from_json(text.translate(_CONTROLS).encode(), partial_mode="trailing-strings")
    except ValueError:  # UnicodeEncodeError too: half a pair
        return {}
    return value if isinstance(value, dict) else {}
