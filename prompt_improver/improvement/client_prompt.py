"""A prompt that the caller's own model wrote with our instructions, held against its idea.

Nothing is put right here: the caller's model mends at no cost, so it is told what is broken.
"""

from dataclasses import dataclass, replace

from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.target import Target
from prompt_improver.improvement.brief import Brief
from prompt_improver.improvement.evidence import evidence_of
from prompt_improver.improvement.gates import check, is_long
from prompt_improver.improvement.guardrail_source import with_sources
from prompt_improver.improvement.improved import Broken
from prompt_improver.improvement.improver import Improvement
from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.model.reply_values import read_framework, read_guardrails
from prompt_improver.improvement.offline import compose
from prompt_improver.improvement.original_request import missing_material
from prompt_improver.improvement.structured_prompt import StructuredPrompt, fit_to_target

MATERIAL = "material"
"""The gate on pasted text, which ``improve`` would show by itself."""
_SHOWN = 200
"""Characters of a pasted text by which it is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientParts:
    """What the caller's model wrote."""

    role: str = ""
    directive: str
    framework: str = ""
    guardrails: tuple[str, ...] = ()
    output_format: str = ""


def prompt_of_client(
    idea: str, context: str, target: Target, parts: ClientParts
) -> StructuredPrompt:
    """The prompt of ``parts``, read with the patience that every model's reply gets: list marks
    and the spelling of a framework do not count."""
    return fit_to_target(
        StructuredPrompt(
            role=parts.role.strip(),
            directive=parts.directive.strip(),
            framework=read_framework(parts.framework),
            guardrails=read_guardrails(list(parts.guardrails)),
            output_format=parts.output_format.strip(),
            context=context,
            language=detect_language(idea, context),
            target=target,
        )
    )


def find_broken(idea: str, context: str, prompt: StructuredPrompt) -> tuple[Broken, ...]:
    """All that keeps ``prompt`` from being handed over, in the order of the gates; pasted text
    that is not in it comes last."""
    failures = check(idea, context, prompt, model_backend=True)
    lines = [Broken(gate=each.gate, text=line) for each in failures for line in each.missing]
    if not any(each.gate == "verbatim" for each in failures):
        for piece in missing_material(idea, prompt):
            begin = " ".join(piece.split())
            shown = begin if len(begin) <= _SHOWN else f"{begin[:_SHOWN]}…"
            lines.append(Broken(gate=MATERIAL, text=f"Write this text out in full: {shown}"))
    return tuple(lines)


def improvement_of_client(
    idea: str, context: str, prompt: StructuredPrompt, model: str
) -> Improvement:
    """The improvement that ``prompt``, of which nothing is broken, makes."""
    prompt = with_sources(prompt, idea, context)
    # What the idea is for does not depend on who writes the prompt.
    artefact = compose(idea, context, Brief(target=prompt.target)).prompt.artefact
    prompt = replace(prompt, artefact=artefact)
    return Improvement(
        prompt=prompt,
        backend=BackendType.CLIENT,
        model_version=model,
        warnings=("length",) if is_long(idea, prompt) else (),
        changed=prompt.render() != idea,
        evidence=evidence_of(idea, context, prompt),
    )
