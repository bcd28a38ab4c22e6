import pytest

from prompt_improver.improvement.gates.limits import limits
from tests.rewrites import rewrite, said

KEPT = (
    ("Build a page, don't use jQuery", "Build a page. Avoid jQuery."),
    ("Build a page, don't use jQuery", "Build a page; jQuery is not allowed."),
    ("Fix it without changing the public API", "Fix it. The public interface stays unchanged."),
    ("Fix it without changing the public API", "Fix it, but do not modify the API."),
    ("Use only the standard library", "Use the standard library exclusively."),
    ("Use only the standard library", "Do not use any package outside the standard library."),
    ("Retry at most 3 times", "Retry no more than three times."),
    ("Keep it under 50 lines", "The result has 50 lines or less."),
    ("It must handle at least 1,000 users", "Support a minimum of 1000 users."),
    ("Never log passwords", "Passwords must never appear in a log."),
    ("Summarise it, no jargon", "Summarise it. Avoid these: jargon, slang."),
    ("Mention all except prices", "Mention everything, excluding prices."),
    ("Escribe un hook sin librerías externas", "Escribe un hook. No uses dependencias."),
    ("No toques la base de datos", "Evita modificar la base de datos."),
    ("Responde solo en español", "Responde únicamente en español."),
    ("Resume en como mucho 5 frases", "Resume el texto con un máximo de cinco frases."),
    ("Nunca borres datos", "Los datos no se deben borrar nunca."),
    ("Email de 100 palabras máximo, evita tecnicismos", "Hasta 100 palabras y sin jerga."),
    ("Haz una lista sin precios ni fechas", "La lista no lleva precios. Tampoco fechas."),
    ("Quiero una tabla pero no sé si usar grid o flex", "Decide cómo maquetar la tabla."),
    ("El login no funciona", "Encuentra por qué falla el acceso."),
    ("I don't know why it is slow", "Find what makes it slow."),
    ("Is it a class or not?", "Say whether it is a class."),
    ("Crie uma função sem bibliotecas", "Crie uma função. Não use bibliotecas."),
    ("Corrige le bug sans changer la base", "Corrige le bug. Ne modifie pas la base."),
    ("Schreibe es ohne Bibliotheken", "Schreibe es. Verwende keine Bibliotheken."),
    ("Scrivi il testo senza anglicismi", "Scrivi il testo. Evita gli anglicismi."),
    ("Make a plan, 45 min, no jumping", "Make a plan of 45 minutes. No jumping."),
    ("Keep it under 50 lines", "Write at most 50 lines."),
    ("Find users with more than 5 orders", "List users whose orders exceed 5."),
    ("My page has no styles in Safari, fix it", "Find why the styles are missing in Safari."),
    ("Write it, try to avoid jargon", "Write it; try to avoid jargon."),
    ("Напиши функцию без библиотек", "Напиши функцию. Не используй библиотеки."),
    ("Кратко перескажи, не более 100 слов", "Перескажи; максимум 100 слов."),
    ("Γράψε το email, μην αναφέρεις τιμές", "Γράψε το email χωρίς να αναφέρεις τιμές."),
    (
        "اكتب الرسالة، لا تذكر الأسعار، بحد أقصى 100 كلمة",
        "اكتبها بدون ذكر الأسعار ولا تتجاوز 100 كلمة.",
    ),
    ("כתוב את המייל, אל תזכיר מחירים", "כתוב את המייל בלי להזכיר מחירים."),
    ("写一封邮件，不要提到价格，不超过200字", "写一封邮件，避免提及价格，最多200字。"),
    ("メールを書いて、価格には触れないで、200字以内", "メールを書く。価格は書かない。最大200字。"),
    ("이메일을 써줘, 가격은 언급하지 마세요", "이메일을 쓰세요. 가격 언급 금지."),
    ("Do it. Do not:\n- use regex", "Do it. Do not do any of this:\n- use regex\n- use eval"),
)

