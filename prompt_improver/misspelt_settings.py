"""Names of variables that were meant for a setting, but are none: with the one that was meant."""

import re
from collections.abc import Iterable

from prompt_improver.settings import Settings

_NAMES = sorted(name.upper() for name in Settings.model_fields)
_ROOMS_OF_OURS = ("SQLITE", "LLM", "DSPY", "BREAKER", "OPENAI", "ANTHROPIC", "GEMINI", "DEEPSEEK")
"""First words under which a word left out still tells what was meant. API, LOG, MAX and the
like stand before other programs' variables just as well."""


def find_misspelt(names: Iterable[str]) -> dict[str, str]:
    """Which of ``names`` (upper case) are a setting misspelt, each with the right name.

    A name counts if one thing is wrong with it: letters in one word, a word left out, or an
    underscore left out. The environment is full of names that belong to others, so a name that
    merely begins like ours does not count, nor one whose right name is set as well.
    """
    given = set(names)
    meant = {name: _nearest(name) for name in sorted(given - set(_NAMES))}
    return {name: right for name, right in meant.items() if right and right not in given}


def _nearest(name: str) -> str | None:
    if not re.fullmatch(r"[A-Z0-9]+(_[A-Z0-9]+)+", name):
        return None
    found = [right for right in _NAMES if _is_slip(name, right)]
    return min(found, key=lambda right: _edits(name, right), default=None)


def _is_slip(name: str, right: str) -> bool:
    words, meant = name.split("_"), right.split("_")
    if len(words) == len(meant):
        wrong = [pair for pair in zip(words, meant, strict=True) if pair[0] != pair[1]]
        return len(wrong) == 1 and _is_typo(*wrong[0])
    if name.replace("_", "") == right.replace("_", ""):
        return True
    return (
        len(words) == len(meant) - 1
        and meant[0] in _ROOMS_OF_OURS
        and words[0] == meant[0]
        and any(words == meant[:at] + meant[at + 1 :] for at in range(1, len(meant)))
    )


def _is_typo(word: str, meant: str) -> bool:
    """Two letters for a long word, one for a short one; of three and four letters none that
    makes another word: APP_KEY and API_POST are names of many programs."""
    edits = _edits(word, meant)
    if len(meant) < 5:
        swapped = sorted(word) == sorted(meant)
        return edits == 1 and (swapped or len(meant) == 4 != len(word))
    return edits <= (2 if len(meant) >= 7 else 1)


def _edits(a: str, b: str) -> int:
    """Letters to insert, delete, replace or swap with the next one (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
