"""One model behind the engine contract of DSPy 3.4 (``complete(Request) -> Response``).

The engine is ours so that one layer retries, DSPy never goes to LiteLLM, and the pool, the
proxies and the decoding are what we say.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from prompt_improver.improvement.model.language_model import LanguageModelChoice
from prompt_improver.improvement.model.providers import PROVIDERS
from prompt_improver.improvement.model.reply import STAYS
from prompt_improver.improvement.model.reply_schema import reply_schema
from prompt_improver.improvement.model.transport import build_transport
from prompt_improver.improvement.model.watched_reply import (
    NotStreamedError,
    show_reply,
    stream_reply,
)
from prompt_improver.improvement.progress import Restarted, Why, is_watched, tell

logger = logging.getLogger(__name__)

MOST_CALLS = 2
"""Requests to the model for one improvement: retry and correction share them."""
_RETRY_PAUSE_S = (0.1, 0.4)
_LONGEST_HINT_S = 1.0
"""A server that asks for a longer pause than this is not asked a second time."""
_REFUSALS = (400, 422, 501)
_MOST_TOKENS = 100_000_000
_DIRECTIVE_LIMIT = 1_500


@dataclass(slots=True)
class ModelUse:
    """What one answer took. Tokens are None where the server did not say."""

    most_calls: int = MOST_CALLS
    """No retry is made beyond these."""
    calls: int = 0
    """Requests sent to the model, those that failed on the way among them, but not the one
    that finds out in a process that a server takes no response_format or temperature."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cut: bool = False
    """Whether the reply ended before its end: at max_tokens, or at a filter."""


_USE: ContextVar[ModelUse | None] = ContextVar("model_use", default=None)


@contextmanager
def measure_use(most_calls: int = MOST_CALLS) -> Iterator[ModelUse]:
    """Collects what the calls made inside this block, by this task, take."""
    use = ModelUse(most_calls=most_calls)
    token = _USE.set(use)
    try:
        yield use
    finally:
        _USE.reset(token)


