"""Migration 0006, which makes the table anew: every row comes along, or is set aside whole."""

import json
import random
import sqlite3
from contextlib import closing

import pytest

from db.sqlite.connection import migrate_database, open_connection
from db.sqlite.database import Database
from db.sqlite.derived_data import DerivedData, verify_derived_data
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.rows import INSERT_ROW, to_parameters
from db.sqlite.sql_files import SQL_FOLDER
from db.sqlite.upkeep.check import check_database
from db.sqlite.upkeep.copy_before_migration import CopyBeforeMigration
from prompt_improver.domain.errors import RepositoryConnectionError
from prompt_improver.domain.history_export import to_spoiled_line
from prompt_improver.domain.prompt_history import DETAIL_RULES
from tests.histories import make_history
from tests.history_files import MIGRATIONS, make_old, names, old_rows, schema
from tests.sqlite_files import cli, connect, needs_cli, raw

OLD_COLUMNS = (
    "id, timestamp, original_idea, context, improved_prompt, role, directive, framework, "
    "guardrails, backend, confidence, reasoning, latency_ms, model_version, prompt_id, "
    "input_tokens, output_tokens, model_calls"
)
SPOIL = {
    2: "guardrails = '[1]'",
    4: "guardrails = '[\"fine\", [\"nested\"]]', original_idea = 'nested-secret'",
    6: "backend = 'magic'",
    8: "timestamp = 'yesterday', context = CAST(x'ff00fe' AS TEXT)",
    10: "confidence = 7",
    12: "prompt_id = 'none'",
}
SCRIPT = (SQL_FOLDER / "migrations/0006_one_record.sql").read_text()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


@pytest.fixture
def spoilt(path):
    """A database of version 5 in which some rows were changed past its rules, by hand."""
    make_old(path, 5)
    with connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for number, change in SPOIL.items():
            connection.execute(f"UPDATE prompt_history SET {change} WHERE id = {number}")
    return path


def rows_of(path, table, columns=OLD_COLUMNS):
    with connect(path) as connection:
        connection.text_factory = bytes
        return connection.execute(f"SELECT {columns} FROM {table} ORDER BY id").fetchall()


def derived_data(path):
    migrate_database(path)
    with connect(path) as connection:
        connection.execute(
            "INSERT INTO prompt_history_search (prompt_history_search) VALUES ('integrity-check')"
        )
        return verify_derived_data(connection)


def by_program(path):
    migrate_database(path)
    return ""


def by_hand(path):
    done = cli(path, SCRIPT)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@needs_cli
@pytest.mark.parametrize("migrate", [by_program, by_hand])
def test_rows_that_break_a_rule_are_set_aside_whole_counted_and_named(spoilt, caplog, migrate):
    before = rows_of(spoilt, "prompt_history")
    told = migrate(spoilt) + caplog.text
    assert f"{len(SPOIL)} rows" in told
    assert "2, 4, 6, 8, 10, 12" in told
    assert "secret" not in told
    assert rows_of(spoilt, "spoiled_rows") == [row for row in before if row[0] in SPOIL]
    assert rows_of(spoilt, "prompt_history") == [row for row in before if row[0] not in SPOIL]
    assert derived_data(spoilt) == DerivedData(0, 0, 0)
    assert raw(spoilt, "PRAGMA integrity_check") == [("ok",)]
    assert raw(spoilt, "SELECT SUM(improvements) FROM daily_usage") == [(14,)]


@needs_cli
def test_without_such_rows_nothing_is_said_and_the_index_is_as_it_was(path, caplog):
    make_old(path, 5)
    before = raw(path, "SELECT * FROM prompt_history_search_data")
    assert by_hand(path) == caplog.text == ""
    assert raw(path, "SELECT * FROM prompt_history_search_data") == before
    assert derived_data(path) == DerivedData(0, 0, 0)
    found = "SELECT rowid FROM prompt_history_search WHERE prompt_history_search MATCH '17'"
    assert raw(path, found) == [(17,)]


