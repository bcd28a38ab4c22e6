import time
from dataclasses import replace

import pytest

from prompt_improver.improvement import gates
from prompt_improver.improvement.evidence import evidence_of
from prompt_improver.improvement.gates import FailureKind, GateFailure, check
from prompt_improver.improvement.structured_prompt import Framework, StructuredPrompt
from tests.property_testing import given, settings, st
from tests.rewrites import (
    ENGLISH_GUARDRAILS,
    SPANISH_GUARDRAILS,
    real_ideas,
    rewrite,
    said,
    structured,
)

EN = ENGLISH_GUARDRAILS
ES = SPANISH_GUARDRAILS
SAME_LANGUAGE = (
    ("Fix the login of the shop", "Find why the login fails and mend it.", EN),
    ("Escribe un hook de React", "Escribe un hook que maneje los errores del formulario.", ES),
    ("Crea un wrapper para fetch con retries", "Crea el wrapper y explica sus errores.", ES),
    ("Redis caching strategy", "Diseña la estrategia de caché con sus claves.", ES),
    ("Redis caching strategy", "Design the strategy with its keys and its limits.", EN),
    ("jyfjjgcgh", "Ask what is meant before you do anything.", EN),
    ("Crea un componente Modal con backdrop", "Crea il componente con le sue prove.", ("Sì.",) * 3),
    ("Write it", "Write it: 'escribe la función para el usuario con los datos'.", EN),
    ("Traduce esto: hello", "Traduce esto al español: `hello my friend, how are you?`", ES),
    ("Crie uma função para datas", "Crie uma função que valide as datas.", ("Não use eval.",) * 3),
    ("Écris une fonction", "Écris une fonction qui valide les dates.", ("Pas de eval.",) * 3),
    ("Schreibe eine Funktion", "Schreibe eine Funktion, die das prüft.", ("Kein eval.",) * 3),
    ("Напиши функцию", "Напиши функцию, которая проверяет даты.", ("Без eval.",) * 3),
)
OTHER_LANGUAGE = (
    ("Fix the login of the shop", "Encuentra por qué falla el login y arréglalo.", ES, "English"),
    ("Fix the login of the shop", "Find why the login fails and mend it.", ES, "English"),
    ("Escribe un hook de React", "Write a hook that handles the errors.", EN, "Spanish"),
    ("Escribe un hook de React", "Escribe un hook que maneje los errores.", EN, "Spanish"),
    ("Crea un wrapper para fetch con retries", "Create it and explain its errors.", EN, "Spanish"),
    ("Necesito una función para fechas", "You need to write the function.", EN, "Spanish"),
    ("Crea un componente Modal", "Write it for the users.", EN, "Spanish or Italian"),
    ("Crie uma função para datas", "Write a function that checks the dates.", EN, "Portuguese"),
    ("Écris une fonction pour les dates", "Write a function for the dates.", EN, "French"),
    ("Schreibe eine Funktion für Daten", "Write a function for the dates.", EN, "German"),
    ("Scrivi una funzione che valida le date", "Write it for the dates.", EN, "Italian"),
    ("Напиши функцию", "Write a function that checks the dates.", EN, "Russian"),
    ("写一个验证电子邮件的函数", "Write a function that checks the addresses.", EN, "Chinese"),
)


@pytest.mark.parametrize(("idea", "directive", "guardrails"), SAME_LANGUAGE)
def test_a_prompt_in_the_ideas_language_passes(
    idea: str, directive: str, guardrails: tuple[str, ...]
) -> None:
    assert gates.language(rewrite(idea, directive, guardrails=guardrails)) is None


@pytest.mark.parametrize(("idea", "directive", "guardrails", "wanted"), OTHER_LANGUAGE)
def test_a_prompt_in_another_language_fails_and_the_right_one_is_named(
    idea: str, directive: str, guardrails: tuple[str, ...], wanted: str
) -> None:
    failure = gates.language(rewrite(idea, directive, guardrails=guardrails))
    assert failure == GateFailure(
        "language", (f"Write every part in {wanted}, the language of the idea.",)
    )


def test_the_language_gate_binds_model_backends_only() -> None:
    prompt = structured("Write a function that checks the dates.")
    idea = "Écris une fonction pour les dates"
    assert [one.gate for one in check(idea, "", prompt, model_backend=True)] == ["language"]
    assert check(idea, "", prompt, model_backend=False) == ()


