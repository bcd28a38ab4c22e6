"""Clients that hang up on a real server while its model is at work, which takes a minute."""

import contextlib
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.faults.books import both_books, figures
from tests.faults.callers import send
from tests.faults.health_watch import tell
from tests.faults.kept_rows import in_database
from tests.model_server import ModelServer, Reply
from tests.server_process import ServerProcess

LONGEST_CANCEL_S = 0.5
SLOTS = 2
BACKENDS = ["zero-shot", "few-shot"]


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory, model: ModelServer) -> Iterator[ServerProcess]:
    """One for all: the import of DSPy takes seconds."""
    with ServerProcess(
        tmp_path_factory.mktemp("hanging-up"),
        LLM_PROVIDER="openai-compatible",
        LLM_BASE_URL=model.base_url,
        LLM_MODEL="slow",
        MAX_CONCURRENT_IMPROVEMENTS=str(SLOTS),
    ) as running:
        deadline = time.monotonic() + 60
        while not running.client.get("/health").json()["model_ready"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield running
        assert "Traceback" not in running.log


@pytest.fixture(autouse=True)
def slow_model(model: ModelServer) -> None:
    model.reply = Reply(delay_s=60.0)


def cancellations(server: ServerProcess, backend: str) -> float:
    labels = f'{{backend="{backend}",cause="caller_gone"}}'
    return figures(server.client).get(f"cancellations_total{labels}", 0.0)


def answers(server: ServerProcess) -> float:
    told = figures(server.client)
    return sum(value for name, value in told.items() if name.startswith("improvements_total"))


@contextlib.contextmanager
def at_work(server: ServerProcess, model: ModelServer, idea: str, backend: str):
    """Connections with a request each that the model works on: as many as there are slots."""
    before = len(model.requests)
    callers = [send(server.url, f"{idea} {n}", backend=backend) for n in range(SLOTS)]
    await_that(lambda: len(model.requests) == before + SLOTS)
    yield callers
    for caller in callers:
        caller.close()


def await_that(happened, wait_s: float = 10.0) -> None:
    deadline = time.monotonic() + wait_s
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_hang_up_ends_the_call_and_frees_the_slot_within_half_a_second(server, model, backend):
    before, hang_ups = cancellations(server, backend), len(model.hang_ups)
    with at_work(server, model, "Fix this bug", backend) as callers:
        assert server.improve("There is no room for me", backend=backend).status_code == 503
        began = time.monotonic()
        for caller in callers:
            caller.close()
        await_that(lambda: len(model.hang_ups) == hang_ups + SLOTS)
        seconds = model.hang_ups[-1] - began
        model.reply = Reply()
        assert server.improve("Now there is", backend=backend).status_code == 200
    tell(f"{backend}: the model's connection was closed {seconds * 1000:.0f} ms after the hang-up")
    assert seconds < LONGEST_CANCEL_S
    assert cancellations(server, backend) == before + SLOTS


def test_a_slot_is_free_for_the_next_caller_within_half_a_second(server, model):
    """The next caller itself waits for a slot as long as that."""
    with at_work(server, model, "Fix this bug", "few-shot") as callers:
        model.reply = Reply()
        began = time.monotonic()
        for caller in callers:
            caller.close()
        assert server.improve("I can wait").status_code == 200
        seconds = time.monotonic() - began
    tell(f"the next caller had its answer {seconds * 1000:.0f} ms after the hang-up")
    assert seconds < LONGEST_CANCEL_S + 0.25


def test_what_was_cancelled_is_neither_kept_nor_counted_as_an_answer(server, model):
    books, counted = both_books(server.client), answers(server)
    before = cancellations(server, "few-shot")
    with at_work(server, model, "Nobody waits for this", "auto") as callers:
        for caller in callers:
            caller.close()
        await_that(lambda: cancellations(server, "few-shot") == before + SLOTS)
    assert both_books(server.client) == books
    assert answers(server) == counted
    assert not [idea for idea in in_database(server.database_file) if idea.startswith("Nobody")]


def test_the_log_has_one_line_for_a_request_that_was_hung_up_on(server, model):
    length, before = len(server.log), cancellations(server, "zero-shot")
    with at_work(server, model, "Fix this bug", "zero-shot") as callers:
        for caller in callers:
            caller.close()
        await_that(lambda: cancellations(server, "zero-shot") == before + SLOTS)
        await_that(lambda: server.log[length:].count("cancelled=caller_gone") == SLOTS)
    lines = [line for line in server.log[length:].splitlines() if " route=/metrics" not in line]
    assert len(lines) == SLOTS
    for line in lines:
        assert " status=499 " in line
        assert " backend=zero-shot " in line


def test_a_hang_up_while_waiting_for_a_slot_sends_nothing_to_the_model(server, model):
    with at_work(server, model, "Fix this bug", "few-shot") as callers:
        before, cancelled = len(model.requests), cancellations(server, "few-shot")
        send(server.url, "I do not wait").close()
        await_that(lambda: cancellations(server, "few-shot") == cancelled + 1)
        for caller in callers:
            caller.close()
        model.reply = Reply()
        assert server.improve("But I do").status_code == 200
        assert [each.prompt for each in model.requests[before:] if "not wait" in each.prompt] == []


def test_a_row_is_kept_whose_caller_hangs_up_once_the_model_has_answered(server, model):
    model.reply = Reply(delay_s=0.05)
    idea = "Write a poem about rain"
    before = len(model.requests)
    caller = send(server.url, idea)
    await_that(lambda: len(model.requests) == before + 1)
    caller.close()
    await_that(lambda: in_database(server.database_file)[idea] == 1)


def test_a_client_that_resets_its_connection_has_hung_up_too(server, model):
    hang_ups = len(model.hang_ups)
    with at_work(server, model, "Fix this bug", "few-shot") as callers:
        for caller in callers:
            # Lingering for zero seconds makes the close a reset.
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            caller.close()
        await_that(lambda: len(model.hang_ups) == hang_ups + SLOTS)


def test_hanging_up_in_mid_stream_ends_the_call_frees_the_slot_and_keeps_nothing(server, model):
    model.reply = Reply(piece_s=0.2)
    books, hang_ups, length = both_books(server.client), len(model.hang_ups), len(server.log)
    before = len(model.requests)
    path = "/api/v1/improve-prompt/stream"
    callers = [send(server.url, f"Stream {n}", path=path) for n in range(SLOTS)]
    try:
        await_that(lambda: len(model.requests) == before + SLOTS)
        for caller in callers:
            heard = b""
            while b"event: delta" not in heard:
                heard += caller.recv(65_536)
        assert server.improve("There is no room for me").status_code == 503
        began = time.monotonic()
    finally:
        for caller in callers:
            caller.close()
    await_that(lambda: len(model.hang_ups) == hang_ups + SLOTS)
    seconds = model.hang_ups[-1] - began
    tell(f"a stream: the model's connection was closed {seconds * 1000:.0f} ms after the hang-up")
    assert seconds < LONGEST_CANCEL_S
    model.reply = Reply()
    assert server.improve("Now there is").status_code == 200
    await_that(lambda: both_books(server.client).saved == books.saved + 1)
    assert not [idea for idea in in_database(server.database_file) if idea.startswith("Stream")]
    assert server.log[length:].count("status=200") >= SLOTS
    assert server.log[length:].count("cancelled=caller_gone") == SLOTS


def test_a_client_that_stays_has_its_answer_on_a_connection_that_is_used_again(server, model):
    model.reply = Reply(delay_s=0.6)
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        for _ in range(2):
            answer = client.post("/api/v1/improve-prompt", json={"idea": "Fix this bug"})
            assert answer.status_code == 200
            assert answer.json()["backend"] == "few-shot"
