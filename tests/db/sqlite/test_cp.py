"""The history's file copied out and in with cp, as people type it, by a real server."""

import itertools
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.books import await_books, settled
from tests.faults.callers import post
from tests.faults.history_copies import make_database
from tests.faults.kept_rows import count_rows, in_database
from tests.forked_program import run_program
from tests.server_process import ROOT, ServerProcess
from tests.sqlite_files import cli, mode, needs_cli, raw

CP = shutil.which("cp")
pytestmark = pytest.mark.skipif(CP is None, reason="needs cp")

TWO_QUIET_SECONDS = 2.0
SETTINGS = {"SQLITE_AUTO_CLEANUP": "false"}


def server_in(folder: Path) -> ServerProcess:
    return ServerProcess(folder, **SETTINGS)


def cp(source: Path, target: Path) -> None:
    subprocess.run([CP, source, target], check=True, timeout=60)


def log_of(database_file: Path) -> Path:
    return database_file.with_name(database_file.name + "-wal")


def logs_aside(database_file: Path) -> list[Path]:
    return sorted(database_file.parent.glob("*-wal.doubtful-*"))


def post_and_settle(server: ServerProcess, rows: int) -> set[str]:
    told = {each.idea for each in post(server.url, rows)}
    await_books(server, settled)
    return told


def ideas(database_file: Path) -> set[str]:
    return set(in_database(database_file))


def assert_sound(database_file: Path) -> None:
    assert raw(database_file, "PRAGMA integrity_check") == [("ok",)]
    wrong = raw(database_file, (ROOT / "sql/maintenance/verify.sql").read_text().split("\n\n")[-1])
    assert wrong == [(0, 0, 0, 0)]


def health(server: ServerProcess) -> dict:
    return server.client.get("/health/repository").json()


def await_health(server: ServerProcess, status: str, wait_s: float = 5.0) -> dict:
    deadline = time.monotonic() + wait_s
    while (found := health(server))["status"] != status:
        assert time.monotonic() < deadline, f"still {found}\n{server.log}"
        time.sleep(0.05)
    return found


def back_up_live(folder: Path, rows: int) -> tuple[Path, set[str]]:
    with server_in(folder) as server:
        told = post_and_settle(server, rows)
        time.sleep(TWO_QUIET_SECONDS)
        cp(server.database_file, folder / "copy.db")
        server.stop()
    return folder / "copy.db", told


def back_up_stopped(folder: Path, rows: int) -> tuple[Path, set[str]]:
    with server_in(folder) as server:
        told = post_and_settle(server, rows)
        server.stop()
    cp(server.database_file, folder / "copy.db")
    return folder / "copy.db", told


def back_up_by_command(folder: Path, rows: int) -> tuple[Path, set[str]]:
    with server_in(folder) as server:
        told = post_and_settle(server, rows)
        assert run_program(folder, "backup").returncode == 0
        server.stop()
    (copy,) = (folder / "data" / "backups").glob("*.db")
    return copy, told


BACK_UPS = [back_up_live, back_up_stopped, back_up_by_command]
# All of it takes two minutes; in every run each way of each kind is there once.
QUICK = {(back_up_live, 40, "live"), (back_up_stopped, 2, "stopped"),
         (back_up_by_command, 150, "live")}  # fmt: skip
MATRIX = [
    pytest.param(*each, marks=() if each in QUICK else pytest.mark.slow)
    for each in itertools.product(BACK_UPS, (2, 40, 150), ("live", "stopped"))
]


@pytest.mark.parametrize(("back_up", "rows", "restored"), MATRIX)
def test_a_backup_holds_every_row_and_is_what_a_restore_by_cp_brings_back(
    tmp_path, back_up, rows, restored
):
    copy, told = back_up(tmp_path, rows)
    assert ideas(copy) == told
    with server_in(tmp_path) as server:
        post_and_settle(server, 30)  # which the restore takes back
        time.sleep(TWO_QUIET_SECONDS)
        if restored == "stopped":
            server.stop()
            cp(copy, server.database_file)
        else:
            cp(copy, server.database_file)
            later = post_and_settle(server, 20)
            assert await_health(server, "healthy")["total_records"] == rows + 20
            server.stop()
    if restored == "stopped":
        with server_in(tmp_path) as server:
            later = post_and_settle(server, 20)
            server.stop()
    assert ideas(server.database_file) == told | later
    assert_sound(server.database_file)
    assert logs_aside(server.database_file) == []


