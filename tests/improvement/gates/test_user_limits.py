import time

import pytest

from prompt_improver.improvement.gates import Limit, limits_of, user_limits
from tests.property_testing import example, given, settings, st
from tests.rewrites import real_ideas

LIFTED = (
    ("Write a function without recursion", ["without recursion"]),
    ("Build a page, don't use jQuery", ["don't use jQuery"]),
    ("Build a page without jQuery, React or Vue", ["without jQuery, React or Vue"]),
    ("Build a page without jQuery and without Bootstrap", ["without jQuery", "without Bootstrap"]),
    ("Rewrite my bio, no emojis no hashtags", ["no emojis", "no hashtags"]),
    ("Fix it without changing the public API", ["without changing the public API"]),
    ("Summarise https://a.b/c in at most 3 bullets for <AUDIENCE>", ["in at most 3 bullets"]),
    ("Explain closures in under 200 words", ["in under 200 words"]),
    ("Summarise the talk. Keep it under 50 lines.", ["Keep it under 50 lines"]),
    ("Summarise the talk in 3 bullets", ["in 3 bullets"]),
    ("Parse the file, use only the standard library", ["use only the standard library"]),
    ("Parse the file using only stdlib modules", ["using only stdlib modules"]),
    ("Convert this table. Return JSON only", ["Return JSON only"]),
    ("Draft the memo by Friday, keep the tone formal", ["by Friday", "keep the tone formal"]),
    ("Refactor it. The public API must stay the same.", ["The public API must stay the same"]),
    ("Plan the migration; never touch the users table", ["never touch the users table"]),
    ("Write it. Please do not mention prices and add a table", ["do not mention prices"]),
    ("Review it. If a test fails, you must stop.", ["If a test fails, you must stop"]),
    ("Write a poem that does not rhyme", ["that does not rhyme"]),
    ("Can you explain this without jargon?", ["without jargon"]),
    ("List ten films except horror films", ["except horror films"]),
    ("Upgrade the app. I don't want to downgrade React", ["I don't want to downgrade React"]),
    ("Escribe un hook sin usar librerías externas", ["sin usar librerías externas"]),
    ("Escribe el correo, no menciones precios", ["no menciones precios"]),
    ("Resume el texto en como mucho 5 frases", ["en como mucho 5 frases"]),
    ("Resume el texto. Responde solo en español", ["Responde solo en español"]),
    ("Escribe un email de 100 palabras máximo, evita tecnicismos",
     ["de 100 palabras máximo", "evita tecnicismos"]),
    ("Haz una lista sin precios ni fechas", ["sin precios ni fechas"]),
    ("Refactoriza el módulo. La API debe seguir igual", ["La API debe seguir igual"]),
    ("Refactoriza esto, que no dependa de lodash", ["que no dependa de lodash"]),
    ("Crie uma função sem bibliotecas externas", ["sem bibliotecas externas"]),
    ("Escreva o e-mail, não mencione preços", ["não mencione preços"]),
    ("Resuma o texto em no máximo 3 frases", ["em no máximo 3 frases"]),
    ("Responda apenas em português, mantenha o tom formal",
     ["Responda apenas em português", "mantenha o tom formal"]),
    ("Corrige le bug sans changer la base", ["sans changer la base"]),
    ("Écris le mail, ne mentionne pas les prix", ["ne mentionne pas les prix"]),
    ("Résume le texte en 3 phrases au maximum", ["en 3 phrases au maximum"]),
    ("Rédige la note, garde le ton formel", ["garde le ton formel"]),
    ("Schreibe die Funktion ohne externe Bibliotheken", ["ohne externe Bibliotheken"]),
    ("Schreibe die Mail, erwähne keine Preise", ["erwähne keine Preise"]),
    ("Fasse den Text in höchstens 3 Sätzen zusammen", ["in höchstens 3 Sätzen"]),
    ("Schreibe ein Gedicht, das sich nicht reimt", ["das sich nicht reimt"]),
    ("Ändere die Funktion. Die API muss gleich bleiben", ["Die API muss gleich bleiben"]),
    ("Scrivi il testo senza anglicismi", ["senza anglicismi"]),
    ("Scrivi la mail, non menzionare i prezzi", ["non menzionare i prezzi"]),
    ("Riassumi il testo in massimo 3 frasi", ["in massimo 3 frasi"]),
    ("Migliora il codice, mantieni lo stile", ["mantieni lo stile"]),
    ("Напиши функцию без внешних библиотек", ["без внешних библиотек"]),
    ("Напиши письмо, не упоминай цены", ["не упоминай цены"]),
    ("Кратко перескажи текст, не более 100 слов", ["не более 100 слов"]),
    ("Исправь код, используй только стандартную библиотеку",
     ["используй только стандартную библиотеку"]),
    ("Γράψε μια συνάρτηση χωρίς εξωτερικές βιβλιοθήκες", ["χωρίς εξωτερικές βιβλιοθήκες"]),
    ("Γράψε το email, μην αναφέρεις τιμές", ["μην αναφέρεις τιμές"]),
    ("Γράψε μια περίληψη, το πολύ 100 λέξεις", ["το πολύ 100 λέξεις"]),
    ("اكتب دالة بدون مكتبات خارجية", ["بدون مكتبات خارجية"]),
    ("اكتب الرسالة، لا تذكر الأسعار", ["لا تذكر الأسعار"]),
    ("لخص النص، لا يزيد عن 100 كلمة", ["لا يزيد عن 100 كلمة"]),
    ("כתוב פונקציה בלי ספריות חיצוניות", ["בלי ספריות חיצוניות"]),
    ("כתוב את המייל, אל תזכיר מחירים", ["אל תזכיר מחירים"]),
    ("סכם את הטקסט, לכל היותר 100 מילים", ["לכל היותר 100 מילים"]),
    ("写一个函数，不要使用第三方库，不超过50行", ["不要使用第三方库", "不超过50行"]),
    ("写一封邮件，只用中文，必须提到日期", ["只用中文", "必须提到日期"]),
    ("总结这篇文章，200字以内", ["200字以内"]),
    ("外部ライブラリを使わずに関数を書いて", ["外部ライブラリを使わずに"]),
    ("メールを書いて。価格に触れないで。200字以内", ["価格に触れないで", "200字以内"]),
    ("외부 라이브러리 없이 함수를 작성해줘", ["외부 라이브러리 없이"]),
    ("이메일을 써줘, 가격은 언급하지 마세요, 200자 이내", ["가격은 언급하지 마세요", "200자 이내"]),
    ("เขียนอีเมล ห้ามพูดถึงราคา ไม่เกิน 100 คำ", ["ห้ามพูดถึงราคา", "ไม่เกิน 100 คำ"]),
)  # fmt: skip

