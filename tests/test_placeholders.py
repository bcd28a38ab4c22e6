import pytest

from prompt_improver.improvement.gates.placeholders import placeholders
from tests.rewrites import rewrite, said

KEPT = (
    ("Write an email to {name} about {topic}", "Draft an email to {name}. The topic is {topic}."),
    ("Translate {{text}} to French", "Translate {{text}} into French, keeping its tone."),
    ("Ask <NAME> for the invoice", "Write a polite message that asks <NAME> for the invoice."),
    ("Greet $USER in the shell", "Write a script that greets $USER."),
    ("Use ${API_URL} as the base", "Take ${API_URL} as the base address of every call."),
    ("Format the log as '%s: %d'", "Write a formatter for log lines: '%s: %d'."),
    ("Dear [CLIENT NAME], thanks", "Write a thank-you note that opens with: Dear [CLIENT NAME],"),
    ("Escribe a {cliente} sobre {tema}", "Redacta un correo para {cliente}; el tema es {tema}."),
    ("Responde a [NOMBRE] en {{idioma}}", "Responde a [NOMBRE] en {{idioma}} con cortesía."),
    ("Rellena {nombre del cliente}", "Rellena la plantilla con {nombre del cliente}."),
    ("Sustituye %(fecha)s en el texto", "Sustituye %(fecha)s por la fecha de hoy."),
    ("Build a REST API for users", "Describe GET /users/{id} and DELETE /users/{id}."),
    ("Build a MongoDB report", "Use $match before $group in the pipeline."),
    ("Answer my question", "Put the answer between <answer> and </answer>."),
    ("Muestra {0} y {1}", "Muestra {0} y después {1}."),
    ("Format dates", "Offer the strftime format %Y/%m/%d as the default."),
)

LOST_OR_INVENTED = (
    ("Write an email to {name} about {topic}", "Draft an email to {name}.", "{topic}"),
    ("Translate {{text}} to French", "Translate {text} to French.", "{{text}}"),
    ("Translate {{text}} to French", "Translate the text to French.", "{{text}}"),
    ("Ask <NAME> for the invoice", "Ask the client for the invoice.", "<NAME>"),
    ("Greet $USER in the shell", "Greet $USERNAME in the shell.", "$USER"),
    ("Use ${API_URL} as the base", "Use $API_URL as the base.", "${API_URL}"),
    ("Format the log as %s", "Format the log as text.", "%s"),
    ("Dear [CLIENT NAME], thanks", "Write to the client: Dear client, thanks.", "[CLIENT NAME]"),
    ("Escribe a {cliente} sobre {tema}", "Escribe a {customer} sobre {tema}.", "{cliente}"),
    ("Responde a [NOMBRE] en {{idioma}}", "Responde a [NOMBRE] en español.", "{{idioma}}"),
    ("Escribe un correo de bienvenida", "Escribe un correo para {nombre}.", "{nombre}"),
    ("Write a welcome email", "Write a welcome email to [CUSTOMER NAME].", "[CUSTOMER NAME]"),
    ("Write a welcome email", "Write a welcome email to <CUSTOMER>.", "<CUSTOMER>"),
    ("Write a deploy script", "Write a script that deploys to ${SERVER}.", "${SERVER}"),
    ("Traduce un texto", "Traduce {{texto}} al inglés.", "{{texto}}"),
    ("Write a greeting", "Print Hello, %s for each user.", "%s"),
)


@pytest.mark.parametrize(("idea", "directive"), KEPT)
def test_a_prompt_with_the_ideas_placeholders_and_no_others_passes(
    idea: str, directive: str
) -> None:
    assert placeholders(rewrite(idea, directive)) is None


@pytest.mark.parametrize(("idea", "directive", "named"), LOST_OR_INVENTED)
def test_a_lost_or_invented_placeholder_is_named(idea: str, directive: str, named: str) -> None:
    failure = placeholders(rewrite(idea, directive))
    assert failure is not None
    assert failure.gate == "placeholders"
    assert named in said(failure)


def test_a_placeholder_of_the_context_may_be_used() -> None:
    assert placeholders(rewrite("Write to them", "Write to {name}.", context="{name}: a")) is None


def test_lost_and_invented_are_told_apart() -> None:
    told = said(placeholders(rewrite("Write to {client}", "Write to {customer}.")))
    assert "Keep this placeholder exactly as it is: {client}" in told
    assert "Take out this placeholder, which the idea does not have: {customer}" in told
