"""Models that do what models do, behind real HTTP: no answer is worse than its idea."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bench.plain_checks import language_flipped, lost_pieces, plain_language
from prompt_improver.app import create_app
from prompt_improver.improvement.brief import Brief
from prompt_improver.improvement.offline import choose_target, compose
from prompt_improver.improvement.reading import form_of, mask
from prompt_improver.settings import Settings
from tests.model_server import ModelRequest, ModelServer, Reply
from tests.rewrites import real_ideas

HAND_WRITTEN = [
    {"idea": idea, "context": context}
    for idea, context in (
        ("Write an email to {name} about invoice 4711, at most 120 words", ""),
        ("Escribe un correo para {{cliente}} sin adjuntos y con un máximo de 80 palabras", ""),
        ("Translate the text at https://example.org/a.html for <READER> by 17:30", "Formal"),
        ("Resume el informe de ${fuente} en 5 puntos, no uses tablas", "Para la dirección"),
        ("Fix this bug in `parse_row()` without touching config.yaml", "Returns None"),
        ("Escribe una función que lea datos.csv y devuelva el 25 % más caro", "Usa pandas 2.2"),
        ("Create a story about a dragon who never lies", ""),
        ("Explica cómo funciona la herencia de clases para alguien que empieza", ""),
    )
]
REAL = real_ideas()
IDEAS = [
    pytest.param(HAND_WRITTEN, id="hand-written"),
    pytest.param(
        REAL, id="real", marks=pytest.mark.skipif(not REAL, reason="no file of ideas is at hand")
    ),
]
PIECES = {
    "en": " for {customer_name} by 17:30, at most 250 words, see https://example.org/spec/v2",
    "es": " para {customer_name} antes de las 17:30, máximo 250 palabras, ver https://example.org/v2",
}
each_set_of_ideas = pytest.mark.parametrize("ideas", IDEAS)

RULES = {
    "en": [
        "Every claim can be checked by the reader.",
        "Name what you had to assume.",
        "Errors are told in plain words.",
    ],
    "es": [
        "Cada afirmación se puede comprobar con los datos.",
        "Indica lo que has tenido que suponer.",
        "Los errores se explican con palabras sencillas.",
    ],
}
ROLES = {"en": "You are a careful specialist.", "es": "Eres una persona experta y cuidadosa."}


def of_its_language(idea: str, table: dict[str, Any]) -> Any:
    return table[plain_language(idea) or ("es" if re.search("[áéíóúñ¿]", idea) else "en")]


def as_json(idea: str, directive: str, **changes: Any) -> str:
    fields = {
        "reasoning": "-",
        "role": of_its_language(idea, ROLES),
        "directive": directive,
        "framework": "decomposition",
        "guardrails": of_its_language(idea, RULES),
        "output_format": "",
        "confidence": 0.7,
    }
    return json.dumps({**fields, **changes}, ensure_ascii=False)


def drops_placeholders_and_numbers(idea: str, number: int) -> str:
    bare = re.sub(r"\$?\{+\w+\}+|<[A-Z]+>|https?://\S+|\d+(?:[.,:]\d+)*", "", idea)
    return as_json(idea, bare.strip() or "-")


def always_writes_english(idea: str, number: int) -> str:
    # It keeps every piece that can be kept: the language is all that is wrong.
    pieces = re.findall(r"\S*[\d{}<>$/`_.]\S*", idea)
    directive = (
        "Write what the user has asked for, and make sure that each of the parts is complete "
        f"and that it can be used as it is. Keep these: {' '.join(pieces)}"
    )
    return as_json(
        idea, directive, role=ROLES["en"], guardrails=RULES["en"], output_format="A short text."
    )


ANSWERS = (
    "Sure, here is the result:\n\nDear Sir, the invoice is attached.",
    "As an AI language model, I can say that inheritance works like a family tree.",
    "```python\ndef parse_row(row):\n    if not row:\n        return []\n"
    "    return [cell.strip() for cell in row.split(';')]\n```",
    "¡Claro! Aquí tienes el resultado:\n\nEstimada clienta: le escribo por la factura.",
)


def answers_the_idea(idea: str, number: int) -> str:
    return as_json(idea, ANSWERS[number % len(ANSWERS)])


def writes_bullets(idea: str, number: int) -> str:
    rules = of_its_language(idea, RULES)
    marks = (("- ", "- ", "- "), ("1. ", "2. ", "3. "), ("* ", "* ", "* "))[number % 3]
    written = as_json(
        idea,
        idea,
        guardrails="\n".join(mark + rule for mark, rule in zip(marks, rules, strict=True)),
        confidence="85% (high)",
        framework="Tree of Thoughts",
    )
    return (written, f"```json\n{written}\n```", f"Here it is:\n\n{written}\n\nBye!")[number % 3]


GARBAGE = (
    "asdf qwer",
    "{}",
    "<html><body>It works!</body></html>",
    '{"role": "You are a',
    "[1, 2, 3]",
    "�" * 40,
    '{"role": null, "directive": 7, "guardrails": {}}',
    "{" * 2_000,
    "role role role\n" * 20,
)


def writes_garbage(idea: str, number: int) -> str:
    return GARBAGE[number % len(GARBAGE)]


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def client(server: ModelServer) -> Iterator[TestClient]:
    settings = Settings(
        _env_file=None,
        llm_provider="openai-compatible",
        llm_base_url=server.base_url,
        llm_model="misbehaving",
        llm_fallback="none",
        sqlite_enabled=False,
    )
    with TestClient(create_app(settings), base_url="http://localhost") as running:
        yield running


Answers = list[tuple[dict[str, str], dict[str, Any]]]


@pytest.fixture
def ask(server: ModelServer, client: TestClient) -> Callable[..., Answers]:
    """Improve every idea against a model that replies with ``write(idea, number)``."""

    def ask_all(ideas: list[dict[str, str]], write: Callable[[str, int], str]) -> Answers:
        answers: Answers = []
        for number, given in enumerate(ideas):
            text = write(given["idea"], number)
            before = len(server.requests)

            def reply(request: ModelRequest, text: str = text) -> Reply:
                return Reply(text=text)

            server.reply = reply
            response = client.post("/api/v1/improve-prompt", json=given)
            assert response.status_code == 200, given
            answer = response.json()
            assert answer["model_calls"] == len(server.requests) - before <= 2
            if answer["kept_original"]:
                assert (
                    answer["directive"] == compose(given["idea"], given["context"]).prompt.directive
                )
            answers.append((given, answer))
        return answers

    return ask_all


def assert_nothing_is_lost(answers: Answers) -> None:
    for given, answer in answers:
        for kind in ("placeholder", "url", "number"):
            assert lost_pieces(given["idea"], answer["improved_prompt"], kind) == []
        written = "\n".join((answer["directive"], *answer["guardrails"]))
        assert not language_flipped(given["idea"], written), given


@each_set_of_ideas
def test_what_a_model_drops_is_in_the_answer_all_the_same(ask, ideas):
    answers = ask(ideas, drops_placeholders_and_numbers)
    assert_nothing_is_lost(answers)
    for given, answer in answers:
        if re.search(r"\{|https?:", given["idea"]):
            beside = f"```text\n{given['idea']}\n```" in answer["improved_prompt"]
            assert beside or answer["kept_original"], "word for word, whatever the model made of it"
            assert answer["model_calls"] == (2 if answer["kept_original"] else 1)


@each_set_of_ideas
def test_nothing_that_is_added_to_an_idea_can_be_dropped(ask, ideas):
    loaded = [
        {**given, "idea": given["idea"].rstrip(" .") + of_its_language(given["idea"], PIECES)}
        for given in ideas
    ]
    answers = ask(loaded, drops_placeholders_and_numbers)
    assert_nothing_is_lost(answers)
    for given, answer in answers:
        beside = f"```text\n{given['idea']}\n```" in answer["improved_prompt"]
        assert beside or {"placeholders", "verbatim"} <= set(answer["warnings"])
        assert answer["kept_original"] != beside


@each_set_of_ideas
def test_a_model_that_always_writes_english_does_not_change_the_language(ask, ideas):
    answers = ask(ideas, always_writes_english)
    assert_nothing_is_lost(answers)
    for given, answer in answers:
        if plain_language(given["idea"]) == "es":
            assert "language" in answer["warnings"]


@each_set_of_ideas
def test_a_model_that_answers_the_idea_does_not_get_its_answer_through(ask, ideas):
    answers = ask(ideas, answers_the_idea)
    assert_nothing_is_lost(answers)
    for _given, answer in answers:
        assert answer["kept_original"]
        for text in ANSWERS:
            assert text not in answer["improved_prompt"]


@each_set_of_ideas
def test_bullets_and_a_confidence_in_words_take_one_call(ask, ideas):
    answers = ask(ideas, writes_bullets)
    assert_nothing_is_lost(answers)
    for given, answer in answers:
        if form_of(mask(given["idea"]).masked).role:
            continue  # the role that this model always writes is a second one
        assert answer["model_calls"] == 1, (given, answer["warnings"])
        assert not answer["kept_original"]
        assert answer["guardrails"] == of_its_language(given["idea"], RULES)
        assert answer["confidence"] == 0.85
        assert answer["framework"] == "tree-of-thoughts"


@each_set_of_ideas
def test_garbage_keeps_the_users_own_words(ask, ideas):
    answers = ask(ideas, writes_garbage)
    assert_nothing_is_lost(answers)
    for given, answer in answers:
        assert answer["kept_original"]
        brief = Brief(target=choose_target(given["idea"]))
        offline = compose(given["idea"], given["context"], brief)
        assert answer["warnings"] == ["reply", *offline.warnings]
        assert answer["improved_prompt"] == offline.prompt.render()
        assert answer["model_calls"] == 2


def test_the_plain_check_sees_what_is_lost():
    idea = "Write {name} a mail by 17:30, see https://example.org/a, in {{tone}}"
    assert lost_pieces(idea, "Write a mail", "placeholder") == ["{name}", "{{tone}}"]
    assert lost_pieces(idea, "Write a mail", "url") == ["https://example.org/a"]
    assert lost_pieces(idea, "by 17:30", "number") == []
    assert lost_pieces(idea, "by 5 pm", "number") == ["17", "30"]
    idea = "Escribe una función para el informe"
    assert language_flipped(idea, "Write a function for the report")
    assert not language_flipped("Write a function for the report", "Write it in a file")
