"""The user's own words beside a rewrite that does not hold all of them."""

from dataclasses import replace

from prompt_improver.improvement.gates import GateFailure
from prompt_improver.improvement.reading import mask
from prompt_improver.improvement.structured_prompt import StructuredPrompt

_SHORTEST = 60
"""Characters of material. Shorter quotations are looked at by the gates, one by one."""
_MISSING = ("verbatim", "placeholders")
_SAYS_MISSING = ("Keep exactly as it is:", "Keep this placeholder exactly as it is:")


def only_missing(failures: tuple[GateFailure, ...]) -> bool:
    """Whether all that is wrong is that something of the idea is gone. What contradicts it
    (a changed bound, an invented placeholder) does not become right beside the idea."""
    return all(
        one.gate in _MISSING and all(line.startswith(_SAYS_MISSING) for line in one.missing)
        for one in failures
    )


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