@pytest.mark.parametrize("pause_s", [0.0, pytest.param(0.5, marks=pytest.mark.slow)])
@pytest.mark.parametrize("goes_on", [True, False])
def test_a_copy_put_over_rows_that_stand_in_the_log_is_not_mixed_with_them(
    tmp_path, pause_s, goes_on
):
    copy = make_database(tmp_path / "copy.db", rows=25)
    theirs = ideas(copy)
    with server_in(tmp_path) as server:
        post_and_settle(server, 40)
        assert log_of(server.database_file).stat().st_size > 0
        cp(copy, server.database_file)
        time.sleep(pause_s)
        later = post_and_settle(server, 20) if goes_on else set()
        server.stop()
        assert "was written over" in server.log
    assert ideas(server.database_file) == theirs | later
    assert_sound(server.database_file)
    (aside,) = logs_aside(server.database_file)
    assert aside.stat().st_size > 0
    assert mode(aside) == 0o600


@pytest.mark.parametrize("rows", [1, pytest.param(400, marks=pytest.mark.slow)])
def test_an_older_copy_of_the_same_file_takes_back_what_came_after_it(tmp_path, rows):
    with server_in(tmp_path) as server:
        told = post_and_settle(server, 3)
        time.sleep(TWO_QUIET_SECONDS)
        cp(server.database_file, tmp_path / "copy.db")
        post_and_settle(server, rows)
        cp(tmp_path / "copy.db", server.database_file)
        later = post_and_settle(server, 5)
        server.stop()
    assert ideas(server.database_file) == told | later
    assert_sound(server.database_file)


@needs_cli
def test_what_another_program_commits_and_checkpoints_is_kept(tmp_path):
    """6 MB by hand, which SQLite brings into the file by itself, and then one row, which stands
    in the log alone."""
    with server_in(tmp_path) as server:
        told = post_and_settle(server, 1)
        insert = (
            "INSERT INTO prompt_history (timestamp, original_idea, context, improved_prompt, role,"
            " directive, framework, guardrails, backend, prompt_id)"
            " SELECT strftime('%Y-%m-%d %H:%M:%f', 'now'), 'by hand ' || value, '',"
            " printf('%.*c', {bytes}, 'x'), 'r', 'd', 'f', '[]', 'offline',"
            " lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' ||"
            " substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' ||"
            " hex(randomblob(6))) FROM generate_series({first}, {last});"
        )
        done = cli(
            server.database_file,
            insert.format(bytes=1_000, first=1, last=6_000)
            + insert.format(bytes=10, first=6_001, last=6_001),
            "-bail",
        )
        assert done.returncode == 0, done.stderr
        told |= post_and_settle(server, 1)
        time.sleep(TWO_QUIET_SECONDS)
        cp(server.database_file, tmp_path / "copy.db")
        assert await_health(server, "healthy")["total_records"] == 6_003
        server.stop()
    for file in (server.database_file, tmp_path / "copy.db"):
        assert count_rows(file) == 6_003
        assert told <= ideas(file)
    assert_sound(server.database_file)
    assert logs_aside(server.database_file) == []


