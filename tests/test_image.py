"""What Docker and launchd read: the parts that hold without their engines."""

import plistlib
import re

from prompt_improver.server import LONGEST_STOP_S
from tests.server_process import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()


def test_the_image_runs_without_rights_and_keeps_its_history_in_a_volume():
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER prompt-improver$", final, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", final, re.MULTILINE)
    assert "SQLITE_DB_PATH=/data/prompt_history.db" in final
    assert "HEALTHCHECK" in final


def test_every_file_that_the_image_copies_is_there_and_not_ignored():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    copied = set()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        copied |= set(line.split())
    assert copied == kept
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_every_setting_of_image_and_compose_is_one():
    from prompt_improver.settings import Settings

    known = {name.upper() for name in Settings.model_fields}
    set_there = set(re.findall(r"\b([A-Z]+_[A-Z_]+)=/?\w", DOCKERFILE))
    set_there |= set(re.findall(r"^      ([A-Z_]+): ", COMPOSE, re.MULTILINE))
    assert set_there - known == set()
    assert len(set_there) >= 8


def test_docker_and_launchd_wait_as_long_as_a_stop_takes():
    assert f"stop_grace_period: {LONGEST_STOP_S}s" in COMPOSE
    plist = plistlib.loads((ROOT / "ops" / "launchd" / "prompt-improver.plist").read_bytes())
    assert plist["ExitTimeOut"] == LONGEST_STOP_S
    assert plist["ProgramArguments"][-1] == "serve"
