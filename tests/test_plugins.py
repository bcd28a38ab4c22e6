"""The folder that coding agents load fits the program."""

import json
import re
import tomllib

from prompt_improver import __version__
from prompt_improver.mcp import history, improving
from tests.server_process import ROOT

PLUGIN = ROOT / "plugins" / "prompt-improver"
SKILL = PLUGIN / "skills" / "improve-prompt" / "SKILL.md"


def read(name):
    return json.loads((PLUGIN / name).read_text())


def test_its_versions_are_the_programs():
    assert read(".claude-plugin/plugin.json")["version"] == __version__
    assert read("gemini-extension.json")["version"] == __version__


def test_its_mcp_configurations_start_the_command():
    expected = {"prompt-improver": {"command": "prompt-improver", "args": ["mcp"]}}
    assert read(".mcp.json")["mcpServers"] == expected
    assert read("gemini-extension.json")["mcpServers"] == expected


def test_the_marketplace_leads_to_it():
    (plugin,) = json.loads((ROOT / "plugins/.claude-plugin/marketplace.json").read_text())[
        "plugins"
    ]
    assert (ROOT / "plugins" / plugin["source"]).resolve() == PLUGIN
    assert plugin["name"] == read(".claude-plugin/plugin.json")["name"]


def test_skill_and_command_name_only_tools_and_parts_that_there_are():
    known = {tool.name for tool in (*improving.TOOLS, *history.TOOLS)}
    fields = {
        name
        for tool in (*improving.TOOLS, *history.TOOLS)
        for kind in (tool.arguments, tool.result)
        for name in kind.model_fields
    }
    words = set(re.findall(r"`([a-z]+_?[a-z_]*)`", SKILL.read_text()))
    assert words <= known | fields | {"decomposition"}
    assert known <= words
    command = tomllib.loads((PLUGIN / "commands" / "improve.toml").read_text())
    assert "{{args}}" in command["prompt"]
    assert "$ARGUMENTS" in (PLUGIN / "commands" / "improve.md").read_text()
