"""Which ideas get an artefact, and what it adds; the tables are in artefact_ideas.toml."""

import re
import tomllib
from pathlib import Path

import pytest

from prompt_improver.domain.question import Answer
from prompt_improver.improvement.brief import Brief, with_answers
from prompt_improver.improvement.gates import check
from prompt_improver.improvement.offline import answer_labels, choose_target, compose
from prompt_improver.improvement.offline.artefacts import artefact, catalogue
from prompt_improver.improvement.offline.grammar import FOLDER
from prompt_improver.improvement.offline.knowledge import LANGUAGES, knowledge
from prompt_improver.improvement.offline.request import fold
from prompt_improver.improvement.offline.targets import targets
from prompt_improver.improvement.structured_prompt import StructuredPrompt

TABLES = tomllib.loads((Path(__file__).parent / "artefact_ideas.toml").read_text("utf-8"))
ARTEFACTS = [name for name in TABLES if name != "image_prompt"]
FACTS = [(name, fact) for name in ARTEFACTS for fact in artefact(name).facts]
FACTS += [("image", fact) for fact in targets().image]


def ideas(name: str, table: str) -> list[str]:
    return [line for line in TABLES[name][table].splitlines() if line]


def composed(idea: str) -> StructuredPrompt:
    return compose(idea, "", Brief(target=choose_target(idea))).prompt


def test_every_artefact_has_ten_ideas_that_must_get_it_and_ten_that_must_not() -> None:
    assert set(ARTEFACTS) == set(catalogue().sections)
    sizes = {len(set(ideas(name, table))) for name in TABLES for table in ("must", "must_not")}
    assert sizes == {10}


@pytest.mark.parametrize("name", TABLES)
def test_an_idea_gets_the_artefact_that_it_is_for(name: str) -> None:
    found = {idea: composed(idea).artefact for idea in ideas(name, "must")}
    assert {idea: got for idea, got in found.items() if got != name} == {}


@pytest.mark.parametrize("name", TABLES)
def test_an_idea_that_only_names_it_does_not_get_it(name: str) -> None:
    assert [idea for idea in ideas(name, "must_not") if composed(idea).artefact == name] == []


@pytest.mark.parametrize("name", TABLES)
def test_what_an_artefact_adds_passes_the_gates_and_leaves_the_idea_as_it_is(name: str) -> None:
    for idea in ideas(name, "must"):
        prompt = composed(idea)
        assert check(idea, "", prompt, model_backend=False) == (), idea
        text = prompt.render()
        assert " ".join(idea.split()[-3:]) in text, idea
        assert len(prompt.questions) <= 3
        assert all(question.default in text for question in prompt.questions), idea


def test_the_words_that_recognise_are_read_as_the_whole_file_has_them() -> None:
    whole = tomllib.loads((FOLDER / "artefacts.toml").read_text("utf-8"))
    assert set(whole) == set(catalogue().sections)
    for key in ("things", "weak", "acts"):
        for language in LANGUAGES:
            listed = {
                words: name
                for name, given in whole.items()
                for words in filter(None, given.get(key, {}).get(language, "").split("|"))
            }
            assert getattr(catalogue(), key)[language] == listed
            total = sum(
                len(given.get(key, {}).get(language, "").split("|"))
                for given in whole.values()
                if language in given.get(key, {})
            )
            assert total == len(listed), "a word is listed for two artefacts"


@pytest.mark.parametrize(("name", "fact"), FACTS)
def test_a_fact_is_whole_in_both_languages(name: str, fact) -> None:
    re.compile(fact.told)
    re.compile(fact.condition)
    for language in LANGUAGES:
        assert fact.default[language], (name, fact.id)
        if not fact.quiet:
            question = fact.question(language)
            assert question.text.endswith("?"), (name, fact.id)
            assert question.why.endswith("."), (name, fact.id)
            assert fact.id in knowledge().labels[language], (name, fact.id)
    assert len(fact.options.get("en", ())) == len(fact.options.get("es", ()))


def test_every_line_of_an_artefact_is_there_in_both_languages() -> None:
    for name in ARTEFACTS:
        one = artefact(name)
        for line in (*one.rules, *filter(None, [one.parts])):
            assert all(line.texts[language].endswith(".") for language in LANGUAGES), name
            re.compile(line.unless)
        re.compile(one.unless)
        assert one.unless.lower() == fold(one.unless), name


def test_what_the_idea_or_its_context_tells_is_not_asked() -> None:
    idea = "sql query to get the top customers by revenue"
    assert [q.id for q in compose(idea).prompt.questions] == ["schema", "database"]
    assert [q.id for q in compose(idea, "MySQL").prompt.questions] == ["schema"]
    assert "PostgreSQL" not in compose(idea, "MySQL").prompt.render()


