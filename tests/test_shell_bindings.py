"""The key bindings of plugins/shell, in a real terminal of each shell."""

import fcntl
import os
import pty
import select
import shutil
import subprocess
import sys
import termios
import time

import pytest

from tests.server_process import ROOT, clean_environment

SHELLS = {
    "bash": ["bash", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
WAIT_S = 20


class Terminal:
    """A shell in a terminal, with the command ``prompt-improver`` and its binding."""

    def __init__(self, shell, folder):
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not installed")
        commands = folder / "commands"
        commands.mkdir()
        scripts = {
            "prompt-improver": f'exec {sys.executable} -m prompt_improver "$@"',
            "keep": """printf '%s\\n' "$2" > "$1\"""",
        }
        for name, script in scripts.items():
            (commands / name).write_text(f"#!/bin/sh\n{script}\n")
            (commands / name).chmod(0o700)
        environment = clean_environment(LLM_PROVIDER="offline", HOME=str(folder), TERM="dumb")
        environment |= {"PATH": f"{commands}:{environment['PATH']}", "PS1": "$ ", "COLUMNS": "200"}
        self._folder = folder
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            SHELLS[shell],
            cwd=folder,
            env=environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.type(f"source {ROOT}/plugins/shell/prompt-improver.{shell}; echo > loaded\r")
        self.wait_for("loaded")

    def type(self, keys):
        os.write(self._master, keys.encode())

    def wait_for(self, name):
        """The text of this file, once the shell has written it whole."""
        file = self._folder / name
        end = time.monotonic() + WAIT_S
        shown = b""
        while time.monotonic() < end:
            if select.select([self._master], [], [], 0.05)[0]:
                shown += os.read(self._master, 65536)
            if file.exists() and file.read_text().endswith("\n"):
                return file.read_text()
        raise AssertionError(f"no {name}: {shown.decode(errors='replace')}")

    def close(self):
        self.process.kill()
        self.process.wait(10)
        os.close(self._master)


@pytest.fixture(params=SHELLS)
def terminal(request, tmp_path):
    terminal = Terminal(request.param, tmp_path)
    yield terminal
    terminal.close()


ALT_I = "\x1bi"


def test_alt_i_replaces_the_line_by_its_prompt_as_one_quoted_word(terminal, tmp_path):
    idea = "say $(touch run) `touch run` in 3 words, don't use \\n"
    terminal.type(idea + ALT_I)
    # The cursor stands before the prompt, where the command goes that is to get it.
    terminal.type("keep first \r")
    prompt = terminal.wait_for("first")
    assert prompt.startswith("## Task\n")
    assert idea in prompt
    assert not (tmp_path / "run").exists()


def test_alt_i_replaces_a_quotation_at_the_end_of_the_line(terminal, tmp_path):
    terminal.type('keep second "plan a trip to Rome"' + ALT_I + "\r")
    prompt = terminal.wait_for("second")
    assert prompt.startswith("## Task\n\nplan a trip to Rome\n")


def test_a_blank_line_stays(terminal, tmp_path):
    terminal.type("  " + ALT_I + "echo stays > third\r")
    assert terminal.wait_for("third") == "stays\n"
