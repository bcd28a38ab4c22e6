"""Reading an export in JSON lines back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from prompt_improver.domain.history_record import from_line
from prompt_improver.domain.prompt_history import PromptHistory

MAX_LINE_BYTES = 16 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no improvement."""

    number: int
    """Counted from 1."""
    reason: str


def read_lines(
    file: BinaryIO, progress: Callable[[int], None] = lambda _: None
) -> Iterator[PromptHistory | BadLine]:
    """What each line of ``file`` holds; blank lines are left out. ``progress`` hears how
    many bytes have been read."""
    number = 0
    read = 0
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        read += len(line)
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                read += len(rest)
            read += len(rest)
            yield BadLine(number, f"is longer than {MAX_LINE_BYTES:,} bytes")
        elif number == 1 and line.startswith(_BYTE_ORDER_MARK):
            yield from _read(number, line[len(_BYTE_ORDER_MARK) :])
        else:
            yield from _read(number, line)
        progress(read)


def _read(number: int, line: bytes) -> Iterator[PromptHistory | BadLine]:
    if not line.strip():
        return
    try:
        yield from_line(line)
    except ValueError as error:
        yield BadLine(number, str(error)[:_LONGEST_REASON])
