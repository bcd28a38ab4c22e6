"""What answers about the history look like."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
)

from prompt_improver.api.improvement_fields import ImprovementFields
from prompt_improver.api.schemas import Text, storable
from prompt_improver.domain.history_filter import Page
from prompt_improver.domain.history_record import to_json_record
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.usage_statistics import UsageFigures, UsageStatistics
from prompt_improver.domain.values import MAX_TAG_CHARACTERS, MOST_TAGS


class HistoryItem(ImprovementFields):
    """One row of the history."""

    id: int = Field(description="Row number. Numbers of deleted rows are never reused.")
    timestamp: str = Field(
        description="Time of the improvement, ISO 8601 in UTC.",
        examples=["2026-05-04T12:00:00.123Z"],
        json_schema_extra={"format": "date-time"},
    )

    @classmethod
    def of(cls, history: PromptHistory) -> "HistoryItem":
        return cls(**to_json_record(history))


SUMMARY_CHARACTERS = 300
"""Of idea and prompt, in a list."""


class HistorySummary(HistoryItem):
    """One row of a list. Idea and prompt are cut to 300 characters, unless the list was asked
    for with `full=true`; `GET /api/v1/history/{prompt_id}` has them whole."""

    cut: bool = Field(description="Whether the idea or the prompt was cut.")

    @classmethod
    def summary_of(cls, history: PromptHistory) -> "HistorySummary":
        record = to_json_record(history)
        cut = False
        for name in ("original_idea", "improved_prompt"):
            cut = cut or len(record[name]) > SUMMARY_CHARACTERS
            record[name] = record[name][:SUMMARY_CHARACTERS]
        return cls(**record, cut=cut)


class HistoryResponse(BaseModel):
    """A page of the history."""

    items: list[HistorySummary] = Field(description="Newest first.")
    next_cursor: str | None = Field(
        description="For the next page, send this as `cursor` with the same parameters. "
        "null on the last page."
    )


def page_parts(page: Page, *, full: bool) -> Iterator[bytes]:
    """The JSON of the HistoryResponse for ``page``, an item at a time."""
    yield from _items(page.items, full=full)
    yield f',"next_cursor":{json.dumps(page.next_cursor)}}}'.encode()


def version_parts(versions: Sequence[PromptHistory], *, full: bool) -> Iterator[bytes]:
    """The JSON of the VersionsResponse for ``versions``, an item at a time."""
    yield from _items(versions, full=full)
    yield b"}"


def _items(rows: Sequence[PromptHistory], *, full: bool) -> Iterator[bytes]:
    yield b'{"items":['
    for number, row in enumerate(rows):
        if number:
            yield b","
        item = (
            HistorySummary(**to_json_record(row), cut=False)
            if full
            else HistorySummary.summary_of(row)
        )
        yield item.model_dump_json().encode()
    yield b"]"


class VersionsResponse(BaseModel):
    """All versions of an improvement."""

    items: list[HistorySummary] = Field(description="Oldest first.")


Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TAG_CHARACTERS),
    AfterValidator(storable),
]


class ImprovementChanges(BaseModel):
    """Changes to an improvement. Omitted fields stay as they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"starred": True, "rating": 1, "tags": ["work"]}]},
    )

    starred: StrictBool = Field(False, description="Whether it is starred.")
    rating: Annotated[StrictInt, Field(ge=-1, le=1)] | None = Field(
        None, description="-1 bad, 0 neutral, 1 good; null removes the rating."
    )
    note: Text | None = Field(None, description="Note; null or blank removes it.")
    tags: list[Tag] = Field(
        [], max_length=MOST_TAGS, description="All tags; replaces the existing ones."
    )
    edited_prompt: Text | None = Field(
        None,
        description="Your own version of the improved prompt, stored beside it; null or "
        "blank removes it.",
    )

    @property
    def given(self) -> dict[str, Any]:
        """Those that were sent."""
        return self.model_dump(include=self.model_fields_set)


class DeletionResponse(BaseModel):
    """Result of a DELETE by filter."""

    count: int = Field(description="Number of improvements deleted, or to be deleted.")
    dry_run: bool = Field(description="true if nothing was deleted.")


class DiffOperation(BaseModel):
    """A stretch of text in both prompts, or in one of them."""

    op: Literal["keep", "add", "remove"] = Field(
        description="keep: in both prompts; add: only in this one; remove: only in the other one."
    )
    text: str = Field(description="The text, including white space.")


class DiffResponse(BaseModel):
    """Word diff of two prompts: `keep` and `add` make up this prompt, `keep` and `remove` the other
    one."""

    against: str = Field(description="`prompt_id` of the other prompt, or idea.")
    ops: list[DiffOperation] = Field(description="Operations in the order of the text.")


class Usage(BaseModel):
    """Statistics of some improvements."""

    improvements: int = Field(description="How many.")
    rated: int = Field(description="Number with a confidence.")
    average_confidence: float | None = Field(description="Average over those that have one.")
    timed: int = Field(description="Number with a latency.")
    average_latency_ms: float | None = Field(description="Average over those that have one.")
    model_calls: int = Field(description="Requests sent to the model.")
    input_tokens: int = Field(description="Input tokens.")
    output_tokens: int = Field(description="Output tokens.")

    @classmethod
    def of(cls, figures: UsageFigures, **more: Any) -> Self:
        return cls(**{name: getattr(figures, name) for name in Usage.model_fields}, **more)


class DayUsage(Usage):
    """Statistics of one day."""

    day: date = Field(description="The day, UTC.")


class StatisticsResponse(BaseModel):
    """Statistics: volume, backends and cost."""

    total: Usage = Field(description="Total for the requested period.")
    starred: int = Field(description="Number of starred improvements.")
    rated_good: int = Field(description="Number rated 1.")
    rated_bad: int = Field(description="Number rated -1.")
    backends: dict[BackendType, Usage] = Field(
        description="The same by backend; backends without improvements are left out."
    )
    days: list[DayUsage] = Field(
        description="The same for each day, newest first; one without improvements is left out."
    )

    @classmethod
    def of(cls, statistics: UsageStatistics) -> "StatisticsResponse":
        return cls(
            total=Usage.of(statistics.total),
            **statistics.opinions._asdict(),
            backends={
                backend: Usage.of(figures) for backend, figures in statistics.by_backend.items()
            },
            days=[DayUsage.of(figures, day=day) for day, figures in statistics.by_day.items()],
        )
