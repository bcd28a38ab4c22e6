import pytest

from prompt_improver.improvement.gates.repetition import repetition
from tests.rewrites import rewrite, said

IDEA = "Haz un login"
DIFFERENT_GUARDRAILS = (
    ("Handle at least 3 files.", "Handle at most 3 files.", "Log nothing."),
    ("Answer in 3 sentences.", "Answer in 5 sentences.", "Name the source."),
    ("Test the empty input.", "Test the largest input.", "Test a wrong type."),
    ("Use tests.", "Use no tests.", "Use types."),
    ("Explain before the code.", "Explain after the code.", "Keep it short."),
    ("Write in English.", "Write for beginners.", "Write one page."),
    ("Máximo 5 archivos por cambio.", "Mínimo 5 archivos por cambio.", "Sin jerga."),
    ("Prueba la entrada vacía.", "Prueba la entrada más grande.", "Prueba un tipo erróneo."),
    ("Indica los supuestos.", "Indica las fuentes.", "Indica los riesgos."),
    ("Usa nombres claros.", "Usa tipos.", "No uses atajos."),
)
SAME_GUARDRAILS = (
    ("State every assumption.", "state every assumption", "Be exact."),
    ("Do not use jQuery.", "Be exact.", "Do not use jQuery!"),
    ("Name the error codes of the API.", "Name the error codes of that API.", "Be exact."),
    ("Cover every edge case in tests.", "Be exact.", "Cover every edge case in the tests."),
    ("Be exact.", "Be exact.", "Be brief."),
    ("Indica cada supuesto.", "indica cada supuesto", "Sé exacto."),
    ("No uses librerías externas.", "Sé exacto.", "No uses librerías externas"),
    ("Sé breve.", "Sé breve.", "Sé exacto."),
    ("Cubre cada caso límite con pruebas.", "Cubre cada caso límite con las pruebas.", "Sé claro."),
)
NOT_REPEATED = (
    "Write the parser. Write its tests.",
    "List the steps. For each step, list the risk.",
    "Answer in JSON. Name the fields. Answer in JSON.",
    "Diseña la API. Diseña sus pruebas.",
    "Describe el problema. Describe la solución. Describe los riesgos.",
)
REPEATED = (
    "Write the parser with care. Test it. Write the parser with care.",
    "State what is missing first.\nThen build it.\nState what is missing first.",
    "Check the input of each call. check the input of each call!",
    "Diseña la API con cuidado. Pruébala. Diseña la API con cuidado.",
    "Pregunta primero lo que falta.\nLuego hazlo.\nPregunta primero lo que falta.",
)


@pytest.mark.parametrize("guardrails", DIFFERENT_GUARDRAILS)
def test_guardrails_that_differ_in_a_word_that_counts_pass(guardrails: tuple[str, ...]) -> None:
    assert said(repetition(rewrite(IDEA, "Build it.", guardrails=guardrails))) == ""


@pytest.mark.parametrize("guardrails", SAME_GUARDRAILS)
def test_a_guardrail_said_twice_fails(guardrails: tuple[str, ...]) -> None:
    failure = repetition(rewrite(IDEA, "Build it.", guardrails=guardrails))
    assert failure is not None
    assert failure.gate == "repetition"
    assert "guardrail once" in said(failure) or "Say this once" in said(failure)


@pytest.mark.parametrize("directive", NOT_REPEATED)
def test_like_sentences_pass(directive: str) -> None:
    assert said(repetition(rewrite(IDEA, directive))) == ""


@pytest.mark.parametrize("directive", REPEATED)
def test_a_sentence_said_twice_fails(directive: str) -> None:
    assert "Say this once" in said(repetition(rewrite(IDEA, directive)))


def test_a_sentence_may_not_come_again_in_another_section() -> None:
    again = rewrite(
        IDEA, "Name each risk of the plan.", output_format="Name each risk of the plan."
    )
    assert "Say this once: Name each risk of the plan." in said(repetition(again))


@pytest.mark.parametrize(
    ("role", "directive"),
    [
        (
            "You design secure login endpoints for public web shops with FastAPI",
            "Design a secure login endpoint with FastAPI: secure login endpoints for public web "
            "shops design",
        ),
        (
            "Diseñas formularios accesibles de pago rápido con React para tiendas pequeñas",
            "Diseñas formularios de pago rápido, accesibles, con React, para tiendas pequeñas.",
        ),
    ],
)
def test_a_role_that_says_what_the_directive_says_fails(role: str, directive: str) -> None:
    told = said(repetition(rewrite(IDEA, directive, role=role)))
    assert "The role and the directive say the same" in told


def test_what_the_user_wrote_twice_may_stand_twice() -> None:
    idea = "Check the input of each call. Check the input of each call."
    assert repetition(rewrite(idea, idea)) is None
    paraphrased = "Do it. Check the input of each call. Check the input of each call. Then stop."
    assert repetition(rewrite(idea, paraphrased)) is None
