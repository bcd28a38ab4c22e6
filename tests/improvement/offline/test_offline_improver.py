"""The backend without a model: it protects the idea, and completes it only where it is sure."""

import asyncio
import json
import os
import time
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from prompt_improver.improvement.improver import Improvement
from prompt_improver.improvement.offline import OfflineImprover
from prompt_improver.improvement.offline.knowledge import knowledge
from prompt_improver.improvement.prompt_wording import WORDING
from prompt_improver.improvement.structured_prompt import Framework, GuardrailSource
from tests.property_testing import given, settings, st

IDEAS = Path(
    os.environ.get("PROMPT_IMPROVER_IDEAS") or Path(__file__).parents[4] / "shared" / "ideas.jsonl"
)


def improve(idea: str, context: str = "") -> Improvement:
    return asyncio.run(OfflineImprover().improve(idea, context))


# --- The task and the field, or nothing -----------------------------------------------------

RECOGNISED = """
build      software        Write a function to add two numbers
build      software        can u pls make a python script that renames files
build      software        Necesito una función para formatear fechas en varios formatos
build      web             Escribe un hook de React para manejar formularios
design     database        Design a database schema for a library with 3 branches
fix        software        Fix this null pointer in the parser module of my java code
fix        database        Fix this SQL bug: SELECT * FROM users WHERE id = NULL;
refactor   software        Refactoriza esta función de Python para que sea legible
review     security        Review this code for XSS and CSRF problems in the login form
test       testing         Write unit tests for the payment module
test       testing         Escribe pruebas unitarias para el módulo de pagos
query      database        Write a SQL query that finds the ten customers with the most orders
document   software        Add docstrings to the parser module of my python code
deploy     infrastructure  Install docker on this ubuntu server and configure it
explain    software        Explain recursion to me
explain    general         Explícame qué es la inflación
advise     web             How do I center a div with css?
advise     general         how to write a good resume
compare    general         What is the difference between a violin and a viola?
write      writing         Write a letter to my neighbour about the noise of the garage
write      writing         Redacta una carta para reclamar una maleta perdida
write      writing         make this text friendlier: You are late again and I am tired of waiting for you.
brainstorm general         Give me names for a black cat
brainstorm business        Dame ideas para la empresa de mi hermano
plan       education       Make a study plan for the exam in June
analyse    business        Make a SWOT analysis for a company that sells shoes
summarise  general         Resume el libro La casa de los espíritus
translate  general         Translate into German: good morning, how are you today my friend?
"""  # noqa: E501


@pytest.mark.parametrize("row", RECOGNISED.strip().splitlines())
def test_a_task_is_told_where_predicate_and_object_agree(row: str) -> None:
    task, field, idea = row.split(maxsplit=2)
    found = improve(idea)
    assert (found.task, found.field) == (task, field)
    assert found.prompt.render().startswith("## ")


UNSURE = """
My best friend died last month. Can you tell me some coping strategies?
Write a thank-you note to the server of the restaurant who helped me when my father died
script for a short video about a class that loses its table
I have a new server at my favourite bar and want to impress her
the class was hard and the test too
convert my life into something better
Document management for a small office
optimise and fix the bug in the error handling
write an animation script for a short action video with several characters
genera una lista de prompts para imágenes de midjourney
Sing about SELECT, the princess of tables
jyfjjgcgh
resolve the conflicts as needed... sort it out once and for all!
Quiero explicar de modo formal que la empresa cuenta con 3 empleados
What should I do if a man criticises all that I do?
Write unit tests for my code. Then write a letter to my boss
"""


@pytest.mark.parametrize("idea", UNSURE.strip().splitlines())
def test_where_it_is_not_sure_it_adds_nothing_of_its_own(idea: str) -> None:
    found = improve(idea)
    assert (found.task, found.field) == (None, None)
    assert GuardrailSource.ASSUMED not in found.guardrail_sources
    assert found.prompt.role == found.prompt.output_format == ""


def test_a_word_of_the_material_is_not_what_is_asked() -> None:
    idea = "Translate into Spanish:\n\nFix the login page and write tests for it, do it now."
    assert improve(idea).task == "translate"


