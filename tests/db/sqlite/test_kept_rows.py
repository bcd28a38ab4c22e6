"""Stars, ratings, notes and tags set by hand: right at once, and spared by the cleanup."""

import json

import pytest

from db.sqlite.connection import migrate_database
from db.sqlite.database import Database
from db.sqlite.derived_data import DerivedData
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.sql_files import SQL_FOLDER
from tests.db.sqlite.test_derived_data import derived
from tests.history_files import make_old, save_rows
from tests.sqlite_files import cli, needs_cli, raw


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "history.db"
    save_rows(path, 6, days_ago=40)
    return path


def run(path, sql, *arguments):
    done = cli(path, sql, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def found(path, match):
    return raw(path, "SELECT rowid FROM note_search WHERE note_search MATCH ? ORDER BY 1", match)


@needs_cli
def test_by_hand_notes_and_tags_are_found_at_once_and_go_with_their_row(path):
    before = raw(path, "SELECT * FROM prompt_history_search_data")
    run(path, "UPDATE prompt_history SET starred = 1, note = 'Más tarde' WHERE id = 2;")
    run(path, "INSERT INTO prompt_tags (history_id, tag) VALUES (2, 'Work'), (3, 'work');")
    assert found(path, "mas") == [(2,)]
    assert found(path, "work") == [(2,), (3,)]
    run(path, "UPDATE prompt_history SET id = 22 WHERE id = 2;")
    run(path, "UPDATE prompt_tags SET tag = 'home' WHERE history_id = 3;")
    assert (found(path, "mas work"), found(path, "home")) == ([(22,)], [(3,)])
    view = "SELECT id, starred, note, tags FROM kept_improvements;"
    assert run(path, view) == "3|0||home\n22|1|Más tarde|Work\n"
    run(path, "DELETE FROM prompt_tags WHERE history_id = 3;")
    run(path, "DELETE FROM prompt_history WHERE id = 22;")
    assert raw(path, "SELECT COUNT(*) FROM prompt_tags") == [(0,)]
    assert raw(path, "SELECT COUNT(*) FROM note_search") == [(0,)]
    assert derived(path) == DerivedData(0, 0, 0, 0)
    assert before != raw(path, "SELECT * FROM prompt_history_search_data")  # the id changed


@needs_cli
def test_a_star_or_a_note_does_not_index_the_prompt_again(path):
    before = raw(path, "SELECT * FROM prompt_history_search_data")
    run(path, "UPDATE prompt_history SET starred = 1, rating = 1, note = 'n', edited_prompt = 'e';")
    run(path, "INSERT INTO prompt_tags (history_id, tag) VALUES (2, 'work');")
    assert raw(path, "SELECT * FROM prompt_history_search_data") == before
    assert raw(path, "SELECT deleted_rows FROM search_leftovers") == [(0,)]


@needs_cli
def test_a_tag_of_a_row_that_is_not_there_is_refused(path):
    done = cli(path, "INSERT INTO prompt_tags (history_id, tag) VALUES (99, 'work');")
    assert "no row of prompt_history has this history_id" in done.stderr


@needs_cli
@pytest.mark.parametrize("rows", [[], ["-cmd", ".parameter set :rows 2"]])
def test_delete_old_by_hand_spares_them_and_a_typed_delete_does_not(path, rows):
    script = (SQL_FOLDER / "maintenance/delete_old.sql").read_text()
    run(path, "UPDATE prompt_history SET starred = 1 WHERE id = 5;")
    run(path, "INSERT INTO prompt_tags (history_id, tag) VALUES (2, 'work');")
    run(path, "UPDATE prompt_history SET parent_id = (SELECT prompt_id FROM prompt_history "
        "WHERE id = 3), instruction = 'qqsecret' WHERE id IN (4, 5);")  # fmt: skip
    for _ in range(2):
        run(path, script, "-cmd", ".parameter set :days 30", *rows)
    assert raw(path, "SELECT id FROM prompt_history") == [(2,), (3,), (5,)]
    assert run(path, "DELETE FROM prompt_history WHERE timestamp < datetime('now', '-30 days'); "
        "SELECT changes();") == "3\n"  # fmt: skip


@pytest.mark.anyio
async def test_words_of_a_deleted_note_leave_the_files(path):
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    raw(path, "UPDATE prompt_history SET note = 'qqsecretword' WHERE id = 3")
    prompt_id = raw(path, "SELECT prompt_id FROM prompt_history WHERE id = 3")[0][0]
    assert await repository.delete(prompt_id)
    await repository.compact()
    await repository.close()
    assert b"qsecretword" not in b"".join(
        each.read_bytes() for each in path.parent.glob("history.db*")
    )


@pytest.mark.parametrize("details", ['{"task": "design", "field": "f"}', "{}", '{"task": 1}'])
def test_what_stood_in_details_is_carried_over(tmp_path, details):
    path = tmp_path / "old.db"
    make_old(path, 6, rows=2)
    raw(path, "UPDATE prompt_history SET details = ? WHERE id = 1", details)
    migrate_database(path)
    facts = json.loads(details)
    task = facts.pop("task", None)
    (first, second) = raw(path, "SELECT task, details, version, starred FROM prompt_history")
    assert first[0] == (task if isinstance(task, str) else None)
    assert json.loads(first[1]) == facts
    assert second == (None, "{}", 1, 0)


def test_a_row_that_breaks_another_rule_does_not_stop_the_migration(tmp_path):
    path = tmp_path / "old.db"
    make_old(path, 6, rows=2)
    raw(path, "PRAGMA ignore_check_constraints = ON")
    done = cli(path, "PRAGMA ignore_check_constraints = ON; "
        "UPDATE prompt_history SET details = 'none' WHERE id = 1;")  # fmt: skip
    assert done.stderr == ""
    migrate_database(path)
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(2,)]
