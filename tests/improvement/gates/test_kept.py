import pytest

from prompt_improver.improvement.gates import kept
from tests.rewrites import rewrite


def pieces(idea: str, directive: str | None = None, **parts: object) -> set[tuple[str, str]]:
    found = kept(rewrite(idea, idea if directive is None else directive, **parts))
    return {(piece.kind, piece.text) for piece in found}


@pytest.mark.parametrize(
    ("idea", "kind", "text"),
    [
        ("Write a mail to {{name}} now", "placeholder", "{{name}}"),
        ('Find a name without the word "velo"', "quotation", "velo"),
        ("Explain `git rebase` to me", "code", "git rebase"),
        ("Summarise https://example.org/a?b=1 for me", "address", "https://example.org/a?b=1"),
        ("Write to jane@example.org please", "address", "jane@example.org"),
        ("Fix the bug in src/api/app.py", "path", "src/api/app.py"),
        ("Fix the bug in notes.md", "path", "notes.md"),
        ("Make getUserById faster", "identifier", "getUserById"),
        ("Translate this letter for Mariana", "name", "Mariana"),
        ("Bake a cake of 500 g", "number", "500 g"),
        ("List the users since 2024-01-15", "number", "2024-01-15"),
        ("Write a poem, at most 8 lines", "limit", "at most 8 lines"),
        ("Write a poem about the sea", "language", "en"),
    ],
)
def test_what_the_prompt_keeps_is_told_by_its_kind(idea, kind, text):
    assert (kind, text) in pieces(idea)


def test_what_is_lost_is_not_told():
    found = pieces("Fix src/api/app.py and Mariana's bug 4711", "Fix the bug.")
    assert {kind for kind, _ in found} == {"language"}


def test_a_number_of_a_limit_is_told_with_it_alone():
    assert [
        text for kind, text in pieces("Write a poem, at most 8 lines") if kind == "number"
    ] == []


def test_a_placeholder_is_no_identifier_besides():
    assert "identifier" not in dict(pieces("Write a mail to {{customer_name}} now"))


def test_pasted_text_that_stands_in_the_prompt_is_told_cut():
    mail = "Hi Tom, the server is down again and I am tired of it. " * 8
    found = dict(pieces(f"Make this email friendlier: {mail}"))
    assert found["material"].startswith("Hi Tom")
    assert len(found["material"]) == 200


def test_at_most_twenty_of_a_kind_are_told():
    idea = "Sum up " + ", ".join(f"file{number}.md" for number in range(50))
    assert sum(kind == "path" for kind, _ in pieces(idea)) == 20
