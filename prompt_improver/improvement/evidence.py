"""What an improvement has of its idea, and what it has besides."""

from prompt_improver.domain.evidence import Evidence, Passage
from prompt_improver.improvement.gates import Rewrite, assumed, kept
from prompt_improver.improvement.reading import form_of, mask
from prompt_improver.improvement.structured_prompt import GuardrailSource, StructuredPrompt


def evidence_of(idea: str, context: str, prompt: StructuredPrompt) -> Evidence:
    """The evidence of ``prompt``, whose guardrails have their sources. Raises nothing."""
    rewrite = Rewrite.of(idea, context, prompt)
    return Evidence(kept=kept(rewrite), added=_added(rewrite), assumed=assumed(rewrite))


def _added(rewrite: Rewrite) -> tuple[Passage, ...]:
    prompt = rewrite.prompt
    wanted = form_of(mask(rewrite.idea).masked)
    has_form = bool(wanted.stated & {"formats", "counts", "length", "only"})
    parts = (
        ("role", "" if wanted.role else prompt.role),
        ("framework", prompt.framework.value),
        *(
            ("guardrails", rule)
            for rule, source in zip(prompt.guardrails, prompt.guardrail_sources, strict=True)
            if source is GuardrailSource.ASSUMED
        ),
        ("output_format", "" if has_form else prompt.output_format),
        ("examples", prompt.examples),
    )
    return tuple(
        Passage(text=text, part=part)
        for part, text in parts
        if text.strip() and not rewrite.is_given(text)
    )
