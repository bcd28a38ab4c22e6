"""Whatever a person can type is a search: none is an error, and a row is found by its own
words."""

import unicodedata
from contextlib import closing

import pytest

from db.sqlite.connection import open_connection
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.rows import INSERT_ROW, to_parameters
from db.sqlite.search import find_matching_ids, to_match
from prompt_improver.domain.history_filter import HistoryFilter
from tests.histories import make_history
from tests.property_testing import HealthCheck, example, given, settings, st

HOSTILE = [
    '"', '""', '"""', "'", "';--", '"unbalanced', "a AND", "AND", "OR", "NOT", "a NOT", "NOT a",
    "a OR b", "NEAR(a b)", "NEAR(", "a NEAR b", "^a", "a^", "a*", "*a", "**", "a**", "(", ")",
    "((a)", "{a b}: c", "original_idea:a", "original_idea : a", "context:", "-context:a", "a+b",
    "a + b", "a - b", "-a", "a:b", ":", "::", "[a]", "\\", "a\\b", "%", "_", "a_b", "?", "?1", ":a",
    "@a", "$a", "#a", "a;b", "a\nb", "a\tb", "\r\n", "\u2028", "\ufeff", "\u202eabc", "\u200b",
    "1", "1.5", "1e308", "-1", "C++", "C#", ".NET", "node.js", "O'Brien", "e-mail@example.com",
    "https://example.com/?q=a&b=%20", "😀", "👩‍💻", "a😀b", "é", "e\u0301", "\u0301", "ñandú", "İ",
    "ı", "ß", "ẞ", "ﬁ", "Ǆ", "ｆｕｌｌ", "中文", "日本語テキスト", "한국어", "हिन्दी", "ไทย",
    "العربية",
    "עברית", "𝒳", "\U0001e900", "\U000e0001", "\ue000", "\U0010ffff", "\uffff",
    "a\u00adb", "x" * 40_000, "a " * 20_000, '" ' * 20_000, "ab" * 30_000 + " c",
]  # fmt: skip


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    path = tmp_path_factory.mktemp("search") / "history.db"
    with closing(open_connection(path)) as connection:
        yield connection


def found(connection, text):
    match = to_match(connection, text)
    return [] if match is None else find_matching_ids(connection, match, below=2**63 - 1, limit=9)


def holds_a_word(text):
    return any(unicodedata.category(character)[0] in "LN" for character in text)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_a_row_is_found_by_its_own_text(connection, text):
    idea = f"{text} ."
    connection.execute("BEGIN")
    number = connection.execute(
        INSERT_ROW, to_parameters(make_history(original_idea=idea))
    ).lastrowid
    assert (number in found(connection, text)) == (to_match(connection, text) is not None)
    if holds_a_word(text) and text.isascii():
        assert to_match(connection, text) is not None
    connection.execute("ROLLBACK")


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
    other=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)
@example(text="ab\ud7ff", other='" OR "')
def test_any_text_finds_the_row_that_holds_it_and_no_text_is_an_error(connection, text, other):
    connection.execute("BEGIN")
    try:
        row = to_parameters(make_history(original_idea=f". {text} .", context=other))
        number = connection.execute(INSERT_ROW, row).lastrowid
        for typed in (text, f"{other} {text}"):
            if to_match(connection, typed) is not None:
                assert number in found(connection, typed)
        found(connection, other + text)
    finally:
        connection.execute("ROLLBACK")


@pytest.mark.anyio
async def test_scripts_without_spaces_match_from_the_start_of_a_run(tmp_path):
    repository = SQLitePromptRepository(Database(tmp_path / "history.db"))
    await repository.open()
    await repository.save(make_history(original_idea="日本語テキスト、説明"))
    for text, expected in (("日", 1), ("日本語", 1), ("説明", 1), ("語", 0), ("テキスト", 0)):
        assert (
            len((await repository.find_page(wanted=HistoryFilter(text=text))).items) == expected
        ), text
    await repository.close()
