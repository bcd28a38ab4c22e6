"""The command line on a terminal of a given width: a pseudo-terminal, and what was drawn on it."""

import contextlib
import fcntl
import os
import re
import struct
import termios
import threading
import unicodedata
from pathlib import Path

from tests.forked_program import ForkedProgram, clean_environment

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_terminal(
    folder: Path, *arguments: str, width: int = 80, **variables: str
) -> tuple[int, str]:
    """Exit code of ``python -m prompt_improver`` in ``folder``, and all that it wrote to the
    terminal, which is both of its outputs, with the codes that draw."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    settings = {"HOME": str(folder), "LLM_PROVIDER": "offline", "TERM": "xterm-256color"}
    with Path(os.devnull).open() as nothing:
        process = ForkedProgram(
            folder,
            arguments,
            clean_environment(**settings | variables),
            streams=(nothing.fileno(), theirs, theirs),
        )
    os.close(theirs)
    killer = threading.Timer(60, process.kill)
    killer.start()
    drawn = b""
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while part := os.read(ours, 65_536):
            drawn += part
    code = process.wait(60)
    killer.cancel()
    os.close(ours)
    return code, drawn.decode().replace("\r\n", "\n")


def read(drawn: str) -> str:
    """What somebody reads of it."""
    return _CODES.sub("", drawn)


def columns(line: str) -> int:
    """Columns that ``line`` takes on a terminal that draws each emoji of a group by itself."""
    invisible = {"Mn", "Me", "Cf", "Sk"}
    shown = [each for each in line if unicodedata.category(each) not in invisible]
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in shown)
