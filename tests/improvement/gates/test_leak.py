"""Our own instructions in what a model wrote."""

from prompt_improver.improvement.gates.comparison import Rewrite
from prompt_improver.improvement.gates.leak import leak
from prompt_improver.improvement.model.instructions import INSTRUCTIONS, REFINE_INSTRUCTIONS
from prompt_improver.improvement.structured_prompt import StructuredPrompt

OURS = " ".join(INSTRUCTIONS.split()[:12])
OURS_TO_REFINE = " ".join(REFINE_INSTRUCTIONS.split()[20:32])


def held(idea: str, directive: str):
    return leak(Rewrite.of(idea, "", StructuredPrompt(directive=directive)))


def test_seven_words_in_a_row_of_our_instructions_are_a_leak():
    for ours in (OURS, OURS_TO_REFINE):
        assert held("fix this bug", f"Fix the bug. {ours}").gate == "leak"


def test_six_are_none():
    assert held("fix this bug", "Fix it. " + " ".join(INSTRUCTIONS.split()[:6]) + " bugs") is None


def test_what_the_user_typed_is_none():
    assert held(f"explain this: {OURS}", f"Explain: {OURS}") is None
