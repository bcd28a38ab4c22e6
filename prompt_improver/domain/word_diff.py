"""Two texts beside each other, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_TOKEN = re.compile(r"\n+|[^\S\n]+|\w+|[^\w\s]")
_LINE = re.compile(r"[^\n]*\n+|[^\n]+")
_MOST = 4_000_000
"""Pairs of pieces that are compared: more would take seconds."""

Operation = Literal["keep", "add", "remove"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of text that stands in both, in the later text alone (add), or in the earlier one
    alone (remove)."""

    op: Operation
    text: str


def diff_words(before: str, after: str) -> list[Stretch]:
    """``before`` and ``after`` in stretches, in their order: keep and remove make ``before``,
    keep and add make ``after``, with all their white space. Lines are compared first, then the
    words of those that differ; what is too much for that is removed and added whole."""
    found: list[Stretch] = []
    for op, old, new in _compare(_LINE.findall(before), _LINE.findall(after)):
        if op == "keep":
            _add(found, "keep", old)
            continue
        for word_op, old_words, new_words in _compare(_TOKEN.findall(old), _TOKEN.findall(new)):
            if word_op == "keep":
                _add(found, "keep", old_words)
            else:
                _add(found, "remove", old_words)
                _add(found, "add", new_words)
    return found


def _compare(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str, str]]:
    """keep or change, and the pieces of the two."""
    shorter = min(len(old), len(new))
    start = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    rest = shorter - start
    end = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    head = "".join(old[:start])
    found = [("keep", head, head)]
    if len(left) * len(right) > _MOST:
        found.append(("change", "".join(left), "".join(right)))
    else:
        for tag, a, b, c, d in SequenceMatcher(None, left, right).get_opcodes():
            op = "keep" if tag == "equal" else "change"
            found.append((op, "".join(left[a:b]), "".join(right[c:d])))
    tail = "".join(old[len(old) - end :])
    return [*found, ("keep", tail, tail)]


def _add(found: list[Stretch], op: Operation, text: str) -> None:
    if not text:
        return
    if found and found[-1].op == op:
        found[-1] = Stretch(op, found[-1].text + text)
    else:
        found.append(Stretch(op, text))
