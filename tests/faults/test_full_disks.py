"""A disk without room, a quota and a limit on the size of files; and room again."""

import asyncio
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.spool.file_spool import FileSpool
from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.domain.breaker import BreakerState
from prompt_improver.recording.history_recorder import HistoryRecorder
from tests.faults.books import await_books, both_books, breaker_state, figures, settled
from tests.faults.callers import Told, post
from tests.faults.health_watch import HealthWatch, tell
from tests.faults.kept_rows import assert_kept_once, spool_files
from tests.histories import make_history
from tests.server_process import ServerProcess
from tests.sqlite_files import raw

DISK_BYTES = 8 * 1024 * 1024
LEFT_ALONE = "The history is not tried again for"
"""The log tells this once when the breaker opens, and once for each probe that fails."""
QUICK_COOLDOWN_S = 0.5
FULL_COOLDOWN_S = 2.0
SLOWEST_TO_OPEN_S = 5.0
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with 8 MiB of room: the database's own."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    mount = shutil.which("mount")
    if sys.platform != "linux" or mount is None or os.geteuid() != 0:
        pytest.skip("needs Linux and root, to mount a small disk")
    options = f"size={DISK_BYTES},mode=0700"
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, timeout=30
    )
    if done.returncode:
        pytest.skip(f"may not mount a small disk here: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        # Lazily: nothing may keep the mount beyond the test.
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)


def fill(folder: Path) -> Path:
    """A file that takes all the room that is left."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


class Outage:
    """How the breaker behaves from the beginning of a fault to the recovery from it."""

    def __init__(self, server: ServerProcess, cooldown_s: float) -> None:
        self._server = server
        self._cooldown_s = cooldown_s
        self.began = time.monotonic()
        self.opened_after_s = 0.0

    def await_opening(self) -> None:
        while breaker_state(self._server.client) == "closed":
            assert time.monotonic() - self.began < SLOWEST_TO_OPEN_S, "the breaker stays closed"
            time.sleep(0.01)
        self.opened_after_s = time.monotonic() - self.began

    def stay_for(self, cooldowns: float) -> int:
        """Wait for so many cooldowns; how often the database was probed in them."""
        before = self._server.log.count(LEFT_ALONE)
        time.sleep(cooldowns * self._cooldown_s)  # in which nothing may happen but the probes
        return self._server.log.count(LEFT_ALONE) - before

    def await_recovery(self) -> float:
        """Seconds until every row is in the database; call it when the fault has ended."""
        ended = time.monotonic()
        await_books(self._server, settled, self._cooldown_s + 10)
        return time.monotonic() - ended


def fill_and_free(folder: Path, disk: Path, cooldown_s: float, cooldowns: float) -> None:
    with ServerProcess(folder, BREAKER_COOLDOWN_S=str(cooldown_s)) as server:
        told = post(server.url, 20)
        await_books(server, settled)
        with HealthWatch(server.url, "a full disk"):
            filler = fill(disk)
            outage = Outage(server, cooldown_s)
            told += post(server.url, 100)
            outage.await_opening()
            probes = outage.stay_for(cooldowns)
            told += post(server.url, 20)
            filler.unlink()
            recovered_s = outage.await_recovery()
        found = both_books(server.client)
        assert (found.saved, found.dropped, found.rejected) == (140, 0, 0)
        assert figures(server.client)["breaker_trips_total"] == 1
        assert breaker_state(server.client) == "closed"
        assert {each.saved for each in told} <= {"queued", "spooled"}
        tell(
            f"full disk: breaker opened after {outage.opened_after_s:.2f} s; {probes} probes in "
            f"{cooldowns} cooldowns of {cooldown_s} s; recovered {recovered_s:.2f} s after the end"
        )
        assert int(cooldowns) <= probes <= int(cooldowns) + 1
        assert recovered_s <= cooldown_s + 1
        server.stop()
    assert_kept_once(server.database_file, told)
    assert raw(server.database_file, "PRAGMA integrity_check") == [("ok",)]
    assert spool_files(server.database_file) == []


def test_rows_wait_on_a_full_disk_and_are_kept_when_there_is_room(tmp_path, small_disk):
    fill_and_free(tmp_path, small_disk, QUICK_COOLDOWN_S, 1.5)


@pytest.mark.slow
def test_a_full_disk_is_probed_once_a_cooldown(tmp_path, small_disk):
    fill_and_free(tmp_path, small_disk, FULL_COOLDOWN_S, 5.5)


@pytest.mark.slow
def test_rows_that_cannot_be_kept_anywhere_are_counted_as_dropped(tmp_path, small_disk):
    with ServerProcess(tmp_path, BREAKER_MAX_FAILURES="1", BREAKER_COOLDOWN_S="600") as server:
        post(server.url, 1)
        await_books(server, settled)
        fill(small_disk)
        told: list[Told] = []
        while len(told) < 3_000 and not any(each.saved == "dropped" for each in told):
            told += post(server.url, 200)
        found = both_books(server.client)
        assert found.dropped == sum(each.saved == "dropped" for each in told) > 0
        assert found.unsettled == found.accepted - found.saved - found.dropped >= 1_000


@needs_linux
def test_a_limit_on_the_size_of_files_sends_rows_to_the_spool_until_it_is_lifted(tmp_path):
    settings = {"BREAKER_MAX_FAILURES": "2", "BREAKER_COOLDOWN_S": "0.5"}
    with ServerProcess(tmp_path, **settings) as server:
        told = post(server.url, 20)
        await_books(server, settled)
        log = server.database_file.with_name(server.database_file.name + "-wal")
        with HealthWatch(server.url, "a limit on the size of files"):
            before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, before[1]))
            outage = Outage(server, 0.5)
            told += post(server.url, 20)
            outage.await_opening()
            told += post(server.url, 20)
            await_books(server, lambda found: found.spooled == 40)
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)
            assert outage.await_recovery() <= 1.5
        found = both_books(server.client)
        assert (found.saved, found.dropped, found.rejected) == (60, 0, 0)
        server.stop()
    assert_kept_once(server.database_file, told)
    assert spool_files(server.database_file) == []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 there is no event for what is awaited
            await asyncio.sleep(0.01)


@pytest.mark.anyio
async def test_rows_beyond_a_quota_wait_until_it_is_lifted(tmp_path):
    path = tmp_path / "history.db"
    database = Database(path)
    recorder = HistoryRecorder(
        SQLitePromptRepository(database),
        FileSpool(path),
        CircuitBreaker(max_failures=2, cooldown_s=0.2),
    )
    await recorder.start(wait_s=5)

    async def limit(pages: int) -> None:
        await database.run(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").close())

    (pages,) = await database.run(lambda c: c.execute("PRAGMA page_count").fetchone())
    await limit(pages)
    rows = [make_history() for _ in range(100)]
    for row in rows:
        await recorder.record(row)
    await until(lambda: recorder.breaker.state is not BreakerState.CLOSED)
    await limit(1_000_000)
    await until(lambda: recorder.counts.saved == len(rows))
    await recorder.stop()
    await database.close()
    found = raw(path, "SELECT prompt_id FROM prompt_history ORDER BY prompt_id")
    assert found == sorted((row.prompt_id,) for row in rows)
