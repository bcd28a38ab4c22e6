"""An idea beside the prompt that was made of it, and what a gate says of the two."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.structured_prompt import StructuredPrompt

_NUMBER = lazy_pattern(r"\d+(?:[.,:]\d+)*")
_MOST_LINES = 12
_LONGEST_LINE = 240


class FailureKind(StrEnum):
    """What it takes to put a failure right."""

    MISSING = "missing"
    """Something of the idea is not there: the idea's own words beside the prompt are enough."""
    CONTRADICTS = "contradicts"
    """Something is there that must not be: the prompt itself has to change."""


@dataclass(frozen=True, slots=True)
class GateFailure:
    """A gate that a prompt did not pass."""

    gate: str
    """The name that stands in ``warnings``."""
    missing: tuple[str, ...]
    """What is to be put right: one line each, to be shown to the model. At most 12 lines of
    at most 240 characters, without line breaks; they may quote the user's idea."""
    kind: FailureKind = FailureKind.CONTRADICTS
    """CONTRADICTS where one line of it does."""


def failure(
    gate: str, lines: Iterable[str], kind: FailureKind = FailureKind.CONTRADICTS
) -> GateFailure | None:
    """The failure that these lines make, cut to size; None where there are none."""
    kept: list[str] = []
    for line in lines:
        flat = " ".join(line[: 2 * _LONGEST_LINE].split())
        kept.append(flat if len(flat) <= _LONGEST_LINE else flat[: _LONGEST_LINE - 1] + "…")
        if len(kept) == _MOST_LINES:
            break
    return GateFailure(gate, tuple(kept), kind) if kept else None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What every gate looks at, worked out once."""

    idea: str
    context: str
    prompt: StructuredPrompt
    text: str
    """The prompt as it is handed over."""
    parts: tuple[str, ...]
    """What the backend wrote: role, directive, assumptions, guardrails, output format,
    examples, without blanks."""
    written: str
    """The parts, each on lines of its own."""
    quotes_idea: bool
    """The idea stands whole in the text: nothing of it can be lost."""

    @classmethod
    def of(cls, idea: str, context: str, prompt: StructuredPrompt) -> "Rewrite":
        """The comparison of ``idea`` and ``context`` with ``prompt``."""
        text = prompt.render()
        parts = tuple(
            part
            for part in (
                prompt.role,
                prompt.directive,
                *prompt.assumptions,
                *prompt.guardrails,
                prompt.output_format,
                prompt.examples,
            )
            if part.strip()
        )
        return cls(
            idea=idea,
            context=context,
            prompt=prompt,
            text=text,
            parts=parts,
            written="\n".join(parts),
            quotes_idea=stands_in(idea.strip(), text),
        )

    def is_given(self, piece: str) -> bool:
        """Whether the user wrote this: then it never counts against the answer."""
        return piece in self.idea or piece in self.context

    @property
    def given(self) -> str:
        """All that the user wrote."""
        return f"{self.idea}\n{self.context}"

    def has_another_figure(self, lost: Iterable[str]) -> bool:
        """Whether a figure of what is ``lost`` stands in the answer in another way (15 MB as
        15 KB), or one that nobody gave stands in its place."""
        gone = {number for piece in lost for number in _NUMBER.findall(piece)}
        there = set(_NUMBER.findall(self.written)) if gone else set()
        return bool(gone & there or there - set(_NUMBER.findall(self.given)))

    def without_given(self, text: str) -> str:
        """``text`` without the idea and the context, where they stand in it whole."""
        for given in (self.idea.strip(), self.context.strip()):
            if given:
                text = text.replace(given, "\n")
        return text


def stands_in(piece: str, text: str) -> bool:
    """Whether ``piece`` is in ``text``, and not as a part of a longer word."""
    if not piece:
        return True
    start = text.find(piece)
    while start >= 0:
        end = start + len(piece)
        if not (
            _joins(text[start - 1 : start], piece[0]) or _joins(text[end : end + 1], piece[-1])
        ):
            return True
        start = text.find(piece, end)
    return False


def _joins(neighbour: str, edge: str) -> bool:
    return bool(neighbour) and _is_word(neighbour) and _is_word(edge)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
