"""Clients of the MCP SDK, in every version of the protocol that it speaks."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import mcp_types as types
from mcp import Client, ClientSession
from mcp.client._memory import InMemoryTransport
from mcp.server.lowlevel import Server
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

VERSIONS = (*HANDSHAKE_PROTOCOL_VERSIONS, *MODERN_PROTOCOL_VERSIONS)
OLDEST, NEWEST = VERSIONS[0], VERSIONS[-1]


@contextlib.asynccontextmanager
async def connected(
    server: Any, version: str = NEWEST, *, elicitation: Any = None
) -> AsyncIterator[Any]:
    """A client of ``server``, a Server or a transport to one, that speaks ``version``. The SDK's
    own offers the newest handshake alone: an older one is shaken by hand."""
    if version in MODERN_PROTOCOL_VERSIONS:
        async with Client(server, mode=version, elicitation_callback=elicitation) as client:
            yield client
        return
    transport = InMemoryTransport(server) if isinstance(server, Server) else server
    async with (
        transport as (reading, writing),
        ClientSession(
            dispatcher=JSONRPCDispatcher(reading, writing), elicitation_callback=elicitation
        ) as session,
    ):
        params = types.InitializeRequestParams(
            protocol_version=version,
            capabilities=types.ClientCapabilities(
                elicitation=None if elicitation is None else types.ElicitationCapability()
            ),
            client_info=types.Implementation(name="test", version="1"),
        )
        request = types.InitializeRequest(params=params)
        result = await session.send_request(request, types.InitializeResult)
        assert result.protocol_version == version
        session.adopt(result)
        await session.send_notification(types.InitializedNotification())
        yield session
