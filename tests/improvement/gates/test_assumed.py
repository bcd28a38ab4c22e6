import pytest

from prompt_improver.improvement.gates import Rewrite, assumed
from prompt_improver.improvement.structured_prompt import StructuredPrompt


def passages(idea: str, *, context: str = "", language: str = "en", **parts: object) -> list[str]:
    fields = {"directive": "-", "language": language, "context": context} | parts
    prompt = StructuredPrompt(**fields)  # type: ignore[arg-type]
    return [each.text for each in assumed(Rewrite.of(idea, context, prompt))]


@pytest.mark.parametrize(
    ("idea", "language", "directive", "text"),
    [
        ("Write a helper", "en", "Write a helper in TypeScript 5.4.", "TypeScript 5.4"),
        ("Write a helper", "en", "Write a helper with pandas.", "pandas"),
        ("Write a mail", "en", "Write a mail to Rui Almeida today.", "Rui Almeida"),
        ("Write tests", "en", "Write tests that cover 90 % of it.", "90 %"),
        ("Plan a trip", "en", "Plan a trip that costs $1,200 in all.", "$1,200"),
        ("Write a mail", "en", "Write a mail that asks for it by Friday.", "Friday"),
        ("Write a mail", "en", "Ask for an answer within two weeks.", "two weeks"),
        ("Escribe un plan", "es", "Escribe un plan para el lunes.", "lunes"),
        ("Escribe un plan", "es", "Escribe un plan de 12 semanas.", "12 semanas"),
        ("Schreib einen Test", "de", "Schreib einen Test mit Jest.", "Jest"),
        ("Schreib einen Plan", "de", "Schreib einen Plan für 12 Wochen.", "12 Wochen"),
        ("写一个函数", "zh", "用TypeScript写一个函数。", "TypeScript"),
    ],
)
def test_what_nobody_gave_is_told_as_it_stands(idea, language, directive, text):
    assert passages(idea, language=language, directive=directive) == [text]


@pytest.mark.parametrize(
    ("idea", "directive"),
    [
        ("Plan 5 days in Porto", "Plan five days in Porto for Portuguese food."),
        ("Write a 500ms timeout", "Write a timeout of 500 ms."),
        ("List the costs of 62k", "List the costs of $62,000."),
        ("Write a poem", "1. Choose a theme.\n2. Write 1 to 3 lines."),
        ("Schreib ein Gedicht", "Schreib ein Gedicht über das Meer und die Stadt."),
        ("Compare redis and memcached", "Compare Redis with Memcached, as a JSON list."),
    ],
)
def test_what_follows_from_the_idea_is_not_assumed(idea, directive):
    language = "de" if idea.startswith("Schreib") else "en"
    assert passages(idea, directive=directive, language=language) == []


def test_what_stands_in_the_context_is_not_assumed():
    assert passages("Write a helper", context="FastAPI", directive="Write it for FastAPI.") == []


def test_a_passage_is_told_with_its_part():
    prompt = StructuredPrompt(
        directive="-", guardrails=("At most 120 words.",), assumptions=("The reader is new.",)
    )
    found = assumed(Rewrite.of("Write a mail", "", prompt))
    assert [(each.text, each.part) for each in found] == [
        ("120 words", "guardrails"),
        ("The reader is new.", "assumptions"),
    ]


def test_columns_of_a_table_are_no_names():
    assert passages("List shops", output_format="A table (Name, Direction, Sound).") == []


def test_a_figure_in_another_unit_is_another_figure():
    assert passages("Shrink it to 200 MB", directive="Shrink it to 200 KB.") == ["200 KB"]
    assert passages("Shrink it to 200 MB", directive="Shrink it to 200MB.") == []
