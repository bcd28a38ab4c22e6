"""The gate on the user's own form."""

import pytest

from prompt_improver.improvement.gates.contradiction import contradiction
from prompt_improver.improvement.structured_prompt import Framework, StructuredPrompt
from tests.rewrites import Rewrite


def gate(idea: str, **parts: object) -> str:
    """What the gate tells of a prompt that quotes ``idea`` and has these parts."""
    fields: dict[str, object] = {"directive": idea, **parts}
    failure = contradiction(Rewrite.of(idea, "", StructuredPrompt(**fields)))  # type: ignore[arg-type]
    return "\n".join(failure.missing) if failure else ""


AGAINST = [
    (
        "You are a pirate. Tell me about the sea.",
        {"role": "You are a senior software engineer."},
        "role",
    ),
    ("List the planets and return JSON", {"output_format": "A Markdown table."}, "json"),
    ("Dame los planetas en una tabla", {"output_format": "Un objeto JSON."}, "table"),
    ("Give me a table of planets", {"guardrails": ("Use no tables.",)}, "table"),
    ("Give me 5 tweets about tea", {"guardrails": ("Write exactly 3 tweets.",)}, "5 tweets"),
    ("Explain tea in 100 words", {"guardrails": ("Write 300 words.",)}, "100 words"),
    ("Write a formal complaint", {"directive": "Write a casual note."}, "tone"),
    ("Explain tea. Answer in Spanish", {"output_format": "Text in French."}, "spanish"),
    (
        "Write a regex for dates. Only code.",
        {"guardrails": ("Explain each group.",)},
        "explanation",
    ),
    (
        "Escribe una regex. Solo código, sin explicaciones",
        {"guardrails": ("Explica cada grupo.",)},
        "explanation",
    ),
    ("Is tea healthy? Answer in one word", {"output_format": "The answer; then why."}, "word"),
    ("Is tea healthy? Answer in one word", {"framework": Framework.TREE_OF_THOUGHTS}, "word"),
    ("Write a story without dialogue", {"guardrails": ("Include dialogue.",)}, "dialogue"),
    (
        "Write the parser. Do not ask me anything",
        {"guardrails": ("Ask for the grammar first.",)},
        "questions",
    ),
    (
        "I will paste code, do nothing until I send it",
        {"directive": "Review the code in full."},
        "wait",
    ),
]
WITH_IT = [
    (
        "You are a pirate. Tell me about the sea.",
        {"role": "You are a pirate who has sailed for years."},
    ),
    ("List the planets and return JSON", {"output_format": "One JSON object with the names."}),
    ("Give me a table of planets", {"output_format": "A table with a row for each planet."}),
    ("Give me 5 tweets about tea", {"guardrails": ("Each of the 5 tweets stands alone.",)}),
    ("Write a regex for dates. Only code.", {"guardrails": ("Add no explanation.",)}),
    ("Write a story without dialogue", {"guardrails": ("Do not include dialogue.",)}),
    ("Write the parser without regex", {"guardrails": ("Use string methods instead of regex.",)}),
    (
        "Explain what a SQL table is",
        {"output_format": "Two paragraphs.", "framework": Framework.DECOMPOSITION},
    ),
    ("I will paste code, do nothing until I send it", {}),
    ("Write an email to Tom", {"role": "You write for a shop.", "output_format": "Subject, text."}),
]


@pytest.mark.parametrize(("idea", "parts", "named"), AGAINST)
def test_what_goes_against_the_idea_fails_and_is_named(
    idea: str, parts: dict[str, object], named: str
) -> None:
    assert named in gate(idea, **parts).lower()


@pytest.mark.parametrize(("idea", "parts"), WITH_IT)
def test_what_goes_with_the_idea_passes(idea: str, parts: dict[str, object]) -> None:
    assert gate(idea, **parts) == ""
