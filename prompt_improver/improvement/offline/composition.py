"""The prompt that is made of an idea without a model: protected, and completed where that is
certain."""

from dataclasses import dataclass, replace

from prompt_improver.domain.target import Target
from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.language import could_be, detect_language
from prompt_improver.improvement.offline.addition import Addition, Read, addition_for
from prompt_improver.improvement.offline.finished import is_finished, is_greeting, meant
from prompt_improver.improvement.offline.grammar import grammar
from prompt_improver.improvement.offline.knowledge import LANGUAGES, Knowledge, knowledge
from prompt_improver.improvement.offline.recognition import Recognition, recognise
from prompt_improver.improvement.offline.request import fold
from prompt_improver.improvement.offline.target_form import addition_of_target, shaped
from prompt_improver.improvement.offline.user_limits import own_limits
from prompt_improver.improvement.reading import Form, MaskedText, Material, form_of, mask
from prompt_improver.improvement.structured_prompt import (
    Framework,
    GuardrailSource,
    StructuredPrompt,
)

MOST_ASSUMED = 3
_ENOUGH_TO_TELL = 40  # characters of a context or a material, for its language
_SHORTEST_MATERIAL = 60
_METHODS = (Framework.CHAIN_OF_THOUGHT, Framework.TREE_OF_THOUGHTS)


@dataclass(frozen=True, slots=True)
class Composition:
    """A prompt, and what the reader should know of it."""

    prompt: StructuredPrompt
    warnings: tuple[str, ...] = ()
    stays: bool = False
    """The idea is a finished prompt, or no request at all: nothing is to be added."""


def compose(
    idea: str, context: str = "", brief: Brief = CHAT, *, framed: bool = True
) -> Composition:
    """The offline prompt of ``idea``, which is not blank, as ``brief`` has it. Deterministic;
    raises nothing, whatever stands in the texts. Without ``framed`` nothing shapes it,
    whatever is seen."""
    known = knowledge()
    masked = mask(idea)
    language = _language_of(idea, masked, context)
    if is_greeting(idea):
        bare = _bare(idea, context, language, _reason(known, language, "greeting"))
        return Composition(replace(bare, target=brief.target), stays=True)
    form = form_of(masked.masked)
    if is_finished(masked, form):
        reason = _reason(known, language, "already_good")
        bare = replace(_bare(idea, context, language, reason), target=brief.target)
        return Composition(bare, ("already_good",), stays=True)
    wanted = meant(idea)
    if wanted is not idea:
        masked = mask(wanted)
        form = form_of(masked.masked)
    seen = recognise(masked, context, form, language) if framed else Recognition()
    read = Read(
        idea=wanted, context=context, masked=masked, form=form, language=language, seen=seen
    )
    if framed and language is None:
        read = _likeliest(read, brief.target)
    if brief.target in (Target.CHAT, Target.PLAIN):
        added = addition_for(read, brief) if framed else Addition()
    else:
        added = addition_of_target(read, brief.target) if framed else Addition()
    prompt = shaped(_composed(read, added), read, brief, framed=framed)
    return Composition(prompt, ("vague",) if added.asks else ())


def _composed(read: Read, added: Addition) -> StructuredPrompt:
    known, masked, language, seen = knowledge(), read.masked, read.language, read.seen
    rules: list[tuple[str, GuardrailSource]] = []
    rules += [(limit, GuardrailSource.IDEA) for limit in own_limits(masked, language)]
    if read.context.strip():
        spoken = detect_language(read.context) or language
        around = own_limits(mask(read.context), spoken, read.idea)
        rules += [(limit, GuardrailSource.CONTEXT) for limit in around]
    assumed = list(added.rules)
    if line := _answer_in(known, read.context, masked, read.form, language, seen):
        assumed.append(line)
    rules += [(line, GuardrailSource.ASSUMED) for line in assumed[:MOST_ASSUMED]]
    directive, material = _apart(read.idea, masked) if language else (read.idea, "")
    shapes = bool(added.output or assumed or added.assumptions)
    framed = shapes and seen.frame is not None
    what = seen.task or (added.artefact or "").replace("_", " ")
    why = "lean" if not shapes or not what else "missing" if added.asks else "framed"
    return StructuredPrompt(
        directive=directive,
        material=material,
        framework=_method(masked),
        assumptions=added.assumptions,
        guardrails=tuple(rule for rule, _ in rules),
        guardrail_sources=tuple(source for _, source in rules),
        output_format=added.output,
        context=read.context,
        reasoning=_reason(known, language, why, what),
        language=language,
        task=seen.task if framed else None,
        field=seen.field if framed else None,
        artefact=added.artefact,
        questions=added.questions,
    )


