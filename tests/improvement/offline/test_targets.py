"""What a prompt is for: which target is taken, and its form."""

import time

import pytest

from prompt_improver.domain.target import Target
from prompt_improver.improvement.brief import Brief
from prompt_improver.improvement.gates import check
from prompt_improver.improvement.offline import choose_target, compose
from prompt_improver.improvement.structured_prompt import StructuredPrompt


def composed(idea: str, target: Target) -> StructuredPrompt:
    return compose(idea, "", Brief(target=target)).prompt


@pytest.mark.parametrize(
    ("idea", "target"),
    [
        ("in this repo, add a --json flag to the export command", Target.AGENT),
        ("refactor src/auth.py so that it no longer uses globals", Target.AGENT),
        ("revisa el PR y dime si rompe algo", Target.AGENT),
        ("a picture of a fox reading a book", Target.IMAGE),
        ("dibuja un dragón pequeño desayunando", Target.IMAGE),
        ("watercolor of a fox sleeping on a stack of old books, no text", Target.IMAGE),
        ("how do i change src/auth.py", Target.CHAT),
        ("write a python script that resizes a picture of a fox", Target.CHAT),
        ("draw a conclusion from these figures", Target.CHAT),
        ("update my cv for a job as a nurse", Target.CHAT),
        ("what is a PR", Target.CHAT),
        ("write a system prompt for a bot of a bike shop", Target.CHAT),
        ("renombra users a accounts en todo el repositorio", Target.AGENT),
        ("organise the files in ~/Downloads by type", Target.AGENT),
        ("in src/api/client.ts, retry on 503", Target.AGENT),
        ("find out why CI is red and fix it", Target.AGENT),
        ("look through the codebase and list where we log passwords", Target.AGENT),
        ("fix index.html for me: <html><body></body>", Target.CHAT),
        ("make a poster and/or a flyer for our club", Target.CHAT),
        ("find a recipe on bbc.com with leeks", Target.CHAT),
        ("en resumen, qué es la inflación", Target.CHAT),
        ("write a function that reads config.json", Target.CHAT),
    ],
)
def test_auto_takes_what_the_idea_is_for(idea: str, target: Target) -> None:
    assert choose_target(idea) is target


def test_a_prompt_for_an_agent_says_what_to_look_up_how_to_check_and_where_to_stop() -> None:
    prompt = composed("refactor src/auth.py, do not touch the tests", Target.AGENT)
    assert (prompt.role, prompt.questions, prompt.artefact) == ("", (), None)
    assert prompt.guardrails[0] == "do not touch the tests"
    text = prompt.render()
    assert text.startswith("## Task\n\nrefactor src/auth.py")
    assert "Touch only what the goal requires" in text
    assert "cannot be undone" in text
    assert "report" in prompt.output_format


def test_an_agent_for_a_machine_or_for_files_is_told_other_checks_than_one_for_code() -> None:
    machine = composed("harden vsftpd on this machine", Target.AGENT).render()
    assert "Keep a copy of each configuration file" in machine
    files = composed(
        "organise the files in ~/Downloads by type, never delete anything", Target.AGENT
    )
    assert "has been compared" in files.render()
    assert "project's own tests" not in machine + files.render()


@pytest.mark.parametrize(
    "idea",
    [
        "make the tests in tests/test_api.py pass, don't touch the migrations",
        "fix the failing tests in this repo, don't touch the migrations folder",
        "add a --json flag in src/cli.py, do not rename or delete any option",
        "corrige src/app.py para que pasen las pruebas, sin actualizar dependencias",
    ],
)
def test_what_must_not_be_touched_is_not_the_kind_of_work(idea: str) -> None:
    text = composed(idea, Target.AGENT).render()
    for other in ("release or migration", "notas de versión", "names, types, sizes", "stale use"):
        assert other not in text
    assert "release or migration notes" in composed("migrate src/ to Vue 3", Target.AGENT).render()


def test_a_technique_that_is_named_gets_no_other_style() -> None:
    for idea in (
        "charcoal drawing of a lighthouse", "acuarela de un mercado", "line art of a cat",
        "pastel drawing of a kitchen", "linocut of a dragon", "draw a fox in ink",
        "retrato de mi abuela a carboncillo", "oil painting of a robot",
    ):  # fmt: skip
        text = composed(idea, Target.IMAGE).render()
        for other in ("colourful", "illustration", "photograph", "ilustración", "fotografía"):
            assert other not in text, idea


def test_an_agent_that_is_to_look_changes_nothing() -> None:
    text = composed("find where we log passwords in this repo", Target.AGENT).render()
    assert "Change nothing" in text
    assert "Done when every finding names file and line" in text


