"""The user's own words beside a rewrite that does not hold all of them."""

import re
from dataclasses import replace

from prompt_improver.improvement.gates.bans import is_soft
from prompt_improver.improvement.gates.comparison import FailureKind, GateFailure, Rewrite
from prompt_improver.improvement.reading import mask
from prompt_improver.improvement.structured_prompt import StructuredPrompt

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SHORTEST = 60
"""Characters of material. Shorter quotations are looked at by the gates, one by one."""


def only_missing(
    failures: tuple[GateFailure, ...], idea: str, context: str, prompt: StructuredPrompt
) -> bool:
    """Whether all that is wrong with ``prompt`` is that something of the idea is gone. What
    contradicts the idea does not become right beside it: a figure with another unit or bound, a
    figure in its place, a ban that was made soft."""
    if any(one.kind is not FailureKind.MISSING for one in failures):
        return False
    written = Rewrite.of(idea, context, prompt).written
    there = set(_NUMBER.findall(written))
    lines = [line for one in failures for line in one.missing]
    gone = {number for line in lines for number in _NUMBER.findall(line)}
    given = f"{idea}\n{context}"
    if gone and (gone & there or there - set(_NUMBER.findall(given))):
        return False
    soft = any(one.gate == "limits" for one in failures) and is_soft(written)
    return not soft or is_soft(given)


def lacks_material(idea: str, prompt: StructuredPrompt) -> bool:
    """Whether material of ``idea`` is not in ``prompt`` as it stands, or the prompt names
    material of it that is nowhere else in the prompt."""
    text = _flat(replace(prompt, material="").render())
    found = [idea[each.start : each.end] for each in mask(idea).blocks]
    long = [piece for piece in found if len(piece) >= _SHORTEST or "\n" in piece.strip()]
    if prompt.material.strip() and _flat(prompt.material) in _flat(idea):
        long.append(prompt.material)
    return any(_flat(piece) not in text for piece in long)


def add_original_request(idea: str, prompt: StructuredPrompt) -> StructuredPrompt:
    """``prompt`` with ``idea`` in full, once: what is there whole already stays alone."""
    bare = replace(prompt, material="")
    return bare if idea.strip() in bare.render() else replace(bare, original_request=idea)


def _flat(text: str) -> str:
    return " ".join(text.strip(" \t\r\n\"'“”«»„`").split())
