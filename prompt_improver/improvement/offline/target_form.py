"""The form that a target gives to a prompt."""

from dataclasses import replace
from typing import Any

from prompt_improver.domain.target import Target
from prompt_improver.improvement.brief import Brief
from prompt_improver.improvement.gates.user_limits import limits_of_request
from prompt_improver.improvement.offline.addition import Addition, Read
from prompt_improver.improvement.offline.artefacts import open_facts, pattern, questions_of
from prompt_improver.improvement.offline.knowledge import LANGUAGES
from prompt_improver.improvement.offline.request import fold
from prompt_improver.improvement.offline.targets import targets
from prompt_improver.improvement.structured_prompt import StructuredPrompt

_PLAIN_GROWTH = 1.5
_READ = 2_000


def addition_of_target(read: Read, target: Target) -> Addition:
    """What a prompt for an agent or an assistant says besides the request. One for a picture
    says nothing besides it."""
    if read.language not in LANGUAGES or read.form.waits:
        return Addition()
    if target is Target.AGENT:
        return _of_agent(read, read.language)
    if target is not Target.SYSTEM:
        return Addition()
    text = fold(read.idea[:_READ])
    rules = [
        rule
        for rule in _fitting(targets().system["rules"], text, text)
        if read.form.stated.isdisjoint(rule.get("stated", ()))
    ]
    return Addition(rules=tuple(rule[read.language] for rule in rules))


def _of_agent(read: Read, language: str) -> Addition:
    known = targets().agent
    whole, wanted = fold(read.idea[:_READ]).strip(), _without_limits(read)
    kind = next(
        (k for k in ("reads", "machine", "files") if pattern(known[k]).search(wanted)), "acts"
    )
    rules = _fitting(known["rules"][kind], whole, wanted)
    shaped = not read.form.stated.isdisjoint({"formats", "only", "json", "table", "list"})
    output = "" if shaped else known["output"][kind][language]
    return Addition(rules=tuple(rule[language] for rule in rules), output=output)


def _without_limits(read: Read) -> str:
    """The folded idea without what it limits or forbids: that is not the work."""
    idea = read.idea
    for limit in limits_of_request(read.masked, read.language):
        idea = f"{idea[: limit.start]}{' ' * (limit.end - limit.start)}{idea[limit.end :]}"
    return fold(idea[:_READ]).strip()


def _fitting(rules: list[dict[str, Any]], text: str, wanted: str) -> list[dict[str, Any]]:
    """Those of ``rules`` that are right for folded ``text``, in which ``wanted`` is what is to be
    done; one of each group."""
    found: list[dict[str, Any]] = []
    for rule in rules:
        group = rule.get("group")
        wrong = "unless" in rule and pattern(rule["unless"]).search(text)
        apt = "if" not in rule or pattern(rule["if"]).search(wanted)
        if apt and not wrong and not (group and any(one.get("group") == group for one in found)):
            found.append(rule)
    return found


def shaped(prompt: StructuredPrompt, read: Read, brief: Brief, *, framed: bool) -> StructuredPrompt:
    """``prompt`` as its target has it. Without ``framed`` no word is added."""
    prompt = replace(prompt, target=brief.target)
    if brief.target is Target.SYSTEM and framed:
        return replace(prompt, directive=_to_assistant(prompt.directive, prompt.language or ""))
    if brief.target is Target.IMAGE:
        return _one_paragraph(prompt, read, brief, framed=framed)
    if brief.target is Target.PLAIN:
        return _in_own_form(prompt, read.idea)
    return prompt


def _to_assistant(directive: str, language: str) -> str:
    """``directive`` in the second person, where it describes an assistant."""
    known = targets().system
    you = known["you"].get(language)
    if you is None:
        return directive
    for name in ("prompt_for", "wanted"):
        # The pattern is for lower case; nothing is folded, so that places agree.
        lead = pattern(known[name]).match(directive.lower())
        if lead and len(directive.lower()) == len(directive):
            directive = directive[lead.end() :]
            break
    for name in ("described", "named"):
        if pattern(known[name]).match(directive.lower()):
            return f"{you[name]}{directive.lstrip()[:1].lower()}{directive.lstrip()[1:]}"
    return directive


def _one_paragraph(
    prompt: StructuredPrompt, read: Read, brief: Brief, *, framed: bool
) -> StructuredPrompt:
    """The idea, and each aspect that it does not tell."""
    language, known = read.language or "", targets()
    subject = " ".join(read.idea.split())
    lead = pattern(known.image_lead["pattern"]).match(subject.lower())
    if lead and framed and len(subject.lower()) == len(subject):
        subject = subject[lead.end() :]
    bare = replace(
        prompt, directive=subject, guardrails=(), guardrail_sources=(), assumptions=(),
        output_format="", material="", artefact="image_prompt", questions=(),
    )  # fmt: skip
    if language not in LANGUAGES or not framed:
        return bare
    told = read.told
    open_now = open_facts(known.image, told, brief.taken)
    aspects = [fact.default[language] for fact in open_now]
    if not pattern(known.avoid["unless"]).search(told):
        aspects.append(known.avoid[language])
    if not aspects:
        return bare
    added = ", ".join(aspects)
    if subject[-1] in ".!?":
        whole = f"{subject} {added[:1].upper()}{added[1:]}."
    else:
        whole = f"{subject}, {added}."
    return replace(
        bare, directive=whole, questions=questions_of(open_now, language, brief.answered)
    )


def _in_own_form(prompt: StructuredPrompt, idea: str) -> StructuredPrompt:
    """The idea, and what is added where it fits into 1.5 times its length."""
    pairs = zip(prompt.guardrails, prompt.guardrail_sources, strict=True)
    added = [rule for rule, source in pairs if source == "assumed"]
    text = idea.rstrip()
    unless = targets().plain.get(prompt.language or "", "")
    assumed = [f"{unless} {line}" for line in prompt.assumptions if unless]
    for line in (*added, prompt.output_format, *assumed):
        if line and len(text) + len(line) + 2 <= _PLAIN_GROWTH * len(idea):
            text = f"{text}\n\n{line}"
    # A default that found no place is none that the prompt assumes.
    questions = tuple(
        question if question.default in text else replace(question, default="")
        for question in prompt.questions
    )
    return replace(
        prompt, directive=text if text != idea.rstrip() else idea, material="", guardrails=(),
        guardrail_sources=(), assumptions=(), output_format="", questions=questions,
    )  # fmt: skip