def test_values_of_other_types_in_a_table_of_another_tool_stop_nothing(path):
    make_old(path, 5)
    with connect(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') "
            "WHERE name = 'prompt_history'"
        )
    with connect(path) as connection:
        connection.execute("DROP TRIGGER daily_summary_update")
        connection.execute("UPDATE prompt_history SET model_version = x'00ff' WHERE id = 3")
        connection.execute("UPDATE prompt_history SET model_calls = 1.5 WHERE id = 5")
    migrate_database(path)
    assert raw(path, "SELECT id, model_version, model_calls FROM spoiled_rows") == [
        (3, b"\x00\xff", None),
        (5, "offline/1", 1.5),
    ]
    assert len(old_rows(path)) == 18


@pytest.mark.parametrize("gone", ["id = 20", "id > 0"])
def test_the_number_of_a_deleted_row_does_not_come_back(path, gone):
    make_old(path, 5)
    raw(path, f"DELETE FROM prompt_history WHERE {gone}")
    migrate_database(path)
    with closing(open_connection(path)) as connection:
        assert connection.execute(INSERT_ROW, to_parameters(make_history())).lastrowid == 21
    assert raw(path, "SELECT name, seq FROM sqlite_sequence") == [("prompt_history", 21)]


@pytest.mark.parametrize("columns", [OLD_COLUMNS[4:], OLD_COLUMNS[4:].split(", input")[0]])
def test_an_insert_typed_with_the_columns_of_before_still_works(path, columns):
    make_old(path, 5, rows=1)
    migrate_database(path)
    raw(path, "CREATE TABLE typed AS SELECT * FROM prompt_history")
    raw(path, "UPDATE typed SET prompt_id = '00000000-0000-4000-8000-0000000000ff'")
    raw(path, f"INSERT INTO prompt_history ({columns}) SELECT {columns} FROM typed")
    assert raw(
        path,
        "SELECT output_format, language, kept_original, imported_at, details "
        "FROM prompt_history WHERE id = 2",
    ) == [(None, None, None, None, "{}")]


def test_a_view_of_somebodys_own_goes_on_working(path):
    make_old(path, 5)
    raw(path, "CREATE VIEW mine AS SELECT COUNT(*) FROM prompt_history")
    migrate_database(path)
    assert raw(path, "SELECT * FROM mine") == [(20,)]


@pytest.mark.anyio
async def test_what_an_old_row_did_not_keep_is_unknown_and_not_false(path):
    make_old(path, 5, rows=1)
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    found = await repository.find_by_id(1)
    await repository.close()
    names = ("output_format", "language", "kept_original", "imported_at", *DETAIL_RULES)
    assert {name: getattr(found, name) for name in names} == dict.fromkeys(names)


def test_guardrails_are_texts_whatever_stands_in_them(path):
    """The rule is one expression without a loop: here it is held against a parser."""
    source = random.Random(6)
    pieces = ["", "a", ",", '"', "\\", '\\"', "[", "]", '","', ',"', '["', '"]', ",]", "{", "é"]

    def value(depth=0):
        if depth > 1 or source.random() < 0.8:
            return "".join(source.choices(pieces, k=source.randrange(4)))
        inner = [value(depth + 1) for _ in range(source.randrange(3))]
        return source.choice([1, None, True, inner, dict.fromkeys('a",', inner)])

    migrate_database(path)
    with connect(path) as connection:
        connection.execute(INSERT_ROW, to_parameters(make_history()))
        taken = 0
        for _ in range(5_000):
            guardrails = [value() for _ in range(source.randrange(5))]
            guardrails = guardrails if source.random() < 0.95 else value()
            text = json.dumps(guardrails, separators=source.choice([(",", ":"), (" , ", " : ")]))
            are_texts = isinstance(guardrails, list) and all(
                isinstance(each, str) for each in guardrails
            )
            try:
                connection.execute("UPDATE prompt_history SET guardrails = ?", (text,))
            except sqlite3.IntegrityError:
                assert not are_texts, text
            else:
                assert are_texts, text
                taken += 1
    assert 1_000 < taken < 4_500


# --- What is set aside does not stay for ever ---


