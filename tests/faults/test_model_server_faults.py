"""A model's server that hangs, trickles or answers 100 MiB: a declared error, in time and in
little memory, and the history goes on. Resets and error answers: test_model_errors_over_http.
"""

import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.books import await_books, both_books, settled
from tests.faults.broken_model_server import (
    BrokenModelServer,
    Script,
    answer_late,
    hang,
    send_100_mb,
    send_100_mb_in_chunks,
    trickle,
    trickle_the_head,
)
from tests.faults.callers import send
from tests.faults.health_watch import HealthWatch, tell
from tests.faults.kept_rows import in_database
from tests.server_process import ServerProcess

TIMEOUT_S = 0.7
LONGEST_ANSWER_S = TIMEOUT_S + 1.5
MOST_MORE_MIB = 64
"""What one answer may take of memory beyond what the server had."""
AT_ONCE = 8
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


@pytest.fixture(scope="module")
def model() -> Iterator[BrokenModelServer]:
    with BrokenModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory, model: BrokenModelServer) -> Iterator[ServerProcess]:
    """One for all: the import of DSPy takes seconds."""
    with ServerProcess(
        tmp_path_factory.mktemp("models"),
        LLM_PROVIDER="openai-compatible",
        LLM_BASE_URL=model.base_url,
        LLM_MODEL="broken",
        LLM_TIMEOUT_S=str(TIMEOUT_S),
        LLM_FALLBACK="none",
    ) as running:
        deadline = time.monotonic() + 60
        while not running.client.get("/health").json()["model_ready"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield running
        assert "Traceback" not in running.log


def peak_mib(server: ServerProcess) -> float:
    """The most memory that the process has had since it was last forgotten."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def forget_peak(server: ServerProcess) -> None:
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")


def assert_the_history_goes_on(server: ServerProcess, idea: str) -> None:
    before = both_books(server.client)
    assert server.improve(idea, backend="offline").json()["saved"] == "queued"
    await_books(server, settled)
    assert both_books(server.client).saved == before.saved + 1
    assert in_database(server.database_file)[idea] == 1


@pytest.mark.parametrize("script", [hang, trickle, trickle_the_head])
def test_a_model_that_does_not_come_to_an_end_is_given_up_in_time(server, model, script: Script):
    model.script = script
    before = both_books(server.client)
    began = time.monotonic()
    with (
        HealthWatch(server.url, f"a model that does {script.__name__}"),
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        answers = list(pool.map(server.improve, [f"Fix bug {n}" for n in range(AT_ONCE)]))
    assert {answer.status_code for answer in answers} == {504}
    assert time.monotonic() - began < LONGEST_ANSWER_S
    assert both_books(server.client) == before
    assert_the_history_goes_on(server, f"after {script.__name__}")


@needs_proc
@pytest.mark.parametrize("script", [send_100_mb, send_100_mb_in_chunks])
def test_an_answer_of_100_mb_takes_little_memory(server, model, script: Script):
    model.script = script
    before = both_books(server.client)
    requests = model.requests
    forget_peak(server)
    memory = peak_mib(server)
    began = time.monotonic()
    with HealthWatch(server.url, f"a model that does {script.__name__}"):
        answer = server.improve("Fix this bug")
    more = peak_mib(server) - memory
    tell(
        f"{script.__name__}: {answer.status_code} {time.monotonic() - began:.2f} s, {more:.0f} MiB"
    )
    assert (answer.status_code, model.requests) == (502, requests + 1)
    assert time.monotonic() - began < LONGEST_ANSWER_S
    assert more < MOST_MORE_MIB
    assert both_books(server.client) == before
    assert_the_history_goes_on(server, f"after {script.__name__}")


def test_clients_that_hang_up_before_the_model_answers_do_not_stop_their_rows(server, model):
    model.script = answer_late
    before, requests = both_books(server.client), model.requests
    # Without a number, which this model would lose, and would be asked for again.
    ideas = [f"hang up as {letter * 3}" for letter in "abcdefgh"[:AT_ONCE]]
    callers = [send(server.url, idea) for idea in ideas]
    deadline = time.monotonic() + 10
    while model.requests < requests + AT_ONCE:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    for caller in callers:
        caller.close()
    await_books(server, lambda found: found.saved == before.saved + AT_ONCE)
    found = in_database(server.database_file)
    assert [found[idea] for idea in ideas] == [1] * AT_ONCE
