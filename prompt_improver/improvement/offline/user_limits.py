"""The user's own limits as rules: the one place here that knows how they are found."""

from prompt_improver.improvement.gates import user_limits
from prompt_improver.improvement.reading import MaskedText


def own_limits(masked: MaskedText, language: str | None) -> tuple[str, ...]:
    """The limits that a text states outside its material, as they stand in it, each once,
    in order; without what white space ran on."""
    ranges = [(material.start, material.end) for material in masked.blocks]
    found = user_limits(masked.text, language=language, mask=ranges)
    return tuple(dict.fromkeys(" ".join(limit.text.split()) for limit in found))
