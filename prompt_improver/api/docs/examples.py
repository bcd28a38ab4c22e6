"""Answers as the OpenAPI document shows them, made by the models that make the real ones."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from prompt_improver.api.history_schemas import HistoryItem, HistoryResponse, HistorySummary
from prompt_improver.api.schemas import ImproveResponse
from prompt_improver.domain.evidence import Evidence, KeptPiece, Passage
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.question import Question
from prompt_improver.domain.recorder import SaveOutcome

_IMPROVEMENT = PromptHistory(
    id=42,
    prompt_id="6f1d4a52-5e0a-4c8c-9d6b-0d3f6d7c1b2e",
    timestamp=datetime(2026, 5, 4, 12, 0, 0, 123_000, tzinfo=UTC),
    original_idea="Design a REST API for a library, at most 10 routes",
    context="FastAPI",
    improved_prompt="## Task\n\nDesign a REST API for a library.\n\n## Context\n\nFastAPI\n\n"
    "## Guardrails\n\n- Name at most 10 routes.\n\n## Output format\n\nA table of the routes.",
    role="",
    directive="Design a REST API for a library.",
    framework="",
    guardrails=("Name at most 10 routes.",),
    guardrail_sources=("idea",),
    material="",
    output_format="A table of the routes.",
    backend=BackendType.FEW_SHOT,
    confidence=0.8,
    reasoning="The bound of the idea is a rule.",
    latency_ms=1840.5,
    model_version="openai/gpt-4o-mini",
    input_tokens=1310,
    output_tokens=220,
    model_calls=1,
    language="en",
    kept_original=False,
    warnings=(),
    task="design",
    field="software",
    changed=True,
    assumptions=(),
    examples="",
    evidence=Evidence(
        kept=(
            KeptPiece(kind="limit", text="at most 10 routes"),
            KeptPiece(kind="language", text="en"),
        ),
        added=(Passage(text="A table of the routes.", part="output_format"),),
    ),
    artefact="REST API",
    target="chat",
    questions=(
        Question(
            id="authentication",
            text="Who may call it?",
            why="Routes and status codes depend on it.",
            default="Everybody reads, members write.",
            options=("Everybody", "Members", "Staff"),
        ),
    ),
    answers=(),
)


_ANSWERS: dict[str, BaseModel] = {
    "improvePrompt": ImproveResponse.of(_IMPROVEMENT, SaveOutcome.QUEUED),
    "getImprovement": HistoryItem.of(_IMPROVEMENT),
    "listHistory": HistoryResponse(
        items=[HistorySummary.summary_of(_IMPROVEMENT)], next_cursor=None
    ),
}

EXAMPLES: dict[str, Any] = {
    name: answer.model_dump(mode="json") for name, answer in _ANSWERS.items()
}
"""The JSON of a good answer, by operation id."""
