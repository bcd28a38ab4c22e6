"""The clipboard of whoever sits at the terminal."""

import base64
import shutil
import subprocess
import sys

from prompt_improver.domain.errors import FileError

_TOOLS = (
    ("pbcopy",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
    ("clip.exe",),
)
_MOST_OVER_TERMINAL = 74_000  # bytes; terminals drop longer sequences


def copy_text(text: str) -> str:
    """Copy ``text``, by a tool of this machine, else by the terminal (OSC 52, which works over ssh
    too). Returns what was done, as a sentence.

    Raises:
        FileError: neither is there.
    """
    for tool in _TOOLS:
        if shutil.which(tool[0]) and _runs(tool, text):
            return "Copied."
    data = base64.b64encode(text.encode()).decode()
    if sys.stderr.isatty() and len(data) <= _MOST_OVER_TERMINAL:
        sys.stderr.write(f"\x1b]52;c;{data}\x07")
        sys.stderr.flush()
        return "Copied by the terminal, if it allows that."
    names = ", ".join(tool[0] for tool in _TOOLS[:4])
    raise FileError(f"Nothing was copied: no clipboard program was found. Install one of {names}")


def _runs(tool: tuple[str, ...], text: str) -> bool:
    try:
        # Their output goes nowhere: xclip stays behind and would keep a pipe open.
        done = subprocess.run(  # noqa: S603 the tool is one of ours above
            tool,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
