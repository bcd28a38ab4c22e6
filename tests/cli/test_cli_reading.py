"""Commands that read make nothing; and the one that saves loses nothing."""

import json
import subprocess
from pathlib import Path

import pytest

from prompt_improver.domain.errors import SettingsError
from prompt_improver.domain.history_record import from_line
from prompt_improver.settings import Settings, load_settings
from tests.forked_program import run_program
from tests.history_files import make_old, names, save_rows
from tests.server_process import ROOT, ServerProcess, clean_environment
from tests.sqlite_files import connect, needs_cli, raw

READING = [
    ["history"],
    ["search", "idea"],
    ["show", "00000000-0000-4000-8000-000000000001"],
    ["stats"],
    ["export"],
    ["check"],
    ["migrate", "--dry-run"],
    ["backup"],
]


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_program(folder, *arguments, **variables)


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_without_a_database_a_reading_command_says_where_it_looked_and_makes_nothing(
    tmp_path, arguments
):
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert f"{tmp_path}/data/prompt_history.db (SQLITE_DB_PATH)" in line
    assert names(tmp_path) == []


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_beside_a_database_it_makes_no_lock_and_changes_no_byte(tmp_path, arguments):
    path = tmp_path / "history.db"
    save_rows(path, 3)
    path.with_name("history.db.lock").unlink()
    before, there = path.read_bytes(), names(tmp_path)
    done = run(tmp_path, *arguments, SQLITE_DB_PATH="history.db", BACKUP_DIR="backups")
    assert done.returncode == (1 if arguments[0] == "show" else 0), done.stderr
    assert path.read_bytes() == before
    assert names(tmp_path) == sorted([*there, *(["backups"] if arguments[0] == "backup" else [])])


def test_a_database_of_an_older_version_is_not_migrated_by_reading(tmp_path):
    make_old(tmp_path / "history.db", 3)
    before = (tmp_path / "history.db").read_bytes()
    done = run(tmp_path, "history", SQLITE_DB_PATH="history.db")
    assert done.returncode == 1
    assert "`migrate`" in done.stderr
    assert (tmp_path / "history.db").read_bytes() == before
    assert names(tmp_path) == ["history.db"]


def test_reading_sees_what_a_running_server_has_just_saved(tmp_path):
    with ServerProcess(tmp_path, SQLITE_ASYNC_ENABLED="false") as server:
        server.improve("find me at once")
        assert "find me at once" in run(tmp_path, "history").stdout
        assert "find me at once" in run(tmp_path, "search", "at once").stdout
        server.stop()


# --- ~ ---


def test_a_tilde_in_a_path_is_the_users_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    settings = Settings(_env_file=None, sqlite_db_path="~/p.db", backup_dir="~/backups")
    assert settings.database_file == Path("/home/somebody/p.db")
    assert settings.backup_folder == Path("/home/somebody/backups")
    assert settings.database_boundary is None


@pytest.mark.parametrize("name", ["SQLITE_DB_PATH", "BACKUP_DIR"])
def test_a_tilde_with_a_user_that_is_not_known_stops_the_start(monkeypatch, name):
    monkeypatch.setenv(name, "~nobody-of-that-name/p.db")
    with pytest.raises(SettingsError, match=f"{name}.*write the whole path"):
        load_settings()


@needs_cli
def test_no_folder_is_called_tilde(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    variables = {"SQLITE_DB_PATH": "~/p.db", "BACKUP_DIR": "~/backups", "HOME": str(home)}
    assert run(tmp_path, "improve", "idea", **variables).returncode == 0
    assert run(tmp_path, "backup", **variables).returncode == 0
    assert run(tmp_path, "backup", "--to=~/more", **variables).returncode == 0
    done = subprocess.run(
        [str(ROOT / "scripts" / "backup_db.sh")],
        cwd=tmp_path, env=clean_environment(**variables), capture_output=True, text=True,
        timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert names(tmp_path) == ["home"]
    assert len(names(home / "backups")) == 2
    assert not (ROOT / "~").exists()


# --- What cannot be saved ---


def improve_while_locked(folder: Path, idea: str) -> subprocess.CompletedProcess[str]:
    with connect(folder / "data" / "prompt_history.db") as other:
        other.execute("BEGIN IMMEDIATE")
        return run(folder, "improve", idea, "--json")


def test_what_improve_cannot_save_waits_in_the_spool_for_the_next_server(tmp_path):
    database = tmp_path / "data" / "prompt_history.db"
    save_rows(database, 1)
    done = improve_while_locked(tmp_path, "first of two")
    assert done.returncode == 0
    assert json.loads(done.stdout)["saved"] == "spooled"
    assert "at its next start" in done.stderr
    assert json.loads(improve_while_locked(tmp_path, "second of two").stdout)["saved"] == "spooled"
    (spool,) = database.parent.glob("*.spool*")
    ideas = [from_line(line).original_idea for line in spool.read_bytes().splitlines()]
    assert ideas == ["first of two", "second of two"]
    with ServerProcess(tmp_path, SQLITE_ASYNC_ENABLED="false") as server:
        server.improve("third")
        server.stop()
    sql = "SELECT original_idea FROM prompt_history WHERE id > 1 ORDER BY original_idea"
    assert raw(database, sql) == [("first of two",), ("second of two",), ("third",)]
    assert not spool.exists()


def test_where_not_even_the_spool_can_be_written_it_is_told_and_dropped(tmp_path):
    (tmp_path / "data").write_text("no folder")
    done = run(tmp_path, "improve", "idea", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["saved"] == "dropped"
    assert "not kept in the history" in done.stderr
