"""A power loss takes nothing that an answer called saved or spooled.

Quick: a few losses in a row; ``pytest -m slow`` has the full count. Each cycle starts the real
server on the disk that the loss before has left, posts, ends it by kill -9, and takes from what
was recorded the disks that a power loss at some moments would leave: see power_loss.py."""

import json
import math
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.sqlite.upkeep.check import check_database
from tests.faults.power_loss import COMPILER, Disk, Recorder, Survival, read_journal
from tests.server_process import ROOT, ServerProcess, clean_environment
from tests.sqlite_files import raw

MAIN = str(ROOT / "main.py")
"""The recorder comes in with the start of an interpreter."""
CYCLES = 200
MOMENTS = 6
"""Losses a cycle: the server goes on from one of them, the others are only looked at."""
CYCLES_A_DISK = 8
CLIENTS, MOST_POSTS = 3, 120
BITE_LOSSES = 40

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or sys.maxsize < 2**32 or COMPILER is None,
    reason="records with a library for 64-bit Linux, which needs a C compiler (cc)",
)

WRITER = """
import sqlite3, sys, time
connection = sqlite3.connect("rows.db", isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)")
connection.execute("PRAGMA synchronous = " + sys.argv[1])
for number in range(300):
    connection.execute("INSERT INTO rows VALUES (?, ?)", (number, "x" * 900))
    print(number, time.monotonic())
"""


@dataclass(frozen=True, slots=True)
class Promise:
    """A row that a client was told of, at ``at_s`` of time.monotonic at the latest."""

    prompt_id: str
    saved: str
    at_s: float


@pytest.fixture(scope="module")
def recorder(tmp_path_factory) -> Recorder:
    return Recorder(tmp_path_factory.mktemp("recorder"))


def lose_power(
    disk: Disk, journal: Path, folder: Path, chance: random.Random, moments: int
) -> Iterator[tuple[Path, float]]:
    """Disks that a loss at as many moments of the journal leaves, the earliest first, and
    the moment: what was told before it must be there. The last moment is the very end."""
    events = list(read_journal(journal))
    cuts = sorted(chance.choices(range(1, len(events)), k=moments - 1))
    applied = 0
    for number, cut in enumerate([*cuts, len(events)]):
        disk.apply(events[applied:cut])
        applied = cut
        into = folder / f"{journal.name}-{number}"
        disk.lose_power(into, chance, chance.choice((Survival.NOTHING, Survival.PART)))
        yield into, events[cut].at_s if cut < len(events) else math.inf


class Cycles:
    """Losses in a row. ``promised`` are the rows that the disk owes at present."""

    def __init__(self, folder: Path, recorder: Recorder, seed: int) -> None:
        self.losses = 0
        self.rows: Counter[str] = Counter()
        self._folder = folder
        self._recorder = recorder
        self._chance = random.Random(seed)
        self._number = 0
        self._new_disk()

    def _new_disk(self) -> None:
        self.disk = Path(tempfile.mkdtemp(dir=self._folder))
        self.promised: list[Promise] = []

    def cycle(self, *, broken: bool = False, wal: bool = True) -> None:
        """Serve, post, lose power. ``broken``: with a folder in the place of the database."""
        self._number += 1
        journal = self._folder / f"journal-{self._number}"
        if broken:
            break_database(self.disk)
        before = Disk(self.disk)
        with self._server(wal, **self._recorder.variables(self.disk, journal)) as server:
            if not broken:
                self._assert_kept(server)
            told = post(server, self._chance.randint(1, MOST_POSTS))
        # One that is told as queued, on a machine that stood still, is promised to nobody.
        told = [each for each in told if each.saved == ("spooled" if broken else "saved")]
        assert told
        self.rows.update(each.saved for each in told)
        left = []
        for disk, at_s in lose_power(before, journal, self._folder, self._chance, MOMENTS):
            if broken:
                mend_database(disk)
            owed = self.promised + [each for each in told if each.at_s < at_s]
            assert_there(disk, owed)
            left.append((disk, owed))
            self.losses += 1
        shutil.rmtree(self.disk)
        journal.unlink()
        self.disk, self.promised = left.pop(self._chance.randrange(len(left)))
        for disk, _ in left:
            shutil.rmtree(disk)

    def end(self, *, wal: bool = True) -> None:
        """The server starts on the last disk, and has every row; on with an empty disk."""
        with self._server(wal) as server:
            self._assert_kept(server)
        shutil.rmtree(self.disk)
        self._new_disk()

    def _server(self, wal: bool, **variables: str) -> ServerProcess:
        variables |= {"SQLITE_ASYNC_ENABLED": "false", "SQLITE_WAL_MODE": str(wal).lower()}
        return ServerProcess(self.disk, MAIN, BREAKER_MAX_FAILURES="1", **variables)

    def _assert_kept(self, server: ServerProcess) -> None:
        """The server has every row that it owes in its database, once, and nothing spooled."""
        deadline = time.monotonic() + 15
        while server.client.get("/health/repository").status_code != 200 or spools(self.disk):
            assert time.monotonic() < deadline, server.log[-3000:]
            time.sleep(0.02)
        found = raw(server.database_file, "SELECT prompt_id FROM prompt_history")
        assert len(found) == len(set(found)), "a row is there twice"
        assert {(each.prompt_id,) for each in self.promised} <= set(found), "rows are lost"
        assert check_database(server.database_file).problems == []


