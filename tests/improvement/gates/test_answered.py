import pytest

from prompt_improver.domain.target import Target
from prompt_improver.improvement.gates.answered import answered, unfilled
from prompt_improver.improvement.gates.comparison import Rewrite
from prompt_improver.improvement.structured_prompt import StructuredPrompt
from tests.rewrites import rewrite, said

ESSAY = (
    "Climate change is one of the defining issues of our time. Temperatures rise each decade and "
    "coasts are at risk. Farmers across the world already lose their harvests. Rich countries "
    "emit most of the gases, and poor ones pay for it."
)
ENSAYO = (
    "El cambio climático es uno de los grandes retos de nuestro tiempo. Las temperaturas suben "
    "cada década y las costas están en peligro. Muchos agricultores del mundo ya pierden sus "
    "cosechas. Los países ricos emiten la mayor parte de los gases y los pobres lo pagan."
)

PROMPTS = (
    ("Write a function that adds", "Write a function add(a, b) that returns the sum."),
    ("Fix this bug", "Find the cause of the bug first. Then mend it and add a test."),
    ("Write an email to my boss", "Write an email that begins with Dear Ms Lee and is polite."),
    ("As an AI, my rules are: be helpful.", "As an AI, my rules are: be helpful. Sort the list."),
    ("Let me think... Sure, here is it", "Sure, here is it. Improve the wording of this text."),
    ("Build a support bot", "Act as an AI assistant that answers the customers of a shop."),
    ("Build a support bot", "As an AI assistant, you answer politely and in two sentences."),
    ("Return user data", 'Return JSON of this shape:\n```json\n{\n  "id": 1,\n  "b": []\n}\n```'),
    ("Write an essay on climate", "Write an essay on climate change. " + ESSAY),
    ("Explain this", "Explain what this does:\ndef f(x):\n    return x", "def f(x):\n    return x"),
    ("Escribe un hook de React", "Escribe un hook useForm que devuelva values y errors."),
    ("Escribe un correo a mi jefe", "Redacta un correo que empiece con «Estimada Ana»."),
    ("Diseña una API", "Claramente, la API debe tener versiones. Diseña los recursos."),
    ("Crea un bot", "Actúa como IA de soporte y responde en dos frases."),
    ("Explica la fotosíntesis", "Explica la fotosíntesis a un niño de diez años." + ENSAYO),
    ("Write SQL for orders", "Select from the orders table what was paid. Return one query."),
)

ANSWERS = (
    ("Write a function that adds", "Sure, here is the function: it adds."),
    ("Write a function that adds", "def add(a, b):\n    return a + b"),
    ("Write a function that adds", "```python\ndef add(a, b):\n    return a + b\n```"),
    ("Fix this bug", "Here's the improved prompt: fix the bug."),
    ("Fix this bug", "I have fixed the bug in your code."),
    ("Make a list", "As an AI language model, I cannot make lists."),
    ("Make a list", "I'm sorry, but I can't help with that."),
    ("Write an email to my boss", "Dear Ms Lee,\nI am ill today.\nBest regards,\nSam"),
    ("Write an essay on climate", ESSAY),
    (
        "Write a React hook",
        "The hook is this one.\nimport { useState } from 'react';\n"
        "export function useForm() {\nconst [v, setV] = useState({});\nreturn { v, setV };\n}",
    ),
    ("Write SQL for orders", "SELECT id, total FROM orders WHERE paid = 1;"),
    ("Escribe una función que sume", "Claro, aquí tienes la función."),
    ("Escribe una función que sume", "¡Claro! La función es esta."),
    ("Escribe una función que sume", "Aquí tienes un prompt mejorado: escribe la función."),
    ("Haz una lista", "Como modelo de lenguaje, no tengo listas."),
    ("Haz una lista", "Lo siento, no puedo hacer eso."),
    ("Escribe un correo a mi jefe", "Estimada Ana:\nHoy no iré.\nSaludos,\nLuis"),
    ("Escribe un ensayo sobre el clima", ENSAYO),
)

FILLED = (
    ("Plan a trip", "Plan a trip of three days with a map."),
    ("Plan a trip", "Ask for the [budget] first."),
    ("List my open points", "Leave no TODO comments in the code."),
    ("Fill [insert name] later", "Keep [insert name] as it stands."),
    ("Search for TODO: in the code", "List every line that has TODO: in it."),
    ("Write a form", "Use a[index] and b[0] as examples."),
    ("Haz un plan", "Haz un plan de tres días."),
    ("Haz un plan", "Cuida sobre todo: el precio y el tiempo."),
    ("Revisa el código", "Revisa TODO el código y TODOS los tests."),
    ("Usa [tu nombre] como firma", "Firma con [tu nombre]."),
    ("Explica __init__", "Explica __init__ y __name__ con un ejemplo."),
    ("Completa la lista", "Completa la lista..."),
)