@pytest.mark.parametrize(
    ("idea", "beginning"),
    [
        (
            "a support bot for a bike shop that never promises refunds",
            "## Instructions\n\nYou are a support bot for a bike shop that never promises refunds",
        ),
        (
            "write a system prompt for a tutor who teaches fractions",
            "## Instructions\n\nYou are a tutor who teaches fractions",
        ),
        ("un asistente que planifica menús", "## Instrucciones\n\nEres un asistente que planifica"),
        ("quiero un bot que resuma noticias", "## Instrucciones\n\nEres un bot que resuma"),
        ("Answer questions about our bikes", "## Instructions\n\nAnswer questions about our"),
    ],
)
def test_a_system_prompt_speaks_to_the_assistant_and_has_no_task(idea: str, beginning: str) -> None:
    text = composed(idea, Target.SYSTEM).render()
    assert text.startswith(beginning)
    assert "## Task" not in text
    assert "## Tarea" not in text


@pytest.mark.parametrize(
    "idea", ["a picture of a fox", "dibuja una casa en el bosque", "logo for a bakery called Miga"]
)
def test_a_prompt_for_a_picture_is_one_paragraph_that_begins_with_the_idea(idea: str) -> None:
    prompt = composed(idea, Target.IMAGE)
    text = prompt.render()
    assert text.startswith(f"{idea}, ")
    assert "\n" not in text
    assert "#" not in text
    assert prompt.artefact == "image_prompt"
    assert 1 <= len(prompt.questions) <= 3


def test_an_aspect_that_the_idea_tells_is_neither_added_nor_asked() -> None:
    prompt = composed("watercolour of a fox at night, close-up, no text", Target.IMAGE)
    assert prompt.questions == ()
    assert "photograph" not in prompt.render()


@pytest.mark.parametrize(
    "idea",
    [
        "blog post about bread",
        "write a python script that renames all photos in a folder by the date on which they were "
        "taken, and tells me which of them have no date",
        "review this code",
    ],
)
def test_a_plain_prompt_has_no_heading_and_at_most_half_as_much_again(idea: str) -> None:
    text = composed(idea, Target.PLAIN).render()
    assert text.startswith(idea)
    assert len(text) <= 1.5 * len(idea)
    assert "#" not in text


def test_a_plain_prompt_tells_a_default_only_as_one_and_only_where_it_has_room() -> None:
    idea = (
        "necesito un plan de estudio para el first, trabajo por las mañanas y tengo las tardes "
        "libres menos los miércoles y los viernes"
    )
    prompt = composed(idea, Target.PLAIN)
    text = prompt.render()
    assert text.count("Si no digo otra cosa: ") == len(
        [question for question in prompt.questions if question.default]
    )
    assert all(question.default in text for question in prompt.questions)
    assert [q.default for q in composed("sql query for new orders", Target.PLAIN).questions] == [
        "",
        "",
    ]


def test_an_assistant_that_speaks_one_language_is_not_told_to_follow_the_message() -> None:
    text = composed("a spanish tutor who only speaks spanish", Target.SYSTEM).render()
    assert "language of the message" not in text


@pytest.mark.parametrize("target", Target)
def test_what_a_target_adds_passes_the_gates(target: Target) -> None:
    for idea in (
        "a watercolour of a lighthouse, at most 3 colours",
        "rename users to accounts in src/db.py, never touch the migrations",
        "un asistente para una biblioteca, responde en menos de 80 palabras",
    ):
        prompt = composed(idea, target)
        assert check(idea, "", prompt, model_backend=False) == ()
        assert prompt.target is target


@pytest.mark.parametrize("piece", ["a", "write a ", "src/", "a.b/", "should i buy ", "\n. ", "(["])
def test_hostile_texts_take_no_longer_than_others(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    for target in Target:
        began = time.process_time()
        choose_target(text)
        compose(text, "", Brief(target=target))
        assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("idea", "check"),
    [
        ("fix the failing test in tests/test_orders.py", "skip, delete or loosen no test"),
        ("run the tests in this repo and fix the failures", "skip, delete or loosen no test"),
        ("update docs/api.md to match the code", "leave the code as it is"),
        ("rename users to accounts in src/db.py", "no stale use is left"),
        ("bump django to 5.2 in this repo", "release or migration notes"),
        ("split server.py into modules", "Behaviour stays the same"),
        ("add a health endpoint to app/main.py", "add one where new behaviour has none"),
    ],
)
def test_an_agent_is_told_when_this_kind_of_work_is_done(idea: str, check: str) -> None:
    rules = composed(idea, Target.AGENT).guardrails
    assert [rule for rule in rules if check in rule]
    assert len([rule for rule in rules if "Done when" in rule]) == 1


def test_a_black_and_white_picture_gets_no_natural_colours() -> None:
    text = composed("portrait of a sailor, black and white", Target.IMAGE).render()
    assert "colours" not in text


def test_of_several_styles_only_the_most_particular_is_added() -> None:
    prompt = composed("draw a robot watering tomatoes", Target.IMAGE)
    assert prompt.render().count("illustration") == 1
    assert len({question.id for question in prompt.questions}) == len(prompt.questions)
