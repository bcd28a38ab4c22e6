"""The search index and the daily summary beside the rows they are made of: kept right by
triggers, whoever writes, and made anew by a file where something went past these."""

import string
from contextlib import closing

import pytest

from db.sqlite.connection import migrate_database, open_connection
from db.sqlite.database import Database
from db.sqlite.derived_data import DerivedData, verify_derived_data
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.sql_files import SQL_FOLDER
from db.sqlite.upkeep.check import check_database
from tests.histories import make_history
from tests.history_files import LATEST, make_old, save_rows
from tests.property_testing import HealthCheck, given, settings, st
from tests.sqlite_files import cli, connect, needs_cli, raw

SOUND = DerivedData(0, 0, 0)
ROW = (
    "INTO prompt_history (timestamp, original_idea, context, improved_prompt, role, directive, "
    "framework, guardrails, backend, confidence, latency_ms, prompt_id) VALUES "
    "('2026-05-04 12:00:00.000', '{idea}', '', 'prompt', '', '', '', '[]', 'offline', 0.1, 3, "
    "'00000000-0000-4000-8000-{number:012}');"
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "history.db"
    migrate_database(path)
    return path


def found(path, match):
    sql = "SELECT rowid FROM prompt_history_search WHERE prompt_history_search MATCH ? ORDER BY 1"
    return [row[0] for row in raw(path, sql, match)]


def derived(path):
    with closing(open_connection(path)) as connection:
        return verify_derived_data(connection)


def is_whole(path):
    """FTS5's own comparison of the index with every word of every row."""
    raw(path, "INSERT INTO prompt_history_search (prompt_history_search) VALUES "
        "('integrity-check')")  # fmt: skip
    return derived(path) == SOUND


def run(path, sql):
    done = cli(path, sql)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@needs_cli
def test_rows_added_changed_and_deleted_by_hand_are_found_and_counted_right(path):
    for number, idea in enumerate(("Árbol uno", "arbol dos", "otra cosa"), start=1):
        run(path, f"INSERT {ROW.format(idea=idea, number=number)}")
    assert found(path, '"arbol"') == [1, 2]
    run(path, "UPDATE prompt_history SET original_idea = 'flor' WHERE id = 1;")
    assert found(path, '"arbol"') == [2]
    assert found(path, '"flor"') == [1]
    run(path, "UPDATE prompt_history SET id = 9 WHERE id = 1;")
    assert found(path, '"flor"') == [9]
    assert run(path, "DELETE FROM prompt_history WHERE id = 9; SELECT changes();") == "1\n"
    assert found(path, '"flor"') == []
    assert is_whole(path)
    run(path, "UPDATE prompt_history SET backend = 'few-shot', confidence = NULL WHERE id = 2;")
    run(path, "UPDATE prompt_history SET timestamp = '2025-01-01 00:00:00.000' WHERE id = 3;")
    usage = "SELECT day, improvements, average_confidence FROM daily_usage;"
    assert run(path, usage) == "2026-05-04|1|\n2025-01-01|1|0.1\n"
    assert run(path, "SELECT backend, timed FROM backend_usage;") == "few-shot|1\noffline|1\n"
    run(path, "DELETE FROM prompt_history;")
    assert run(path, f"{usage} SELECT * FROM daily_summary;") == ""
    assert is_whole(path)


@needs_cli
def test_a_row_left_out_by_or_ignore_changes_nothing(path):
    insert = f"INSERT OR IGNORE {ROW.format(idea='first', number=1)}"
    for _ in range(2):
        run(path, insert)
    run(path, insert.replace("000001'", "000002'"))
    assert run(path, "SELECT improvements FROM daily_usage;") == "2\n"
    assert is_whole(path)


@needs_cli
def test_what_went_past_the_triggers_is_told_and_rebuilt(path):
    run(path, f"INSERT {ROW.format(idea='first', number=1)}")
    # REPLACE takes the old row away without its DELETE triggers.
    run(path, f"INSERT OR REPLACE {ROW.format(idea='second', number=1)}")
    assert derived(path) == DerivedData(1, 0, 1)
    verify = (SQL_FOLDER / "maintenance/verify.sql").read_text()
    assert "found_without_row = 1" in run(path, verify)
    assert all("rebuild.sql" in problem for problem in derived(path).problems)
    assert len(derived(path).problems) == 2
    assert check_database(path).problems == derived(path).problems
    rebuilt = run(path, (SQL_FOLDER / "maintenance/rebuild.sql").read_text())
    assert "1 improvements summed up and indexed" in rebuilt
    assert found(path, '"first"') == []
    assert found(path, '"second"') == [2]
    assert is_whole(path)
    assert derived(path).problems == []


@needs_cli
def test_a_row_that_was_added_without_triggers_is_told(path):
    triggers = raw(path, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    for name, _ in triggers:
        raw(path, f"DROP TRIGGER {name}")
    run(path, f"INSERT {ROW.format(idea='first', number=1)}")
    for _, sql in triggers:
        raw(path, sql)
    assert derived(path) == DerivedData(1, 1, 0)


@needs_cli
@pytest.mark.parametrize("by_hand", [True, False])
def test_rows_from_before_are_indexed_and_summed_up(tmp_path, by_hand):
    path = tmp_path / "old.db"
    make_old(path, 3, rows=150)
    raw(path, "UPDATE prompt_history SET backend = 'few-shot', confidence = NULL WHERE id % 3 = 0")
    old_views = [raw(path, f"SELECT * FROM {view}") for view in ("daily_usage", "backend_usage")]
    if by_hand:
        for file in sorted((SQL_FOLDER / "migrations").glob("*.sql"))[3:LATEST]:
            assert run(path, file.read_text()) == ""
    else:
        migrate_database(path)
    assert is_whole(path)
    assert found(path, '"idea" "77"') == [77]
    views = [raw(path, f"SELECT * FROM {view}") for view in ("daily_usage", "backend_usage")]
    for old, new in zip(old_views, views, strict=True):
        for old_row, new_row in zip(old, new, strict=True):
            assert new_row == pytest.approx(old_row)


numbers = st.one_of(st.none(), st.integers(0, 3), st.sampled_from([10**9, 2**63 - 1]))
words = st.text(st.sampled_from(string.ascii_lowercase[:4] + " é"), max_size=8)
changes = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "change", "delete"]),
        st.integers(1, 6),  # which row
        st.sampled_from(["2026-05-03 00:00:00.000", "2026-05-04 12:00:00.000"]),
        st.sampled_from(["offline", "few-shot"]),
        st.one_of(st.none(), st.floats(0, 1)),
        st.one_of(st.none(), st.floats(0, 1e308)),
        numbers,
        words,
    ),
    max_size=20,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=changes)
