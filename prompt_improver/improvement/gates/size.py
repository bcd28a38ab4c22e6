"""How long a prompt may be: what the model is told, and from where on the reader is."""

from prompt_improver.improvement.structured_prompt import StructuredPrompt

TOLD_CHARACTERS = 1_500
"""What the parts of a prompt may have together, as the instruction tells the model ..."""
TOLD_TIMES = 2
"""... or as many times the idea, where that is more."""
_TIMES_TOO_LONG = 3


def told_length(idea: str) -> int:
    """How many characters the model is told to write at most, for ``idea``."""
    return max(TOLD_CHARACTERS, TOLD_TIMES * len(idea))


def is_long(idea: str, prompt: StructuredPrompt) -> bool:
    """Whether ``prompt`` has over three times what the model was told, without the
    context, the material and the original request. That is worth a warning, and no second call."""
    given = len(prompt.context) + len(prompt.material) + len(prompt.original_request)
    return len(prompt.render()) - given > _TIMES_TOO_LONG * told_length(idea)
