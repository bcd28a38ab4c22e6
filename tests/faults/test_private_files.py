"""Whatever the program makes is its user's alone, whatever the umask. The whole tree is looked
at, so that a new kind of file is found too."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forked_program import run_program
from tests.history_files import make_old
from tests.server_process import ROOT, ServerProcess
from tests.sqlite_files import CLI, mode

MASKS = [pytest.param(0o000, id="000"), pytest.param(0o022, id="022", marks=pytest.mark.slow)]


@pytest.fixture(params=MASKS)
def work(request, tmp_path) -> Iterator[Path]:
    """A working directory, which is the home too, under a umask."""
    before = os.umask(request.param)
    try:
        folder = tmp_path / "work"
        folder.mkdir()
        yield folder
    finally:
        os.umask(before)


def command(work: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    done = run_program(work, *arguments, **{"TMPDIR": str(work)} | variables)
    assert done.returncode == 0, done.stderr
    return done


def server_of(work: Path, **variables: str) -> ServerProcess:
    return ServerProcess(work, TMPDIR=str(work), **variables)


def open_to_others(work: Path) -> dict[str, str]:
    """What is not 0600, or as a folder not 0700, by its path."""
    found = {path: mode(path) for path in work.rglob("*")}
    return {
        str(path.relative_to(work)): oct(rights)
        for path, rights in found.items()
        if rights != (0o700 if path.is_dir() else 0o600)
    }


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} was not made"
        time.sleep(0.02)


def test_what_a_server_and_its_backups_make_is_the_users_alone(work):
    data = work / "data"
    data.mkdir(mode=0o755)
    make_old(data / "prompt_history.db", 1)
    (data / "prompt_history.db").chmod(0o666)  # as a database made by hand is
    with server_of(work) as server:
        assert server.improve("Fix this bug").status_code == 200
        wait_for(data / "prompt_history.db-wal")
        command(work, "backup")
        command(work, "export", "history.jsonl")
        if CLI:
            script = ["sh", ROOT / "scripts/backup_db.sh", data / "prompt_history.db"]
            subprocess.run([*script, work / "from the script"], check=True, timeout=60)
        assert open_to_others(work) == {}
        names = " ".join(path.name for path in data.iterdir())
        server.stop()
    for name in ("db-wal", "db-shm", "db.lock", ".before-0002-", "backups"):
        assert name in names
    assert (work / "history.jsonl").stat().st_size > 0
    assert open_to_others(work) == {}


def test_missing_folders_backups_and_what_a_restore_leaves_are_the_users_alone(work):
    elsewhere = {"SQLITE_DB_PATH": "new/deep/history.db", "BACKUP_DIR": "kept/deep"}
    command(work, "improve", "Fix this bug", **elsewhere)
    command(work, "backup", **elsewhere)
    (backup,) = (work / "kept/deep").iterdir()
    # As one that was made by hand, and never opened by the program.
    (work / "new/deep/history.db").chmod(0o644)
    command(work, "restore", str(backup), **elsewhere)
    assert any(".replaced-" in path.name for path in (work / "new/deep").iterdir())
    assert open_to_others(work) == {}


def test_the_spool_and_what_is_refused_of_it_are_the_users_alone(work):
    data = work / "data"
    spool = data / "prompt_history.spool.jsonl"
    with server_of(work, BREAKER_MAX_FAILURES="1", SQLITE_AUTO_CLEANUP="false") as server:
        (data / "prompt_history.db").rename(data / "moved.db")
        (data / "prompt_history.db").mkdir(mode=0o700)
        server.improve("Fix this bug")
        wait_for(spool)
        assert open_to_others(work) == {}
        server.stop()
    assert open_to_others(work) == {}
    (data / "prompt_history.db").rmdir()
    with spool.open("a") as file:
        file.write("no improvement\n")
    with server_of(work) as server:
        deadline = time.monotonic() + 10
        while not list(data.glob("*.refused-*")):
            assert time.monotonic() < deadline, server.log
            time.sleep(0.02)
        server.stop()
    assert open_to_others(work) == {}
