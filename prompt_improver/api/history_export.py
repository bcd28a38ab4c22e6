"""Improvements as lines of JSON and as CSV."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from enum import StrEnum

from prompt_improver.domain.history_record import COLUMNS, to_line, to_record
from prompt_improver.domain.prompt_history import PromptHistory

# What makes a spreadsheet take a cell for a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


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
    return _csv([COLUMNS]) if chosen is ExportFormat.CSV else ""


def renderer(chosen: ExportFormat) -> Callable[[Sequence[PromptHistory]], str]:
    """What turns rows into text, with its end of line behind each."""
    return _to_csv if chosen is ExportFormat.CSV else _to_jsonl


def _to_jsonl(rows: Sequence[PromptHistory]) -> str:
    return "".join(to_line(row) for row in rows)


def _to_csv(rows: Sequence[PromptHistory]) -> str:
    """Lists are JSON in their cell. A text that a spreadsheet would take for a formula gets an
    apostrophe in front: what people paste into a prompt must not run in a spreadsheet."""
    lines = []
    for row in rows:
        record = to_record(row)
        lines.append([_cell(record[name]) for name in COLUMNS])
    return _csv(lines)


def _cell(value: object) -> object:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_SIGNS) else value
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def _csv(lines: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()