LOST = (
    ("Build a page, don't use jQuery", "Build a page with jQuery.", "don't use jQuery"),
    ("Build a page, don't use jQuery", "Build a page.", "don't use jQuery"),
    ("Fix it without changing the public API", "Fix it well.", "without changing the public API"),
    ("Use only the standard library", "Use the standard library.", "only the standard library"),
    ("Retry at most 3 times", "Retry 3 times.", "at most 3 times"),
    ("Keep it under 50 lines", "Write 50 lines.", "under 50 lines"),
    ("It must handle at least 1,000 users", "Handle 1000 users.", "at least 1,000 users"),
    ("Never log passwords", "Log what happens.", "Never log passwords"),
    ("Summarise it, no jargon", "Summarise it for experts.", "no jargon"),
    ("Avoid jQuery, Bootstrap or React", "Avoid jQuery. Avoid React.", "Avoid jQuery, Bootstrap"),
    ("Mention all except prices", "Mention all with prices.", "except prices"),
    ("Escribe un hook sin librerías externas", "Escribe un hook.", "sin librerías externas"),
    ("No toques la base de datos", "Revisa la base de datos.", "No toques la base de datos"),
    ("Responde solo en español", "Responde en español.", "solo en español"),
    ("Resume en como mucho 5 frases", "Resume en 5 frases.", "como mucho 5 frases"),
    ("Nunca borres datos", "Borra los datos viejos.", "Nunca borres datos"),
    ("Email de 100 palabras máximo", "Email de 100 palabras.", "100 palabras máximo"),
    ("Haz una lista sin precios ni fechas", "Haz una lista sin precios.", "ni fechas"),
    ("Refactoriza y no uses any", "Refactoriza el módulo.", "no uses any"),
    ("Summarise it in at most 3 bullets", "Give about 3 bullets.", "at most 3 bullets"),
    ("Find users with more than 5 orders", "Users with at least 5 orders.", "more than 5 orders"),
    ("Borra logs de más de 30 días", "Borra logs de menos de 30 días.", "más de 30 días"),
    (
        "Use at least 3 tests, at most 9 files",
        "At most 3 tests, at least 9 files.",
        "at least 3 tests",
    ),
    ("Write it, avoid jargon", "Write it and try to avoid jargon.", "avoid jargon"),
    ("Escribe sin tecnicismos", "Escribe, si es posible sin tecnicismos.", "sin tecnicismos"),
    ("Make a plan, no jumping or squats", "Make a plan without jumping.", "squats"),
    ("Напиши функцию без библиотек", "Напиши функцию.", "без библиотек"),
    ("Кратко перескажи, не более 100 слов", "Перескажи, около 100 слов.", "не более 100 слов"),
    ("Γράψε το email, μην αναφέρεις τιμές", "Γράψε το email με τιμές.", "μην αναφέρεις τιμές"),
    ("اكتب الرسالة، لا تذكر الأسعار", "اكتب الرسالة مع الأسعار.", "لا تذكر الأسعار"),
    ("لخص النص، لا يزيد عن 150 كلمة", "لخص النص في نحو 150 كلمة.", "يزيد عن 150 كلمة"),
    ("כתוב את המייל, אל תזכיר מחירים", "כתוב את המייל עם מחירים.", "אל תזכיר מחירים"),
    ("写一封邮件，不要提到价格，不超过200字", "写一封邮件，不超过200字。", "不要提到价格"),
    ("写一封邮件，不要提到价格，不超过200字", "写邮件，不提价格，大约200字。", "不超过200"),
    ("メールを書いて、演習は2回まで", "メールを書く。演習は2回程度。", "2回まで"),
    ("이메일을 써줘, 가격은 언급하지 마세요", "이메일을 쓰세요.", "가격은 언급하지 마세요"),
    ("Crie uma função sem bibliotecas", "Crie uma função.", "sem bibliotecas"),
    ("Corrige le bug sans changer la base", "Corrige le bug.", "sans changer la base"),
)


@pytest.mark.parametrize(("idea", "directive"), KEPT)
def test_a_limit_in_other_words_passes(idea: str, directive: str) -> None:
    assert said(limits(rewrite(idea, directive, guardrails=("Be brief.",) * 3))) == ""


@pytest.mark.parametrize(("idea", "directive", "named"), LOST)
def test_a_lost_limit_is_named(idea: str, directive: str, named: str) -> None:
    failure = limits(rewrite(idea, directive, guardrails=("Be brief.",) * 3))
    assert failure is not None
    assert failure.gate == "limits"
    assert named in said(failure)


def test_a_limit_may_stand_among_the_guardrails() -> None:
    kept = ("Avoid jQuery.", "State assumptions.", "Name the errors.")
    assert limits(rewrite("Build it without jQuery", "Build it.", guardrails=kept)) is None


def test_every_thing_that_is_forbidden_must_be_kept() -> None:
    failure = limits(rewrite("Do it without jQuery and Bootstrap.", "Do it without jQuery."))
    assert "Bootstrap" in said(failure)


@pytest.mark.parametrize(
    ("idea", "kept", "lost"),
    [
        ("Write a report, at most a page", "Write a report of no more than one page.", "Write it."),
        (
            "Schreib einen Bericht, höchstens eine Seite",
            "Schreib einen Bericht von maximal 1 Seite.",
            "Schreib einen Bericht.",
        ),
        (
            "Haz un resumen. No más de una página",
            "Haz un resumen de una página.",
            "Haz un resumen.",
        ),
        ("写一份报告，不超过一页", "写一份报告，最多1页。", "写一份报告。"),
    ],
)
def test_a_bound_in_words_is_held(idea, kept, lost):
    assert limits(rewrite(idea, kept)) is None
    assert limits(rewrite(idea, lost)) is not None


def test_what_pasted_text_bounds_is_no_limit_of_the_users():
    idea = (
        "Translate to Spanish: Dear customer, your parcel was returned because nobody was at home. "
        "Please choose a new date within 7 days."
    )
    assert limits(rewrite(idea, "Translate the text below. Keep the 7 days.")) is None


def test_a_russian_ban_may_end_its_sentence():
    idea = "Напиши план урока по дробям для 5 класса, без домашнего задания"
    assert limits(rewrite(idea, "Составьте план урока. Домашнего задания нет.")) is None
    assert limits(rewrite(idea, "Составьте план урока с домашним заданием.")) is not None