def test_parts_that_are_left_out_are_empty_and_never_none() -> None:
    prompt = improve("Is it going to rain in my heart?").prompt
    assert (prompt.role, prompt.framework, prompt.guardrails) == ("", "", ())
    assert (prompt.output_format, prompt.material, prompt.context) == ("", "", "")
    assert prompt.confidence is None


def test_with_nothing_certain_the_prompt_is_the_idea() -> None:
    idea = "my cat looks at the wall all day"
    found = improve(idea)
    assert found.prompt.render() == idea
    assert not found.changed


# --- What the user says ---------------------------------------------------------------------


def test_the_users_limits_become_rules_word_for_word() -> None:
    found = improve(
        "Write a python function that sorts a list, without recursion, at most 20 lines"
    )
    own = [
        rule
        for rule, source in zip(found.prompt.guardrails, found.guardrail_sources, strict=True)
        if source is GuardrailSource.IDEA
    ]
    assert own == ["without recursion", "at most 20 lines"]


def test_a_limit_behind_a_but_is_the_rule_without_it() -> None:
    prompt = improve("speech for a wedding, funny but not embarrassing").prompt
    assert "not embarrassing" in prompt.guardrails


def test_a_personal_either_or_and_a_test_tomorrow_get_no_fixed_form() -> None:
    for idea in (
        "is it better to pay off my student loan (5.8%) or put extra in the 401k? i am 31",
        "explain photosynthesis for my 7th grader test is tomorrow",
    ):
        assert not improve(idea).prompt.output_format, idea


def test_what_tells_how_things_are_is_no_rule() -> None:
    for idea in (
        "TypeError: x is undefined\n\nit works when i refresh but not on first load??",
        "is it better to pay off my loan or to invest? 31, no other debt, 6k saved",
        "lleva 3 semanas sin arreglar la caldera, escribe un correo al casero",
    ):
        assert GuardrailSource.IDEA not in improve(idea).guardrail_sources, idea


def test_the_limits_of_the_context_become_rules_too() -> None:
    found = improve("Write a python function that sorts a list", "do not use any library")
    assert (found.prompt.guardrails[0], found.guardrail_sources[0]) == (
        "do not use any library",
        GuardrailSource.CONTEXT,
    )


@pytest.mark.parametrize(
    "idea",
    [
        "My code does not work and I don't know why",
        "I have throbbing headaches with occasional nausea but no fever. What could it be?",
        "my landlord won't answer, he has not paid and I can't sleep",
    ],
)
def test_what_the_user_only_tells_is_no_rule(idea: str) -> None:
    assert improve(idea).prompt.guardrails == ()


def test_at_most_three_rules_are_assumed() -> None:
    for row in RECOGNISED.strip().splitlines():
        found = improve(row.split(maxsplit=2)[2])
        assert len(found.guardrail_sources) == len(found.prompt.guardrails)
        assert found.guardrail_sources.count(GuardrailSource.ASSUMED) <= 3


def test_a_method_is_taken_only_where_the_idea_names_one() -> None:
    plain = improve("Write a python function that sorts a list")
    named = improve("Write a python function that sorts a list using Tree-of-Thoughts")
    assert plain.prompt.framework is Framework.NONE
    assert named.prompt.framework is Framework.TREE_OF_THOUGHTS


def test_pasted_material_stands_in_a_section_of_its_own() -> None:
    mail = "Hi Tom, the invoice from March is still open. Please pay it by Friday.\nAnna"
    prompt = improve(f"make this email friendlier: {mail}").prompt
    assert prompt.directive == "make this email friendlier:"
    assert prompt.material == mail
    assert f"## Material\n\n```text\n{mail}\n```" in prompt.render()


def test_a_block_that_the_user_fenced_keeps_its_own_fence() -> None:
    prompt = improve(
        "Explain this code:\n\n```python\nfor x in range(3):\n    print(x)\n```"
    ).prompt
    assert "\n\n```python\nfor x in range(3):\n    print(x)\n```" in prompt.render()
    assert "```text" not in prompt.render()


