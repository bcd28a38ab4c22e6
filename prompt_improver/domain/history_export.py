"""Improvements as lines of JSON and as CSV."""

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from prompt_improver.domain.history_record import COLUMNS, to_line, to_record
from prompt_improver.domain.prompt_history import PromptHistory

# What makes a spreadsheet take a cell for a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

_SIGNS_TO_QUOTE = (",", '"', "\r", "\n")


class ExportFormat(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"


MEDIA_TYPES = {
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
}


def heading(chosen: ExportFormat) -> str:
    """What comes before the first row."""
    return _csv(COLUMNS) if chosen is ExportFormat.CSV else ""


def renderer(chosen: ExportFormat) -> Callable[[PromptHistory], str]:
    """What turns a row into text, with its end of line."""
    return _to_csv if chosen is ExportFormat.CSV else to_line


def to_spoiled_line(row: Mapping[str, object]) -> str:
    """A spoiled row as a line of JSON, in ASCII: it may hold text that is no Unicode."""
    return json.dumps(row) + "\n"


def _to_csv(row: PromptHistory) -> str:
    """Lists are JSON in their cell. A text that a spreadsheet would take for a formula gets an
    apostrophe in front: what people paste into a prompt must not run in a spreadsheet."""
    record = to_record(row)
    return _csv([_defused(record[name]) for name in COLUMNS])


def _defused(value: object) -> object:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_SIGNS) else value
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def _csv(cells: Sequence[object]) -> str:
    return ",".join(map(_cell, cells)) + "\r\n"


def _cell(value: object) -> str:
    """As csv.writer has it, which takes milliseconds for a long text, letter by letter, and lets
    no other thread run meanwhile."""
    text = "" if value is None else str(value)
    if any(sign in text for sign in _SIGNS_TO_QUOTE):
        return '"' + text.replace('"', '""') + '"'
    return text
