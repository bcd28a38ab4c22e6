"""The prompt that is made of an idea without a model: protected, and completed where that is
certain."""

from dataclasses import dataclass
from typing import Any

from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.offline.finished import is_finished, is_greeting, meant
from prompt_improver.improvement.offline.grammar import grammar
from prompt_improver.improvement.offline.knowledge import Knowledge, knowledge
from prompt_improver.improvement.offline.recognition import Recognition, recognise
from prompt_improver.improvement.offline.request import fold
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
_LONGEST_POINTER = 120
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
    """The offline prompt of ``idea``, which is not blank. Deterministic; raises nothing,
    whatever stands in the texts. Without ``framed`` no frame shapes it, whatever is seen."""
    known = knowledge()
    masked = mask(idea)
    language = _language_of(idea, masked, context)
    if is_greeting(idea):
        bare = _bare(idea, context, language, _reason(known, language, "greeting"))
        return Composition(bare, stays=True)
    form = form_of(masked.masked)
    if is_finished(masked, form):
        reason = _reason(known, language, "already_good")
        return Composition(_bare(idea, context, language, reason), ("already_good",), stays=True)
    wanted = meant(idea)
    if wanted is not idea:
        masked = mask(wanted)
        form = form_of(masked.masked)
    seen = recognise(masked, context, form, language) if framed else Recognition()
    return _composed(wanted, context, masked, form, language, seen)


def _composed(
    idea: str,
    context: str,
    masked: MaskedText,
    form: Form,
    language: str | None,
    seen: Recognition,
) -> Composition:
    known = knowledge()
    rules: list[tuple[str, GuardrailSource]] = []
    rules += [(limit, GuardrailSource.IDEA) for limit in own_limits(masked, language)]
    if context.strip():
        around = own_limits(mask(context), detect_language(context) or language, idea)
        rules += [(limit, GuardrailSource.CONTEXT) for limit in around]
    asks, output = "", ""
    assumed: list[str] = []
    if seen.frame and language:
        asks, assumed, output = _frame(known, idea, context, masked, form, language, seen)
    elif line := _ask_for_missing(known, context, masked, form, language):
        asks, assumed = line, [line]
    if line := _answer_in(known, context, masked, form, language, seen):
        assumed.append(line)
    rules += [(line, GuardrailSource.ASSUMED) for line in assumed[:MOST_ASSUMED]]
    directive, material = _apart(idea, masked) if language else (idea, "")
    framed = bool(asks or output or assumed) and seen.frame is not None
    why = "missing" if asks else "framed" if framed else "lean"
    prompt = StructuredPrompt(
        directive=directive,
        material=material,
        framework=_method(masked),
        guardrails=tuple(rule for rule, _ in rules),
        guardrail_sources=tuple(source for _, source in rules),
        output_format=output,
        context=context,
        reasoning=_reason(known, language, why, seen),
        language=language,
        task=seen.task if framed else None,
        field=seen.field if framed else None,
    )
    return Composition(prompt, ("vague",) if asks else ())


def _method(masked: MaskedText) -> Framework:
    """The one that the idea names."""
    text = fold(masked.masked)
    return next((one for one in _METHODS if grammar().signs[one].search(text)), Framework.NONE)


def _bare(idea: str, context: str, language: str | None, reasoning: str | None) -> StructuredPrompt:
    return StructuredPrompt(directive=idea, context=context, language=language, reasoning=reasoning)


def _language_of(idea: str, masked: MaskedText, context: str) -> str | None:
    """That of the request; else of the whole idea; else of the context."""
    return detect_language(masked.masked, context) or detect_language(idea, context)


def _reason(
    known: Knowledge, language: str | None, name: str, seen: Recognition | None = None
) -> str | None:
    sentences = known.reasoning.get(language or "")
    return sentences[name].format(task=seen.task if seen else "") if sentences else None


def _frame(
    known: Knowledge,
    idea: str,
    context: str,
    masked: MaskedText,
    form: Form,
    language: str,
    seen: Recognition,
) -> tuple[str, list[str], str]:
    """The line that asks, the assumed rules (with that line), and the form of the answer."""
    frame = known.frames[seen.frame or ""]
    told = fold(f"{masked.masked}\n{context[:2_000]}")
    given = bool(masked.blocks) or bool(context.strip())
    number = any(map(str.isdigit, masked.masked))
    quiet = form.only or "one" in form.formats
    if seen.bare and "ask" in frame and not quiet:
        line = frame["ask"][language]
        return line, [line], ""
    asks = frame["missing"][language] if seen.missing and not quiet else ""
    assumed = [asks] if asks else []
    for rule in frame["rules"]:
        if _fits(rule, form, told, given=given, number=number):
            assumed.append(rule[language])
    output = frame.get("output")
    stated = form.stated & {"formats", "counts", "length", "only", "waits"}
    if (
        asks
        or output is None
        or stated
        or not _fits(output, form, told, given=given, number=number)
    ):
        return asks, assumed, ""
    return asks, assumed, output[language]


def _fits(line: dict[str, Any], form: Form, told: str, *, given: bool, number: bool) -> bool:
    """Whether a line of a frame is right for this idea; see knowledge/frames.toml."""
    if not form.stated.isdisjoint(line.get("unless", ())):
        return False
    if "without" in line and line["without"].search(told):
        return False
    if "only_if" in line and not line["only_if"].search(told):
        return False
    return {"material": given, "none": not given, "number": number}.get(line.get("when", ""), True)


def _ask_for_missing(
    known: Knowledge, context: str, masked: MaskedText, form: Form, language: str | None
) -> str:
    """What to do about material that the idea points at, where neither it nor the context
    has any, in a language without frames."""
    pattern, line = known.missing.get(language or "", (None, ""))
    given = masked.materials or context.strip() or len(masked.text) > _LONGEST_POINTER
    if pattern is None or given or form.only or form.waits:
        return ""
    return line if pattern.fullmatch(masked.text.lower().replace("’", "'")) else ""


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
