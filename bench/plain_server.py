"""The least that FastAPI can do: one route that answers what ours answers, without
improving, saving or checking anything. `python -m bench.plain_server ANSWER.json`"""

import json
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from prompt_improver.server import listen


class Asked(BaseModel):
    """What a client sends."""

    idea: str
    context: str = ""


def create_plain_app(answer: dict[str, Any]) -> FastAPI:
    """Answers ``answer``, whatever is asked."""
    app = FastAPI()

    @app.post("/api/v1/improve-prompt")
    async def improve(asked: Asked) -> dict[str, Any]:
        return answer

    return app


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            port = sockets[0].getsockname()[1]
            sys.stdout.write(f"the plain route listens on http://127.0.0.1:{port}\n")
            sys.stdout.flush()


def main() -> None:
    answer = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    config = uvicorn.Config(create_plain_app(answer), access_log=False, log_config=None)
    with listen("127.0.0.1", 0) as listener:
        _Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
