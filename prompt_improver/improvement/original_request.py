"""The user's own words beside a rewrite that does not hold all of them."""

from collections.abc import Iterator
from dataclasses import replace

from prompt_improver.improvement.gates import FailureKind, GateFailure
from prompt_improver.improvement.reading import mask
from prompt_improver.improvement.structured_prompt import StructuredPrompt

_SHORTEST = 60
"""Characters of material. Shorter quotations are looked at by the gates, one by one."""


def only_missing(failures: tuple[GateFailure, ...]) -> bool:
    """Whether something of the idea is gone, and that is all that is wrong. What contradicts the
    idea does not become right beside it."""
    return bool(failures) and all(one.kind is FailureKind.MISSING for one in failures)


def lacks_material(idea: str, prompt: StructuredPrompt) -> bool:
    """Whether material of ``idea`` is not in ``prompt`` as it stands, or the prompt names
    material of it that is nowhere else in the prompt."""
    return any(True for _ in missing_material(idea, prompt))


def missing_material(idea: str, prompt: StructuredPrompt) -> Iterator[str]:
    """That material, as it stands in ``idea``."""
    text = _flat(replace(prompt, material="").render())
    found = [idea[each.start : each.end] for each in mask(idea).blocks]
    long = [piece for piece in found if len(piece) >= _SHORTEST or "\n" in piece.strip()]
    if prompt.material.strip() and _flat(prompt.material) in _flat(idea):
        long.append(prompt.material)
    yield from (piece for piece in long if _flat(piece) not in text)


def add_original_request(idea: str, prompt: StructuredPrompt) -> StructuredPrompt:
    """``prompt`` with ``idea`` in full, once: what is there whole already stays alone."""
    bare = replace(prompt, material="")
    return bare if idea.strip() in bare.render() else replace(bare, original_request=idea)


def _flat(text: str) -> str:
    return " ".join(text.strip(" \t\r\n\"'“”«»„`").split())
