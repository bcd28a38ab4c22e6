"""What a terminal shows while the model writes, and what a pipe gets."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forked_program import ForkedProgram, clean_environment
from tests.model_server import PARTS, ModelServer, Reply
from tests.terminal import read


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


class Improving:
    """``improve`` with its standard output in a pipe and its standard error on a terminal."""

    def __init__(self, folder: Path, model: ModelServer, *arguments: str) -> None:
        self._ours, theirs = os.openpty()
        self._drawn = b""
        reading, writing = os.pipe()
        self._stdout = os.fdopen(reading, "rb")
        with Path(os.devnull).open() as nothing:
            self._process = ForkedProgram(
                folder,
                ["improve", "Design a REST API", *arguments],
                clean_environment(
                    HOME=str(folder),
                    TERM="xterm-256color",
                    LLM_PROVIDER="openai-compatible",
                    LLM_BASE_URL=model.base_url,
                    LLM_MODEL="m",
                ),
                streams=(nothing.fileno(), writing, theirs),
            )
        os.close(writing)
        os.close(theirs)
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    @property
    def raw(self) -> str:
        return self._drawn.decode(errors="replace")

    @property
    def drawn(self) -> str:
        return read(self.raw)

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str]:
        """Exit code and standard output."""
        code = self._process.wait(60)
        self._reading.join(10)
        os.close(self._ours)
        with self._stdout:
            return code, self._stdout.read().decode()

    def _read(self) -> None:
        try:
            while part := os.read(self._ours, 65_536):
                self._drawn += part
        except OSError:
            """EIO: the other end is closed."""


def await_that(happened) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_terminal_shows_the_growing_text_and_the_pipe_gets_the_prompt_alone(tmp_path, model):
    model.reply = Reply(piece_s=0.01)
    improving = Improving(tmp_path, model)
    code, out = improving.end()
    assert code == 0
    assert out.startswith("## ")
    assert PARTS["directive"] in out
    assert "The model" not in out
    drawn = improving.drawn
    assert "The model is reading the idea" in drawn
    assert drawn.count("The model is writing ...") > 3, "it was drawn again and again"
    assert PARTS["role"][:20] in drawn
    told = improving.raw.rsplit("\x1b[2K", 1)[1]
    assert told.startswith("Kept "), "what was drawn is gone, and the evidence stands"


def test_an_interrupt_cancels_the_call_of_the_model(tmp_path, model):
    model.reply = Reply(piece_s=0.3)
    improving = Improving(tmp_path, model)
    await_that(lambda: "The model is writing" in improving.drawn)
    began = time.monotonic()
    improving.interrupt()
    code, out = improving.end()
    await_that(lambda: model.hang_ups)
    assert model.hang_ups[0] - began < 0.5
    assert (code, out) == (130, "")
    assert "Traceback" not in improving.drawn
    assert not (tmp_path / "data").exists()