def _method(masked: MaskedText) -> Framework:
    """The one that the idea names."""
    text = fold(masked.masked)
    return next((one for one in _METHODS if grammar().signs[one].search(text)), Framework.NONE)


def _bare(idea: str, context: str, language: str | None, reasoning: str | None) -> StructuredPrompt:
    return StructuredPrompt(directive=idea, context=context, language=language, reasoning=reasoning)


def _language_of(idea: str, masked: MaskedText, context: str) -> str | None:
    """That of the request; else of the whole idea; else of the context."""
    return detect_language(masked.masked, context) or detect_language(idea, context)


_ENGLISH = frozenset({"for", "that", "the", "to", "which", "with"})


def _likeliest(read: Read, target: Target) -> Read:
    """``read`` as English or Spanish, where its few words allow only one of them and name an
    artefact in it, or the target is another than a chat."""
    masked, found = read.masked, []
    for language in LANGUAGES:
        speaks = language == "en" and not _ENGLISH.isdisjoint(masked.masked.lower().split())
        if not (speaks or could_be(masked.masked, language)):
            continue
        seen = recognise(masked, read.context, read.form, language)
        if seen.artefact or target not in (Target.CHAT, Target.PLAIN):
            found.append(replace(read, language=language, seen=seen))
    return found[0] if len(found) == 1 else read


def _reason(known: Knowledge, language: str | None, name: str, what: str = "") -> str | None:
    sentences = known.reasoning.get(language or "")
    return sentences[name].format(task=what) if sentences else None


def _answer_in(
    known: Knowledge,
    context: str,
    masked: MaskedText,
    form: Form,
    language: str | None,
    seen: Recognition,
) -> str:
    """In which language to answer, where that is not plain: the request and what comes with
    it are in two, the user names none, and no text is to be edited or translated."""
    line = known.answer_in.get(language or "", "")
    if not line or form.language or seen.task in ("translate", "write"):
        return ""
    if grammar().signs["moves_text"].search(fold(masked.masked)):
        return ""
    texts = [context] if len(context) >= _ENOUGH_TO_TELL else []
    if seen.task in ("explain", "summarise", "analyse", "compare"):
        pasted = (m for m in masked.blocks if m.kind in ("pasted", "quote"))
        texts += [
            masked.text[m.start : m.end] for m in pasted if m.end - m.start >= _ENOUGH_TO_TELL
        ]
    others = {detect_language(mask(text).masked) for text in texts}
    return line if others - {None, language} else ""


def _apart(idea: str, masked: MaskedText) -> tuple[str, str]:
    """The request and the material of an idea that is one after the other; else all of it
    and nothing."""
    text = masked.masked
    blocks = [
        b for b in masked.blocks if b.kind != "quote" or b.end - b.start >= _SHORTEST_MATERIAL
    ]
    start = next((b.start for b in blocks if not _words(text[b.start :])), None)
    if start is not None:
        mixed = start != blocks[-1].start and any(b.kind == "quote" for b in blocks)
        if mixed or not _words(text[:start]) or not _stands_apart(idea[:start]):
            return idea, ""
        return _divided(idea, idea[:start].rstrip(), idea[start:].rstrip())
    end = max((b.end for b in blocks if not _words(text[: b.end])), default=None)
    if end is None or not _words(text[end:]) or grammar().signs["above"].search(fold(text[end:])):
        return idea, ""
    return _divided(idea, idea[end:].strip(), idea[:end].rstrip())


def _stands_apart(before: str) -> bool:
    """Whether what comes after ``before`` is set off from the sentence there."""
    return before.rstrip(" \t").endswith("\n\n") or before.rstrip().endswith(tuple(":：.?？!"))


def _divided(idea: str, request: str, material: str) -> tuple[str, str]:
    if len(material) < _SHORTEST_MATERIAL and "\n" not in material.strip():
        return idea, ""
    return request.strip(), material


def _start(material: Material) -> int:
    return material.start


def _words(masked: str) -> bool:
    return any(map(str.isalpha, masked))
