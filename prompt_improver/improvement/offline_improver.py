"""Improves a prompt without a model: recognises what is asked, and says how to do it well."""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.improver import Correction, Improvement, Improver
from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.offline_recognition import (
    NO_FIELD,
    NO_TASK,
    Recognition,
    recognise,
)
from prompt_improver.improvement.offline_vocabulary import KNOWLEDGE, vocabulary
from prompt_improver.improvement.structured_prompt import Framework, StructuredPrompt, fence

MODEL_VERSION = "offline/1"
LANGUAGES = ("en", "es")
VAGUE_WORDS_WITHOUT_TASK = 2
"""So many words of content or fewer say nothing where nothing else is recognised."""
ENOUGH_WORDS = 2
LONG_FOR_VAGUE = 80
"""A vague idea of more characters gets a shorter frame, so that the prompt stays short."""


class OfflineImprover(Improver):
    """Deterministic, without model and network. What it knows stands in
    ``offline_knowledge/``; it is read at the first improvement, or by ``warm()``.

    Warnings: ``vague`` where the prompt asks for what is missing before anything else, and
    ``language`` where the idea is in a language other than those of its sentences.

    ``confidence`` says how much of the idea was recognised, not how good the prompt is: 0.3,
    and up to 0.3 for what is asked (0.1 a step of certainty), 0.2 for the field, 0.1 for an
    idea of more than a few words, 0.1 for a context. A vague idea has 0.3 at the most, one in
    another language 0.5.
    """

    backend = BackendType.OFFLINE
    model_version = MODEL_VERSION

    async def warm(self) -> None:
        """Read the knowledge now, so that the first improvement is as quick as the next."""
        knowledge()
        vocabulary()

    async def improve(
        self, idea: str, context: str = "", correction: Correction | None = None
    ) -> Improvement:
        detected = detect_language(idea)
        seen = recognise(vocabulary(), idea, context, detected)
        build, technical = knowledge().title_intent, seen.field in knowledge().technical
        if seen.bare_title and technical:
            seen = replace(seen, intent=build, certainty=1)
        elif seen.defaulted and seen.intent == build and not technical:
            seen = replace(seen, intent=NO_TASK)
        foreign = detected is not None and detected not in LANGUAGES
        vague = not foreign and _is_vague(seen)
        language = detected if detected in LANGUAGES else "" if foreign else seen.leaning
        prompt = _compose(idea, context, seen, language or "en", vague)
        if foreign:
            prompt = _capped(prompt, 0.5)
        warnings = [name for name, holds in (("vague", vague), ("language", foreign)) if holds]
        return Improvement(
            prompt=prompt,
            backend=self.backend,
            model_version=MODEL_VERSION,
            warnings=tuple(warnings),
        )


def _is_vague(seen: Recognition) -> bool:
    """Whether the idea says too little to begin with, and its context does not help."""
    if seen.unclear:
        return True
    if seen.supplied:
        return False
    if seen.certainty == 0 and seen.field == NO_FIELD:
        return seen.content_words <= (1 if seen.leaning else VAGUE_WORDS_WITHOUT_TASK)
    needs_material = knowledge().intents[seen.intent].get("material", False)
    return seen.content_words <= (seen.certainty == 0 or seen.hazy) or (
        needs_material and seen.points_at_missing
    )


