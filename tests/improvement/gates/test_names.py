"""Names of the idea: what is gone, what was changed, and what is none."""

import pytest

from prompt_improver.improvement.gates import FailureKind
from prompt_improver.improvement.gates.comparison import Rewrite
from prompt_improver.improvement.gates.names import names
from prompt_improver.improvement.structured_prompt import StructuredPrompt
from tests.rewrites import rewrite


def held(idea: str, directive: str, context: str = ""):
    return names(Rewrite.of(idea, context, StructuredPrompt(directive=directive)))


def test_a_name_that_is_gone_is_missing():
    found = held(
        "write to my landlord Marta Figueiredo about the heating", "Write to the landlord Marta."
    )
    assert found.missing == ("Keep this name: Figueiredo",)
    assert found.kind is FailureKind.MISSING


def test_another_name_in_its_place_contradicts_the_idea():
    found = held("escribe a la señora Figueiredo por la reserva", "Escribe a la señora Figueroa.")
    assert found.kind is FailureKind.CONTRADICTS


@pytest.mark.parametrize(
    ("idea", "directive"),
    [
        ("compare Postgres and MySQL for us", "Compare MySQL with Postgres for a small team."),
        ("Write a poem. Dogs are in it. Make it rhyme", "Compose a rhyming poem with a dog in it."),
        ("Write Me A Poem About Dogs", "Compose a poem on a dog."),
        ("WRITE A POEM ABOUT DOGS", "Compose a poem on a dog."),
        ("schreib ein Gedicht über einen Hund mit Namen", "Verfasse Verse über das Tier."),
        ("tell me what I should cook", "Propose dishes."),
        ("list of tasks:\n- Clean the kitchen\n- Buy milk", "Put cleaning and buying in order."),
        ('translate "Good Morning John" for me', "Translate the greeting."),
    ],
)
def test_what_is_kept_or_is_no_name_passes(idea, directive):
    assert held(idea, directive) is None


def test_a_long_idea_of_nothing_but_names_is_bounded():
    assert len(held("about " + "and Anna of Ulm " * 10_000, "x").missing) <= 40


@pytest.mark.parametrize(
    ("idea", "directive"),
    [
        ("Improve my CV for a bank", "Improve the curriculum vitae for a bank."),
        ("Improve my CV for a bank", "Improve the résumé for a bank."),
        ("List the taxes in the UK for me", "List the taxes in the United Kingdom."),
        ("Rewrite it without CTEs please", "Rewrite it without a CTE."),
    ],
)
def test_an_acronym_may_be_spelt_out(idea, directive):
    assert names(rewrite(idea, directive)) is None


def test_a_plural_and_a_common_acronym_are_no_other_name():
    found = names(rewrite("Design a REST API for these books: Dune, Emma", "Design APIs as JSON."))
    assert found is not None
    assert found.kind is FailureKind.MISSING
