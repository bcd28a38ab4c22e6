"""What of an idea is material, and what form it asks for."""

import pytest

from prompt_improver.improvement.reading import MASK, form_of, mask
from tests.property_testing import given, st

MATERIAL = [
    ("Fix this:\n```py\nselect = 1\n```\nplease", "fence", "```py\nselect = 1\n```"),
    ("Why does `count = 0` fail?", "code", "`count = 0`"),
    (
        "Explain this\n\nfor x in range(3):\n    print(x)\n",
        "code",
        "for x in range(3):\n    print(x)",
    ),
    ("slow:\n\nSELECT a FROM b\nWHERE c = 1;\n", "code", "SELECT a FROM b\nWHERE c = 1;"),
    ("make this email friendlier: Hi Tom, you owe me a lot of money.", "pasted", "Hi Tom, you"),
    ("Resume el siguiente texto:\nEl río subió dos metros en marzo.", "pasted", "El río subió"),
    ('translate "good morning my friend"', "quote", '"good morning my friend"'),
    ("it says\nTraceback (most recent call last):\n", "log", "Traceback (most recent call last):"),
    ("KeyError: 'date' when I run it", "log", "KeyError: 'date'"),
    ("read https://a.b/c?select=1 first", "address", "https://a.b/c?select=1"),
    ("look at src/fix_login.py", "name", "src/fix_login.py"),
    ('mejora redacción "Se enfoca en fortalecer el talento humano de la empresa', "quote", '"Se'),
]


@pytest.mark.parametrize(("idea", "kind", "start"), MATERIAL)
def test_material_is_found(idea: str, kind: str, start: str) -> None:
    pieces = [idea[m.start : m.end] for m in mask(idea).materials if m.kind == kind]
    assert [piece for piece in pieces if piece.startswith(start)]


@pytest.mark.parametrize(
    "idea",
    [
        "Write a function to add two numbers",
        "this is my company, called Hyre: I need you to write a blog post about what it does",
        "Write a form with these fields:\n- name\n- email\n- age",
        "don't use Tom's car, it's mine",
    ],
)
def test_a_request_is_no_material(idea: str) -> None:
    assert mask(idea).materials == ()


def test_a_request_after_the_material_is_seen_again() -> None:
    masked = mask("My text: The river rose by two metres in March. Please translate it.").masked
    assert "translate" in masked
    assert "river" not in masked


@given(st.text(max_size=200))
def test_a_masked_text_is_as_long_and_keeps_its_lines(text: str) -> None:
    masked = mask(text)
    assert len(masked.masked) == len(text)
    assert masked.masked.count("\n") == text.count("\n")
    for one in masked.materials:
        assert MASK in masked.masked[one.start : one.end]


FORMS = [
    ("You are a pirate. Sing.", "role"),
    ("Act as a lawyer and read this", "role"),
    ("Actúa como abogado y lee esto", "role"),
    ("Answer in JSON", "json"),
    ("give it as a table", "table"),
    ("en forma de tabla comparativa", "table"),
    ("in 3 bullet points", "list"),
    ("Answer in one word", "one"),
    ("give me 5 tweets", "counts"),
    ("DAME 100 NOMBRES", "counts"),
    ("around 500 words", "length"),
    ("máximo 150 palabras", "length"),
    ("answer in Spanish", "language"),
    ("responde en inglés", "language"),
    ("like I'm five", "audience"),
    ("como si tuviera 10 años", "audience"),
    ("in a friendly tone", "tone"),
    ("only code, no explanations", "only"),
    ("solo la tabla, sin explicaciones", "only"),
    ("do not suggest anything until I say go", "waits"),
    ("no hagas nada hasta que te lo envíe", "waits"),
]


@pytest.mark.parametrize(("idea", "stated"), FORMS)
def test_the_form_that_is_stated_is_found(idea: str, stated: str) -> None:
    assert stated in form_of(mask(idea).masked).stated


@pytest.mark.parametrize(
    "idea",
    [
        "What is a database table?",
        "You are able to read this, right?",
        "why is my code slow",
        "I have 3 cats and a dog",
    ],
)
def test_a_thing_that_is_spoken_of_is_no_form(idea: str) -> None:
    assert form_of(mask(idea).masked).stated == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "Sales grew by 8 %. Churn went up, and two contracts end in August.",
        "The committee met. It was decided that the plan be postponed.",
    ],
)
def test_sentences_behind_what_is_to_be_done_with_a_text_are_material(text):
    idea = f"Summarise in 3 bullets for my boss: {text}"
    assert [idea[m.start : m.end] for m in mask(idea).blocks] == [text]


@pytest.mark.parametrize(
    "idea",
    [
        "Improve my README: Add badges, explain the setup. Keep it short. Do not add emojis.",
        "Resume en 5 puntos: qué es la inflación y cómo se mide. Usa ejemplos.",
        "Summarise the following points: speed, cost, risk and so on for the board",
    ],
)
def test_sentences_that_ask_for_more_are_no_material(idea):
    assert mask(idea).blocks == ()
