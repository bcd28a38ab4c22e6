"""Asking a server which models it has: no proxy, no redirect."""

import asyncio
import json
from typing import Any
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
    try:
        async with asyncio.timeout(wait_s):
            await _knock(url)
    except (OSError, ValueError):  # a TimeoutError and a wrong name among them
        return None
    import httpx  # 0.1 s and 8 MB, which most starts can do without: there is no Ollama

    try:
        async with asyncio.timeout(wait_s):
            entries = (await _get(url, key, wait_s))[list_field]
        return [entry[name_field] for entry in entries if isinstance(entry[name_field], str)]
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        return None  # nobody answers
    except (ValueError, TypeError, KeyError, RecursionError):
        return None  # not such a list


async def _knock(url: str) -> None:
    """Raises OSError where nobody listens."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    _, writer = await asyncio.open_connection(parts.hostname, port)
    writer.close()


async def _get(url: str, key: str | None, wait_s: float) -> Any:
    """The JSON at ``url``, of at most 1 MB."""
    import httpx

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    # trust_env: a proxy of the environment is not asked for what is on this machine.
    async with (
        httpx.AsyncClient(trust_env=False, timeout=wait_s) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        response.raise_for_status()
        body = b""
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _MAX_ANSWER:
                raise ValueError("the answer has no end")
        return json.loads(body)