class ModelEngine:
    """Sends requests to the chosen model: at most one quick retry, on a broken connection
    or a 5xx. What a server may refuse is left out once it did: on one's own server the
    response_format that holds decoding to the reply's schema, on a provider's the temperature,
    which models that think do not take."""

    def __init__(
        self,
        choice: LanguageModelChoice,
        *,
        sleep: Callable[[float], Awaitable[None]],
        uniform: Callable[[float, float], float],
    ) -> None:
        self._choice = choice
        self._sleep = sleep
        self._uniform = uniform
        self._extra: str | None = None
        """What goes along as long as the server takes it."""
        if choice.constrained:
            self._extra = "response_format"
        elif choice.temperature is not None:
            self._extra = "temperature"
        self._streams = True
        """Until the server has shown that it does not."""
        self._router: Any = None
        self._transport: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def build_lm(self) -> Any:
        """The dspy.LM that calls this engine. Imports DSPy."""
        import dspy

        return dspy.LM(
            self._choice.model_version,
            cache=False,
            num_retries=0,
            engine=_NoSyncEngine(),
            async_engine=self,
        )

    async def complete(self, request: Any) -> Any:
        """One response to ``request``; raises the errors of ``dspy.lm15``."""
        from dspy import lm15

        door = PROVIDERS[self._choice.provider].door
        client = self._client(door)
        config = replace(
            request.config,
            max_tokens=self._choice.max_tokens,
            temperature=self._choice.temperature if self._choice.constrained else None,
            reasoning=None if self._choice.thinking else lm15.Reasoning(effort="off"),
        )
        request = replace(request, model=self._choice.model, config=config)
        if self._extra is not None:
            try:
                return _count(await self._send(client, self._with_extra(request)))
            except (lm15.ContextLengthError, lm15.UnsupportedModelError):
                raise
            except (lm15.InvalidRequestError, lm15.ServerError) as error:
                if error.status not in _REFUSALS:
                    raise
            return _count(await self._send_without_extra(client, request))
        return _count(await self._send(client, request))

    def _with_extra(self, request: Any) -> Any:
        if self._choice.constrained:
            config = replace(request.config, response_format=_response_format(request))
        else:
            config = replace(request.config, temperature=self._choice.temperature)
        return replace(request, config=config)

    async def _send_without_extra(self, client: Any, request: Any) -> Any:
        """One response after a refusal. If it comes, it was the extra that was refused."""
        from dspy import lm15

        noticed = self._extra
        self._extra = None  # now, so that those who come meanwhile are spared
        try:
            response = await self._send(client, request)
        except lm15.LM15Error:
            self._extra = noticed
            raise
        # The refusal happens once in a process: it is not this improvement's cost.
        if (use := _USE.get()) is not None:
            use.calls -= 1
        if noticed:
            logger.warning("the model's server does not support %s: continuing without it", noticed)
        return response

    async def aclose(self) -> None:
        """Close the connections that were opened in the running event loop."""
        transport, self._transport = self._transport, None
        self._router = None
        if transport is not None and self._loop is asyncio.get_running_loop():
            await transport.aclose()

    async def _send(self, client: Any, request: Any) -> Any:
        from dspy import lm15

        use = _USE.get() or ModelUse()
        use.calls += 1
        try:
            return await self._ask(client, request)
        except (lm15.TransportError, lm15.ServerError) as error:
            too_late = (error.retry_after or 0.0) > _LONGEST_HINT_S
            if too_late or error.status == 501 or use.calls >= use.most_calls:
                raise
        tell(Restarted(Why.RETRY))
        await self._sleep(self._uniform(*_RETRY_PAUSE_S))
        use.calls += 1
        return await self._ask(client, request)

    async def _ask(self, client: Any, request: Any) -> Any:
        """One response, told as it grows where somebody watches and the server can do that."""
        from dspy import lm15

        if not is_watched():
            return await client.complete(request)
        if not self._streams:
            return await show_reply(client, request)
        try:
            return await stream_reply(client, request)
        except NotStreamedError:
            why = "does not stream"
        except (lm15.ContextLengthError, lm15.UnsupportedModelError):
            raise
        except (lm15.InvalidRequestError, lm15.ServerError) as error:
            # Providers refuse streams to some accounts. While something else may be what is
            # refused, that is tried first.
            if error.status not in _REFUSALS or self._extra is not None:
                raise
            why = "refuses to stream"
        response = await show_reply(client, request)
        # As with an extra: once in a process, and not this improvement's cost.
        self._streams = False
        logger.warning("the model's server %s: its replies come whole from now on", why)
        return response

    def _client(self, door: str) -> Any:
        # A pool belongs to the event loop that it was first used in.
        loop = asyncio.get_running_loop()
        if self._router is None or self._loop is not loop:
            self._router, self._loop = self._build_router(door), loop
        return self._router.lm(f"{door}:{self._choice.model}")

    def _build_router(self, door: str) -> Any:
        from dspy import lm15

        choice = self._choice
        self._transport = build_transport(choice)
        key = choice.api_key
        config = lm15.RouterConfig(
            env={},
            api_keys={door: key.get_secret_value()} if key is not None else None,
            base_urls={door: choice.base_url} if choice.base_url is not None else None,
            transport=self._transport,
        )
        return lm15.AsyncLMRouter(config)


class _NoSyncEngine:
    """DSPy wants both of a pair; nothing of ours calls the model synchronously."""

    def complete(self, request: Any) -> Any:
        raise NotImplementedError("the model is called by acall only")


def _count(response: Any) -> Any:
    use = _USE.get()
    if use is not None:
        use.input_tokens = _add(use.input_tokens, response.usage.input_tokens)
        use.output_tokens = _add(use.output_tokens, response.usage.output_tokens)
        use.cut = response.finish_reason in ("length", "content_filter")
    return response


def _add(sum_so_far: int | None, tokens: int | None) -> int | None:
    # Some servers count wildly; what cannot be a count is no figure.
    if tokens is None or not 0 <= tokens <= _MOST_TOKENS:
        return sum_so_far
    return (sum_so_far or 0) + tokens


def _response_format(request: Any) -> dict[str, Any]:
    # A directive holds what the idea says: a long idea must not be cut by the schema.
    asked = len(request.messages[-1].text or "")
    limit = _DIRECTIVE_LIMIT if asked < _DIRECTIVE_LIMIT else None
    schema = reply_schema(directive_limit=limit, partial=STAYS.get() is not None)
    return {"type": "json_schema", "name": "improved_prompt", "schema": schema, "strict": True}
