"""Improvers that call the model server of the tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from prompt_improver.improvement.model.connection import ModelConnection
from prompt_improver.improvement.model.demonstrations import Demonstrations
from prompt_improver.improvement.model.dspy_improver import DspyImprover
from prompt_improver.improvement.model.language_model import LanguageModelChoice
from tests.model_server import ModelServer

KEY = "sk-very-secret"
IDEA = "Design a REST API for {thing}"


class Pauses:
    """Sleeps for nothing, and remembers how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def choice_for(server: ModelServer, **changes: Any) -> LanguageModelChoice:
    given: dict[str, Any] = {
        "provider": "openai",
        "model": "gpt-test",
        "base_url": server.base_url,
        "api_key": SecretStr(KEY),
        "reason": "test",
        "timeout_s": 20.0,
        "max_tokens": 500,
    }
    return LanguageModelChoice(**{**given, **changes})


@asynccontextmanager
async def improver_for(
    server: ModelServer,
    *,
    demonstrations: Demonstrations | None = None,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    **changes: Any,
) -> AsyncIterator[DspyImprover]:
    connection = ModelConnection(
        choice_for(server, **changes), sleep=sleep or Pauses().sleep, uniform=lambda low, high: high
    )
    improver = DspyImprover(connection, demonstrations=demonstrations)
    try:
        yield improver
    finally:
        await improver.close()
