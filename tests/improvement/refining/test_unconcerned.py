"""What a model changed of a prompt without being asked to."""

from dataclasses import replace

import pytest

from prompt_improver.improvement.refining import changed_parts, restore_unconcerned
from prompt_improver.improvement.revision import Revision
from prompt_improver.improvement.structured_prompt import (
    Framework,
    GuardrailSource,
    StructuredPrompt,
)

PARENT = StructuredPrompt(
    role="You are a travel writer who knows Portugal.",
    directive="Plan a weekend in Porto for two. Start on Friday evening. Name a place for each "
    "meal.\n\nAsk for the budget.",
    framework=Framework.DECOMPOSITION,
    guardrails=(
        "Stay within walking distance of Ribeira.",
        "Every place is open on Sunday.",
        "Prices are in euros.",
    ),
    guardrail_sources=(
        GuardrailSource.IDEA,
        GuardrailSource.ASSUMED,
        GuardrailSource.ASSUMED,
    ),
    output_format="A table with a row for each half day.",
    assumptions=("You travel by train.",),
)


def revised(feedback, **changes):
    revision = Revision(parent=PARENT, feedback=feedback)
    written = replace(PARENT, guardrail_sources=(), **changes)
    return restore_unconcerned(revision, "a weekend in Porto", "", written)


def test_what_was_not_written_anew_stays():
    assert revised("anything") == PARENT


def test_a_sentence_that_was_only_reworded_is_the_parents():
    found = revised(
        "no museums",
        directive="Plan a weekend in Porto, for two. Start on Friday evening. Name one place "
        "for each meal. Leave out museums.\n\nAsk for the budget.",
        role="You are a travel writer who really knows Portugal.",
    )
    assert found.role == PARENT.role
    assert found.directive == PARENT.directive.replace("meal.", "meal. Leave out museums.")


@pytest.mark.parametrize(
    ("feedback", "old", "new"),
    [
        ("ask nothing back", "Ask for the budget.", "Do not ask for the budget."),
        ("two nights more", "Start on Friday evening.", "Start on Wednesday evening."),
        ("3 people", "for two", "for 3"),
        ("we have little money", "Name a place", "Name a cheap place"),
        ("mornings count too", "Start on Friday evening.", "Start on Friday morning."),
    ],
)
def test_a_sentence_that_says_something_else_is_taken(feedback, old, new):
    found = revised(feedback, directive=PARENT.directive.replace(old, new))
    assert found.directive == PARENT.directive.replace(old, new)


def test_a_rule_that_was_left_out_for_no_reason_comes_back_in_its_place():
    kept = PARENT.guardrails
    found = revised("no museums", guardrails=(kept[0], kept[2], "No museum is named."))
    # The user's rules come before those that are assumed.
    assert found.guardrails == (kept[0], "No museum is named.", *kept[1:])
    idea, assumed = GuardrailSource.IDEA, GuardrailSource.ASSUMED
    assert found.guardrail_sources == (idea, idea, assumed, assumed)


@pytest.mark.parametrize(
    "feedback",
    ["we can walk far", "fewer rules", "drop the walking distance", "shorter", "lift that limit"],
)
def test_a_rule_may_go_where_the_feedback_gives_a_reason(feedback):
    found = revised(feedback, guardrails=PARENT.guardrails[1:])
    assert found.guardrails == PARENT.guardrails[1:]


@pytest.mark.parametrize("feedback", ["no museums", "not too touristy", "less formal"])
def test_a_no_or_a_less_is_no_reason_to_leave_other_rules_out(feedback):
    found = revised(feedback, guardrails=PARENT.guardrails[1:])
    assert set(found.guardrails) == set(PARENT.guardrails)


def test_a_reworded_rule_does_not_stand_there_twice():
    rules = (
        "Always stay within walking distance of the Ribeira.",
        *PARENT.guardrails[1:],
        "No museums.",
    )
    found = revised("no museums", guardrails=rules)
    kept = PARENT.guardrails
    assert found.guardrails == (kept[0], "No museums.", *kept[1:])


def test_method_and_material_change_only_where_they_are_spoken_of():
    other = {"framework": Framework.CHAIN_OF_THOUGHT, "material": "Some text"}
    assert changed_parts(PARENT, revised("no museums", **other)) == ()
    found = revised("think step by step", **other)
    assert changed_parts(PARENT, found) == ("framework",)
    found = revised("work on this: Some text", **other)
    assert changed_parts(PARENT, found) == ("material",)


def test_a_part_that_was_rewritten_throughout_is_taken_as_it_is():
    parent = replace(PARENT, directive="Name a bee. Describe its home. Say what it eats.")
    written = replace(
        parent,
        guardrail_sources=(),
        directive="Simply name a bee. Clearly describe its home. Then say what it eats.",
    )
    revision = Revision(parent=parent, feedback="we are many")
    assert restore_unconcerned(revision, "x", "", written).directive == written.directive
