"""The gate on placeholders: every one of the idea's is kept, none is invented."""

import re
from collections.abc import Iterator

from prompt_improver.improvement.gates.comparison import (
    FailureKind,
    GateFailure,
    Rewrite,
    failure,
)
from prompt_improver.improvement.lazy_pattern import lazy_pattern

_OPENS = lazy_pattern(r"[{<\[$%]")
_PLACEHOLDER = lazy_pattern(
    r"\$?\{\{[^{}\n]{1,80}\}\}"  # {{x}}, ${{x}}
    r"|\$\{[^{}\n]{1,80}\}"  # ${x}
    r"|\{(?:[^\W\d][\w .\-]{0,60}|\d{1,3})\}"  # {x}, {0}
    r"|<[^\W\d][\w \-]{0,60}>"  # <NAME>
    r"|(?<![\w\])])\[[^\W\d][\w \-]{1,60}\](?!\()"  # [NAME], but no index, link or [x]
    r"|\$[^\W\d]\w{0,60}"  # $NAME
    r"|(?<![\w%/:\-])%(?:\(\w{1,40}\))?[sdifrxg](?!\w|[-/:.]%)"  # %s, but no %d/%m/%Y
    r"|%[A-Z][A-Z0-9_]{1,40}%"  # %NAME%
)


def placeholders(rewrite: Rewrite) -> GateFailure | None:
    """Fails where a placeholder of the idea is not in the prompt, letter for letter, or the
    backend wrote one that neither the idea nor the context has."""
    invented = _invented(rewrite)
    kind = FailureKind.CONTRADICTS if invented else FailureKind.MISSING
    return failure("placeholders", (*_lost(rewrite), *invented), kind)


def placeholders_in(text: str) -> Iterator[str]:
    """The placeholders of ``text``, each once."""
    if _OPENS.search(text):
        yield from dict.fromkeys(_PLACEHOLDER.findall(text))


def _lost(rewrite: Rewrite) -> list[str]:
    if rewrite.quotes_idea or not _OPENS.search(rewrite.idea):
        return []
    found = set(_PLACEHOLDER.findall(rewrite.text))
    return [
        f"Keep this placeholder exactly as it is: {piece}"
        for piece in dict.fromkeys(_PLACEHOLDER.findall(rewrite.idea))
        # What closes itself may touch anything; {x} must not pass for {{x}}, nor $A for $AB.
        if piece not in found and (piece[0] in "{$%" or piece not in rewrite.text)
    ]


def _invented(rewrite: Rewrite) -> list[str]:
    if not _OPENS.search(rewrite.written):
        return []
    invented = dict.fromkeys(
        match.group()
        for match in _PLACEHOLDER.finditer(rewrite.written)
        if _is_to_be_filled(match) and not rewrite.is_given(match.group())
    )
    return [f"Take out this placeholder, which the idea does not have: {p}" for p in invented]


def _is_to_be_filled(match: re.Match[str]) -> bool:
    """Prompts may name tags (<answer>), operators ($match) and routes (/users/{id})."""
    piece = match.group()
    name = piece.strip("<>[]$ ")
    if piece[0] in "<[":
        return len(name) > 1 and name.isupper()
    if piece[0] == "$" and piece[1] != "{":
        return len(name) > 1 and name.isupper()
    if piece[0] == "{" and piece[1] != "{":
        before = match.string[match.start() - 1] if match.start() else " "
        return before != "/" and not before.isalnum()
    return True
