"""docs/operations.md, run from top to bottom.

Every ```sh block is run by ``sh -e``, in order, in one deployment with a real server; every
line ``# -> text`` in it must be followed by what the block printed, in that order. A block
``` ```text not run: NAME``` needs root or another version: the test does something in its
place, by name. tests/deployment.py says what is put in place of what in the commands.
"""

import re
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deployment import Deployment
from tests.history_files import LATEST, make_old
from tests.server_process import ROOT

GUIDE = (ROOT / "docs" / "operations.md").read_text()
FENCE = re.compile(
    r"^(#+ [^\n]+)$|^```(\w+)(?: not run: ([\w ]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
# Words that are no commands begin otherwise.
INLINE_COMMAND = re.compile(r"`((?:sudo|ls|sqlite3|curl|\.venv/bin/python) [^`]+)`")
NOT_RUN = ["shell", "install", "update", "older version"]
ALLOWED_S = 60

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the guide is for Linux"),
    pytest.mark.skipif(
        not (shutil.which("curl") and shutil.which("sqlite3")),
        reason="curl and sqlite3 are not here",
    ),
]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def rows(file: Path, sql: str = "SELECT prompt_id FROM prompt_history ORDER BY id") -> list[tuple]:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        return connection.execute(sql).fetchall()


def newest(folder: Path, pattern: str) -> Path:
    return max(folder.glob(pattern))


def put_old_database(deployment: Deployment) -> None:
    """As if the program had just become newer than its database."""
    deployment.stop()
    for file in deployment.database_file.parent.glob("prompt_history.db*"):
        if "before" not in file.name:
            file.unlink()
    make_old(deployment.database_file, LATEST - 1)
    with sqlite3.connect(deployment.database_file) as connection:
        # Of today, or the cleanup would take them.
        connection.execute(
            "UPDATE prompt_history SET timestamp = strftime('%Y-%m-%d %H:%M:%f', 'now')"
        )
    connection.close()


def damage(deployment: Deployment) -> None:
    deployment.stop()
    with deployment.database_file.open("r+b") as file:
        file.write(b"\xff" * 3000)
    deployment.start()


def update_and_go_on(deployment: Deployment) -> None:
    """A program that is newer than its database starts, and gets one more row."""
    put_old_database(deployment)
    deployment.start()
    script = (
        "curl -fsS --retry 20 --retry-delay 1 --retry-connrefused "
        "http://127.0.0.1:8000/api/v1/improve-prompt "
        """-H 'Content-Type: application/json' -d '{"idea": "after the update"}'"""
    )
    assert deployment.run(script).returncode == 0


def see_the_older_version(deployment: Deployment) -> None:
    """The database is as the older version knows it, and has the newest row too."""
    assert rows(deployment.database_file, "PRAGMA user_version") == [(LATEST - 1,)]
    exported = newest(deployment.home / "data" / "backups", "*.db")
    assert rows(deployment.database_file) == rows(exported)
    assert len(rows(exported)) == 21
    deployment.start()


INSTEAD: dict[str, Callable[[Deployment], None]] = {
    "shell": lambda deployment: None,
    "install": Deployment.install,
    "update": put_old_database,
    "older version": see_the_older_version,
}
BEFORE: dict[str, Callable[[Deployment], None]] = {
    "### A corrupt database": damage,
    "### Complete rollback": update_and_go_on,
}


def run_block(deployment: Deployment, block: str) -> None:
    done = deployment.run(block)
    told = f"{block}\n--- printed\n{done.stdout}\n--- and\n{done.stderr}\n{deployment.logs()}"
    assert done.returncode == 0, told
    position = 0
    for expected in re.findall(r"^# -> (.+)$", block, re.MULTILINE):
        position = done.stdout.find(expected, position)
        assert position >= 0, f"{expected!r} is not printed, or not in this place, by\n{told}"
        position += len(expected)


@pytest.fixture
def deployment(tmp_path) -> Iterator[Deployment]:
    with Deployment(tmp_path, (free_port(), free_port())) as deployment:
        yield deployment


def test_every_command_of_the_guide_works_from_top_to_bottom(deployment):
    began = time.monotonic()
    waiting = set(BEFORE)
    for heading, kind, not_run, block in FENCE.findall(GUIDE):
        if heading in BEFORE:
            BEFORE[heading](deployment)
            waiting.remove(heading)
        elif kind == "text":
            INSTEAD[not_run](deployment)
        elif kind == "sh":
            run_block(deployment, block)
    assert waiting == set()
    for command in dict.fromkeys(INLINE_COMMAND.findall(GUIDE)):
        run_block(deployment, command)
    assert time.monotonic() - began < ALLOWED_S


