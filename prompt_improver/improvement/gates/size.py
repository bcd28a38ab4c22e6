"""The gate on how much stands in a prompt."""

from prompt_improver.improvement.gates.comparison import GateFailure, Rewrite, failure


def length(rewrite: Rewrite) -> GateFailure | None:
    """Fails where the whole text is longer than ``length_limit``."""
    most = length_limit(rewrite.idea, rewrite.context)
    if len(rewrite.text) <= most:
        return None
    line = f"Write less: the prompt has {len(rewrite.text)} characters and may have {most}."
    return failure("length", [line])


def length_limit(idea: str, context: str) -> int:
    """How many characters the prompt may have."""
    return max(1_500, 6 * len(idea)) + len(context)
