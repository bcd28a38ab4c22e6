"""The sentences of the offline backend, over all intents, fields and languages."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from prompt_improver.improvement.offline_improver import _compose, knowledge
from prompt_improver.improvement.offline_recognition import Recognition
from prompt_improver.improvement.offline_vocabulary import vocabulary
from prompt_improver.improvement.structured_prompt import Framework, StructuredPrompt


def seen(intent: str, field: str, **changes: object) -> Recognition:
    plain = Recognition(
        intent=intent,
        certainty=3,
        field=field,
        bare_title=False,
        defaulted=False,
        small=False,
        content_words=5,
        supplied=False,
        points_at_missing=False,
        hazy=False,
        unclear=False,
        undecided=False,
        excludes=False,
        framework="",
        leaning="",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


ALL = list(product(knowledge().intents, vocabulary().fields, ("en", "es")))


def all_prompts() -> Iterator[tuple[StructuredPrompt, tuple[object, ...]]]:
    """Every prompt that there is, for ideas of the lengths where the bound is tightest."""
    for intent, field, language in ALL:
        for vague, both, length in product((False, True), (False, True), (80, 249)):
            what = seen(intent, field, undecided=both, excludes=both)
            prompt = _compose("x\n" + "x" * (length - 2), "y", what, language, vague)
            yield prompt, (intent, field, language, vague, both, length)


def test_every_prompt_has_three_to_seven_different_guardrails() -> None:
    for prompt, case in all_prompts():
        assert 3 <= len(prompt.guardrails) <= 7, case
        assert len(set(prompt.guardrails)) == len(prompt.guardrails), case


def test_every_prompt_is_short() -> None:
    for prompt, case in all_prompts():
        assert len(prompt.render()) <= 1_500 + len("y"), case


def test_no_sentence_is_said_twice_in_a_prompt() -> None:
    for prompt, case in all_prompts():
        said = [line.strip("- ") for line in prompt.render().splitlines() if line.strip("- `tex")]
        assert len(set(said)) == len(said), case


def test_nothing_is_invented() -> None:
    names = "python java react sql postgres docker kubernetes aws jwt http json fastapi git"
    for prompt, case in all_prompts():
        text = prompt.render().lower()
        assert not re.search(r"\d", text), case
        assert not set(re.findall(r"[a-z]+", text)) & set(names.split()), case


def test_a_fix_and_a_design_are_asked_for_differently() -> None:
    for field, language in product(vocabulary().fields, ("en", "es")):
        fix = _compose("x", "", seen("fix", field), language, False)
        design = _compose("x", "", seen("design", field), language, False)
        assert not set(fix.guardrails[:3]) & set(design.guardrails[:3])
        assert fix.output_format != design.output_format
        assert fix.framework != design.framework


def test_both_languages_say_the_same_things() -> None:
    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        return len(value) if isinstance(value, list) else type(value)

    assert shape(knowledge().sentences["en"]) == shape(knowledge().sentences["es"])


def test_every_name_in_the_knowledge_is_known_to_the_others() -> None:
    sentences = knowledge().sentences["en"]
    assert set(sentences["intents"]) == set(knowledge().intents)
    assert set(sentences["fields"]) == set(vocabulary().fields)
    for behaviour in knowledge().intents.values():
        assert {behaviour["framework"], behaviour.get("small", "decomposition")} <= set(Framework)
        assert behaviour["rule"] in {"make", "change", "tell", "explain", "none"}