def test_a_damaged_file_put_in_its_place_is_told_and_one_that_is_sound_ends_that(tmp_path):
    sound = make_database(tmp_path / "sound.db", rows=300)
    content = sound.read_bytes()
    half = len(content) // 2
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(content[:half] + b"\xff" * (len(content) - half))
    theirs = ideas(sound)
    with ServerProcess(tmp_path, **SETTINGS, BREAKER_COOLDOWN_S="1") as server:
        post_and_settle(server, 5)
        time.sleep(TWO_QUIET_SECONDS)
        cp(damaged, server.database_file)
        reason = await_health(server, "unhealthy")["reason"]
        assert reason.startswith("The history database is damaged")
        told = {each.idea for each in post(server.url, 20)}
        time.sleep(0.5)
        assert server.database_file.read_bytes() == damaged.read_bytes()
        cp(sound, server.database_file)
        await_health(server, "healthy")
        await_books(server, settled)
        server.stop()
    assert ideas(server.database_file) == theirs | told
    assert_sound(server.database_file)


class Typed:
    """What a person types at the history's file, and the same at one that no server uses."""

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self.file = server.database_file
        self.plain = folder / "plain" / "prompt_history.db"
        self.plain.parent.mkdir()
        self._large = make_database(folder / "large.db", rows=60)
        self._small = make_database(folder / "small.db", rows=2)
        self._copies = (folder / "copy.db", folder / "plain" / "copy.db")

    def cp_a_larger_one_in(self) -> None:
        cp(self._large, self.file)
        cp(self._large, self.plain)

    def cp_a_smaller_one_in(self) -> None:
        cp(self._small, self.file)
        cp(self._small, self.plain)

    def backup(self) -> None:
        for file, copy in zip((self.file, self.plain), self._copies, strict=True):
            cp(file, copy)
        copy, plain = self._copies
        assert ideas(copy) == ideas(plain)
        assert_sound(copy)

    def rollback(self) -> None:
        for file, copy in zip((self.file, self.plain), self._copies, strict=True):
            cp(copy if copy.exists() else self._small, file)

    def delete(self) -> None:
        self._type("DELETE FROM prompt_history WHERE id % 3 = 0;")

    def vacuum(self) -> None:
        self._type("VACUUM;")

    def _type(self, sql: str) -> None:
        for file in (self.file, self.plain):
            done = cli(file, sql)
            assert done.returncode == 0, f"{sql} {done.stderr}"


SEED = 20_261_124
# A cp out a moment after a DELETE is not on a quiet server.
AT_ONCE = [Typed.cp_a_larger_one_in, Typed.cp_a_smaller_one_in, Typed.delete, Typed.vacuum]
SLOWLY = [*AT_ONCE, Typed.backup, Typed.rollback]


@needs_cli
@pytest.mark.parametrize(
    ("steps", "pause_s", "orders"),
    [
        pytest.param(AT_ONCE, 0.0, 3, id="at once"),
        pytest.param(SLOWLY, TWO_QUIET_SECONDS, 1, id="slowly", marks=pytest.mark.slow),
        pytest.param(AT_ONCE, 0.0, 20, id="at once 20", marks=pytest.mark.slow),
        pytest.param(AT_ONCE, 0.3, 20, id="quickly 20", marks=pytest.mark.slow),
        pytest.param(SLOWLY, TWO_QUIET_SECONDS, 20, id="slowly 20", marks=pytest.mark.slow),
    ],
)
def test_what_is_typed_one_after_the_other_does_what_it_does_without_a_server(
    tmp_path, steps, pause_s, orders
):
    chance = random.Random(SEED)
    with server_in(tmp_path) as server:
        typed = Typed(server, tmp_path)
        for _ in range(orders):
            post_and_settle(server, 5)
            time.sleep(TWO_QUIET_SECONDS)
            cp(typed.file, typed.plain)
            for step in chance.sample(steps, len(steps)):
                step(typed)
                time.sleep(pause_s)
            later = post_and_settle(server, 1)
            assert ideas(typed.file) == ideas(typed.plain) | later
            assert_sound(typed.file)
            assert await_health(server, "healthy")["total_records"] == count_rows(typed.file)
        server.stop()
        assert "Traceback" not in server.log
    if pause_s == TWO_QUIET_SECONDS:  # else what a DELETE left in the log may be of an older file
        assert logs_aside(server.database_file) == []
