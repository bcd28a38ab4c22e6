"""What a command prints: drawn with rich on a terminal, plain text everywhere else.

Plain is a pipe, ``NO_COLOR`` and ``TERM=dumb``: the text that scripts read, which stays as it
is. rich takes 0.1 s to import, and is imported only to draw.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from prompt_improver.domain.prompt_history import PromptHistory
    from prompt_improver.domain.word_diff import Stretch

_PLAIN_IDEA = 80
_LEAST_IDEA = 24
"""Columns that an idea needs beside its other columns; with fewer it gets a line of its own."""
_CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A}, "\ufffd")
"""What would move the cursor, or do worse, comes out of kept text as a replacement character."""


_is_plain = False


def draw_nothing() -> None:
    """Print as into a pipe from now on, wherever it goes to."""
    global _is_plain
    _is_plain = True


def moment(time: datetime) -> str:
    """``time`` as every command prints it: the local time, and by how much it is off UTC. The
    names of zones are not told: CST is one of three."""
    try:
        local = time.astimezone()
    except OverflowError:  # at either end of the calendar
        local = time
    return local.isoformat(sep=" ", timespec="seconds")


def counted(number: int, noun: str = "improvement") -> str:
    """``1 improvement``, ``2 improvements``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say(text: str) -> None:
    """A message of the result, on standard output."""
    _message(text, sys.stdout)


def say_json(text: str) -> None:
    """JSON on standard output, the same wherever it goes to."""
    typer.echo(text)


def say_prompt(text: str) -> None:
    """A prompt on standard output: on a terminal its headings are bold, and its lines are left
    to the terminal to break, so that whoever copies them gets them whole."""
    console = _terminal(sys.stdout)
    if console is None:
        _echo(text, sys.stdout)
        return
    drawn = _text(text)
    drawn.highlight_regex(r"(?m)^#{1,6} .*$", "bold")
    console.print(drawn, soft_wrap=True)


def warn(text: str) -> None:
    """A warning on standard error; the command goes on."""
    _message(f"warning: {text}", sys.stderr, pattern="^warning:", style="bold yellow")


def note(text: str) -> None:
    """What is good to know, on standard error: it is no part of the result."""
    _message(text, sys.stderr)


def complain(text: str) -> None:
    """On standard error, why the command cannot do what was asked."""
    _message(text, sys.stderr, pattern="(?s)^.*$", style="red")


def section(name: str, text: str) -> None:
    """A text of several lines, under its name."""
    console = _terminal(sys.stdout)
    if console is None:
        _echo(f"\n--- {name}\n{text}", sys.stdout)
        return
    console.print()
    console.rule(name, style="dim", align="left")
    say_prompt(text)


def figures(pairs: Iterable[tuple[str, object]], *, width: int = 16) -> None:
    """A line for each name and value; ``width`` is the column of the values in plain text."""
    console = _terminal(sys.stdout)
    if console is None:
        for name, value in pairs:
            _echo(f"{name:{width}}{value}", sys.stdout)
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(_text(name), _text(str(value)))
    console.print(table)


def listing(rows: Iterable["PromptHistory"]) -> None:
    """A line for each row; on a terminal as wide as that, and two lines where it is narrow."""
    console = _terminal(sys.stdout)
    if console is None:
        for row in rows:
            idea = " ".join(row.original_idea.split())
            shown = idea if len(idea) <= _PLAIN_IDEA else idea[: _PLAIN_IDEA - 1] + "…"
            _echo(f"{moment(row.timestamp)}  {row.prompt_id}  {row.backend:9}  {shown}", sys.stdout)
        return
    for row in rows:
        console.print(_fitted(row, console.width), no_wrap=True, overflow="ignore", crop=False)


