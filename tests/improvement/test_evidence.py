import pytest

from prompt_improver.domain.evidence import Passage
from prompt_improver.improvement.evidence import evidence_of
from prompt_improver.improvement.gated_improver import GatedImprover
from prompt_improver.improvement.offline import OfflineImprover
from prompt_improver.improvement.structured_prompt import (
    Framework,
    GuardrailSource,
    StructuredPrompt,
)

pytestmark = pytest.mark.anyio

IDEA = "Write a mail to {name} without any attachment"


def test_what_nobody_asked_for_is_added():
    prompt = StructuredPrompt(
        role="You write mails.",
        directive=IDEA,
        framework=Framework.DECOMPOSITION,
        guardrails=("Nothing is attached.", "Stay polite."),
        guardrail_sources=(GuardrailSource.IDEA, GuardrailSource.ASSUMED),
        output_format="Plain text.",
    )
    assert evidence_of(IDEA, "", prompt).added == (
        Passage(text="You write mails.", part="role"),
        Passage(text="decomposition", part="framework"),
        Passage(text="Stay polite.", part="guardrails"),
        Passage(text="Plain text.", part="output_format"),
    )


def test_a_form_that_the_idea_sets_is_not_added():
    idea = "Act as a poet. List 3 books as JSON"
    prompt = StructuredPrompt(role="A poet.", directive=idea, output_format="A JSON list.")
    assert evidence_of(idea, "", prompt).added == ()


async def test_the_answer_without_a_model_has_evidence_too():
    found = await GatedImprover(OfflineImprover()).improve(IDEA)
    assert found.evidence is not None
    assert {piece.kind for piece in found.evidence.kept} == {"placeholder", "limit", "language"}
    assumed = [passage.text for passage in found.evidence.assumed]
    assert assumed == list(found.prompt.assumptions)
    assert assumed, "the artefact has facts that the idea does not tell"
