"""kill -9 under load: what an answer called saved or spooled outlives the process."""

import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.faults.books import both_books, troubles
from tests.faults.callers import Callers, Told
from tests.faults.health_watch import tell
from tests.faults.kept_rows import assert_kept_once, count_rows, in_spools, reading, spool_files
from tests.server_process import ServerProcess
from tests.sqlite_files import raw

SEED = 20_260_504
QUICK_CYCLES = 5
FULL_CYCLES = 1_000
LOAD_S = (0.05, 0.5)
EVERY_OTHER = 5
"""In each cycle of so many the database is out of reach, so that rows go to the spool."""


class Cycles:
    """One folder in which one server after the other is killed under load."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.database_file = folder / "data" / "prompt_history.db"
        self.told: list[Told] = []
        self._random = random.Random(seed)

    def server(self) -> ServerProcess:
        return ServerProcess(
            self.folder,
            SQLITE_ASYNC_ENABLED="false",
            SQLITE_AUTO_CLEANUP="false",
            BREAKER_MAX_FAILURES="1",
            BREAKER_COOLDOWN_S="1",
        )

    def kill_under_load(self) -> list[Told]:
        """Start, post, kill; what was told of in this cycle."""
        with self.server() as server, Callers(server.url, threads=4) as callers:
            time.sleep(self._random.uniform(*LOAD_S))  # the moment of the kill is the point
            server.stop(signal.SIGKILL)
        told = callers.that_were("saved", "spooled")
        self.told += told
        return told

    def put_the_database_out_of_reach(self) -> None:
        for file in self._files():
            file.rename(file.with_name(f"away-{file.name}"))
        self.database_file.mkdir()

    def put_the_database_back(self) -> None:
        shutil.rmtree(self.database_file)
        for file in self._files():
            away = file.with_name(f"away-{file.name}")
            if away.exists():
                away.rename(file)

    def _files(self) -> list[Path]:
        """The database and the log that a killed server leaves beside it."""
        names = ("prompt_history.db", "prompt_history.db-wal")
        files = [self.database_file.with_name(name) for name in names]
        return [f for f in files if f.is_file() or f.with_name(f"away-{f.name}").exists()]


def kill_again_and_again(folder: Path, cycles: int) -> None:
    run = Cycles(folder, SEED)
    rows = 0
    for number in range(cycles):
        spooling = number % EVERY_OTHER == EVERY_OTHER - 1
        if spooling:
            run.put_the_database_out_of_reach()
        told = run.kill_under_load()
        if spooling:
            run.put_the_database_back()
            assert {each.saved for each in told} <= {"spooled"}
            assert len(told) <= in_spools(run.database_file).total()
        else:
            assert_all_are_there(run.database_file, told)
            rows, before = count_rows(run.database_file), rows
            assert rows >= before, f"{before - rows} rows are gone"
    assert len(run.told) > cycles, "hardly anything was posted before the kills"
    take_the_rest_in(run)
    assert_kept_once(run.database_file, run.told)
    assert raw(run.database_file, "PRAGMA integrity_check") == [("ok",)]
    spooled = sum(each.saved == "spooled" for each in run.told)
    tell(f"{cycles} kills: {len(run.told)} rows told of ({spooled} spooled), none lost or double")


def take_the_rest_in(run: Cycles) -> None:
    with run.server() as server:
        deadline = time.monotonic() + 60
        while spool_files(run.database_file):
            assert time.monotonic() < deadline, f"the spool is still there\n{troubles(server)}"
            time.sleep(0.02)
        both_books(server.client)
        server.stop()


def assert_all_are_there(database_file: Path, told: list[Told]) -> None:
    with reading(database_file) as connection:
        for each in told:
            found = connection.execute(
                "SELECT COUNT(*) FROM prompt_history WHERE prompt_id = ?", (each.prompt_id,)
            ).fetchone()
            assert found == (1,), f"{each} is lost"


def test_what_was_told_to_be_kept_outlives_kills_under_load(tmp_path):
    kill_again_and_again(tmp_path, QUICK_CYCLES)


@pytest.mark.slow
def test_what_was_told_to_be_kept_outlives_a_thousand_kills_under_load(tmp_path):
    kill_again_and_again(tmp_path, FULL_CYCLES)