def test_every_command_of_the_other_ways_to_run_it_works(deployment):
    text = (ROOT / "docs" / "deployment.md").read_text()
    blocks = [block for _, kind, _, block in FENCE.findall(text) if kind == "sh"]
    assert blocks
    deployment.install()
    for block in blocks:
        run_block(deployment, block)


def test_what_is_not_run_is_little_and_has_a_name():
    blocks = [(kind, not_run) for _, kind, not_run, _ in FENCE.findall(GUIDE) if kind]
    assert [not_run for kind, not_run in blocks if kind == "text"] == NOT_RUN
    assert {kind for kind, _ in blocks} == {"sh", "text"}
    assert len(blocks) >= 3 * len(NOT_RUN)
    # No fence escapes the pattern by which they are found.
    assert len(re.findall(r"^\s*(?:```|~~~)", GUIDE, re.MULTILINE)) == 2 * len(blocks)


def test_a_block_that_is_run_needs_no_root_but_for_the_server_and_its_settings():
    blocks = "".join(block for _, kind, _, block in FENCE.findall(GUIDE) if kind == "sh")
    commands = set(re.findall(r"sudo (\w+)", blocks))
    assert commands <= {"systemctl", "journalctl", "sed"}


def test_a_line_is_of_one_shell():
    for _, kind, _, block in FENCE.findall(GUIDE):
        if kind == "sh":
            for line in block.splitlines():
                assert line.startswith("sudo ") or "sudo" not in line, line


@pytest.mark.parametrize("broken", ["false\n", "echo other\n# -> planted\n"])
def test_a_command_that_does_not_do_what_the_guide_says_is_noticed(deployment, broken):
    with pytest.raises(AssertionError):
        run_block(deployment, broken)


def test_the_guide_is_short_enough_to_be_read_at_night():
    assert len(GUIDE.splitlines()) <= 250


def test_every_link_and_file_of_the_guide_is_there():
    headings = {
        re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ .+$", GUIDE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) - headings == set()
    for name in re.findall(r"`((?:ops|scripts|sql|tests)/[\w./-]+)`", GUIDE):
        assert (ROOT / name).exists(), name


def test_every_message_that_the_guide_quotes_is_one_of_the_program():
    sources = [*(ROOT / "prompt_improver").rglob("*.py"), *(ROOT / "db").rglob("*.py")]
    code = "".join(source.read_text() for source in sources)
    quoted = re.findall(r'^\| "([^"]+)"', GUIDE, re.MULTILINE)
    assert len(quoted) >= 3
    assert [message for message in quoted if message not in code] == []


def test_every_alert_is_in_the_guide():
    text = (ROOT / "ops" / "prometheus" / "alerts.yml").read_text()
    for alert in re.findall(r"- alert: PromptImprover(\w+)", text):
        assert re.search(rf"^\|.*\b{alert}\b", GUIDE, re.MULTILINE), alert


def test_every_command_of_the_crontab_is_quiet_when_all_is_well(deployment):
    crontab = (ROOT / "ops" / "cron" / "prompt-improver.crontab").read_text()
    jobs = re.findall(r"^[\d*]+ [\d*]+ [\d*]+ [\d*]+ [\d*]+ (.+)$", crontab, re.MULTILINE)
    assert len(jobs) == 3
    deployment.install()
    make_old(deployment.database_file, LATEST)
    for job in jobs:
        done = deployment.run(job)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), job
    assert len(rows(newest(deployment.home / "data" / "backups", "*.db"))) == 20
    assert rows(deployment.database_file, "SELECT COUNT(*) FROM prompt_history") <= [(20,)]


def test_the_crontab_speaks_up_when_the_database_is_damaged(deployment):
    crontab = (ROOT / "ops" / "cron" / "prompt-improver.crontab").read_text()
    deployment.install()
    deployment.database_file.write_bytes(b"no database " * 1000)
    for name in ("backup_db.sh", "prompt_improver check"):
        (job,) = re.findall(rf"^[\d* ]+ (.*{name}.*)$", crontab, re.MULTILINE)
        done = deployment.run(job)
        assert done.stdout + done.stderr != "", job
