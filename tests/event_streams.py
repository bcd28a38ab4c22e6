"""Server-sent events, read as a browser reads them."""

import json
from collections.abc import Iterable
from typing import Any

Told = tuple[str, dict[str, Any]]


def read_events(text: str) -> list[Told]:
    """Name and data of each event of a whole stream. Comments are passed over."""
    return list(events_of(text.splitlines()))


def events_of(lines: Iterable[str]) -> Iterable[Told]:
    """The same, as the lines come. Each event has one line of each kind and an empty one."""
    name = None
    for line in lines:
        if line.startswith("event: "):
            assert name is None
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            assert name is not None
            yield name, json.loads(line.removeprefix("data: "))
        elif not line:
            name = None
        else:
            assert line.startswith(":"), line


def preview_of(events: Iterable[Told]) -> dict[str, Any]:
    """The parts that a client shows once it has heard ``events``."""
    shown: dict[str, Any] = {}
    for name, data in events:
        if name == "restart":
            shown.clear()
        elif name == "delta":
            shown[data["field"]] = shown.get(data["field"], "") + data["text"]
        elif name == "items":
            shown[data["field"]] = data["items"]
    return shown
