"""What the commands tell of a spool."""

from pathlib import Path

import pytest

from prompt_improver.domain.history_record import to_line
from tests.contract.prompt_spool_contract import rows
from tests.forked_program import run_program
from tests.history_files import save_rows
from tests.sqlite_files import raw


@pytest.fixture
def folder(tmp_path) -> Path:
    """A working directory with a database of four rows, and two in its spool."""
    save_rows(tmp_path / "history.db", 4)
    (tmp_path / "history.spool.jsonl").write_text("".join(map(to_line, rows(2))))
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    done = run_program(folder, *arguments, SQLITE_DB_PATH="history.db")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_check_reports_it_and_says_when_it_is_imported(folder):
    told = run(folder, "check")
    assert "2 improvements in history.spool.jsonl" in told
    assert "hint: the running server imports the spool" in told


def test_check_says_so_where_there_is_none(folder):
    (folder / "history.spool.jsonl").unlink()
    told = run(folder, "check")
    assert "spool           none" in told
    assert "hint" not in told


def test_check_names_what_was_put_aside(folder):
    aside = folder / "history.spool.jsonl.refused-20260504T120000Z"
    (folder / "history.spool.jsonl").rename(aside)
    assert f"hint: {aside} holds lines that could not be imported" in run(folder, "check")


def test_a_backup_says_what_is_not_in_it(folder):
    told = run(folder, "backup")
    assert "not in this backup: 2 improvements in history.spool.jsonl" in told


def test_a_restore_says_what_the_next_start_takes_in(folder):
    run(folder, "backup")
    (made,) = (folder / "data" / "backups").iterdir()
    told = run(folder, "restore", str(made))
    assert "the next start takes in 2 improvements in history.spool.jsonl" in told
    assert (folder / "history.spool.jsonl").exists()


def test_a_spool_can_be_imported_by_hand(folder):
    run(folder, "import", "history.spool.jsonl")
    assert raw(folder / "history.db", "SELECT COUNT(*) FROM prompt_history") == [(6,)]