def test_a_closed_fence_in_the_middle_of_the_idea_stays_as_it_is() -> None:
    idea = "Fix this bug in my python code:\n```py\nprint(x\n```\nand say what it was, please"
    assert f"## Task\n\n{idea}\n\n## " in improve(idea).prompt.render()


def test_nothing_is_added_where_the_answer_is_to_wait() -> None:
    found = improve("I will send you python code, do nothing until I send it")
    assert found.task is None
    assert GuardrailSource.ASSUMED not in found.guardrail_sources


@pytest.mark.parametrize(
    ("idea", "meant"),
    [
        ("un prompt para resumir correos de clientes", "Resumir correos de clientes"),
        ("a prompt for writing a poem to my mother", "Write a poem to my mother"),
        ("a prompt to compare two phones for my mother", "Compare two phones for my mother"),
        (
            "crea un prompt para que el modelo genere tests unitarios de mi clase de Java",
            "Genere tests unitarios de mi clase de Java",
        ),
    ],
)
def test_a_prompt_for_x_means_x(idea: str, meant: str) -> None:
    assert improve(idea).prompt.directive == meant


def test_a_prompt_for_an_image_model_stays_one() -> None:
    idea = "a prompt for midjourney with a castle in the fog"
    assert improve(idea).prompt.render() == idea


# --- What is missing ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("idea", "asked_for"),
    [
        ("fix this bug in my code", "code"),
        ("Refactor this function", "code"),
        ("Summarise this article", "text"),
        ("Resume este texto por favor y dame lo principal", "texto"),
        ("Complement this idea", "refers to"),
        ("Mejora esta idea, por favor", "se refiere"),
    ],
)
def test_what_is_essential_and_missing_is_asked_for_first(idea: str, asked_for: str) -> None:
    found = improve(idea)
    assert found.warnings == ("vague",)
    assert asked_for in found.prompt.guardrails[0]
    assert [question.id for question in found.prompt.questions] == ["material"]


@pytest.mark.parametrize(
    ("idea", "context"),
    [
        ("Fix this bug in my code", "The function returns None when input is empty"),
        ("Fix this bug in src/login.py", ""),
        ("Rewrite the text so that a child of nine would read it gladly: We may pay it back.", ""),
        ("Summarise this article:\nThe river rose by two metres in March and the bridge fell.", ""),
    ],
)
def test_what_is_there_is_not_asked_for(idea: str, context: str) -> None:
    assert improve(idea, context).warnings == ()


# --- What is good as it is ------------------------------------------------------------------


@pytest.mark.parametrize("idea", ["Hi", "thanks!", "Hola", "muchas gracias", "Danke", "谢谢", "ok"])
def test_a_greeting_comes_back_as_it_is(idea: str) -> None:
    found = improve(idea)
    assert found.prompt.render() == idea
    assert (found.changed, found.warnings) == (False, ())


@pytest.mark.parametrize(
    "idea",
    [
        "You are a careful editor. Correct the spelling of the text that I paste. Answer with a "
        "table of two columns and never change names.",
        "Eres un profesor de historia. Explica la guerra fría en una tabla de cinco filas y no "
        "menciones fechas exactas.",
        "You are an assistant for a bakery. You take orders over chat. You know the prices of all "
        "breads and you offer cake on Sundays. You speak kindly and you keep it brief.",
    ],
)
def test_a_finished_prompt_comes_back_as_it_is(idea: str) -> None:
    found = improve(idea)
    assert found.prompt.render() == idea
    assert (found.changed, found.warnings) == (False, ("already_good",))


# --- Language -------------------------------------------------------------------------------

