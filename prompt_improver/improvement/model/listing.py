"""Asking a server which models it has, with the standard library: no proxy, no redirect."""

import asyncio
import contextlib
import http.client
import json
import threading
from urllib.parse import urlsplit

_MAX_ANSWER = 1_000_000


async def list_ollama_models(root: str, wait_s: float) -> list[str] | None:
    """Names of the models that the Ollama at ``root`` has; None where none answers within
    ``wait_s`` seconds."""
    return await _names(f"{root}/api/tags", wait_s, None, "models", "name")


async def list_models(base_url: str, wait_s: float, key: str | None) -> list[str] | None:
    """Ids of the models of an OpenAI-compatible server; None where it does not say within
    ``wait_s`` seconds."""
    return await _names(f"{base_url}/models", wait_s, key, "data", "id")


async def _names(
    url: str, wait_s: float, key: str | None, list_field: str, name_field: str
) -> list[str] | None:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes | None] = loop.create_future()

    def settle(body: bytes | None) -> None:
        if not answer.done():
            answer.set_result(body)

    def ask() -> None:
        body = _get(url, wait_s, key)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, body)

    # A daemon thread of its own: a server that drips one byte at a time would keep a pooled
    # thread, and with it the end of the process, for as long as it likes.
    threading.Thread(target=ask, name="model-listing", daemon=True).start()
    try:
        body = await asyncio.wait_for(answer, wait_s)
        if body is None:
            return None
        entries = json.loads(body)[list_field]
        return [entry[name_field] for entry in entries if isinstance(entry[name_field], str)]
    except (TimeoutError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _get(url: str, wait_s: float, key: str | None) -> bytes | None:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=wait_s)
    try:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        connection.request("GET", parts.path, headers=headers)
        response = connection.getresponse()
        return response.read(_MAX_ANSWER) if response.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
