"""The form that a reply is held to where the model's server can do that."""

from typing import Any

from prompt_improver.improvement.structured_prompt import Framework


def reply_schema(*, directive_limit: int | None, partial: bool = False) -> dict[str, Any]:
    """The JSON schema that decoding is held to where the server can do that.

    Every length is bounded: a small model that repeats itself would run on to max_tokens
    and be cut in the middle of a text. The bounds stay under 2,000, the most that
    llama.cpp's grammars repeat; ``directive_limit`` None leaves the directive free; with
    ``partial`` any key may be left out.
    """
    directive: dict[str, Any] = {"type": "string", "minLength": 1}
    if directive_limit is not None:
        directive["maxLength"] = directive_limit
    properties = {
        "reasoning": {"type": "string", "maxLength": 300},
        "role": {"type": "string", "minLength": 1, "maxLength": 200},
        "directive": directive,
        "framework": {"type": "string", "enum": [str(framework) for framework in Framework]},
        "guardrails": {
            "type": "array",
            # What is changed has rules of any length, and repeats them.
            "items": {"type": "string", "minLength": 1, "maxLength": 1_500 if partial else 200},
            "minItems": 0,
            "maxItems": 15 if partial else 7,
        },
        "output_format": {"type": "string", "maxLength": 1_500 if partial else 400},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    }
    optional = {
        "material": {"type": "string", "maxLength": 200},
        "assumptions": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 150},
            "maxItems": 3,
        },
        "examples": {"type": "string", "maxLength": 300},
    }
    return {
        "type": "object",
        "properties": {**properties, **optional},
        "required": [] if partial else list(properties),
        "additionalProperties": False,
    }
