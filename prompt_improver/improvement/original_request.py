"""The user's own words beside a rewrite that does not hold all of them."""

import re
from dataclasses import replace

from prompt_improver.improvement.gates import FailureKind, GateFailure
from prompt_improver.improvement.reading import mask
from prompt_improver.improvement.structured_prompt import StructuredPrompt

_SHORTEST = 60
"""Characters of material. Shorter quotations are looked at by the gates, one by one."""
_MISSING = ("verbatim", "placeholders", "names")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def only_missing(
    failures: tuple[GateFailure, ...], idea: str, context: str, prompt: StructuredPrompt
) -> bool:
    """Whether all that is wrong is that something of the idea is gone. What contradicts it
    (a changed bound, another value, an invented placeholder) does not become right beside the
    idea."""
    gone = (line for one in failures for line in one.missing)
    if any(_NUMBER.search(line) for line in gone) and _has_own_number(idea, context, prompt):
        return False  # 15 in the place of the idea's 12
    return all(one.gate in _MISSING and one.kind is FailureKind.MISSING for one in failures)


def _has_own_number(idea: str, context: str, prompt: StructuredPrompt) -> bool:
    given = set(_NUMBER.findall(f"{idea}\n{context}"))
    return any(each not in given for each in _NUMBER.findall(prompt.render()))


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