FOREIGN = {
    "pt": "Escreva uma carta para o meu vizinho sobre o barulho da garagem dele",
    "fr": "Écris une lettre à mon voisin pour lui parler du bruit dans le garage",
    "de": "Schreibe mir eine Geschichte über einen kleinen Drachen und seinen Freund",
    "it": "Scrivi una lettera al mio vicino per il rumore che viene dal suo garage",
    "ru": "Напиши письмо соседу о шуме в его гараже",
    "zh": "写一封信给我的邻居，谈谈车库里的噪音",
    "ja": "隣の人にガレージの騒音について手紙を書いてください",
    "ar": "اكتب رسالة إلى جاري عن الضوضاء في مرآبه",
}


@pytest.mark.parametrize(("language", "idea"), FOREIGN.items())
def test_an_idea_in_another_language_gets_headings_and_no_sentence_of_a_third(
    language: str, idea: str
) -> None:
    assert improve(idea).prompt.render() == idea
    found = improve(idea, "The neighbour is eighty years old and does not hear well any more.")
    text = found.prompt.render()
    assert found.language == language
    assert text.startswith(f"## {WORDING[language].task}\n\n{idea}")
    for english in WORDING["en"].methods.values():
        assert english not in text


def test_a_context_in_another_language_makes_the_language_of_the_answer_a_rule() -> None:
    found = improve(FOREIGN["fr"], "The neighbour is eighty years old and hears badly.")
    assert "Réponds en français." in found.prompt.guardrails


# --- What is never broken -------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
PIECES = ["# H", "## Role", "```", "~~~", "---", "===", "<script>", "<div>", "- a", "> q", "1. x"]
HOSTILE_TEXT = st.lists(
    st.sampled_from(
        [
            *PIECES,
            *("`" * 5, "```text", "    x", "[a]: b", "\n", "\n\n", "\r", " ", "x", "this text:"),
            *("Fix this code:\n", 'print("a");\n', "Error: b", "without it, ", "must not ", '"q" '),
        ]
    )
).map("".join)
TEXT = (ANY_TEXT | HOSTILE_TEXT).filter(str.strip)
HEADINGS = {title for words in WORDING.values() for title in (words.task, words.guardrails)} | {
    title
    for words in WORDING.values()
    for title in (
        words.context,
        words.material,
        words.output_format,
        words.method,
        words.assumptions,
        words.assumed_guardrails,
    )
}


@settings(max_examples=300, deadline=None)
@given(idea=TEXT, context=st.just("") | TEXT)
def test_every_word_of_the_idea_stands_and_adds_no_section(idea: str, context: str) -> None:
    prompt = improve(idea, context).prompt
    text = prompt.render()
    assert context in text
    if prompt.material:
        assert prompt.directive in text
        assert prompt.material.strip("\n").rstrip() in text
        before, after = ("".join(part.split()) for part in (prompt.directive, prompt.material))
        assert "".join(idea.split()) in (before + after, after + before)
    elif not idea.lower().lstrip().startswith(("prompt", "a prompt")):
        assert idea.strip() in text
    if text != prompt.directive:
        tokens = MarkdownIt("commonmark").parse(text)
        headings = [
            tokens[position + 1].content
            for position, token in enumerate(tokens)
            if token.type == "heading_open" and token.level == 0
        ]
        assert set(headings) <= HEADINGS
        assert len(headings) == len(set(headings))


def test_the_same_idea_gets_the_same_prompt() -> None:
    assert improve("Diseña una API", "FastAPI") == improve("Diseña una API", "FastAPI")


def test_five_hundred_characters_take_under_a_millisecond() -> None:
    idea = "Write a python function that parses a log file and returns the slowest requests. " * 6
    improve(idea)
    best = 1.0
    for _ in range(20):
        started = time.process_time()
        improve(idea[:500])
        best = min(best, time.process_time() - started)
    assert best < 0.003  # measured: 0.7 ms; the rest is for slow machines and for asyncio


def test_long_ideas_take_bounded_time() -> None:
    improve("warm")
    hostile = ("Fix the login " * 1_400, "`" * 20_000, "\n# " * 6_600, "(" * 20_000, '"' * 20_000)
    for idea in (*hostile, "this text: " * 1_800, "a_b " * 5_000, "x = y;\n" * 2_800, ":" * 20_000):
        started = time.process_time()
        improve(idea)
        assert time.process_time() - started < 0.5


