"""What a piece of feedback is about."""

import pytest

from prompt_improver.improvement.refining.feedback import Feedback


@pytest.mark.parametrize(
    ("feedback", "piece"),
    [
        ("drop the 120 words", "at most 120 words"),
        ("drop the word limit", "at most 120 words"),
        ("use Vue instead of React", "React"),
        ("no longer in Spanish", "Spanish"),
        ("quita el límite de palabras", "máximo 100 palabras"),
        ("en vez de React usa Vue", "React"),
        ("supprime la limite de mots", "100 mots au plus"),
        ("ohne Tabelle", "Tabelle"),
        ("togli il limite di parole", "100 parole"),
        ("you can mention the price now", "The price is not mentioned"),
        ("ein Emoji am Ende ist ok", "Keine Emojis"),
    ],
)
def test_it_lifts_what_it_takes_away_or_replaces(feedback, piece):
    assert Feedback(feedback).lifts(piece)


@pytest.mark.parametrize(
    ("feedback", "piece"),
    [
        ("use Vue instead of React", "Vue"),
        ("drop the greeting, keep 120 words", "at most 120 words"),
        ("more professional", "at most 120 words"),
        ("use simple words", "at most 120 words"),
        ("add an example", "without jQuery"),
    ],
)
def test_it_does_not_lift_what_it_leaves_alone_or_asks_for(feedback, piece):
    assert not Feedback(feedback).lifts(piece)


@pytest.mark.parametrize(
    ("feedback", "piece", "idea"),
    [
        ("make it 200 words", "at most 120 words", "a mail, at most 120 words"),
        ("budget is 50 now", "20", "no tv, budget 20 bucks"),
        ("mysql is 8.0 now", "5.7", "a query, mysql 5.7"),
        ("jQuery is fine after all", "without jQuery", "a menu without jQuery"),
        ("the cat is called Waffle", "Biscuit", "a limerick about a cat named Biscuit"),
        ("into Italian instead", "French", "translate the menu into French"),
        ("mejor 15", "10 preguntas", "genera 10 preguntas de examen"),
        ("tire o limite de dinheiro", "até 2000 reais", "um roteiro, até 2000 reais"),
    ],
)
def test_it_explains_that_something_else_has_taken_the_place(feedback, piece, idea):
    assert Feedback(feedback).explains(piece, idea)


@pytest.mark.parametrize(
    ("feedback", "piece", "idea"),
    [
        ("add 3 examples", "at most 120 words", "a mail, at most 120 words"),
        ("more professional", "5.7", "a query, mysql 5.7"),
        ("in a friendlier tone", "without jQuery", "a menu without jQuery"),
        ("mention Acme too", "Biscuit", "a limerick about a cat named Biscuit"),
        ("you can use tables", "The price is not mentioned", "a page without the price"),
    ],
)
def test_it_explains_nothing_that_it_does_not_speak_of(feedback, piece, idea):
    assert not Feedback(feedback).explains(piece, idea)


@pytest.mark.parametrize(
    ("feedback", "part"),
    [
        ("change the format", "output_format"),
        ("fewer rules", "guardrails"),
        ("otro rol", "role"),
        ("añade un ejemplo", "examples"),
    ],
)
def test_parts_are_known_by_their_names(feedback, part):
    assert Feedback(feedback).names(part)
    assert not Feedback("more professional").names(part)
