"""SIGTERM and SIGINT while a model is at work that takes longer than a stop may: every caller
has an answer, every answer its row, and the process ends in time; at a second signal at once."""

import os
import re
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from prompt_improver.recording.history_recorder import DRAIN_S
from prompt_improver.server import ANSWERS_S, GRACE_S
from tests.error_bodies import error_body
from tests.faults.books import await_books, both_books, settled
from tests.faults.callers import post, send
from tests.faults.health_watch import tell
from tests.faults.kept_rows import in_database, in_spools
from tests.faults.lock_holder import held
from tests.faults.test_stops import assert_in_one_place
from tests.model_server import ModelServer, Reply
from tests.server_process import ROOT, ServerProcess

UNIT = ROOT / "ops" / "systemd" / "prompt-improver.service"
SHORT_GRACE_S = 0.5
SLOW_MODEL_S = 108.0
OVERHEAD_S = 2.0
"""For the signal to be noticed, the offline answers, and a busy machine."""


class SlowCalls:
    """Requests that the model works on, each in a thread, by the backend that they ask for."""

    def __init__(self, server: ServerProcess, model: ModelServer, **backends: int) -> None:
        self.answers: dict[str, list[httpx.Response]] = {name: [] for name in backends}
        self._threads = [
            threading.Thread(target=self._ask, args=(server.url, name, number))
            for name, count in backends.items()
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()
        deadline = time.monotonic() + 30
        while len(model.requests) < len(self._threads):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def join(self) -> dict[str, list[httpx.Response]]:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()
        return self.answers

    def _ask(self, url: str, name: str, number: int) -> None:
        body = {"idea": f"Fix bug {number}", "backend": name.replace("_", "-")}
        answer = httpx.post(f"{url}/api/v1/improve-prompt", json=body, timeout=120, trust_env=False)
        self.answers[name].append(answer)


def server_for(folder: Path, model: ModelServer, *command: str) -> ServerProcess:
    return ServerProcess(
        folder,
        *command,
        LLM_PROVIDER="openai-compatible",
        LLM_BASE_URL=model.base_url,
        LLM_MODEL="slow",
    )


def with_a_grace_of(seconds: float) -> tuple[str, str]:
    """The command for a server whose stop is not that long."""
    script = (
        "from prompt_improver.server import serve; "
        "from prompt_improver.settings import load_settings; "
        f"serve(load_settings(), grace_s={seconds})"
    )
    return "-c", script


def await_end(server: ServerProcess, began: float) -> float:
    """The seconds until the end, which is a clean one, by the signal that asked for it."""
    assert server.wait(60) in (0, -signal.SIGTERM, 130)
    seconds = time.monotonic() - began
    assert "Traceback" not in server.log
    return seconds


def test_at_the_end_of_the_grace_callers_have_the_offline_answer_or_503(tmp_path):
    with (
        ModelServer() as model,
        server_for(tmp_path, model, *with_a_grace_of(SHORT_GRACE_S)) as server,
    ):
        model.reply = Reply(delay_s=SLOW_MODEL_S)
        calls = SlowCalls(server, model, auto=3, zero_shot=2, few_shot=2)
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        seconds = await_end(server, began)
        answers = calls.join()
        assert len(model.hang_ups) == 7
        assert server.log.count("cancelled=stopping") == 7
    assert SHORT_GRACE_S < seconds < SHORT_GRACE_S + OVERHEAD_S
    for answer in (*answers["zero_shot"], *answers["few_shot"]):
        assert (answer.status_code, answer.json()) == (503, error_body("server_stopping"))
    for answer in answers["auto"]:
        assert answer.status_code == 200
        told = answer.json()
        assert (told["backend"], told["model_version"][:8]) == ("offline", "offline/")
        assert told["warnings"][0] == "model_unavailable"
        assert told["saved"] == "queued"
    assert in_database(server.database_file) == {f"Fix bug {n}": 1 for n in range(3)}


def test_a_model_that_answers_within_the_grace_is_waited_for(tmp_path):
    with ModelServer() as model, server_for(tmp_path, model) as server:
        model.reply = Reply(delay_s=1.0)
        calls = SlowCalls(server, model, auto=1)
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        seconds = await_end(server, began)
        (answer,) = calls.join()["auto"]
    assert seconds < 1.0 + OVERHEAD_S
    assert answer.json()["backend"] == "few-shot"
    assert in_database(server.database_file)["Fix bug 0"] == 1


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once_with_what_waits_in_the_spool(tmp_path, second):
    with ServerProcess(tmp_path) as server:
        told = post(server.url, 1)
        await_books(server, settled)
        with held(server.database_file, "BEGIN EXCLUSIVE"):
            told += post(server.url, 50)
            os.kill(server.pid, signal.SIGTERM)
            time.sleep(0.5)
            began = time.monotonic()
            os.kill(server.pid, second)
            seconds = await_end(server, began)
    tell(f"{second.name} after a SIGTERM, with a locked database: {seconds:.2f} s")
    assert seconds < DRAIN_S - 0.5
    assert in_spools(server.database_file).total() == 50
    assert_in_one_place(server.database_file, told)


def test_a_second_interrupt_ends_the_calls_of_the_model_at_once(tmp_path):
    with ModelServer() as model, server_for(tmp_path, model) as server:
        model.reply = Reply(delay_s=SLOW_MODEL_S)
        calls = SlowCalls(server, model, auto=2, few_shot=1)
        with send(server.url, "an idea that never arrives whole", share=0.5):
            os.kill(server.pid, signal.SIGINT)
            time.sleep(0.3)
            began = time.monotonic()
            os.kill(server.pid, signal.SIGINT)
            seconds = await_end(server, began)
        answers = calls.join()
        assert len(model.hang_ups) == 3
    tell(f"two interrupts under three slow calls: {seconds:.2f} s")
    assert seconds < OVERHEAD_S
    assert [answer.status_code for answer in answers["few_shot"]] == [503]
    assert [answer.json()["backend"] for answer in answers["auto"]] == ["offline"] * 2
    kept = in_database(server.database_file) + in_spools(server.database_file)
    assert kept == {"Fix bug 0": 1, "Fix bug 1": 1}


@pytest.mark.slow
@pytest.mark.parametrize("requests", [1, 50])
def test_the_longest_stop_ends_before_systemd_loses_its_patience(tmp_path, requests):
    """All that delays a stop at once: a model of 108 s, half a request, a locked database."""
    found = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)
    assert found is not None
    with ModelServer() as model, server_for(tmp_path, model) as server:
        assert both_books(server.client).saved == 0
        model.reply = Reply(delay_s=SLOW_MODEL_S)
        calls = SlowCalls(server, model, auto=requests)
        with (
            send(server.url, "half of an idea", share=0.5),
            held(server.database_file, "BEGIN EXCLUSIVE"),
        ):
            began = time.monotonic()
            os.kill(server.pid, signal.SIGTERM)
            seconds = await_end(server, began)
        answers = calls.join()["auto"]
    tell(f"stop under {requests} slow calls, half a request and a lock: {seconds:.2f} s")
    assert {answer.status_code for answer in answers} == {200}
    assert GRACE_S + ANSWERS_S < seconds < int(found[1])
    kept = in_database(server.database_file) + in_spools(server.database_file)
    assert kept == {f"Fix bug {n}": 1 for n in range(requests)}