NOT_LIFTED = (
    "I don't know why the login fails",
    "It does not work and I have no idea why",
    "Why does it crash without an error message?",
    "What must I study first?",
    "The tests don't pass after upgrading",
    "My app returns 500 but only in production",
    "Is it a class or not?",
    "Summarize The Bitter Lesson by Rich Sutton",
    "Find users who have more than 5 orders",
    "ModuleNotFoundError: No module named yaml",
    'Translate "Do not touch this without gloves" into French',
    "Explain `if not x` and `without()`",
    "Fix this:\n```\n# do not edit, only for tests\n```",
    "Write a story about a man without a past and a dog",
    "No sé por qué falla",
    "El login no funciona desde ayer",
    "No aparecen videos en mi historial",
    "Tengo un hook que no funciona",
    "¿Qué asignatura debe impartirse primero?",
    "Por favor, explica cómo funciona esto, sin duda es interesante",
    "Não sei por que falha",
    "O site não funciona",
    "Je ne sais pas pourquoi ça plante",
    "Ça ne marche pas",
    "Ich weiß nicht, warum es abstürzt",
    "Der Login funktioniert nicht",
    "Non so perché si blocca",
    "Non funziona niente da ieri",
    "Я не знаю, почему это не работает",
    "Сайт не работает со вчерашнего дня",
    "Δεν ξέρω γιατί δεν δουλεύει",
    "لا أعرف لماذا لا يعمل",
    "אני לא יודע למה זה לא עובד",
    "为什么dev能启动，test不能呢？",
    "我不知道怎么修改脚本",
    "なぜ動かないのかわからない",
    "왜 작동하지 않는지 모르겠어요",
    "ทำไมมันไม่ทำงาน",
)


@pytest.mark.parametrize(("idea", "clauses"), LIFTED)
def test_what_the_user_limits_is_lifted_word_for_word(idea: str, clauses: list[str]) -> None:
    assert [limit.text for limit in user_limits(idea)] == clauses


