"""Streams of models' servers, event by event, with the bytes that each of them sends."""

import json
from typing import Any

Usage = tuple[int, int] | None


def data(value: Any) -> bytes:
    """An event with ``value`` as its data."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def pieces(text: str, size: int = 4) -> list[str]:
    """``text`` in pieces as long as a token."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def openai_events(
    text: str, *, cut: bool = False, usage: Usage = (120, 80), size: int = 4
) -> list[bytes]:
    """As OpenAI, llama.cpp, vLLM, Ollama and DeepSeek send chat completions with
    ``stream_options``: the usage comes after the end, in an event without a choice."""

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return data(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "m",
                "choices": [choice],
            }
        )

    events = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"content": piece}) for piece in pieces(text, size)]
    events.append(chunk({}, "length" if cut else "stop"))
    if usage is not None:
        counted = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
        counted["total_tokens"] = sum(usage)
        events.append(
            data({"id": "chatcmpl-1", "object": "x", "created": 1, "choices": [], "usage": counted})
        )
    return [*events, b"data: [DONE]\n\n"]


def anthropic_events(text: str, *, cut: bool = False, usage: Usage = (120, 80)) -> list[bytes]:
    """As Anthropic sends messages: named events, pings, the input's tokens at the start and
    the output's at the end."""

    def named(name: str, **value: Any) -> bytes:
        return f"event: {name}\n".encode() + data({"type": name, **value})

    tokens_in, tokens_out = usage or (0, 0)
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "usage": {"input_tokens": tokens_in, "output_tokens": 1} if usage else {},
    }
    block = {"type": "text", "text": ""}
    ended = {"stop_reason": "max_tokens" if cut else "end_turn", "stop_sequence": None}
    return [
        named("message_start", message=message),
        named("content_block_start", index=0, content_block=block),
        named("ping"),
        *(
            named("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
            for piece in pieces(text)
        ),
        named("content_block_stop", index=0),
        named(
            "message_delta",
            delta=ended,
            usage={"input_tokens": tokens_in, "output_tokens": tokens_out} if usage else {},
        ),
        named("message_stop"),
    ]


def gemini_events(text: str, *, cut: bool = False, usage: Usage = (120, 80)) -> list[bytes]:
    """As Gemini sends ``streamGenerateContent?alt=sse``: lines end with CR LF, nothing says that
    it is the end but the finish reason of the last event."""
    said = pieces(text, 12) or [""]
    events = []
    for number, piece in enumerate(said, start=1):
        candidate: dict[str, Any] = {
            "content": {"role": "model", "parts": [{"text": piece}]},
            "index": 0,
        }
        value: dict[str, Any] = {"candidates": [candidate], "modelVersion": "m"}
        if number == len(said):
            candidate["finishReason"] = "MAX_TOKENS" if cut else "STOP"
            if usage is not None:
                value["usageMetadata"] = {
                    "promptTokenCount": usage[0],
                    "candidatesTokenCount": usage[1],
                }
        events.append(data(value).replace(b"\n", b"\r\n"))
    return events
