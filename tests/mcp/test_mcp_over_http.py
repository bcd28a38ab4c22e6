"""/mcp of the real server, behind its key, host names and origins."""

import contextlib
import signal
import threading
import time

import httpx
import pytest

pytest.importorskip("mcp", reason="the extra [mcp] is not installed")

import httpx2
import mcp_types as types
from mcp.client.streamable_http import streamable_http_client

from prompt_improver.domain.error_table import ERRORS
from tests.mcp.clients import NEWEST, OLDEST, connected
from tests.mcp.conversation import improve_without_a_key
from tests.server_process import ServerProcess

pytestmark = pytest.mark.anyio
KEY = "a-key-of-sixteen-characters"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
JSON = {"Accept": "application/json, text/event-stream"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mcp")
    variables = {"MCP_ENABLED": "true", "API_KEY": KEY, "CORS_ORIGINS": "https://ours.example"}
    with ServerProcess(folder, **variables) as server:
        yield server


@contextlib.asynccontextmanager
async def client_of(server, version, **callbacks):
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False) as http:
        transport = streamable_http_client(f"{server.url}/mcp", http_client=http)
        async with connected(transport, version, **callbacks) as client:
            yield client


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
async def test_an_agent_improves_a_prompt_with_its_own_model(server, version):
    async with client_of(server, version) as client:
        made = await improve_without_a_key(client)
    deleted = server.client.delete(
        f"/api/v1/history/{made['prompt_id']}", headers={"Authorization": f"Bearer {KEY}"}
    )
    assert deleted.status_code == 204  # it stands in the history of the API


async def test_questions_are_asked_over_http_by_the_handshake_too(server):
    async def fill(context, params):
        return types.ElicitResult(action="accept", content={"goal": "200 regulars"})

    async with client_of(server, "2025-06-18", elicitation=fill) as client:
        idea = {"idea": "write a marketing plan for my bakery"}
        result = await client.call_tool("improve_prompt", idea)
    assert "200 regulars" in result.structured_content["improved_prompt"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": "Bearer wrong"}, 401, "key_required"),
        ({"Host": "evil.example"}, 400, "host_not_allowed"),
        ({"Origin": "https://evil.example"}, 403, "origin_not_allowed"),
        ({"Origin": "null"}, 403, "origin_not_allowed"),
    ],
)
def test_who_may_not_come_in_gets_no_further(server, headers, status, code):
    answer = server.client.post(
        "/mcp", json=HELLO, headers={**JSON, "Authorization": f"Bearer {KEY}", **headers}
    )
    assert answer.status_code == status
    assert answer.json() == {"detail": ERRORS[code].sentence, "code": code}


@pytest.mark.parametrize("origin", ["https://ours.example", None])
def test_pages_of_allowed_origins_and_of_the_server_itself_come_in(server, origin):
    headers = {**JSON, "Authorization": f"Bearer {KEY}", "Origin": origin or server.url}
    assert server.client.post("/mcp", json=HELLO, headers=headers).status_code == 200


def test_a_page_of_an_allowed_origin_may_send_what_mcp_clients_send(server):
    asked = "authorization, content-type, mcp-protocol-version, mcp-session-id, last-event-id"
    headers = {
        "Origin": "https://ours.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked,
    }
    assert server.client.options("/mcp", headers=headers).status_code == 200


def test_a_stop_does_not_wait_for_a_stream_that_has_no_end(tmp_path):
    with ServerProcess(tmp_path, MCP_ENABLED="true") as server:
        begun = server.client.post("/mcp", json=HELLO, headers=JSON)
        session = {"Mcp-Session-Id": begun.headers["mcp-session-id"], **JSON}
        opened = threading.Event()
        ends = []

        def listen():
            with httpx.stream("GET", f"{server.url}/mcp", headers=session, timeout=60) as stream:
                opened.set()
                ends.append(list(stream.iter_bytes()))

        listener = threading.Thread(target=listen)
        listener.start()
        assert opened.wait(10)
        began = time.monotonic()
        assert server.stop() == -signal.SIGTERM
        listener.join(10)
        assert time.monotonic() - began < 5
        assert ends == [[]]
        assert "ERROR" not in server.log