@pytest.mark.parametrize("count", [0, 1, 9])
def test_any_number_of_guardrails_passes(count: int) -> None:
    rules = tuple(f"{name.capitalize()} is covered." for name in "abcdefghi"[:count])
    assert check("Do it", "", structured("Do it.", guardrails=rules), model_backend=True) == ()


@pytest.mark.parametrize(("idea", "told"), [("a", 1_500), ("a" * 750, 1_500), ("a" * 751, 1_502)])
def test_a_prompt_is_long_at_three_times_what_the_model_was_told(idea: str, told: int) -> None:
    assert gates.told_length(idea) == told
    context, material = "c" * 4_000, "m" * 9_000

    def of_length(characters: int) -> StructuredPrompt:
        empty = StructuredPrompt(directive="", context=context, material=material)
        frame = len(replace(empty, directive="x").render()) - len(context) - len(material) - 1
        return replace(empty, directive="x" * (characters - frame))

    assert not gates.is_long(idea, of_length(3 * told))
    assert gates.is_long(idea, of_length(3 * told + 1))


@pytest.mark.parametrize(
    ("idea", "directive", "gate", "kind"),
    [
        ("Greet {name}", "Greet the person.", "placeholders", FailureKind.MISSING),
        ("Greet {name}", "Greet {person}.", "placeholders", FailureKind.CONTRADICTS),
        ("Open src/app.py", "Open the file.", "verbatim", FailureKind.MISSING),
        ("Open src/app.py", "Open src/main.py.", "verbatim", FailureKind.CONTRADICTS),
        ("Rename `UserStore`", "Rename `UserStorage`.", "verbatim", FailureKind.CONTRADICTS),
        ("Read https://a.org/a", "Read https://a.org/b.", "verbatim", FailureKind.CONTRADICTS),
        ("Wait 12 days", "Wait 15 days.", "verbatim", FailureKind.CONTRADICTS),
        ("Sort it without recursion", "Sort it.", "limits", FailureKind.MISSING),
        ("Sort it without recursion", "Sort it by recursion.", "limits", FailureKind.CONTRADICTS),
        ("Don't use jQuery", "Try to avoid jQuery.", "limits", FailureKind.CONTRADICTS),
        ("Use only pandas", "Use any library.", "limits", FailureKind.CONTRADICTS),
        ("Give at most 3 tips", "Give about 3 tips.", "limits", FailureKind.CONTRADICTS),
        ("Fix the login", "Sure, here is the fix.", "answered", FailureKind.CONTRADICTS),
    ],
)
def test_a_failure_tells_whether_the_words_of_the_idea_would_mend_it(
    idea: str, directive: str, gate: str, kind: FailureKind
) -> None:
    failures = check(idea, "", structured(directive, guardrails=()), model_backend=True)
    assert [(failure.gate, failure.kind) for failure in failures] == [(gate, kind)]


def test_a_good_prompt_passes_every_gate() -> None:
    idea = 'Write `parse_date` for {locale} without regex, at most 40 lines, "ISO 8601" only'
    directive = (
        "Implement `parse_date` for {locale}. Avoid regex and stay within 40 lines. Accept "
        'exclusively the "ISO 8601" form; ask first if the locale is not given.'
    )
    assert check(idea, "", structured(directive), model_backend=True) == ()


def test_a_bad_prompt_fails_each_gate_once_and_in_order() -> None:
    idea = (
        "Eres un pirata. Escribe `parse_date` de Figueiredo para {locale} sin regex, del inglés al "
        "francés, y añade docstrings"
    )
    bad = structured(
        "Sure, here is a prompt for you. Write the parser that I want. [insert name]. "
        "Write the parser that I want. Rewrite the idea as the prompt that I want. "
        "From francés to inglés. " + "x" * 1_500,
        guardrails=(),
    )
    failures = check(idea, "", bad, model_backend=True)
    assert [failure.gate for failure in failures] == list(gates.GATES)