def test_after_any_changes_the_summary_and_the_index_are_those_of_the_rows(path, changes):
    with connect(path) as connection:
        connection.execute("BEGIN")
        for what, number, timestamp, backend, confidence, latency, tokens, text in changes:
            columns = {
                "timestamp": timestamp, "backend": backend, "confidence": confidence,
                "latency_ms": latency, "input_tokens": tokens, "output_tokens": tokens,
                "model_calls": tokens, "context": text,
            }  # fmt: skip
            if what == "add":
                connection.execute(
                    f"INSERT OR IGNORE INTO prompt_history (id, prompt_id, original_idea, "
                    f"improved_prompt, role, directive, framework, guardrails, "
                    f"{', '.join(columns)}) VALUES (?, ?, 'idea', 'prompt', '', '', '', '[]', "
                    f"{', '.join('?' * len(columns))})",
                    (number, f"00000000-0000-4000-8000-{number:012}", *columns.values()),
                )
            elif what == "change":
                assignments = ", ".join(f"{name} = ?" for name in columns)
                connection.execute(
                    f"UPDATE prompt_history SET {assignments} WHERE id = ?",
                    (*columns.values(), number),
                )
            else:
                connection.execute("DELETE FROM prompt_history WHERE id = ?", (number,))
        connection.row_factory = None
        assert verify_derived_data(connection) == SOUND
        connection.execute(
            "INSERT INTO prompt_history_search (prompt_history_search) VALUES ('integrity-check')"
        )
        connection.execute("ROLLBACK")


