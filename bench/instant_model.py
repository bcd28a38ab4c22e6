"""A model that answers at once, over OpenAI's chat completions: `python -m bench.instant_model`.

The same improved prompt each time; no threads, no parsing beyond the length of the request,
so that little of what is measured is its own.
"""

import asyncio
import json
import sys

REPLY = {
    "reasoning": "The idea asks for an API and leaves the framework open.",
    "role": "You are a backend developer who designs REST APIs.",
    "directive": "Design a REST API for a library: its books, members and loans.",
    "framework": "decomposition",
    "guardrails": [
        "Every route names its method and status codes.",
        "Each list of results comes in pages.",
        "Errors have one shape.",
    ],
    "output_format": "A table of routes, then one example a route.",
    "confidence": 0.8,
}
_BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "instant",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": json.dumps(REPLY)},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 120, "completion_tokens": 80, "total_tokens": 200},
    }
).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY)
) + _BODY


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if b"content-length:" in head:
                length = head.split(b"content-length:")[1].split(b"\r\n")[0]
                await reader.readexactly(int(length))
            writer.write(ANSWER)
    except (OSError, EOFError):
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"the instant model listens on http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
