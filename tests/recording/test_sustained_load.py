"""A steady load on the real server: nothing fails, nothing grows, every row is kept."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.http_load import Load, LoadResult, send
from bench.plan import percentile
from tests.faults.books import await_books, figures
from tests.server_process import ServerProcess
from tests.sqlite_files import raw

RATE = 100
QUICK_S = 4
LONG_S = 30 * 60
WARM_UP_S = 60

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux' /proc")


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment."""

    open_files: int
    resident_kb: int
    wal_bytes: float
    waiting: float
    spooled: float


def sample(server: ServerProcess) -> Sample:
    process = Path(f"/proc/{server.pid}")
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line
    )
    told = figures(server.client)
    return Sample(
        len(list((process / "fd").iterdir())),
        int(status["VmRSS"].split()[0]),
        told["wal_bytes"],
        told["queue_rows"],
        told["spool_rows"],
    )


def under_load(
    server: ServerProcess, seconds: float, every_s: float
) -> tuple[LoadResult, list[Sample]]:
    """What ``seconds`` of RATE requests/s came to, and the server all the while."""
    results: list[LoadResult] = []
    load = Load(url=f"{server.url}/api/v1/improve-prompt", seconds=seconds, clients=8, rate=RATE)
    sending = threading.Thread(target=lambda: results.append(send(load)))
    samples = []
    sending.start()
    while sending.is_alive():
        samples.append(sample(server))
        sending.join(every_s)
    assert results, "the load came to nothing"
    return results[0], samples


@pytest.mark.parametrize("seconds", [QUICK_S, pytest.param(LONG_S, marks=pytest.mark.slow)])
def test_a_steady_load_fails_nowhere_and_nothing_grows(tmp_path, seconds):
    with ServerProcess(tmp_path, LOG_LEVEL="WARNING") as server:
        warm_up, _ = under_load(server, min(WARM_UP_S, seconds / 4), 0.5)
        before = sample(server)
        result, samples = under_load(server, seconds, min(5.0, seconds / 8))
        await_books(server, lambda books: books.unsettled == 0)
        after = sample(server)
        accepted = len(warm_up.milliseconds) + len(result.milliseconds)
        largest = {name: max(getattr(each, name) for each in samples) for name in Sample.__slots__}
        print(  # noqa: T201 the figures, for whoever runs the long form with -s
            f"{len(result.milliseconds):,} answers in {result.seconds:.0f} s, "
            f"{result.errors} errors, p50 {percentile(result.milliseconds, 0.5):.2f} ms, "
            f"p99 {percentile(result.milliseconds, 0.99):.2f} ms; before {before}; "
            f"after {after}; largest {largest}"
        )
        assert warm_up.errors == result.errors == 0
        assert len(result.milliseconds) >= 0.9 * RATE * seconds
        kept = raw(
            server.database_file, "SELECT COUNT(*), COUNT(DISTINCT prompt_id) FROM prompt_history"
        )
        assert kept == [(accepted, accepted)]
        # The clients' own connections come and go; nothing else does.
        assert after.open_files <= before.open_files + 2
        assert largest["wal_bytes"] < 64 * 1024 * 1024
        assert largest["waiting"] < RATE
        assert largest["spooled"] == 0
        if seconds == LONG_S:  # a few seconds are no time to see memory grow
            assert after.resident_kb <= 1.1 * before.resident_kb
        assert server.log == ""
        assert server.stop() in (0, -15)
