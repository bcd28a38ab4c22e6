"""Improvements for tests to keep."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from prompt_improver.domain.evidence import Evidence, KeptPiece, Passage
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.question import Answer, Question

NOON = datetime(2026, 5, 4, 12, 0, 0, 123_000, tzinfo=UTC)


def make_history(**changes: Any) -> PromptHistory:
    """A valid improvement with a new UUID, but for ``changes``."""
    fields: dict[str, Any] = {
        "prompt_id": str(uuid4()),
        "timestamp": NOON,
        "original_idea": "Design a REST API",
        "context": "FastAPI",
        "improved_prompt": "# Role\nAPI designer",
        "role": "API designer",
        "directive": "Design a REST API",
        "framework": "decomposition",
        "guardrails": ("Name every status code", "Say what is missing"),
        "backend": BackendType.OFFLINE,
        "confidence": 0.75,
        "reasoning": "An API is asked for",
        "latency_ms": 12.5,
        "model_version": "offline-1",
        "input_tokens": 310,
        "output_tokens": 120,
        "model_calls": 1,
        "output_format": "A table",
        "language": "en",
        "kept_original": False,
        "warnings": ("vague",),
        "task": "design",
        "field": "software",
        "changed": True,
        "guardrail_sources": ("idea", "assumed"),
        "assumptions": ("The readers are members",),
        "examples": "GET /books",
        "evidence": Evidence(
            kept=(KeptPiece(kind="language", text="en"),),
            added=(Passage(text="Say what is missing", part="guardrails"),),
            assumed=(Passage(text="OpenAPI 3", part="output_format"),),
        ),
        "artefact": "API",
        "target": "chat",
        "questions": (
            Question(
                id="size", text="How large?", why="Cost.", default="Small", options=("S", "L")
            ),
        ),
        "answers": (Answer(id="size", text="Large"),),
        "fallback_reason": "no model is configured",
        "parent_id": "00000000-0000-4000-8000-0000000000aa",
        "version": 2,
        "instruction": "shorter",
    }
    if "guardrails" in changes:
        fields["guardrail_sources"] = ("idea",) * len(changes["guardrails"])
    return PromptHistory(**fields | changes)
