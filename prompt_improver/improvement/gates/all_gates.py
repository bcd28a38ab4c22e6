"""Every gate, in the order in which a prompt passes them."""

from collections.abc import Callable

from prompt_improver.improvement.gates.answered import answered, unfilled
from prompt_improver.improvement.gates.comparison import GateFailure, Rewrite
from prompt_improver.improvement.gates.contradiction import contradiction
from prompt_improver.improvement.gates.leak import leak
from prompt_improver.improvement.gates.limits import limits
from prompt_improver.improvement.gates.names import names
from prompt_improver.improvement.gates.placeholders import placeholders
from prompt_improver.improvement.gates.prompt_language import language
from prompt_improver.improvement.gates.repetition import repetition
from prompt_improver.improvement.gates.swapped import swapped
from prompt_improver.improvement.gates.tasks import tasks
from prompt_improver.improvement.gates.verbatim import verbatim
from prompt_improver.improvement.structured_prompt import StructuredPrompt

GATES: dict[str, Callable[[Rewrite], GateFailure | None]] = {
    "placeholders": placeholders,
    "verbatim": verbatim,
    "names": names,
    "tasks": tasks,
    "swapped": swapped,
    "limits": limits,
    "contradiction": contradiction,
    "language": language,
    "answered": answered,
    "unfilled": unfilled,
    "leak": leak,
    "repetition": repetition,
}


def check(
    idea: str, context: str, prompt: StructuredPrompt, *, model_backend: bool
) -> tuple[GateFailure, ...]:
    """Every gate that ``prompt`` does not pass, at most one failure a gate, in a fixed order;
    empty where the prompt may be handed over. Raises nothing, whatever stands in the text.

    The language gate binds model backends only: the offline one adds no sentence in a
    language that it did not tell the idea to be in.
    """
    rewrite = Rewrite.of(idea, context, prompt)
    found = (gate(rewrite) for name, gate in GATES.items() if model_backend or name != "language")
    return tuple(one for one in found if one is not None)