def bytes_on_disk(path):
    return b"".join(each.read_bytes() for each in path.parent.glob("history.db*"))


@pytest.mark.anyio
async def test_words_of_deleted_rows_leave_the_files(path):
    save_rows(path, 300)
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    secret = await repository.save(make_history(original_idea="the qqsecretword of somebody"))
    for number in range(40):  # more parts of the index, above the one with the secret
        await repository.save(make_history(original_idea=f"idea {number}"))
    assert await repository.delete(secret.prompt_id)
    await repository.save(make_history())
    # The text itself is overwritten; the index still holds its words.
    assert b"qqsecretword of somebody" not in path.read_bytes()
    assert b"qsecretword" in bytes_on_disk(path)
    await repository.compact()
    assert b"qsecretword" not in bytes_on_disk(path)
    assert raw(path, "SELECT deleted_rows FROM search_leftovers") == [(0,)]
    await repository.close()
    assert is_whole(path)
    assert len(found(path, '"idea"')) == 340


@pytest.mark.anyio
async def test_what_was_deleted_by_hand_is_forgotten_with_the_next_cleanup(path):
    save_rows(path, 200, idea="qqsecretword")
    raw(path, "PRAGMA secure_delete = ON")
    with connect(path) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM prompt_history WHERE id <= 200")
    assert raw(path, "SELECT deleted_rows FROM search_leftovers") == [(200,)]
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    assert b"qsecretword" in bytes_on_disk(path)
    assert await repository.delete_old(30) == 0
    assert b"qsecretword" not in bytes_on_disk(path)
    await repository.close()


@needs_cli
def test_delete_old_by_hand_takes_the_words_out_of_the_files(path):
    save_rows(path, 300)
    save_rows(path, 250, days_ago=40, idea="qqsecretword")
    script = (SQL_FOLDER / "maintenance/delete_old.sql").read_text()

    def delete(*rows):
        arguments = [
            word for each in (":days 30", *rows) for word in ("-cmd", f".parameter set {each}")
        ]
        done = cli(path, script, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return raw(path, "SELECT deleted_rows FROM search_leftovers")[0][0]

    # In pieces the index waits for the last one.
    assert delete(":rows 100") > 0
    assert delete(":rows 100") > 0
    assert b"qsecretword" in bytes_on_disk(path)
    assert delete(":rows 100") == 0
    assert b"qsecretword" not in bytes_on_disk(path)
    assert is_whole(path)


@pytest.mark.anyio
async def test_rows_deleted_while_the_index_is_merged_wait_for_the_next_time(path):
    save_rows(path, 50)
    other = open_connection(path)

    class DeletesInBetween(Database):
        async def write(self, operation):
            result = await super().write(operation)
            other.execute("DELETE FROM prompt_history WHERE id = (SELECT MAX(id) FROM "
                          "prompt_history)")  # fmt: skip
            return result

    repository = SQLitePromptRepository(DeletesInBetween(path))
    await repository.open()
    raw(path, "DELETE FROM prompt_history WHERE id = 1")
    await repository.compact()
    await repository.close()
    other.close()
    left = raw(path, "SELECT deleted_rows FROM search_leftovers")[0][0]
    assert left == 49 - raw(path, "SELECT COUNT(*) FROM prompt_history")[0][0]
    assert left > 0
    assert is_whole(path)
