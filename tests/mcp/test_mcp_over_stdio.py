"""``prompt-improver mcp`` as the process that an agent starts."""

import json
import sqlite3
import subprocess
import sys

import pytest

pytest.importorskip("mcp", reason="the extra [mcp] is not installed")

from mcp import StdioServerParameters

from tests.mcp.clients import NEWEST, OLDEST, connected
from tests.mcp.conversation import IDEA, improve_without_a_key
from tests.server_process import clean_environment

pytestmark = pytest.mark.anyio
COMMAND = ["-m", "prompt_improver", "mcp"]


def environment(tmp_path):
    return clean_environment(LLM_PROVIDER="offline", HOME=str(tmp_path))


async def test_an_agent_improves_a_prompt_with_its_own_model(tmp_path):
    process = StdioServerParameters(
        command=sys.executable, args=COMMAND, env=environment(tmp_path), cwd=tmp_path
    )
    async with connected(process, NEWEST) as client:
        await improve_without_a_key(client)
    with sqlite3.connect(tmp_path / "data" / "prompt_history.db") as connection:
        rows = connection.execute(
            "SELECT backend, model_version, original_idea FROM prompt_history"
        )
        assert rows.fetchall() == [("client", "acme/agent-1", IDEA)]


def test_standard_output_carries_nothing_but_the_protocol(tmp_path):
    hello = {
        "protocolVersion": OLDEST,
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    improving = {"name": "improve_prompt", "arguments": {"idea": "sk-secret in an idea"}}
    sent = [
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        "sk-secret in no JSON at all",
        json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": 5}}),
        json.dumps({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": improving}),
    ]
    with subprocess.Popen(
        [sys.executable, *COMMAND],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("\n".join(sent) + "\n")
        process.stdin.flush()
        answers = {}
        while 3 not in answers:
            answer = json.loads(process.stdout.readline())
            answers[answer.get("id")] = answer
        rest, log = process.communicate(timeout=30)  # the end of standard input ends it
    assert rest == ""
    assert process.returncode == 0
    assert answers[1]["result"]["protocolVersion"] == OLDEST
    assert "error" in answers[2]
    assert "sk-secret" in json.dumps(answers[3]["result"])
    assert "Model for improvements: offline" in log
    assert "sk-secret" not in log
