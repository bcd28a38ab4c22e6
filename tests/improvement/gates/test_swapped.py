import pytest

from prompt_improver.improvement.gates import FailureKind
from prompt_improver.improvement.gates.swapped import swapped
from tests.rewrites import rewrite


@pytest.mark.parametrize(
    ("idea", "directive"),
    [
        ("Write 3 easy and 5 hard questions", "Write 5 easy and 3 hard questions."),
        ("Escribe 2 haikus y 4 sonetos", "Escribe 4 haikus y 2 sonetos."),
        (
            "Mach eine Liste: Espresso 2,20 €, Latte 3,80 €",
            "Mach eine Liste mit Espresso für 3,80 € und Latte für 2,20 €.",
        ),
        ("Write to Paul Stein from Anna Berg", "Write from Paul Stein to Anna Berg."),
        ("Traduce del inglés al francés", "Traduce del francés al inglés."),
    ],
)
def test_values_that_changed_places_contradict_the_idea(idea, directive):
    found = swapped(rewrite(idea, directive))
    assert found is not None
    assert found.kind is FailureKind.CONTRADICTS


@pytest.mark.parametrize(
    ("idea", "directive"),
    [
        ("Write 3 easy and 5 hard questions", "Write 5 hard and 3 easy questions."),
        ("Write 3 easy and 5 hard questions", "Write 3 easy questions. Add 5 that are hard."),
        ("Translate from English to French", "Translate into French from English."),
        ("Plan 2 days in Rome and 3 in Oslo", "Plan 5 days: 2 in Rome, then 3 in Oslo."),
    ],
)
def test_values_in_another_order_are_kept(idea, directive):
    assert swapped(rewrite(idea, directive)) is None