def versions(rows: Iterable["PromptHistory"]) -> None:
    """A line for each version: its number, when it was made, its id, and what was asked for."""
    console = _terminal(sys.stdout)
    for row in rows:
        first = row.original_idea if row.parent_id is None else "(restored)"
        asked = " ".join((row.instruction or first).split())
        star = "*" if row.starred else " "
        if console is None:
            shown = asked if len(asked) <= _PLAIN_IDEA else asked[: _PLAIN_IDEA - 1] + "…"
            _echo(
                f"{row.version:3}{star} {moment(row.timestamp)}  {row.prompt_id}  {shown}",
                sys.stdout,
            )
            continue
        line = _text("  ").join(
            [
                _text(f"{row.version:3}{star}", "bold"),
                _text(moment(row.timestamp), "dim"),
                _text(row.prompt_id[:8], "cyan"),
                _text(""),
            ]
        )
        line.append(_cut(asked.translate(_CONTROLS), max(console.width - line.cell_len, 1)))
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def difference(stretches: Iterable["Stretch"]) -> None:
    """Two texts in one: on a terminal what is new is green and what is gone is red and struck
    through; elsewhere {+new+} and [-gone-]."""
    console = _terminal(sys.stdout)
    if console is None:
        marks = {"keep": "{}", "add": "{{+{}+}}", "remove": "[-{}-]"}
        _echo("".join(marks[each.op].format(each.text) for each in stretches), sys.stdout)
        return
    styles = {"keep": "", "add": "green", "remove": "red strike"}
    drawn = _text("")
    for each in stretches:
        drawn.append_text(_text(each.text, styles[each.op]))
    console.print(drawn, soft_wrap=True)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """What draws a bar on a terminal, told how much is done and how much there is; elsewhere,
    in cron for one, nothing. Until it is told, and with nothing to do, the bar only moves.
    Nothing else may be printed until it is gone."""
    console = _terminal(sys.stderr)
    if console is None:
        yield lambda done, total: None
        return
    from rich.progress import Progress

    with Progress(
        console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=min(done, total), total=total or None)


def error_terminal() -> "Console | None":
    """What draws on standard error; None where text goes out plain."""
    return _terminal(sys.stderr)


def plain(text: str) -> str:
    """``text`` without what would move the cursor."""
    return text.translate(_CONTROLS)


def _terminal(stream: TextIO) -> "Console | None":
    """The terminal behind ``stream``; None where text goes out plain."""
    if _is_plain or not stream.isatty():
        return None
    from rich.console import Console

    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    is_plain = console.no_color or console.is_dumb_terminal or not console.is_terminal
    return None if is_plain else console


def _message(text: str, stream: TextIO, *, pattern: str = "", style: str = "") -> None:
    """``text`` as it is; on a terminal broken between words, with ``style`` on ``pattern``."""
    console = _terminal(stream)
    if console is None:
        _echo(text, stream)
        return
    drawn = _text(text)
    if pattern:
        drawn.highlight_regex(pattern, style)
    console.print(drawn)


def _echo(text: str, stream: TextIO) -> None:
    """``text`` without a drawing; a terminal without colour is one all the same."""
    typer.echo(text.translate(_CONTROLS) if stream.isatty() else text, file=stream)


def _text(text: str, style: str = "") -> "Text":
    """``text`` as it is, without markup of rich's."""
    from rich.text import Text

    return Text(text.translate(_CONTROLS), style)


def _fitted(row: "PromptHistory", width: int) -> "Text":
    """``row`` in lines of at most ``width`` columns, its id whole."""
    idea = " ".join(row.original_idea.split()).translate(_CONTROLS)
    when, backend = _text(moment(row.timestamp), "dim"), _text(f"{row.backend:9}", "magenta")
    prompt_id, gap = _text(row.prompt_id, "cyan"), _text("  ")
    left = width - sum(part.cell_len for part in (when, prompt_id, backend, gap, gap, gap))
    if left >= _LEAST_IDEA:
        return gap.join([when, prompt_id, backend, _text(_cut(idea, left))])
    first = gap.join([prompt_id, when])
    if first.cell_len > width:
        first = prompt_id
    return first.append(f"\n  {_cut(idea, width - 2)}")


def _cut(text: str, width: int) -> str:
    """``text`` on at most ``width`` columns, between characters as people see them.

    A family of three counts as its three people: not every terminal draws them as one, and
    there a line would otherwise break.
    """
    from rich.cells import get_character_cell_size, split_graphemes

    used, end = 0, 0
    for start, stop, _ in split_graphemes(text)[0]:
        used += sum(map(get_character_cell_size, text[start:stop]))
        if used <= width - 1:
            end = stop
        elif used > width:
            return f"{text[:end]}…"
    return text