def _compose(
    idea: str, context: str, seen: Recognition, language: str, vague: bool
) -> StructuredPrompt:
    known = knowledge()
    behaviour, sentences = known.intents[seen.intent], known.sentences[language]
    field = behaviour.get("field", NO_FIELD) if seen.field == NO_FIELD else seen.field
    wording = sentences["wording"]
    intent, about = sentences["intents"][seen.intent], sentences["fields"][field]
    plain = "" if field in known.technical else "plain_"
    rules, missing, output = (
        intent.get(f"{plain}{part}", intent[part]) for part in ("guardrails", "missing", "output")
    )
    small = seen.small and "small" in behaviour
    framework = seen.framework or behaviour["small" if small else "framework"]
    if vague:
        guardrails = [wording["ask_rule"], *(rules[:2] if len(idea) > LONG_FOR_VAGUE else rules)]
    else:
        signals = [wording[name] for name in ("excludes", "undecided") if getattr(seen, name)]
        most = 1 if small or len(signals) > 1 else 2
        guardrails = [*rules, *about.get(behaviour["rule"], [])[:most], *signals, missing]
    return StructuredPrompt(
        role=_role(intent, about, wording),
        directive=_directive(idea, context, intent, wording, vague),
        framework=Framework(framework),
        guardrails=tuple(guardrails),
        output_format=wording["ask_output"].format(output=output) if vague else output,
        context=context,
        reasoning=_reasoning(seen, intent, about, wording, vague=vague, small=small),
        confidence=_confidence(seen, context, vague),
        language=language,
    )


def _role(intent: dict[str, Any], about: dict[str, Any], wording: dict[str, str]) -> str:
    if not intent.get("keeps_person"):
        person = about["person"] or intent["person"]
        return wording["role"].format(person=person, trait=intent["trait"])
    form = wording["role_with_subject" if about["subject"] else "role"]
    return form.format(person=intent["person"], subject=about["subject"], trait=intent["trait"])


def _directive(
    idea: str, context: str, intent: dict[str, Any], wording: dict[str, str], vague: bool
) -> str:
    """What to do, and the idea at the end: on a line of its own, or in a fence where it has
    line breaks or space at its edges that would be lost."""
    paragraphs = [intent["lead"]]
    if context.strip():
        paragraphs[0] += f" {wording['with_context']}"
    if vague:
        questions = "\n".join(f"- {question}" for question in intent["questions"])
        kept = paragraphs if len(idea) <= LONG_FOR_VAGUE else []
        paragraphs = [*kept, wording["ask_first"], questions]
    if "\n" in idea or "\r" in idea or idea != idea.strip():
        paragraphs += [f"{wording['request']}:", fence(idea)]
    else:
        paragraphs.append(f"{wording['request']}: {idea}")
    return "\n\n".join(paragraphs)


def _reasoning(
    seen: Recognition,
    intent: dict[str, Any],
    about: dict[str, Any],
    wording: dict[str, str],
    *,
    vague: bool,
    small: bool,
) -> str:
    if seen.certainty == 0 and vague:
        return wording["reasoning_unknown"]
    form = "reasoning_named" if seen.framework else "reasoning"
    subject = about["subject"]
    return wording["reasoning_vague" if vague else form].format(
        name=intent["name"],
        field=wording["reasoning_field"].format(subject=subject) if subject else "",
        why=intent["why_small" if small else "why"],
    )


def _confidence(seen: Recognition, context: str, vague: bool) -> float:
    """See OfflineImprover."""
    tenths = 3 + seen.certainty
    tenths += 2 if seen.field != NO_FIELD else 0
    tenths += 1 if seen.content_words > ENOUGH_WORDS else 0
    tenths += 1 if context.strip() else 0
    return min(tenths, 3 if vague else 10) / 10


def _capped(prompt: StructuredPrompt, most: float) -> StructuredPrompt:
    return replace(prompt, confidence=min(prompt.confidence or 0.0, most))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is said, by language, and how each kind of request is treated."""

    intents: dict[str, dict[str, Any]]
    sentences: dict[str, dict[str, Any]]
    title_intent: str
    """What a title in a technical field asks for, where it does not say."""
    technical: frozenset[str]
    """Fields in which what is made are programs."""


@cache
def knowledge() -> Knowledge:
    """The knowledge, read at the first call and then kept."""
    sentences = {language: _read(f"{language}.toml") for language in LANGUAGES}
    behaviour = _read("behaviour.toml")
    return Knowledge(
        intents=behaviour["intents"],
        sentences=sentences,
        title_intent=behaviour["title_intent"],
        technical=frozenset(behaviour["technical_fields"]),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((KNOWLEDGE / name).read_text("utf-8"))