@needs_cli
@pytest.mark.anyio
@pytest.mark.parametrize("way", ["program", "hand"])
async def test_the_retention_reaches_what_was_set_aside(spoilt, way):
    """A row whose time cannot be read counts from the migration."""
    migrate_database(spoilt)
    assert b"nested-secret" in content(spoilt)
    if way == "program":
        repository = SQLitePromptRepository(Database(spoilt))
        await repository.open()
        assert await repository.delete_old(30) == 19
        await repository.close()
    else:
        script = (SQL_FOLDER / "maintenance/delete_old.sql").read_text()
        assert cli(spoilt, script, "-cmd", ".parameter set :days 30").stderr == ""
    assert raw(spoilt, "SELECT id FROM spoiled_rows") == [(8,)]
    assert raw(spoilt, "SELECT COUNT(*) FROM prompt_history") == [(0,)]
    assert b"nested-secret" not in content(spoilt)


@pytest.mark.anyio
@pytest.mark.parametrize("chunk", [1, 50])
async def test_what_was_set_aside_and_what_is_spoiled_later_are_read_alike(spoilt, chunk):
    """Values as they are: text that is no UTF-8 has its bytes as lone surrogates."""
    migrate_database(spoilt)
    raw(spoilt, """UPDATE prompt_history SET details = '{"field": 1}' WHERE id = 7""")
    repository = SQLitePromptRepository(Database(spoilt))
    await repository.open()
    found = [row async for rows in repository.iterate_spoiled(chunk) for row in rows]
    sound = [row.id async for rows in repository.iterate() for row in rows]
    await repository.close()
    assert [(row["table"], row["id"]) for row in found] == [
        *(("spoiled_rows", number) for number in SPOIL),
        ("prompt_history", 7),
    ]
    by_id = {row["id"]: row for row in found}
    assert by_id[2]["guardrails"] == "[1]"
    assert by_id[8]["context"].encode(errors="surrogateescape") == b"\xff\x00\xfe"
    assert by_id[8]["kept_since"] > "2026-05-05"
    assert by_id[4]["kept_since"] == by_id[4]["timestamp"]
    assert by_id[7]["details"] == '{"field": 1}'
    assert sound == [number for number in range(1, 21) if number not in by_id]
    assert json.loads(to_spoiled_line(by_id[8]))["context"] == by_id[8]["context"]


def test_check_tells_of_what_was_set_aside_and_that_nothing_is_wrong(spoilt):
    migrate_database(spoilt)
    spoilt.chmod(0o600)
    raw(spoilt, "UPDATE prompt_history SET imported_at = '2999-01-01 00:00:00.000'")
    raw(spoilt, "UPDATE spoiled_rows SET kept_since = datetime('now', '-40 days') WHERE id > 4")
    raw(spoilt, "UPDATE spoiled_rows SET kept_since = datetime('now') WHERE id <= 4")
    health = check_database(spoilt, days=30)
    assert (health.problems, health.old_rows) == ([], 4)
    assert any(hint.startswith("6 rows that broke a rule") for hint in health.hints)


@pytest.mark.anyio
async def test_a_row_that_was_set_aside_is_deleted_by_its_uuid(spoilt):
    migrate_database(spoilt)
    repository = SQLitePromptRepository(Database(spoilt))
    await repository.open()
    prompt_id = "00000000-0000-4000-8000-000000000004"
    assert await repository.delete(prompt_id.upper())
    assert not await repository.delete(prompt_id)
    await repository.close()
    assert raw(spoilt, "SELECT COUNT(*) FROM spoiled_rows WHERE id = 4") == [(0,)]
    assert b"nested-secret" not in content(spoilt)


def content(path):
    """Of the database and its log."""
    files = [path, path.with_name("history.db-wal")]
    return b"".join(each.read_bytes() for each in files if each.exists())


# --- Room on the disk ---


def test_without_room_for_copy_and_new_table_nothing_is_begun(path):
    make_old(path, 5, rows=200)
    before, there = schema(path), names(path.parent)
    size = path.stat().st_size
    with connect(path) as connection:
        copy = CopyBeforeMigration(connection, path, free_bytes=lambda _: 3 * size)
        with pytest.raises(RepositoryConnectionError, match=r"not migrated.*make room") as refusal:
            copy(MIGRATIONS[5])
    assert "\n" not in str(refusal.value)
    assert (schema(path), names(path.parent)) == (before, there)
    with connect(path) as connection:
        CopyBeforeMigration(connection, path, free_bytes=lambda _: 4 * size)(MIGRATIONS[5])
    assert len(names(path.parent)) == len(there) + 1