def test_an_answered_question_does_not_come_again_and_nothing_is_assumed_there() -> None:
    brief = Brief(answered=frozenset({"schema"}), taken=frozenset({"schema"}))
    idea = "sql query to get the top customers by revenue\n\nclients(id), sales(client, total)"
    prompt = compose(idea, "", brief).prompt
    assert [question.id for question in prompt.questions] == ["database"]
    assert len(prompt.assumptions) == 1


def test_a_question_that_was_left_blank_does_not_come_again_but_its_default_is_assumed() -> None:
    brief = Brief(answered=frozenset({"schema"}))
    prompt = compose("sql query to get the top customers by revenue", "", brief).prompt
    assert [question.id for question in prompt.questions] == ["database"]
    assert len(prompt.assumptions) == 2


@pytest.mark.parametrize(
    "idea",
    [
        "fix this bug",
        "translate this",
        "complement this idea",
        "corrige este código",
        "Mejora esto",
    ],
)
def test_missing_material_is_the_first_question_and_the_prompt_asks_for_it(idea: str) -> None:
    found = compose(idea)
    assert [question.id for question in found.prompt.questions] == ["material"]
    assert found.prompt.questions[0].default == ""
    assert re.search("ask for it|pídelo", found.prompt.guardrails[0])
    assert found.warnings == ("vague",)
    assert (found.prompt.assumptions, found.prompt.output_format) == ((), "")


@pytest.mark.parametrize(
    ("idea", "material"),
    [
        ("fix this bug", "def f(x): return x / 0"),
        ("complement this idea", "an umbrella that lights up when it will rain"),
        ("translate this to german", "hello"),
    ],
)
def test_material_that_was_given_as_an_answer_is_not_asked_for_again(idea, material) -> None:
    ids = frozenset({"material"})
    prompt = compose(f"{idea}\n\n{material}", "", Brief(answered=ids, taken=ids)).prompt
    assert [q.id for q in prompt.questions if q.id == "material"] == []
    assert not [rule for rule in prompt.guardrails if "ask for it" in rule]


@pytest.mark.parametrize(
    "idea",
    [
        "write a cover letter for a nurse and a poem for my cat",
        "Write unit tests for my code. Then write a letter to my boss",
        "write a story about my dead mother",
        "blog post about my cancer treatment",
    ],
)
def test_two_artefacts_or_a_subject_that_asks_for_care_get_none(idea: str) -> None:
    assert compose(idea).prompt.artefact is None


def test_a_stated_form_stands_in_the_place_of_the_usual_parts() -> None:
    prompt = compose("swot analysis of a small bakery as a table").prompt
    assert (prompt.artefact, prompt.output_format) == ("swot", "")
    assert compose("sql query for the newest orders. Only SQL").prompt.assumptions == ()


@pytest.mark.parametrize(
    ("idea", "answered"),
    [
        ("email to the school explaining that my son will be absent on friday", "purpose"),
        ("write an email to my boss asking for a raise", "recipient"),
        ("carta de presentación para Decathlon, acabo de terminar la eso", "experience"),
        ("tweet: our shop is open again after the flood", "topic"),
        ("escribe una función formatDate", "purpose"),
        ("sql query for sales per month in mysql", "database"),
        ("plan de estudio de 6 semanas para selectividad", "deadline"),
        ("study plan for spanish from zero, 5 hours a week", "study_time"),
        ("write a funny poem about my manager's ties", "poem_form"),
        ("5 day itinerary in andalusia with two toddlers", "travellers"),
        ("3 day workout plan at home without equipment", "equipment"),
        ("blog post about pensions for freelancers", "audience"),
        ("write a blog post on storing herbs for busy parents", "audience"),
        ("make a 10 week learning plan for painting, 2 hours on sundays", "study_time"),
        ("swot analysis for switching our school to a four day week", "decision"),
        ("write a horror story in exactly two sentences", "length"),
        ("should i learn rust or go as a backend dev", "situation"),
        ("itinerario de fin de semana en oporto con perro", "travellers"),
        ("give me names for a bar that sound italian", "style"),
        ("project plan for a school play, premiere on 12 december", "project_limits"),
        ("swot of a small museum that wants to open on mondays", "decision"),
        ("meal plan for a family of four, 90 euros a week", "effort"),
        ("product description of a travel adapter for business travellers", "buyer"),
        ("cv of an 18 year old who has only babysat", "experience"),
        ("facebook post: lost grey parrot near Retiro park, answers to Coco", "goal"),
        ("database schema for library loans in MySQL, about 40,000 books", "uses"),
        ("business plan for a bookshop in a town of 30,000 people", "place"),
    ],
)
def test_a_fact_that_the_idea_tells_is_neither_asked_nor_assumed(idea: str, answered: str) -> None:
    prompt = compose(idea).prompt
    assert prompt.artefact is not None
    assert answered not in [question.id for question in prompt.questions]
    (fact, *_) = (one for one in artefact(prompt.artefact).facts if one.id == answered)
    assert not set(fact.default.values()) & set(prompt.assumptions)


