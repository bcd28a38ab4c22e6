"""An improvement as the model writes it, drawn on the terminal behind standard error.

Standard output gets the finished prompt alone, so that it can be piped.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prompt_improver.cli import output
from prompt_improver.improvement.progress import (
    STATES,
    Event,
    ItemsShown,
    Restarted,
    StateChanged,
    TextAdded,
)

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.live import Live

_FRAME_S = 0.05


@contextlib.contextmanager
def preview() -> Iterator[Callable[[Event], None] | None]:
    """What draws the events that it is called with, until the block ends; then all of it is
    gone. None where standard error is no terminal, or one that draws nothing."""
    console = output.error_terminal()
    if console is None:
        yield None
        return
    shown, drawn_at = _Shown(), 0.0
    with contextlib.ExitStack() as stack:
        live: Live | None = None

        def hear(event: Event) -> None:
            nonlocal live, drawn_at
            is_text = shown.hear(event)
            if live is None and shown.is_worth_drawing:
                live = stack.enter_context(_live(console))
            if live is not None and (not is_text or time.monotonic() - drawn_at > _FRAME_S):
                live.update(shown.drawn(console), refresh=True)
                drawn_at = time.monotonic()

        yield hear


def _live(console: "Console") -> "Live":
    from rich.live import Live

    return Live(
        console=console,
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class _Shown:
    """The parts so far, and what the model does."""

    def __init__(self) -> None:
        self._state = ""
        self._parts: dict[str, str] = {}

    @property
    def is_worth_drawing(self) -> bool:
        """The offline backend is there before anything could be read."""
        return bool(self._state)

    def hear(self, event: Event) -> bool:
        """Take ``event`` in; whether it only adds to a text."""
        match event:
            case StateChanged(state):
                self._state = STATES[state]
            case TextAdded(field, text):
                self._parts[field] = self._parts.get(field, "") + text
                return True
            case ItemsShown(field, items):
                self._parts[field] = "\n".join(f"- {item}" for item in items)
            case Restarted():
                self._parts.clear()
        return False

    def drawn(self, console: "Console") -> "Group":
        """A status line and the end of the text, on less than the whole screen."""
        from rich.console import Group
        from rich.text import Text

        text = Text(output.plain("\n".join(self._parts.values())), "dim")
        lines = text.wrap(console, console.width)
        room = max(1, console.height - 3)
        return Group(Text(f"{self._state} ...", "cyan"), *lines[-room:])
