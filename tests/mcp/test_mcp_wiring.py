"""What is wired for agents, and that it is not where nobody asks for it."""

import subprocess
import sys

import pytest

from prompt_improver.domain.errors import SettingsError
from prompt_improver.mcp_wiring import check_installed
from tests.server_process import ROOT, clean_environment


def test_without_the_package_the_command_says_how_to_install_it():
    with pytest.raises(SettingsError, match=r"prompt-improver mcp needs .*'\.\[mcp\]'"):
        check_installed("prompt-improver mcp", has_mcp=lambda: False)


def test_a_server_without_mcp_does_not_import_the_package(tmp_path):
    script = """
import sys
from fastapi.testclient import TestClient
from prompt_improver.app import create_app
from prompt_improver.settings import Settings
with TestClient(create_app(Settings(llm_provider="offline", sqlite_enabled=False))) as client:
    assert client.post("/mcp", json={}, headers={"Host": "localhost"}).status_code == 404
assert not {"mcp", "mcp_types", "prompt_improver.mcp"} & sys.modules.keys()
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=tmp_path,
        env=clean_environment(PYTHONPATH=str(ROOT), HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
