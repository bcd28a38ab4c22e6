from pathlib import Path

import pytest

from prompt_improver.improvement.language import could_be, detect_language
from prompt_improver.improvement.language.words import WORDS
from tests.rewrites import real_ideas

TOLD = {
    "en": (
        "Summarise the quarterly report in five bullet points",
        "Plan a birthday party for a ten-year-old",
        "Fix this bug",
        "CI/CD pipeline with GitHub Actions",
        'Translate "¿Cómo estás hoy, amigo mío?" into English',
        "Explain the difference between は and が in Japanese",
    ),
    "es": (
        "Crea un wrapper para fetch con retries",
        "haz un hook de React para formularios",
        "Resume este texto en cinco puntos",
        "Arregla este bug",
        "Correo a mi jefe pidiendo vacaciones",
        "Disable mypy check temporalmente, luego fix mypy en sesión dedicada",
        "Crea un componente Button con variantes",
        'Traduce "The quick brown fox jumps over the lazy dog" al español',
        "¿Por qué falla el test?",
        '"haz un hook de React para formularios"',
        "CREA UNA FUNCIÓN PARA VALIDAR EMAILS",
    ),
    "pt": (
        "Crie uma função em Python que valide e-mails",
        "Escreva um e-mail para o meu chefe sobre as férias",
        "Preciso de um componente de tabela com filtros",
    ),
    "fr": (
        "Écris une fonction pour valider des adresses e-mail",
        "Corrige ce bug sans changer l'API",
        "Explique-moi comment fonctionne le cache Redis",
    ),
    "de": (
        "Schreibe eine Funktion, die E-Mails validiert",
        "Erkläre mir, wie Redis funktioniert",
        "Fehler in der Anmeldung beheben",
    ),
    "it": (
        "Scrivi una funzione che valida le email",
        "Crea un componente React con il pulsante",
        "Correggi questo errore senza cambiare l'API",
    ),
    "ru": ("Напиши функцию для проверки email", "Напиши JWT validation middleware для Express"),
    "el": ("Γράψε μια συνάρτηση για έλεγχο email",),
    "ar": ("اكتب دالة للتحقق من البريد الإلكتروني",),
    "he": ("כתוב פונקציה לבדיקת דואר אלקטרוני",),
    "zh": ("写一个验证电子邮件的函数", "用 React 写一个表单组件"),
    "ja": ("メールアドレスを検証する関数を書いて", "Reactコンポーネントを書いて"),
    "ko": ("이메일을 검증하는 함수를 작성해줘",),
    "uk": ("Напиши лист про свою відпустку",),
    "fa": ("یک شعر درباره باران بنویس",),
    "ur": ("بارش پر ایک نظم لکھیں",),
    "hi": ("बारिश पर एक कविता लिखो",),
    "th": ("เขียนบทกวีเกี่ยวกับฝน",),
    "ka": ("დაწერე ლექსი წვიმაზე",),
}

UNTOLD = (
    "",
    "   \n",
    "jyfjjgcgh",
    "12345 !!!",
    "JWT validation middleware",
    "Redis caching strategy",
    "print(foo_bar.baz) == 3",
    "src/components/Button.tsx",
    "`write the function and return it`",
    "Schrijf een functie die twee getallen optelt",
    "Skriv en funktion som lägger ihop två tal",
    "Napisz funkcję, która dodaje dwie liczby",
    "Escriu una funció que validi correus amb una expressió regular",
    "y = mx + b",
    "for i in range(10): print(i)",
    "https://example.com/la-casa-de-papel",
    "la-casa-de-papel.txt",
    "Кратко резюме на този текст със заключение",
)


@pytest.mark.parametrize(
    ("language", "text"), [(code, text) for code, texts in TOLD.items() for text in texts]
)
def test_a_short_text_is_told_by_its_words_or_its_script(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", UNTOLD)
def test_what_is_too_short_mixed_or_foreign_is_not_told(text: str) -> None:
    assert detect_language(text) is None


def short_ideas() -> dict[str, list[str]]:
    """The lines of ``short_ideas.txt``, by language."""
    ideas: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("short_ideas.txt").read_text("utf-8").splitlines():
        if line.startswith("## "):
            under = ideas.setdefault(line[3:], [])
        elif not line.startswith("# "):
            under.append(line)
    return ideas


@pytest.mark.parametrize("language", WORDS)
def test_short_ideas_are_told_right_or_not_at_all(language: str) -> None:
    ideas = short_ideas()[language]
    told = [detect_language(idea) for idea in ideas]
    assert [
        idea for idea, code in zip(ideas, told, strict=True) if code not in (language, None)
    ] == []
    assert len(ideas) >= 60
    assert told.count(None) <= 0.15 * len(ideas)


def test_short_ideas_in_other_languages_are_hardly_ever_taken_for_one_of_ours() -> None:
    others = {code: ideas for code, ideas in short_ideas().items() if code not in WORDS}
    taken = [idea for ideas in others.values() for idea in ideas if detect_language(idea) in WORDS]
    assert len(others) > 30
    assert len(taken) <= 0.03 * sum(map(len, others.values())), taken


@pytest.mark.parametrize(
    ("idea", "context", "language"),
    [
        ("Crea un login con React", "Per un negozio di scarpe", "it"),
        ("Crea un login con React", "Para una tienda de zapatos", "es"),
        ("Crea un login con React", "For a shop that sells shoes", None),
        ("Redis caching", "L'application est lente depuis hier", "fr"),
        ("Redis caching", "", None),
        ("Explain it", "La función devuelve un error", "en"),
    ],
)
def test_the_context_is_asked_where_the_idea_does_not_tell(
    idea: str, context: str, language: str | None
) -> None:
    assert detect_language(idea, context) == language


def test_text_half_in_one_language_and_half_in_another_is_not_told() -> None:
    assert detect_language("Write the function for me. Escribe la función para mí.") is None


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    assert detect_language("JWT " * 500 + "escribe una función para el usuario") is None


def test_letters_written_in_two_code_points_count_like_those_in_one() -> None:
    assert detect_language("Crea una funcio\u0301n para la migracio\u0301n") == "es"


def test_a_text_of_shared_words_could_be_either_neighbour() -> None:
    idea = "Crea un componente Modal con backdrop"
    assert could_be(idea, "it")
    assert not could_be(idea, "en")
    assert not could_be("Escribe una función para validar fechas", "it")


def test_no_real_idea_is_given_a_wrong_language() -> None:
    ideas = real_ideas()
    if not ideas:
        pytest.skip("the file of real ideas is not here")
    spanish = tuple(
        "Documenta,Escribe,Crea ,crear,Genera,Necesito,Quiero,Ayúdame,Podrías,Cómo,analiza,actua,"
        "realiza,haz ,ahora,Disable mypy".split(",")
    )
    for idea in (row["idea"] for row in ideas):
        right = "es" if idea.lstrip("> \u00a0").startswith(spanish) else "en"
        assert detect_language(idea) in (right, None), idea
