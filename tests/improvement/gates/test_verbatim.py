import pytest

from prompt_improver.improvement.gates import FailureKind
from prompt_improver.improvement.gates.verbatim import verbatim
from tests.rewrites import rewrite, said

KEPT = (
    ("Call https://api.example.com/v1?q=a and list it", "Call https://api.example.com/v1?q=a."),
    ("Fix src/app/main.py please", "Find and fix the bug in src/app/main.py."),
    ("Update walkthrough.md", "Bring walkthrough.md up to date."),
    ('Add a section "Type Safety"', 'Add a section that is called "Type Safety".'),
    ('Add a section "Type Safety"', "Add a section called “Type Safety”."),
    ("Run `mypy src/` first", "Before anything else, run `mypy src/`."),
    ("Rename user_id to userId", "Rename user_id; it becomes userId everywhere."),
    ("Document SymbolQuery.qualified_name", "Write docs for SymbolQuery.qualified_name."),
    ("It must answer within 500ms", "The answer must come within 500 ms."),
    ("Write 5 bullet points", "Write five bullet points."),
    ("Give me 1,000 words", "Give a text of 1000 words."),
    ("Use python3 and ES6", "Use Python 3 and es6."),
    ("Upgrade to v2.3.1", "Upgrade the project to v2.3.1."),
    ("Escribe 300 palabras sobre Node.js", "Redacta un texto de 300 palabras sobre Node.js."),
    ("Mejora el 85% de los casos en /etc/hosts", "Mejora el 85 % de los casos de /etc/hosts."),
    ("Explica formatDate en 10 minutos", "Explica formatDate; hay diez minutos."),
    ("1) Read it 2) Fix it", "Read it, then fix it."),
    ("Compare CI/CD tools and/or scripts, e.g. for teams", "Compare tools for teams."),
    ("Arregla el bug.Luego prueba", "Arregla el fallo y prueba."),
    ("It's the users' data, don't lose it", "Keep the data of the users."),
    ("Plan for $62k and 1.5M users", "Plan for $62,000 and 1.5 million users."),
    ("Meet at 18:30", "Meet at 6:30 pm."),
    ("Reunião às 15h", "Reunião às 15:00."),
    ("Call at 3 pm", "Llama a las 15:00."),
    ("Report on Q3 with v2", "Report on the third quarter with version 2."),
    ("Pay 20 €", "Pay €20."),
    ("新入社員12名の研修を90分で作って", "12名の新入社員向けに、90分の研修案を作成する。"),
    ("写一封邮件，项目推迟到5月20日", "写邮件说明推迟：5月20日。"),
    ("직원 12명을 위한 교육을 만들어줘", "교육 대상은 12명의 직원이다."),
    ("Fix it:\n```py\nx  =  1\n```", "Fix this code:\n```py\nx  =  1\n```"),
)

LOST = (
    ("Call https://api.example.com/v1?q=a", "Call the API.", "https://api.example.com/v1?q=a"),
    ("Fix src/app/main.py please", "Fix the bug in main.py.", "src/app/main.py"),
    ("Update walkthrough.md", "Update the walkthrough.", "walkthrough.md"),
    ('Add a section "Type Safety"', "Add a section on types.", "Type Safety"),
    ("Run `mypy src/` first", "Run the type checker first.", "mypy src/"),
    ("Rename user_id to userId", "Rename the user id to userId.", "user_id"),
    ("Rename user_id to userId", "Rename user_id to camel case.", "userId"),
    ("Document SymbolQuery.raw", "Document SymbolQuery.rawText.", "SymbolQuery.raw"),
    ("It must answer within 500 ms", "It must answer within 500 s.", "500 ms"),
    ("Write 5 bullet points", "Write some bullet points.", "5"),
    ("Upgrade to v2.3.1", "Upgrade to v2.3.", "v2.3.1"),
    ("Use Python 3.11", "Use Python 3.", "3.11"),
    ("Escribe 300 palabras", "Escribe 300 líneas.", "300 palabras"),
    ("Mejora el 85% de los casos", "Mejora la mayoría de los casos.", "85%"),
    ("Explica formatDate", "Explica la función de fechas.", "formatDate"),
    ("Escribe a ana@example.com", "Escribe a Ana.", "ana@example.com"),
    ("Traduce «buenos días»", "Traduce el saludo.", "buenos días"),
    ("Ejecuta con --no-cache", "Ejecuta sin caché.", "--no-cache"),
    ("Implementa OAuth2 con FastAPI", "Implementa la autenticación con FastAPI.", "OAuth2"),
    ("Pay $20 a month", "Pay 20 a month.", "$20"),
    ("Fix it:\n```py\nx = 1\n```", "Fix the assignment.", "x = 1"),
    ("Plan for $62k", "Plan for $26,000.", "$62k"),
    ("Plan for 1.5M users", "Plan for 1.5 thousand users.", "1.5M"),
    ("Meet at 18:30", "Meet at 17:30.", "18:30"),
    ("Call at 3 pm", "Call at 3 am.", "3 pm"),
    ("Report on Q3", "Report on the second quarter.", "Q3"),
    ("写一封邮件，项目推迟到5月20日", "写邮件说明推迟：5月21日。", "20"),
    ("新入社員12名の研修を作って", "新入社員の研修を作成する。", "12"),
)


@pytest.mark.parametrize(("idea", "directive"), KEPT)
def test_a_prompt_that_keeps_names_and_numbers_passes(idea: str, directive: str) -> None:
    assert said(verbatim(rewrite(idea, directive))) == ""


@pytest.mark.parametrize(("idea", "directive", "named"), LOST)
def test_a_lost_name_or_number_is_named(idea: str, directive: str, named: str) -> None:
    failure = verbatim(rewrite(idea, directive))
    assert failure is not None
    assert failure.gate == "verbatim"
    assert f"Keep exactly as it is: {named}" in said(failure)


def test_a_piece_may_stand_in_any_section() -> None:
    assert verbatim(rewrite("Return user_id", "Return it.", output_format="Only user_id.")) is None


@pytest.mark.parametrize(
    ("idea", "directive"),
    [
        ("Plan fines of 0,50 € a day", "Plan fines of 0,50 € a week."),
        ("Multas de 0,50 € al día", "Multas de 0,50 € a la semana."),
        ("Save 250 euros per month", "Save 250 euros, put aside. Put 250 euros aside per week."),
        ("Train 3 times weekly", "Train 3 times a month."),
    ],
)
def test_a_number_that_is_counted_by_another_time_contradicts_the_idea(idea, directive):
    found = verbatim(rewrite(idea, directive))
    assert found is not None
    assert found.kind is FailureKind.CONTRADICTS


@pytest.mark.parametrize(
    ("idea", "directive"),
    [
        ("Plan fines of 0,50 € a day", "Plan daily fines: 0,50 € per day."),
        ("Save 250 euros per month", "Save 250 euros a month for a year."),
        ("Write for 5 days", "Write 5 times a week for 5 days."),
    ],
)
def test_a_number_that_is_counted_by_its_own_time_is_kept(idea, directive):
    assert verbatim(rewrite(idea, directive)) is None
