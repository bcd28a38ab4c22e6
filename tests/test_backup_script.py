"""scripts/backup_db.sh, as cron runs it."""

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from db.sqlite.connection import open_connection
from db.sqlite.upkeep.backup import back_up, list_backups
from db.sqlite.upkeep.restore import restore
from tests.history_files import make_old, names, save_rows
from tests.sqlite_files import connect, mode, needs_cli, raw

pytestmark = needs_cli

SCRIPT = Path(__file__).parent.parent / "scripts" / "backup_db.sh"
SHELLS = [shell for shell in ("sh", "dash", "bash", "zsh", "busybox") if shutil.which(shell)]
ALL = "SELECT * FROM prompt_history ORDER BY id"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "it's a folder" / "history.db"
    path.parent.mkdir()
    save_rows(path, 10)
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "back ups"


def run(*arguments, shell="sh", cwd="/", **variables):
    command = [shell, "sh"] if shell == "busybox" else [shell]
    return subprocess.run(
        [*command, SCRIPT, *map(str, arguments)], cwd=cwd,
        env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: os.umask(0o022),
    )  # fmt: skip


def assert_quiet(done):
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def assert_refused(done, words):
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


def test_a_row_that_was_changed_by_hand_past_a_check_is_no_damage(path, folder):
    with connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE prompt_history SET backend = 'magic' WHERE id = 3")
    assert_quiet(run(path, folder))
    (copy,) = folder.glob("*.db")
    assert raw(copy, ALL) == raw(path, ALL)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_backup_is_whole_and_private_and_nothing_is_said(path, folder, shell):
    with closing(open_connection(path)) as server:
        server.execute("UPDATE prompt_history SET role = 'only in the log'")
        assert_quiet(run(path, folder, shell=shell))
        (made,) = folder.iterdir()
        assert raw(made, ALL) == raw(path, ALL)
    assert (mode(folder), mode(made)) == (0o700, 0o600)
    assert list_backups(path, folder) == [made]
    restore(path, made)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_oldest_go_beyond_the_number_to_keep_and_nothing_else(path, folder, shell):
    folder.mkdir()
    others = ["history-20260101T000000Z.txt", "other-20260101T000000Z.db", "notes"]
    old = ["history-20260101T000000Z.db", "history-20260101T000000Z_2.db"]
    for name in others + old:
        (folder / name).touch()
    assert_quiet(run(path, folder, 2, shell=shell))
    left = names(folder)
    assert set(others) < set(left)
    assert old[0] not in left
    assert old[1] in left
    assert len(left) == 5


def test_the_new_backup_is_kept_where_the_clock_was_put_back(path, folder):
    folder.mkdir()
    (folder / "history-29991231T000000Z.db").touch()
    assert_quiet(run(path, folder, 1))
    assert len(names(folder)) == 2


def test_its_backups_and_those_of_the_program_count_together(path, folder):
    back_up(path, folder)
    assert_quiet(run(path, folder))
    assert len(list_backups(path, folder)) == 2
    made = back_up(path, folder, keep=1)
    assert names(folder) == [made.path.name]


def test_paths_count_from_the_folder_of_the_project_and_come_from_the_environment(tmp_path):
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPT, project / "scripts")
    save_rows(project / "data" / "prompt_history.db", 3)
    save_rows(project / "-other.db", 3)
    command = ["sh", project / "scripts" / "backup_db.sh"]
    for variables in ({}, {"SQLITE_DB_PATH": "-other.db", "BACKUP_DIR": "-to", "BACKUP_KEEP": "1"}):
        environment = {"PATH": os.environ["PATH"], **variables}
        done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True)
        assert_quiet(done)
    assert len(names(project / "data" / "backups")) == 1
    assert len(names(project / "-to")) == 1


def test_what_a_user_has_in_sqliterc_changes_nothing(path, folder, tmp_path):
    (tmp_path / ".sqliterc").write_text(".mode box\n.headers on\nSELECT 'hello';\n")
    assert_quiet(run(path, folder, HOME=str(tmp_path)))
    assert len(names(folder)) == 1


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("keep", ["0", "all", "-1", "1.5"])
def test_a_number_to_keep_that_is_none_is_refused(path, folder, keep, shell):
    assert_refused(run(path, folder, keep, shell=shell), f"got '{keep}'")
    assert not folder.exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_without_a_database_it_fails_and_makes_none(tmp_path, folder, shell):
    assert_refused(run(tmp_path / "none.db", folder, shell=shell), "there is no such file")
    assert names(tmp_path) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_a_failure_leaves_the_earlier_backups_and_no_part(path, folder, shell):
    save_rows(path, 2000)
    assert_quiet(run(path, folder))
    there = names(folder)
    raw(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    half = len(content) // 2 // 4096 * 4096
    content[half : half + 8192] = b"\xff" * 8192
    path.write_bytes(content)
    assert_refused(run(path, folder, 1, shell=shell), "malformed")
    assert names(folder) == there


def test_without_room_the_earlier_backups_stay_and_no_part_is_left(path, folder):
    save_rows(path, 2000)
    assert_quiet(run(path, folder))
    there = names(folder)
    limited = f"ulimit -f {path.stat().st_size // 1024}; exec sh '{SCRIPT}' \"$@\""
    done = subprocess.run(
        ["sh", "-c", limited, "sh", path, folder, "1"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "no backup of" in done.stderr
    assert names(folder) == there


def test_what_is_no_history_is_refused(tmp_path, folder):
    raw(tmp_path / "places.db", "CREATE TABLE places (x)")
    assert_refused(run(tmp_path / "places.db", folder), "no such table: prompt_history")
    (tmp_path / "file.db").write_text("no database" * 999)
    assert_refused(run(tmp_path / "file.db", folder), "not a database")
    assert names(folder) == []


def test_a_folder_that_cannot_be_made_is_named(path, tmp_path):
    (tmp_path / "file").touch()
    assert_refused(run(path, tmp_path / "file" / "backups"), "cannot be made")


def test_without_the_sqlite3_command_line_it_says_so(path, folder, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "dirname", "rm", "tr"):
        (tools / tool).symlink_to(shutil.which(tool))
    done = subprocess.run(
        [tools / "sh", SCRIPT, path, folder], env={"PATH": str(tools)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert_refused(done, "sqlite3 command line is not installed")


def test_while_another_writes_for_long_it_gets_its_copy(path, folder):
    with connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM prompt_history")
        assert_quiet(run(path, folder))
    (made,) = folder.iterdir()
    assert len(raw(made, ALL)) == 10


def test_a_database_of_an_older_version_is_copied_as_it_is(tmp_path, folder):
    make_old(tmp_path / "old.db", 1)
    assert_quiet(run(tmp_path / "old.db", folder))
    (made,) = folder.iterdir()
    assert raw(made, "PRAGMA user_version") == [(1,)]