@pytest.mark.parametrize("idea", NOT_LIFTED)
def test_what_describes_or_asks_is_no_limit(idea: str) -> None:
    assert user_limits(idea) == ()


def test_a_limit_tells_where_it_stands_and_what_it_is() -> None:
    (limit,) = user_limits("Write a function without recursion")
    assert limit == Limit("without recursion", 17, 34, "not")


def test_nothing_is_lifted_out_of_what_is_masked() -> None:
    idea = "Make it friendlier: do not be late, no excuses. Keep it under 90 words."
    assert [one.text for one in user_limits(idea, mask=[(19, 47)])] == ["Keep it under 90 words"]


def test_a_quoted_word_may_stand_within_a_limit() -> None:
    (limit,) = user_limits('Name the shop, do not use the word "velo"')
    assert limit.text == 'do not use the word "velo"'


def test_an_idea_that_is_nothing_but_a_limit_is_not_lifted() -> None:
    assert user_limits("Do not touch the database") == ()


def test_a_limit_of_idea_and_context_is_told_once_with_its_source() -> None:
    found = limits_of("Build a page without jQuery", "Without jQuery. Use only CSS grid.")
    assert [(limit.text, source) for limit, source in found] == [
        ("without jQuery", "idea"),
        ("Use only CSS grid", "context"),
    ]


def test_no_real_idea_loses_a_letter_of_its_limits() -> None:
    ideas = real_ideas()
    if not ideas:
        pytest.skip("the file of real ideas is not here")
    for row in ideas:
        for limit in user_limits(row["idea"]):
            assert row["idea"][limit.start : limit.end] == limit.text


PIECES = (
    "without x", " no ", "sin ", "at most 3 ", "N", "不要", "まで", "지 마", "ห้าม", "\n", ", ", "`",
    '"', "İ", "ß", "\x00", "\ud800", "max. 5 ", "(", ". ", "do not use ", "؟", "- ",
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@example("\x85지 마!without x")
@given(text=st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=15).map("".join))
def test_a_limit_is_always_a_piece_of_the_text(text: str) -> None:
    for limit in user_limits(text):
        assert text[limit.start : limit.end] == limit.text
        assert limit.text.strip() == limit.text != ""


@pytest.mark.parametrize(
    "unit", ["no ", "without x, ", "a", "must ", "at most 3 ", "不要", "don't x, "]
)
def test_hostile_length_does_not_hold_it_up(unit: str) -> None:
    text = (unit * 20_000)[:20_000]
    started = time.perf_counter()
    user_limits(text, language="zh" if unit == "不要" else "en")
    # 5 to 40 ms where nothing else runs; a pattern that backtracks takes minutes.
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize(
    ("language", "idea", "limit"),
    [
        ("en", "Write a report about the fair, at most a page", "at most a page"),
        (
            "es",
            "Escribe un informe breve, como máximo una página",
            "como máximo una página",
        ),
        ("pt", "Escreva um relatório sobre a feira, no máximo uma página", "no máximo uma página"),
        ("fr", "Écris un rapport sur la foire de Lyon, au plus une page", "au plus une page"),
        (
            "de",
            "Schreib einen Bericht zur Messe, höchstens eine Seite",
            "höchstens eine Seite",
        ),
        ("it", "Scrivi una relazione sulla fiera, al massimo una pagina", "al massimo una pagina"),
        ("ru", "Напиши отчёт о выставке, не более одной страницы", "не более одной страницы"),
        ("el", "Γράψε μια αναφορά για την έκθεση, το πολύ μία σελίδα", "το πολύ μία σελίδα"),
        ("ar", "اكتب تقريرا عن المعرض، على الأكثر صفحة واحدة", "على الأكثر صفحة واحدة"),
        ("he", "כתוב דוח על התערוכה, לכל היותר עמוד אחד", "לכל היותר עמוד אחד"),
        ("zh", "写一份展会报告，不超过一页", "不超过一页"),
        ("ja", "展示会の報告書を書いて、最大一ページで", "最大一ページで"),
        ("ko", "전시회 보고서를 써 줘, 최대 한 페이지", "최대 한 페이지"),
        ("th", "เขียนรายงานเกี่ยวกับงานแสดงสินค้า ไม่เกินหนึ่งหน้า", "ไม่เกินหนึ่งหน้า"),
    ],
)
def test_a_bound_in_words_is_a_limit_in_every_language(language, idea, limit):
    assert [found.text for found in user_limits(idea, language=language)] == [limit]