@pytest.mark.skipif(not IDEAS.is_file(), reason="the ideas that people typed are not here")
def test_ideas_that_people_typed_all_come_out_whole_and_short() -> None:
    for line in IDEAS.read_text("utf-8").splitlines():
        typed = json.loads(line)
        idea, context = typed["idea"], typed.get("context", "")
        text = improve(idea, context).prompt.render()
        assert len(text) <= max(1_500, 6 * len(idea)) + len(context)


WHOLE = (
    (
        "Fix all errors, and {}.",
        "do not stop until 'make verify' runs twice in a row without errors",
    ),
    ("Refactor the parser and {}", "do not stop until `make verify` passes without errors"),
    ("{}. Then sum up what you changed.", 'Do not finish until "npm test" runs without warnings'),
    ("Write a reply to my boss. {}.", "Do not say 'I am sorry' or use more than 3 sentences"),
    ("Write a slogan for my bakery {}, please", 'without the word "best, no doubt" in it'),
    ("Escribe un correo a mi jefe. {}.", 'No uses la frase "sin más, un saludo" en el texto'),
)


@pytest.mark.parametrize(("idea", "limit"), WHOLE)
def test_a_limit_that_holds_a_quote_or_a_command_is_one_whole_rule(idea: str, limit: str) -> None:
    assert improve(idea.format(limit)).prompt.guardrails[:1] == (limit,)
    found = improve(idea.format(limit))
    own = found.guardrail_sources.count(GuardrailSource.IDEA)
    assert own == 1


def test_half_a_limit_that_goes_on_in_a_long_quotation_is_no_rule() -> None:
    long = " ".join(["the same words over and over"] * 10)
    found = improve(f'Write a poem about rain and do not use the line "{long}" in it')
    assert GuardrailSource.IDEA not in found.guardrail_sources


@pytest.mark.parametrize(
    "idea",
    [
        'Translate "do not smoke without a permit" into German',
        "Traduce «no entres sin permiso» al inglés",
        "把「不要吸烟」翻译成英文",
        "「禁煙しないでください」を英語に訳してください",
    ],
)
def test_nothing_is_lifted_from_inside_a_quotation(idea: str) -> None:
    assert GuardrailSource.IDEA not in improve(idea).guardrail_sources


# --- Material that is not there, in languages without frames -----------------------------------

POINTERS = {
    "pt": [
        "Corrija este bug",
        "Traduza este texto para o inglês, por favor",
        "Explique essa função",
        "Resuma este artigo.",
    ],
    "fr": [
        "Traduis ce texte",
        "Corrige cette erreur",
        "Explique-moi cette fonction",
        "Résume cet article, s’il te plaît",
    ],
    "de": [
        "Übersetze diesen Text",
        "Behebe diesen Fehler",
        "Fasse diesen Artikel bitte zusammen",
        "Diesen Text ins Englische übersetzen",
    ],
    "it": [
        "Correggi questo errore",
        "Traduci questo testo in inglese",
        "Spiegami questa funzione",
        "Riassumi quest'articolo",
    ],
    "zh": ["修复这个错误", "请翻译这段文字", "帮我优化一下这段代码", "把这段话翻译成英文"],
    "ja": [
        "このバグを修正してください",
        "この文章を英語に翻訳して",
        "このコードを説明して",
        "このメールを添削してください。",
    ],
    "ru": [
        "Исправь эту ошибку",
        "Переведи этот текст на английский",
        "Объясни этот код, пожалуйста",
        "Исправь баг",
    ],
    "ar": ["ترجم هذا النص", "أصلح هذا الخطأ", "اشرح هذا الكود من فضلك", "لخص هذه المقالة"],
}
COMPLETE = {
    "pt": [
        "Corrija este bug: total = a - b em vez de a + b",
        "Escreva uma carta para o meu vizinho",
        "Explique a inflação",
        'Traduza "bom dia" para o inglês',
        "Melhore este processo de contratação da empresa",
    ],
    "fr": [
        "Traduis ce texte : bonjour tout le monde",
        "Écris une lettre de démission",
        "Explique la photosynthèse",
        "Traduis « bonjour » en anglais",
        "Résume ce que dit Kant de la morale",
    ],
    "de": [
        "Übersetze diesen Text: Guten Morgen zusammen",
        "Schreibe einen Brief an meine Oma",
        "Erkläre die Inflation",
        "Übersetze „guten Morgen“ ins Englische",
        "Verbessere meine Haltung beim Sitzen",
    ],
    "it": [
        "Correggi questo errore: 2 + 2 = 5",
        "Scrivi una lettera a mia nonna",
        "Spiega la fotosintesi",
        'Traduci "buongiorno" in inglese',
        "Migliora questo mio rapporto con la mamma",
    ],
    "zh": [
        "修复这个错误：列表为空时程序崩溃",
        "写一首关于雨的诗",
        "解释通货膨胀",
        "把「早上好」翻译成英文",
        "解释这个世界为什么存在",
    ],
    "ja": [
        "このバグを修正して：合計が負になる",
        "雨についての詩を書いて",
        "インフレを説明して",
        "「おはよう」を英語に翻訳して",
        "この夏の旅行を計画して",
    ],
    "ru": [
        "Исправь эту ошибку: сумма отрицательная",
        "Напиши письмо соседу",
        "Объясни инфляцию",
        "Переведи «доброе утро» на английский",
        "Улучши этот мир одним советом",
    ],
    "ar": [
        "ترجم هذا النص: صباح الخير جميعًا",
        "اكتب قصيدة عن المطر",
        "اشرح التضخم",
        "ترجم «صباح الخير» إلى الإنجليزية",
        "اشرح هذا العالم للأطفال",
    ],
}


