"""What other programs read from ops/: tried by those programs where they are here."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from prompt_improver.recording.history_recorder import LONGEST_DRAIN_S
from prompt_improver.server import ANSWERS_S, GRACE_S, LONGEST_STOP_S
from tests.model_server import ModelServer
from tests.server_process import ROOT, ServerProcess

OPS = ROOT / "ops"
ALERTS = OPS / "prometheus" / "alerts.yml"
RULE_TESTS = sorted((OPS / "prometheus").glob("*_test.yml"))
DASHBOARD = OPS / "grafana" / "prompt-improver.json"
UNITS = sorted((OPS / "systemd").iterdir())
HOME = "/opt/prompt-improver"
ROOM_S = 5
"""That a stop leaves until systemd kills it, for what is no step of it: the end of Python, say."""
METRIC = re.compile(r"\bprompt_improver_[a-z_]+")
OF_THE_ISSUE = {
    "PromptImproverErrorRate",
    "PromptImproverBreakerOpen",
    "PromptImproverQueueFilling",
    "PromptImproverNoBackup",
    "PromptImproverDatabaseGrows",
    "PromptImproverWalTooLarge",
}

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is not here (Debian: apt-get install prometheus)",
)
needs_systemd_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here"
)


def run(*command: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def alert_names(text: str) -> list[str]:
    return re.findall(r"- alert: (\w+)", text)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> set[str]:
    """The names that /metrics of a server has once everything has happened to it."""
    folder = tmp_path_factory.mktemp("server")
    backups = folder / "data" / "backups"
    backups.mkdir(parents=True)
    (backups / "prompt_history-20260101T000000Z.db").touch()
    with (
        ModelServer(models=["tiny"]) as model,
        ServerProcess(
            folder, LLM_PROVIDER="openai-compatible", LLM_BASE_URL=model.base_url
        ) as server,
    ):
        assert server.improve("Design a REST API").status_code == 200
        deadline = time.monotonic() + 20
        while "last_cleanup" not in (text := server.client.get("/metrics").text):
            assert time.monotonic() < deadline, "there was no cleanup"
            time.sleep(0.1)
    return {line.split("{")[0].split()[0] for line in text.splitlines() if line[:1] != "#"}


@needs_promtool
@pytest.mark.parametrize("file", RULE_TESTS, ids=lambda file: file.stem)
def test_promtool_passes_the_rule_tests(file):
    done = run("promtool", "test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


@needs_promtool
def test_promtool_takes_every_rule():
    done = run("promtool", "check", "rules", ALERTS)
    count = len(alert_names(ALERTS.read_text()))
    assert f"SUCCESS: {count} rules found" in done.stdout, done.stdout + done.stderr


@needs_promtool
def test_the_rule_tests_notice_alerts_that_never_fire(tmp_path):
    rule = re.compile(r"(\n\s+expr:) (?:\|\n.*?|[^\n]+)(?=\n\s+(?:for|labels):)", re.DOTALL)
    text = ALERTS.read_text()
    broken, times = rule.subn(r"\1 vector(0) > 1", text)
    assert times == len(alert_names(text))
    (tmp_path / "alerts.yml").write_text(broken)
    done = run("promtool", "test", "rules", *[shutil.copy(file, tmp_path) for file in RULE_TESTS])
    assert done.returncode == 1
    assert set(re.findall(r"alertname: (\w+)", done.stderr)) == set(alert_names(text))


def test_every_alert_that_is_promised_is_there():
    assert set(alert_names(ALERTS.read_text())) >= OF_THE_ISSUE


def test_every_alert_is_seen_to_fire_and_not_to_fire():
    text = "".join(file.read_text() for file in RULE_TESTS)
    for alert in alert_names(ALERTS.read_text()):
        assert re.search(rf"alertname: {alert}\n +exp_alerts:", text), alert
        assert re.search(rf"alertname: {alert}}}", text), alert


@pytest.mark.parametrize("file", [ALERTS, *RULE_TESTS, DASHBOARD], ids=lambda file: file.name)
def test_every_metric_that_is_named_is_one_of_a_running_server(file, rendered):
    named = set(METRIC.findall(file.read_text()))
    assert len(named) >= 2
    assert named - rendered == set()


def test_the_dashboard_shows_every_metric(rendered):
    text = DASHBOARD.read_text()
    families = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for name in rendered
        if name.startswith("prompt_improver_") and not name.endswith("_created")
    }
    assert [name for name in sorted(families) if name not in text] == []


def test_the_dashboard_can_be_imported_anywhere():
    """Its source of figures is a variable, its panels have a number each and do not overlap."""
    dashboard = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == "${datasource}"
    assert {"datasource", "instance"} == {each["name"] for each in dashboard["templating"]["list"]}


@pytest.fixture
def installed_units(tmp_path) -> list[str]:
    """The units with a program where they look for it, which systemd-analyze wants to see."""
    python = tmp_path / "home" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    units = []
    for unit in UNITS:
        target = tmp_path / unit.name
        target.write_text(unit.read_text().replace(HOME, str(tmp_path / "home")))
        units.append(str(target))
    return units


@needs_systemd_analyze
def test_systemd_takes_the_units(installed_units):
    done = run("systemd-analyze", "verify", "--man=no", *installed_units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd_analyze
def test_systemd_notices_a_unit_that_is_wrong(installed_units):
    for unit in installed_units:
        text = Path(unit).read_text()
        Path(unit).write_text(text.replace("ProtectSystem=strict", "ProtectSystem=planted"))
    assert "planted" in run("systemd-analyze", "verify", "--man=no", *installed_units).stderr


@needs_systemd_analyze
@pytest.mark.parametrize("name", ["prompt-improver", "prompt-improver-backup"])
def test_systemd_calls_the_services_well_locked_in(installed_units, name):
    """Exposure of 2.0 at most, on systemd's scale from 0 to 10."""
    (unit,) = [unit for unit in installed_units if unit.endswith(f"{name}.service")]
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot rate a file")
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_units_keep_what_a_stop_needs_and_write_only_data():
    """One figure: systemd waits as long as the steps of a stop take, with room to spare."""
    server = (OPS / "systemd" / "prompt-improver.service").read_text()
    assert re.findall(r"^TimeoutStopSec=(.+)$", server, re.MULTILINE) == [str(LONGEST_STOP_S)]
    assert GRACE_S + ANSWERS_S + LONGEST_DRAIN_S + ROOM_S <= LONGEST_STOP_S
    assert re.findall("ReadWritePaths=(.+)", server) == [f"{HOME}/data"]


def test_the_log_example_reads_fields_that_every_line_has():
    text = (OPS / "loki" / "config.alloy").read_text()
    found = re.search(r"expressions = \{(.+)\}", text)
    assert found
    named = re.findall(r'"(\w+)"', found[1])
    assert set(named) <= {"time", "level", "logger", "request_id", "message"}
    assert "_SYSTEMD_UNIT=prompt-improver.service" in text
    assert "prompt-improver.service" in [unit.name for unit in UNITS]
