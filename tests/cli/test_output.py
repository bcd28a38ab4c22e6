"""What the command line draws on a terminal, and that scripts read the same as ever."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forked_program import clean_environment, run_program
from tests.history_files import save_rows
from tests.sqlite_files import raw
from tests.terminal import columns, on_terminal, read

IDEAS = (
    "データベースの設計をレビューして、改善点を三つ挙げてください。特にインデックスと正規化について詳しく"
    * 3,
    "a family 👩‍👩‍👧 party 🎉👍🏽 " * 20,
    "e\u0301te\u0301 " * 60,
    "[bold]no markup[/bold] of rich's " * 10,
    "short",
)


@pytest.fixture
def folder(tmp_path) -> Path:
    for idea in IDEAS:
        save_rows(tmp_path / "data" / "prompt_history.db", 1, idea=idea)
    return tmp_path


def piped(folder: Path, *arguments: str, **settings: str) -> str:
    return run_program(folder, *arguments, **settings).stdout


def ids(folder: Path) -> list[str]:
    sql = "SELECT prompt_id FROM prompt_history ORDER BY id"
    return [prompt_id for (prompt_id,) in raw(folder / "data" / "prompt_history.db", sql)]


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_a_listing_fits_the_terminal_whatever_the_script_with_every_id_whole(folder, width):
    code, drawn = on_terminal(folder, "history", width=width)
    lines = read(drawn).splitlines()
    assert code == 0
    assert max(map(columns, lines)) <= width
    assert len(lines) == len(IDEAS) * (1 if width >= 100 else 2)
    assert all(prompt_id in read(drawn) for prompt_id in ids(folder))
    assert "[bold]no markup" in read(drawn)
    assert "\x1b[" in drawn


@pytest.mark.parametrize("plain", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
@pytest.mark.parametrize("command", [["history"], ["stats"], ["check"], ["search", "short"]])
def test_a_terminal_without_colour_gets_what_a_pipe_gets(folder, command, plain):
    assert on_terminal(folder, *command, **plain) == (0, piped(folder, *command))


def test_what_a_pipe_gets_is_the_same_at_every_version_with_local_time(folder):
    first = piped(folder, "history", TZ="XYZ-2").splitlines()[0]
    sql = (
        "SELECT datetime(timestamp, '+2 hours'), prompt_id, backend FROM prompt_history "
        "ORDER BY id DESC"
    )
    time, prompt_id, backend = raw(folder / "data" / "prompt_history.db", sql)[0]
    assert first == f"{time}+02:00  {prompt_id}  {backend:9}  short 0"


def test_json_is_the_same_on_a_terminal(folder):
    prompt_id = ids(folder)[0]
    code, drawn = on_terminal(folder, "show", prompt_id, "--json", width=60)
    assert code == 0
    assert json.loads(drawn)["original_idea"].startswith(IDEAS[0])
    assert drawn == piped(folder, "show", prompt_id, "--json")


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}], ids=["colour", "none"])
def test_kept_text_cannot_command_the_terminal(tmp_path, variables):
    hostile = "red \x1b[31m title \x1b]0;owned\x07 c1 \x9b2J"
    save_rows(tmp_path / "data" / "prompt_history.db", 1, idea=hostile)
    (prompt_id,) = ids(tmp_path)
    for command in (["history"], ["show", prompt_id]):
        code, drawn = on_terminal(tmp_path, *command, width=120, **variables)
        assert code == 0
        assert "title �]0;owned�" in drawn
        assert all(bad not in drawn for bad in ("\x1b]", "\x07", "\x9b", "\x1b[31m"))


def test_a_prompt_on_a_terminal_has_bold_headings_and_whole_lines(tmp_path):
    code, drawn = on_terminal(tmp_path, "improve", "Design a REST API", width=40)
    assert code == 0
    assert "\x1b[1m## Task\x1b[0m" in drawn
    evidence, heading, rest = read(drawn).partition("## Task")
    assert evidence.startswith("Kept ")
    assert heading + rest == piped(tmp_path, "improve", "Design a REST API")


def test_show_names_the_texts_of_a_row_under_rules_as_wide_as_the_terminal(folder):
    _, drawn = on_terminal(folder, "show", ids(folder)[-1], width=60)
    rule = next(line for line in read(drawn).splitlines() if line.startswith("original_idea"))
    assert rule.endswith("─")
    assert columns(rule) == 60


def test_messages_are_broken_between_words(tmp_path):
    _, drawn = on_terminal(tmp_path, "improve", "fix this bug", width=44)
    lines = [line.rstrip() for line in read(drawn).splitlines()]
    assert lines[0] == "warning: The idea is vague: the prompt first"
    assert lines[1] == "asks for what is missing. (vague)"
    assert "\x1b[1;33mwarning:\x1b[0m" in drawn


@pytest.mark.parametrize("command", [["history"], ["--help"], ["stats"]])
def test_what_draws_is_not_imported_for_a_pipe(folder, command):
    script = (
        "import sys\n"
        "from prompt_improver.cli.commands import main\n"
        f"try: main({command!r})\n"
        "except SystemExit: pass\n"
        "sys.exit('rich.console' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=clean_environment(), capture_output=True
    )
    assert done.returncode == 0, done.stderr


def test_bad_lines_of_an_import_do_not_run_into_its_bar(tmp_path):
    (tmp_path / "in.jsonl").write_text("no json\n" * 3)
    code, drawn = on_terminal(tmp_path, "import", "in.jsonl")
    assert code == 1
    assert "reading" in drawn
    lines = re.split(r"[\r\n]+", read(drawn))
    assert [f"line {n}: not a line of JSON in UTF-8" in lines for n in (1, 2, 3)] == [True] * 3
    assert read(drawn).endswith("nothing was imported; correct the file or add --skip-bad\n")
