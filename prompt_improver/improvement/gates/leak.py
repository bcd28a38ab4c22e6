"""The gate on our own instructions: a prompt holds none of what the model was told."""

from collections.abc import Iterator
from functools import cache

from prompt_improver.improvement.gates.comparison import GateFailure, Rewrite, failure
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.model.instructions import INSTRUCTIONS, REFINE_INSTRUCTIONS

_OURS = (INSTRUCTIONS, REFINE_INSTRUCTIONS)
_RUN = 7
"""Words in a row that nobody writes by chance."""
_WORD = lazy_pattern(r"[^\W_]+")


def leak(rewrite: Rewrite) -> GateFailure | None:
    """Fails where seven words in a row of our instructions stand in what the model wrote, and
    not in the idea or the context."""
    return failure("leak", (f"Leave this out: {said}" for said in _leaked(rewrite)))


def _leaked(rewrite: Rewrite) -> Iterator[str]:
    ours = _our_runs()
    given: frozenset[str] | None = None
    for part in rewrite.parts:
        if not _may_leak(part):
            continue
        found = [run for run in _runs(part) if run in ours]
        if found and given is None:
            given = frozenset((*_runs(rewrite.idea), *_runs(rewrite.context)))
        if told := next((run for run in found if given is None or run not in given), None):
            yield told


def _may_leak(part: str) -> bool:
    """Whether three words of ours stand at one of every four places: in seven in a row they
    do."""
    words = _WORD.findall(part.lower())
    ours = _our_threes()
    return any(" ".join(words[at : at + 3]) in ours for at in range(0, len(words) - 2, 4))


@cache
def _our_threes() -> frozenset[str]:
    return frozenset(run for text in _OURS for run in _runs(text, 3))


def _runs(text: str, length: int = _RUN) -> Iterator[str]:
    words = _WORD.findall(text.lower())
    return (" ".join(words[at : at + length]) for at in range(len(words) - length + 1))


@cache
def _our_runs() -> frozenset[str]:
    return frozenset(run for text in _OURS for run in _runs(text))
