"""What is shown of a reply while it grows."""

import itertools
import json

import pytest

from prompt_improver.improvement.model.preview import Preview
from prompt_improver.improvement.progress import (
    Event,
    ItemsShown,
    State,
    StateChanged,
    TextAdded,
    watched,
)
from tests.model_server import PARTS, parts
from tests.model_streams import pieces

TEXTS = {
    name: PARTS[name] for name in ("reasoning", "role", "directive", "framework", "output_format")
}


def shown(text: str, size: int = 3) -> list[Event]:
    """What is told of ``text`` as it comes in pieces of ``size`` characters."""
    events: list[Event] = []
    with watched(events.append):
        preview = Preview(clock=itertools.count().__next__)
        for piece in pieces(text, size):
            preview.add(piece)
        preview.finish()
    return events


def texts(events: list[Event]) -> dict[str, str]:
    found: dict[str, str] = {}
    for event in events:
        if isinstance(event, TextAdded):
            found[event.field] = found.get(event.field, "") + event.text
    return found


def states(events: list[Event]) -> list[State]:
    return [event.state for event in events if isinstance(event, StateChanged)]


@pytest.mark.parametrize("size", [1, 4, 10_000], ids=["letters", "tokens", "all at once"])
@pytest.mark.parametrize(
    "form",
    ["{}", "```json\n{}\n```", "Here is {name}, as asked:\n\n{}\n\nAnything else?"],
    ids=["bare", "fenced", "between prose"],
)
def test_every_part_is_shown_as_it_is_written(form, size):
    events = shown(form.replace("{}", parts()), size)
    assert texts(events) == TEXTS
    assert [e.items for e in events if isinstance(e, ItemsShown)][-1] == tuple(PARTS["guardrails"])
    assert states(events) == [State.WRITING]


def test_an_item_is_shown_once_it_is_whole():
    items = [event.items for event in shown(parts(), 1) if isinstance(event, ItemsShown)]
    whole = tuple(PARTS["guardrails"])
    assert [each for each in items if each] == [whole[:1], whole[:2], whole[:3]]


@pytest.mark.parametrize("size", [1, 4, 10_000])
@pytest.mark.parametrize("name", ["think", "thinking"])
def test_what_is_thought_before_the_answer_is_not_shown(name, size):
    thought = 'Maybe {"role": "A pirate", "directive": "Sing"}? No.'
    events = shown(f"\n<{name}>{thought}</{name}>\n{parts()}", size)
    assert texts(events) == TEXTS
    assert states(events)[-1] is State.WRITING
    assert states(events)[:-1] == ([] if size > 100 else [State.THINKING])


@pytest.mark.parametrize("escaped", [True, False], ids=["escapes", "as they are"])
def test_characters_of_every_kind_come_out_as_they_went_in(escaped):
    said = 'Eres "fiel" \\ 😀 日本語 \n- una línea'
    events = shown(json.dumps({"role": said}, ensure_ascii=escaped), 1)
    assert texts(events) == {"role": said}


def test_a_raw_line_break_in_a_string_is_shown_as_a_space():
    assert texts(shown('{"role": "one\ntwo"}', 2)) == {"role": "one two"}


@pytest.mark.parametrize(
    "text",
    [
        "no object at all",
        '{"role": ["a", {"b": 1}], "guardrails": "one"}',
        '{"role" "x"}',
        "[1, 2]",
        '{"role": NaN',
        '{"role": "\ud83d',
        "<think>for ever",
        "{" * 5_000,
    ],
)
def test_what_cannot_be_shown_is_left_to_the_end(text):
    assert texts(shown(text, 7)) == {}


def test_a_long_reply_costs_time_in_proportion_to_its_length():
    """2,000 times the parts of a reply are read, not 15,000 times half of it."""
    read = 0

    class Counting(Preview):
        def _read(self, *, complete: bool) -> None:
            nonlocal read
            read += 1
            super()._read(complete=complete)

    events: list[Event] = []
    with watched(events.append):
        preview = Counting(clock=itertools.count().__next__)
        for piece in pieces(json.dumps({"directive": "word " * 12_000})):
            preview.add(piece)
        preview.finish()
    assert texts(events) == {"directive": "word " * 12_000}
    assert read < 2_000
