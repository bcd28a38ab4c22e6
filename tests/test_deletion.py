"""What becomes of deleted words on the disk, with the real server and the real commands."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from db.sqlite.upkeep.vacuum import vacuum
from prompt_improver.domain.errors import RepositoryBusyError, RepositoryConnectionError
from tests.forked_program import run_program
from tests.history_files import make_old, names, save_rows
from tests.server_process import ServerProcess, clean_environment
from tests.sqlite_files import connect, mode, raw

WORD = "qqsecretword"
HISTORY = "/api/v1/history"


def bytes_on_disk(path):
    """The database and what belongs to it: the log, its index, the lock, the spool."""
    return b"".join(each.read_bytes() for each in path.parent.iterdir() if each.is_file())


def delete_all(server):
    """Delete every improvement that holds the word, one by one, and say how many."""
    found = server.client.get(HISTORY, params={"q": WORD, "limit": 500}).json()["items"]
    for item in found:
        assert server.client.delete(f"{HISTORY}/{item['prompt_id']}").status_code == 204
    return len(found)


def test_words_that_a_stop_left_in_the_search_index_go_after_the_next_start(tmp_path):
    """Also where no cleanup ever runs."""
    settings = {"SQLITE_AUTO_CLEANUP": "false", "SQLITE_ASYNC_ENABLED": "false"}
    with ServerProcess(tmp_path, **settings) as server:
        path = server.database_file
        for number in range(3):
            server.improve(f"write about the {WORD} number {number}")
            server.improve(f"write about something else, number {number}")
        server.stop()
    # As a DELETE does, and a stop before the server has tidied up after it.
    with connect(path) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM prompt_history WHERE original_idea LIKE ?", (f"%{WORD}%",))
    assert raw(path, "SELECT deleted_rows FROM search_leftovers") == [(3,)]
    assert WORD[1:].encode() in bytes_on_disk(path)
    with ServerProcess(tmp_path, **settings) as server:
        deadline = time.monotonic() + 15
        while WORD[1:].encode() in bytes_on_disk(path) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert WORD[1:].encode() not in bytes_on_disk(path)
        server.stop()
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(3,)]


# --- vacuum ---


def run_vacuum(folder):
    return run_program(folder, "vacuum")


def make_leftovers(path):
    """Delete rows with the word so that their text stays in the file, as some program does that
    does not overwrite what it deletes."""
    save_rows(path, 300, idea=WORD)
    save_rows(path, 5)
    with connect(path) as careless:
        careless.execute("PRAGMA secure_delete = OFF")
        careless.execute("DELETE FROM prompt_history WHERE original_idea LIKE ?", (f"{WORD}%",))
        careless.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert WORD.encode() in bytes_on_disk(path)


def test_after_delete_and_vacuum_no_byte_of_the_words_is_left_beside_a_running_server(tmp_path):
    with ServerProcess(tmp_path, SQLITE_ASYNC_ENABLED="false") as server:
        path = server.database_file
        make_leftovers(path)
        for number in range(20):
            server.improve(f"write about the {WORD} number {number}", WORD * 3)
            server.improve(f"write about something else, number {number}")
        assert delete_all(server) == 20
        assert WORD.encode() in bytes_on_disk(path)
        done = run_vacuum(tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{path.stat().st_size:,} now" in done.stdout
        left = bytes_on_disk(path)
        assert WORD[1:].encode() not in left
        assert b"something else" in left
        assert Path(f"{path}-wal").stat().st_size == 0
        assert server.client.get(HISTORY, params={"q": WORD}).json()["items"] == []
        assert server.improve("still saved").json()["saved"] == "saved"
        assert {mode(each) for each in path.parent.iterdir()} == {0o600}
        server.stop()
        assert "ERROR" not in server.log
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(20 + 5 + 1,)]
    raw(path, "INSERT INTO prompt_history_search (prompt_history_search) VALUES "
        "('integrity-check')")  # fmt: skip


def test_vacuum_names_the_copies_that_keep_what_they_hold(tmp_path):
    path = tmp_path / "data" / "prompt_history.db"
    path.parent.mkdir()
    make_old(path, 3)
    done = run_vacuum(tmp_path)
    (copy,) = path.parent.glob("*.before-*.backup")
    assert f"may still hold what was deleted: {copy}" in done.stdout


def test_vacuum_makes_no_database(tmp_path):
    done = run_vacuum(tmp_path)
    assert done.returncode == 1
    assert "SQLITE_DB_PATH" in done.stderr
    assert names(tmp_path) == []


def test_vacuum_says_so_when_a_reader_keeps_the_old_text_in_the_files(tmp_path):
    path = tmp_path / "history.db"
    make_leftovers(path)
    with connect(path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM prompt_history").fetchall()
        with pytest.raises(RepositoryBusyError, match="deleted text may still stand"):
            vacuum(path, busy_timeout_s=0.05)
    vacuum(path)
    assert WORD.encode() not in bytes_on_disk(path)


def test_vacuum_gives_up_without_a_change_where_another_holds_the_database(tmp_path):
    path = tmp_path / "history.db"
    save_rows(path, 5)
    with connect(path) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(RepositoryBusyError):
            vacuum(path, busy_timeout_s=0.05)


def test_vacuum_changes_nothing_where_the_disk_has_too_little_room(tmp_path):
    path = tmp_path / "history.db"
    make_leftovers(path)
    before = path.read_bytes()
    with pytest.raises(RepositoryConnectionError, match="make room there"):
        vacuum(path, free_bytes=lambda folder: 1000)
    assert path.read_bytes() == before


def test_vacuum_tells_how_far_it_is(tmp_path):
    path = tmp_path / "history.db"
    save_rows(path, 2000)
    told = []
    vacuum(path, progress=lambda done, total: told.append(done / total))
    assert len(told) > 5
    assert told == sorted(told)
    assert 0.5 < told[-1] <= 1


def test_a_vacuum_that_is_killed_leaves_every_row(tmp_path):
    path = tmp_path / "data" / "prompt_history.db"
    save_rows(path, 4000)
    raw(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    before = raw(path, "SELECT * FROM prompt_history")
    wal = Path(f"{path}-wal")
    process = subprocess.Popen(
        [sys.executable, "-m", "prompt_improver", "vacuum"],
        cwd=tmp_path, env=clean_environment(HOME=str(tmp_path)), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            if wal.exists() and wal.stat().st_size > 500_000:
                break
    finally:
        process.kill()
        process.wait(30)
    assert raw(path, "SELECT * FROM prompt_history") == before
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