def post(server: ServerProcess, wanted: int) -> list[Promise]:
    """What clients were told until ``wanted`` answers were there and the server was killed."""
    told: list[Promise] = []
    enough = threading.Event()

    def post_until_it_is_gone(client: int) -> None:
        try:
            while True:
                answer = server.improve(f"Fix bug {len(told)} of client {client}", "x" * 500)
                at_s = time.monotonic()
                body = answer.json()
                told.append(Promise(body["prompt_id"], body["saved"], at_s))
                if len(told) >= wanted:
                    enough.set()
        except httpx.TransportError:
            enough.set()

    with ThreadPoolExecutor(CLIENTS) as pool:
        posting = [pool.submit(post_until_it_is_gone, client) for client in range(CLIENTS)]
        enough.wait(30)
        server.stop(signal.SIGKILL)
    assert [each.result() for each in posting] == [None] * CLIENTS
    return told


def break_database(folder: Path) -> None:
    """Put a folder in the place of the database, which is kept."""
    data, aside = folder / "data", folder / "aside"
    aside.mkdir()
    for each in data.glob("prompt_history.db*"):
        each.rename(aside / each.name)
    (data / "prompt_history.db").mkdir(parents=True)


def mend_database(folder: Path) -> None:
    """Put the database back, as an operator would."""
    data, aside = folder / "data", folder / "aside"
    (data / "prompt_history.db").rmdir()
    for each in aside.iterdir():
        each.replace(data / each.name)
    aside.rmdir()


def spools(folder: Path) -> list[Path]:
    return list((folder / "data").glob("prompt_history.spool*.jsonl"))


def assert_there(folder: Path, owed: list[Promise]) -> None:
    """What is owed is in the database or the spools of ``folder``, which stay as they are."""
    copy = folder.with_name(f"{folder.name}-copy")
    shutil.copytree(folder, copy)
    kept = kept_in(copy / "data" / "prompt_history.db", "prompt_history", "prompt_id")
    for spool in spools(copy):
        # A line that was not whole when the power went was promised to nobody.
        lines = [each for each in spool.read_bytes().split(b"\n")[:-1] if b"\0" not in each]
        kept |= {json.loads(line)["prompt_id"] for line in lines}
    missing = {each.prompt_id for each in owed} - kept
    assert not missing, f"{len(missing)} of {len(owed)} rows are lost"
    shutil.rmtree(copy)


def kept_in(file: Path, table: str, column: str) -> set[Any]:
    """What a database without damage holds, if it is there at all."""
    if not file.exists():
        return set()
    assert raw(file, "PRAGMA integrity_check") == [("ok",)]
    if not raw(file, "SELECT 1 FROM sqlite_schema WHERE name = ?", table):
        return set()
    return {value for (value,) in raw(file, f"SELECT {column} FROM {table}")}


def rows_lost(folder: Path, recorder: Recorder, synchronous: str) -> list[int]:
    """How many committed rows each of some losses takes from a plain SQLite writer."""
    work, journal = Path(tempfile.mkdtemp(dir=folder)), folder / "journal"
    disk = Disk(work)
    done = subprocess.run(
        [sys.executable, "-c", WRITER, synchronous],
        cwd=work,
        env=clean_environment(**recorder.variables(work, journal)),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    committed = [line.split() for line in done.stdout.splitlines()]
    lost = []
    for left, at_s in lose_power(disk, journal, folder, random.Random(1), BITE_LOSSES):
        owed = {int(number) for number, told_s in committed if float(told_s) < at_s}
        kept = kept_in(left / "rows.db", "rows", "id")
        lost.append(len(owed - kept))
    return lost


def test_the_simulation_takes_rows_from_a_writer_that_does_not_sync(tmp_path, recorder):
    lost = rows_lost(tmp_path, recorder, "NORMAL")
    assert sum(1 for rows in lost if rows) >= BITE_LOSSES // 2


def test_the_simulation_takes_no_row_from_a_writer_that_syncs(tmp_path, recorder):
    assert set(rows_lost(tmp_path, recorder, "FULL")) == {0}


def test_what_was_recorded_is_all_that_the_server_did(tmp_path, recorder):
    folder, journal = tmp_path / "folder", tmp_path / "journal"
    folder.mkdir(mode=0o700)
    disk = Disk(folder)
    with ServerProcess(folder, MAIN, **recorder.variables(folder, journal)) as server:
        for number in range(20):
            server.improve(f"Fix bug {number}")
        server.stop()
    disk.apply(read_journal(journal))
    disk.lose_power(tmp_path / "replayed", random.Random(1), Survival.ALL)
    assert contents(tmp_path / "replayed") == contents(folder) != {}


def contents(folder: Path) -> dict[Path, bytes | None]:
    files = {each: each.read_bytes() if each.is_file() else None for each in folder.rglob("*")}
    return {each.relative_to(folder): content for each, content in files.items()}


@pytest.mark.parametrize("wal", [True, False], ids=["with a log", "without a log"])
def test_saved_rows_survive_power_losses(tmp_path, recorder, wal):
    cycles = Cycles(tmp_path, recorder, seed=1)
    cycles.cycle(wal=wal)
    cycles.end(wal=wal)


def test_spooled_rows_survive_power_losses_also_while_they_are_taken_in(tmp_path, recorder):
    cycles = Cycles(tmp_path, recorder, seed=2)
    cycles.cycle(broken=True)
    cycles.cycle()
    cycles.end()


@pytest.mark.slow
def test_two_hundred_power_losses_take_nothing_that_was_promised(tmp_path, recorder):
    cycles = Cycles(tmp_path, recorder, seed=3)
    for number in range(CYCLES):
        # With every change from one mode to another.
        cycles.cycle(broken=number % 4 == 1, wal=number % 3 != 0)
        if number % CYCLES_A_DISK == CYCLES_A_DISK - 1:
            cycles.end()
    sys.stdout.write(
        f"\n[figure] simulated power losses: {CYCLES} cycles, {cycles.losses} losses, "
        f"rows {dict(cycles.rows)}; 0 lost\n"
    )