def lines_for_missing(found: Improvement) -> list[str]:
    known = {missing.line for missing in knowledge().missing.values()}
    return [rule for rule in found.prompt.guardrails if rule in known]


@pytest.mark.parametrize(("code", "idea"), [(c, i) for c, ideas in POINTERS.items() for i in ideas])
def test_an_idea_that_points_at_absent_material_lets_ask_for_it_in_its_language(
    code: str, idea: str
) -> None:
    found = improve(idea)
    assert lines_for_missing(found) == [knowledge().missing[code].line]
    assert found.guardrail_sources == (GuardrailSource.ASSUMED,)
    assert (found.prompt.task, found.warnings) == (None, ("vague",))


@pytest.mark.parametrize("idea", [i for ideas in COMPLETE.values() for i in ideas])
def test_an_idea_that_has_what_it_speaks_of_is_asked_for_nothing(idea: str) -> None:
    assert lines_for_missing(improve(idea)) == []


@pytest.mark.parametrize("idea", [ideas[0] for ideas in POINTERS.values()])
def test_a_context_may_be_the_material(idea: str) -> None:
    assert lines_for_missing(improve(idea, "def add(a, b): return a - b")) == []


# --- A question after a comma; a lesson ---------------------------------------------------------


@pytest.mark.parametrize(
    ("idea", "task"),
    [
        ("My python script crashes with a KeyError, how do I fix it?", "fix"),
        ("The css grid overflows on mobile, how can I fix that?", "advise"),
        ("Mi función de python devuelve None, ¿cómo puedo arreglarla?", "advise"),
        ("Explain Docker volumes, how do I use them", "explain"),
        ("My sourdough bread is too dense, how do I fix it?", None),
        ("I lost my wallet, how do I get over it", None),
        ("She left me, how do I move on", None),
        ("Write a poem about a boy who asks, how do I fly", None),
    ],
)
def test_how_after_a_comma_is_a_request_where_a_technical_report_comes_before_it(
    idea: str, task: str | None
) -> None:
    assert improve(idea).prompt.task == task


@pytest.mark.parametrize(
    "idea", ["Give me ideas for a surfing lesson", "Summarize The Bitter Lesson by Rich Sutton"]
)
def test_a_lesson_alone_does_not_make_the_field_education(idea: str) -> None:
    assert improve(idea).prompt.field == "general"