@pytest.mark.parametrize(
    "idea",
    ["arregla este bug: mi bucle while no termina nunca", "fix the bug, the page stays white"],
)
def test_a_fault_that_is_told_in_words_needs_its_code(idea: str) -> None:
    prompt = compose(idea).prompt
    assert [question.id for question in prompt.questions] == ["material"]
    assert prompt.output_format == ""


@pytest.mark.parametrize(
    ("idea", "name"),
    [
        (
            "make this shorter: the meeting that was planned for tomorrow has been cancelled",
            "text_edit",
        ),
        ("tl;dr this: the council voted to close the bridge for nine weeks from May", "summary"),
        ("questions to ask a candidate for a night receptionist job", "interview_questions"),
        ("make this faster", None),
        ("give me the key points of this: the council voted to close the old bridge", "summary"),
        ("pásalo a inglés: su pedido ha salido hoy de nuestro almacén central", "translation"),
        ("what's a good name for my sister's bakery", "names"),
        ("is it better to lease or buy a van for a plumbing business", "comparison"),
        ("write tests for `function isLeap(y) { return y % 4 === 0 }`", "tests"),
        ("explain to my students (12 years old) what a fraction is", "explanation"),
        ("what is a good age to retire", None),
        ("I have 3 weeks to prepare for a B2 german exam, make me a study plan", "study_plan"),
        ("I'm 62 and swim a little, give me a gym routine for twice a week", "workout"),
        ("I run a studio and need an email to people who booked the class", "email"),
        ("tengo una reunión con el casero, hazme el orden del día", "meeting_or_project_plan"),
        ("I wrote a poem and need an hour to learn it", None),
    ],
)
def test_a_usual_phrase_shows_the_artefact_where_its_material_is_there(idea, name) -> None:
    assert compose(idea).prompt.artefact == name


@pytest.mark.parametrize(
    ("idea", "context"),
    [
        ("Fix this bug in the login", "Users cannot log in due to a database timeout"),
        ("Debug this exception", "ZeroDivisionError when dividing by zero in an edge case"),
    ],
)
def test_a_fault_that_the_context_tells_gets_causes_and_no_invented_correction(
    idea: str, context: str
) -> None:
    found = compose(idea, context)
    assert [question.id for question in found.prompt.questions] == ["material"]
    assert "ask for the code before you correct it" in found.prompt.guardrails[-1]
    assert (found.prompt.output_format, found.warnings) == ("", ())


def test_what_stands_after_a_colon_is_there_however_short_it_is() -> None:
    for idea in ("could you review this bash code for me: rm -rf $DIR/*", "translate this: hola"):
        assert [q.id for q in compose(idea).prompt.questions if q.id == "material"] == [], idea


def test_a_fault_with_its_code_or_its_file_gets_the_parts() -> None:
    for idea, context in (
        ("Fix this bug", "def f(x):\n    return x / 0"),
        ("Fix the bug in src/login.py", ""),
        ("fix this bug: `return x / 0`", ""),
    ):
        assert "corrected part" in compose(idea, context).prompt.output_format, idea


def test_assumptions_give_way_to_the_request_in_the_prompt_and_not_as_one_of_them() -> None:
    prompt = compose("sql query for the newest orders").prompt
    head, lines = prompt.render().split("## Assumptions\n\n")[1].split("\n\n- ", 1)
    assert head == "These hold only where the request and its context do not say otherwise."
    assert lines.startswith(prompt.assumptions[0])


def test_an_answer_counts_as_the_users_own_words_limits_included() -> None:
    idea = "sql query to get the top customers by revenue"
    answers = (
        Answer(id="database", text="MySQL 8, never use CTEs"),
        Answer(id="nobody-asked", text="at most 20 rows"),
    )
    told = with_answers(idea, answers, answer_labels(idea))
    ids = frozenset(answer.id for answer in answers)
    prompt = compose(told, "", Brief(answered=ids, taken=ids)).prompt
    assert prompt.render().startswith(
        f"## Task\n\n{idea}\n\nDatabase: MySQL 8, never use CTEs\n\nat most 20 rows"
    )
    assert {"never use CTEs", "at most 20 rows"} <= set(prompt.guardrails)
    assert [question.id for question in prompt.questions] == ["schema"]
    assert "PostgreSQL" not in prompt.render()
    assert check(told, "", prompt, model_backend=False) == ()
