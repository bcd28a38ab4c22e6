"""A model's reply, told piece by piece to whoever watches, and returned whole."""

from typing import Any

from prompt_improver.domain.errors import ImproverReplyError
from prompt_improver.improvement.model.preview import Preview
from prompt_improver.improvement.progress import State, StateChanged, tell

MOST_TEXT_CHARACTERS = 1024 * 1024
"""Of the reply and the thoughts before it: a good one has a few thousand."""


class NotStreamedError(Exception):
    """The server has said nothing that can be shown: it is to be asked for the whole reply."""


async def stream_reply(client: Any, request: Any) -> Any:
    """The response to ``request``, as ``client.complete`` gives it.

    Raises:
        NotStreamedError: nothing of a reply came, and the connection did not break.
        dspy.lm15.LM15Error: as ``client.complete``.
        ImproverReplyError: the reply goes on for ever.
    """
    from dspy import lm15

    tell(StateChanged(State.READING))
    preview, size = Preview(), 0
    stream = lm15.AsyncResponseStream(client.stream(request), request)
    try:
        async with stream:
            async for event in stream.events():
                if event.type != "delta" or event.delta.type not in ("text", "thinking"):
                    continue
                text = event.delta.text or ""
                size += len(text)
                if size > MOST_TEXT_CHARACTERS:
                    raise ImproverReplyError(
                        f"the model's answer is over {MOST_TEXT_CHARACTERS:,} characters"
                    )
                if event.delta.type == "thinking":
                    preview.think()
                else:
                    preview.add(text)
            response = await stream.response()
    except lm15.StreamAssemblyError as error:
        if not size:  # an answer in one piece, from a server that does not stream
            raise NotStreamedError from error
        raise lm15.TransportError("the stream ended before the reply did") from error
    except lm15.TransportError as error:
        # The one limit of lm15's that a proxy may break: 64 KiB a line.
        if not size and "exceeds limit" in str(error):
            raise NotStreamedError from error
        raise
    except ValueError as error:  # lm15 lets json's own errors through
        if not size:
            raise NotStreamedError from error
        raise lm15.TransportError("the stream holds what is no JSON") from None
    preview.finish()
    return response


async def show_reply(client: Any, request: Any) -> Any:
    """The response to ``request`` from a server that does not stream, told once it is there."""
    tell(StateChanged(State.READING))
    response = await client.complete(request)
    preview = Preview()
    preview.add(response.text or "")
    preview.finish()
    return response