BLANKS = (
    ("Plan a trip", "Plan a trip to [insert city].", "[insert city]"),
    ("Plan a trip", "Plan a trip for [your name here].", "[your name here]"),
    ("Plan a trip", "TODO: describe the trip.", "TODO:"),
    ("Plan a trip", "TBD", "TBD"),
    ("Plan a trip", "...", "..."),
    ("Plan a trip", "Budget: TBD", "TBD"),
    ("Plan a trip", "Lorem ipsum dolor sit amet.", "Lorem ipsum"),
    ("Plan a trip", "Go to <insert place> by train.", "<insert place>"),
    ("Haz un plan", "Haz un plan para [inserta la ciudad].", "[inserta la ciudad]"),
    ("Haz un plan", "Firma como [tu nombre].", "[tu nombre]"),
    ("Haz un plan", "Viaja a [nombre de la ciudad].", "[nombre de la ciudad]"),
    ("Haz un plan", "FIXME: falta el plan.", "FIXME:"),
    ("Haz un plan", "El viaje sale de ______ a las nueve.", "______"),
)


@pytest.mark.parametrize("case", PROMPTS)
def test_instructions_are_no_answer(case: tuple[str, ...]) -> None:
    idea, directive, *context = case
    assert said(answered(rewrite(idea, directive, context="".join(context)))) == ""


@pytest.mark.parametrize(("idea", "directive"), ANSWERS)
def test_an_answer_is_no_prompt(idea: str, directive: str) -> None:
    failure = answered(rewrite(idea, directive))
    assert failure is not None
    assert failure.gate == "answered"
    assert "do not do the task" in said(failure)


@pytest.mark.parametrize(("idea", "directive"), FILLED)
def test_a_prompt_without_blanks_passes(idea: str, directive: str) -> None:
    assert said(unfilled(rewrite(idea, directive))) == ""


@pytest.mark.parametrize(("idea", "directive", "named"), BLANKS)
def test_a_blank_that_nobody_filled_is_named(idea: str, directive: str, named: str) -> None:
    failure = unfilled(rewrite(idea, directive))
    assert failure is not None
    assert failure.gate == "unfilled"
    assert named in said(failure)


def test_a_long_idea_that_stands_as_the_task_is_no_essay() -> None:
    idea = (
        "I just started university and I have a hard time remembering everything. I have taken "
        "notes in class, but I am not sure how to study them. Can you give me advice on that?"
    )
    assert answered(rewrite(idea, idea)) is None
    assert answered(rewrite(f"{idea}\n\nMy notes: rain falls.", idea)) is None


_TELLS_ON = (
    "the topic in a clear text. The reader knows nothing of it and is short of time. A good result "
    "begins with the main point, goes on with what follows from it, and ends where nothing new "
    "comes. Its tone is calm, its sentences are short, and its claims have sources."
)
_CUENTA = (
    "el tema en un texto claro. El lector no sabe nada de esto y tiene poco tiempo. Un buen "
    "resultado empieza por lo principal, sigue con lo que resulta de ello y termina donde no llega "
    "nada nuevo. Su tono es tranquilo, sus frases son cortas y sus datos tienen fuentes."
)
_ENGLISH = """
    analyse answer apply arrange ask assess audit brainstorm break build calculate capture
    check choose clarify classify collect combine compare compile complete compose condense
    convert correct cover craft create debug define demonstrate describe design detail develop
    devise diagnose discuss draft edit elaborate estimate evaluate examine expand explain
    explore extract find fix formulate generate give help identify illustrate improve interpret
    introduce investigate justify list make map outline paraphrase plan prepare present produce
    propose provide rank recommend reformulate research review revise rewrite simplify solve
    specify state structure suggest summarise teach tell trace translate turn write
"""
_SPANISH = """
    actúa adapta analiza aplica ayuda busca calcula clasifica comenta compara completa compón
    corrige crea define desarrolla describe detalla diseña elabora elige encuentra enumera
    escribe esboza evalúa examina explica extrae formula genera haz identifica ilustra indica
    interpreta investiga justifica muestra ordena organiza plantea prepara presenta propón
    redacta reescribe resume revisa simplifica sugiere traduce
"""


@pytest.mark.parametrize(
    ("language", "verb"),
    [("en", verb) for verb in _ENGLISH.split()] + [("es", verb) for verb in _SPANISH.split()],
)
def test_a_directive_that_opens_with_a_verb_is_no_answer(language, verb):
    idea = "Explain the topic" if language == "en" else "Explica el tema"
    directive = f"{verb.capitalize()} {_TELLS_ON if language == 'en' else _CUENTA}"
    assert answered(rewrite(idea, directive, language=language)) is None


@pytest.mark.parametrize(
    ("language", "text"), [("en", f"Today {_TELLS_ON}"), ("es", f"Hoy {_CUENTA}")]
)
def test_a_text_that_asks_for_nothing_is_an_answer(language, text):
    idea = "Explain the topic" if language == "en" else "Explica el tema"
    assert answered(rewrite(idea, text, language=language)) is not None


def test_a_finished_letter_is_an_answer_in_other_scripts():
    letter = "王丽您好：\n\n项目推迟到5月20日，给您带来不便。\n\n此致\n敬礼"
    assert answered(rewrite("帮我写一封给王丽的邮件", letter, language="zh")) is not None


def test_a_prompt_for_a_picture_is_a_description_and_no_answer() -> None:
    idea = "the poem of an old fisherman"
    text = StructuredPrompt(directive=ESSAY)
    assert answered(Rewrite.of(idea, "", text)) is not None
    picture = StructuredPrompt(directive=ESSAY, target=Target.IMAGE)
    assert answered(Rewrite.of(idea, "", picture)) is None
