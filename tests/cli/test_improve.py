"""Ways to hand an idea to the command line, and what comes back."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forked_program import ForkedProgram, clean_environment, run_program
from tests.sqlite_files import raw
from tests.terminal import read

IDEA = "write a sql query for late orders"


@pytest.fixture
def run(tmp_path: Path):
    def run(*arguments: str, code: int = 0, stdin: str = "", **variables: str) -> str:
        settings = {"SQLITE_DB_PATH": "history.db", **variables}
        done = run_program(tmp_path, *arguments, stdin=stdin.encode(), **settings)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def kept(folder: Path, column: str) -> list[str]:
    sql = f"SELECT {column} FROM prompt_history ORDER BY id"
    return [each for (each,) in raw(folder / "history.db", sql)]


def test_an_idea_is_words_a_file_a_pipe_or_words_and_a_file(run, tmp_path):
    (tmp_path / "a.py").write_text("def f(x):\n    return x +\n")
    run("improve", *IDEA.split())
    run("improve", "-f", "a.py")
    run("improve", stdin="from a pipe\n")
    run("improve", "-", stdin="from a dash\n")
    run("improve", "fix", "this", "code", "-f", "a.py")
    assert kept(tmp_path, "original_idea") == [
        IDEA,
        "def f(x):\n    return x +",
        "from a pipe",
        "from a dash",
        "fix this code\n\ndef f(x):\n    return x +",
    ]


def test_what_goes_with_the_idea_can_come_from_options_and_files(run, tmp_path):
    (tmp_path / "context.md").write_text("Table orders(id, due)\n")
    printed = run(
        "improve", IDEA, "--context", "Oracle", "--context-file", "context.md",
        "--target", "plain", "--answer", "database=SQLite 3.40", "--json",
    )  # fmt: skip
    record = json.loads(printed)
    assert record["context"] == "Oracle\n\nTable orders(id, due)"
    assert record["target"] == "plain"
    assert record["answers"] == [{"id": "database", "text": "SQLite 3.40"}]
    assert "SQLite 3.40" in record["improved_prompt"]


def test_a_diff_shows_what_the_prompt_has_beside_the_idea(run):
    printed = run("improve", IDEA, "--diff")
    assert printed.startswith("{+## Task\n\n+}" + IDEA)


def test_what_the_editor_makes_of_it_is_printed_and_kept(run, tmp_path):
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nprintf "my own prompt\\n" > "$1"\n')
    editor.chmod(0o755)
    assert run("improve", IDEA, "--edit", EDITOR=str(editor)) == "my own prompt\n"
    assert kept(tmp_path, "edited_prompt") == ["my own prompt"]
    assert kept(tmp_path, "improved_prompt")[0].startswith("## Task")
    assert run("show", "last", "--prompt") == "my own prompt\n"
    run("improve", "another idea", "--edit", EDITOR="true")
    assert kept(tmp_path, "edited_prompt") == ["my own prompt", None]


def test_the_prompt_is_copied_by_a_tool_of_the_machine(run, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "xclip").write_text(f'#!/bin/sh\ncat > "{tmp_path}/copied"\n')
    (tools / "xclip").chmod(0o755)
    printed = run("improve", IDEA, "--copy", PATH=f"{tools}:/bin:/usr/bin")
    assert (tmp_path / "copied").read_text() == printed.removesuffix("\n")
    assert "no clipboard" in run("improve", IDEA, "--copy", code=1, PATH="/nowhere")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["x", "--answer", "foo"], "must have the form ID=TEXT"),
        (["-f", "missing.txt"], "missing.txt cannot be read"),
        (["-f", "bytes.bin"], "bytes.bin is not UTF-8 text (byte 1)"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_place(run, tmp_path, arguments, told):
    (tmp_path / "bytes.bin").write_bytes(b"\xff\xfe")
    code = 2 if "--answer" in arguments else 1
    assert told in run("improve", *arguments, code=code)
    assert not (tmp_path / "history.db").exists()


def dialogue(folder: Path, *arguments: str, said: list[bytes]) -> tuple[int, str]:
    """Exit code and all that was drawn, where somebody sits at the terminal and says that."""
    ours, theirs = os.openpty()
    process = ForkedProgram(
        folder,
        arguments,
        clean_environment(
            HOME=str(folder), LLM_PROVIDER="offline", SQLITE_DB_PATH="history.db", TERM="xterm"
        ),
        streams=(theirs, theirs, theirs),
    )
    os.close(theirs)
    drawn, left = b"", list(said)
    try:
        while part := os.read(ours, 65_536):
            drawn += part
            if left and drawn.rstrip().endswith(b">"):
                os.write(ours, left.pop(0))
    except OSError:  # EIO: the other end is closed
        pass
    os.close(ours)
    return process.wait(60), read(drawn.decode().replace("\r\n", "\n"))


def test_on_a_terminal_its_questions_are_asked_and_enter_skips_one(tmp_path):
    code, drawn = dialogue(tmp_path, "improve", *IDEA.split(), said=[b"\n", b"SQLite 3.40\n"])
    assert code == 0
    assert "Which database system?" in drawn
    assert kept(tmp_path, "version") == [1, 2]
    first, second = kept(tmp_path, "improved_prompt")
    assert "SQLite 3.40" not in first
    assert "SQLite 3.40" in second
    assert drawn.count("## Task") == 1
    code, drawn = dialogue(tmp_path, "improve", IDEA, "--no-ask", said=[])
    assert (code, "Which database" in drawn) == (0, False)
    code, drawn = dialogue(tmp_path, "improve", said=[])
    assert code == 2
    assert "Type the idea" in drawn


def test_lists_take_the_filters_of_the_api_and_print_json(run):
    run("improve", "first idea")
    run("improve", "second idea")
    run("star", "last")
    run("tag", "last", "work")
    run("rate", "last", "bad")
    for narrowed in (
        ["--starred"], ["--tag", "work"], ["--rating", "bad"], ["-n", "1"],
        ["--starred", "--backend", "offline"],
    ):  # fmt: skip
        (line,) = run("history", *narrowed).splitlines()
        assert line.endswith("second idea")
    (line,) = run("history", "--not-starred").splitlines()
    assert line.endswith("first idea")
    (row,) = json.loads(run("search", "idea", "second", "--json"))
    assert (row["original_idea"], row["starred"], row["tags"]) == ("second idea", True, ["work"])
    assert run("history", "--from", "2020-01-01", "--to", "2020-12-31") == ""
    assert len(run("search", "work").splitlines()) == 1
    assert "--from must be a date" in run("history", "--from", "now", code=2)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(run, shell):
    assert "_PROMPT_IMPROVER_COMPLETE" in run("completion", shell)


def test_bash_completes_commands_and_options(tmp_path):
    program = tmp_path / "prompt-improver"
    program.write_text(f"#!{sys.executable}\nfrom prompt_improver.__main__ import run\nrun()\n")
    program.chmod(0o755)
    script = """
        eval "$(prompt-improver completion bash)"
        COMP_WORDS=(prompt-improver "$1") COMP_CWORD=1
        _prompt_improver_completion prompt-improver
        echo "${COMPREPLY[@]}"
    """
    environment = clean_environment(HOME=str(tmp_path))
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script, "bash", "ver"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("versions\n", "")