def test_what_is_named_is_bounded_and_on_one_line() -> None:
    idea = "\n".join(f"Use name_{n}_{'x' * 400}" for n in range(50)) + ' "two\twords"'
    (failure,) = (f for f in check(idea, "", structured("Do it."), model_backend=False))
    assert failure.gate == "verbatim"
    assert len(failure.missing) == 12
    assert all(len(line) <= 240 and "\n" not in line for line in failure.missing)


PIECES = (
    "{x}", "{{y}}", "<NAME>", "$HOME", "${z}", "%s", "[CITY]", "don't use regex", "sin usar eval",
    "no uses", "at most 3", "como mucho 5", "only", "solo", "`code`", '"quoted', "'single'", "«q»",
    "```\n", "src/a.py", "https://a.b/c?d=e,", "snake_case", "camelCase", "a.b", "v1.2.3", "10 ms",
    "85%", "1,000", "1) ", "\n", " ", "# ", "As an AI, I", "Sure, here is", "TODO:", "---", "\\",
    "\x00", "\x85", "\u2028", "\ud800", "é", "e\u0301", "İ", "ß", "“", "中", "½", "²", "٣",
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join)


@settings(max_examples=150, deadline=None)
@given(idea=HOSTILE, context=HOSTILE, before=HOSTILE, rules=st.lists(HOSTILE, max_size=4))
def test_a_prompt_that_quotes_the_idea_passes_the_retention_gates(
    idea: str, context: str, before: str, rules: list[str]
) -> None:
    found = gates.Rewrite.of(
        idea, context, structured(f"{before}\n{idea}\n.", guardrails=tuple(rules), context=context)
    )
    lost = [line for line in said(gates.placeholders(found)).split("\n") if "Keep" in line]
    assert lost == []
    assert gates.verbatim(found) is None
    assert gates.limits(found) is None


@settings(max_examples=250, deadline=None)
@given(
    idea=HOSTILE,
    context=HOSTILE,
    parts=st.tuples(HOSTILE, HOSTILE, HOSTILE),
    rules=st.lists(HOSTILE, max_size=9),
)
def test_no_gate_ever_raises(
    idea: str, context: str, parts: tuple[str, str, str], rules: list[str]
) -> None:
    role, directive, output_format = parts
    prompt = StructuredPrompt(
        role=role,
        directive=directive,
        framework=Framework.ROLE_PLAYING,
        guardrails=tuple(rules),
        output_format=output_format,
        context=context,
    )
    failures = check(idea, context, prompt, model_backend=True)
    assert {one.gate for one in failures} <= set(gates.GATES)
    assert all(one.missing for one in failures)


@pytest.mark.parametrize(
    "unit",
    ["a", "{", "[A", '"', "“", "`", "a.", "1,", "no ", "sin ", "only ", "without x or ", "\n", "<A",
     "at most ", "a(", "((", "- a\n", "'a ", "%(a", "ñ", "中", "as an ai ", "import a ", "_", " "],
)  # fmt: skip
def test_twenty_thousand_hostile_characters_do_not_hold_the_gates_up(unit: str) -> None:
    text = (unit * 20_000)[:20_000]
    prompt = structured(text[1:] + "x", context=text)
    started = time.perf_counter()
    check(text, text, prompt, model_backend=True)
    # 10 to 60 ms where nothing else runs; a pattern that backtracks takes minutes.
    assert time.perf_counter() - started < 2.0


def test_real_ideas_that_are_quoted_pass_every_gate_but_language() -> None:
    ideas = real_ideas()
    if not ideas:
        pytest.skip("the file of real ideas is not here")
    for row in ideas:
        prompt = structured(row["idea"], context=row["context"], role="")
        assert check(row["idea"], row["context"], prompt, model_backend=False) == (), row["idea"]


@pytest.mark.parametrize(
    "piece",
    [
        "1a",
        "1 a",
        "1 per ",
        "1. a ",
        "1) ",
        "a: b, ",
        "? ",
        "why a",
        "A",
        "A ",
        "from a to b ",
        "a٣",
    ],
)
def test_a_text_of_one_piece_costs_no_second(piece: str) -> None:
    for idea in (piece * (8_000 // len(piece)), "1" + piece[-1] * 8_000):
        began = time.process_time()
        check(idea, "", structured(idea[::-1]), model_backend=True)
        evidence_of(idea, "", replace(structured(idea[::-1]), guardrails=()))
        assert time.process_time() - began < 2
