"""The gates on how much stands in a prompt: its guardrails and its length."""

from prompt_improver.improvement.gates.comparison import GateFailure, Rewrite, failure

FEWEST_GUARDRAILS = 3
MOST_GUARDRAILS = 7


def guardrail_count(rewrite: Rewrite) -> GateFailure | None:
    """Fails under 3 guardrails and over 7, not counting blank ones."""
    count = sum(1 for rule in rewrite.prompt.guardrails if rule.strip())
    if FEWEST_GUARDRAILS <= count <= MOST_GUARDRAILS:
        return None
    wanted = f"Give {FEWEST_GUARDRAILS} to {MOST_GUARDRAILS} guardrails, not {count}."
    return failure("guardrail_count", [wanted])


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
