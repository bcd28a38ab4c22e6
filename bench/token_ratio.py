"""What the signature saves: the model writes the parts, and the text is rendered from them.

The other way, which is common, has the model write the improved prompt and its parts: every
sentence twice. Both replies are written out as JSON and counted with one tokenizer.
"""

import json
import os
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prompt_improver.improvement.model.demonstrations import (
    DEFAULT_DEMONSTRATIONS,
    load_demonstrations,
)
from prompt_improver.improvement.model.reply import REQUIRED_KEYS as FIELDS
from prompt_improver.improvement.structured_prompt import Framework, StructuredPrompt

ENCODING = "o200k_base"
"""The tokenizer of the newer OpenAI models."""


def load_counter() -> Callable[[str], int]:
    """Counts the tokens of a text. Reads the copy of the encoding that LiteLLM ships:
    tiktoken itself would fetch it from the network."""
    package = find_spec("litellm")  # found, not imported: that takes seconds and calls home
    if package is not None and package.origin is not None:
        shipped = Path(package.origin).parent / "litellm_core_utils" / "tokenizers"
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(shipped))
    import tiktoken

    encoding = tiktoken.get_encoding(ENCODING)
    return lambda text: len(encoding.encode_ordinary(text))


def token_ratio(prompts: Iterable[StructuredPrompt], count: Callable[[str], int]) -> dict[str, Any]:
    """Tokens of the parts, of parts and text, and the first over the second, over all
    ``prompts``. The text is counted without the user's context, which the model would have
    to repeat as well: the ratio is on the careful side."""
    parts = both = number = 0
    for prompt in prompts:
        fields = {name: getattr(prompt, name) for name in FIELDS}
        parts += count(json.dumps(fields, ensure_ascii=False))
        with_text = {**fields, "improved_prompt": prompt.render()}
        both += count(json.dumps(with_text, ensure_ascii=False))
        number += 1
    return {
        "prompts": number,
        "parts_tokens": parts,
        "parts_and_text_tokens": both,
        "ratio": round(parts / both, 3) if both else None,
    }


def demonstration_prompts(path: Path = DEFAULT_DEMONSTRATIONS) -> list[StructuredPrompt]:
    """The prompts that the shipped examples hold, without their context."""
    demonstrations = load_demonstrations(path)
    chosen = demonstrations.choose("", len(demonstrations))
    return [_prompt(demonstration.fields) for demonstration in chosen]


def _prompt(fields: dict[str, Any]) -> StructuredPrompt:
    return StructuredPrompt(
        role=fields["role"],
        directive=fields["directive"],
        framework=Framework(fields["framework"]),
        guardrails=tuple(fields["guardrails"]),
        output_format=fields["output_format"],
        reasoning=fields["reasoning"],
        confidence=fields["confidence"],
        language=fields["language"] or "en",
    )
