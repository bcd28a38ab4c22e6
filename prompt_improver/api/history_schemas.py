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
from prompt_improver.domain.values import MAX_TAG_CHARACTERS


class HistoryItem(ImprovementFields):
    """One row of the history."""

    id: int = Field(description="Number of the row; the number of a deleted row never returns.")
    timestamp: str = Field(
        description="When it was improved: ISO 8601, UTC.",
        examples=["2026-05-04T12:00:00.123Z"],
        json_schema_extra={"format": "date-time"},
    )

    @classmethod
    def of(cls, history: PromptHistory) -> "HistoryItem":
        return cls(**to_json_record(history))


MOST_TAGS = 50
SUMMARY_CHARACTERS = 300
"""Of idea and prompt, in a list."""


class HistorySummary(HistoryItem):
    """One row of a list. Idea and prompt are cut to 300 characters, unless the list was asked
    for with `full=true`; `GET /api/v1/history/{prompt_id}` has them whole."""

    cut: bool = Field(description="Whether the idea or the prompt goes on.")

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
        description="Send it as `cursor`, with the other parameters as they were, for the "
        "next page; null when this is the last."
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
    """The thread of an improvement."""

    items: list[HistorySummary] = Field(description="Oldest first.")


Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TAG_CHARACTERS),
    AfterValidator(storable),
]


class ImprovementChanges(BaseModel):
    """What you think of an improvement. What is left out stays as it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"starred": True, "rating": 1, "tags": ["work"]}]},
    )

    starred: StrictBool = Field(False, description="Whether it is starred.")
    rating: Annotated[StrictInt, Field(ge=-1, le=1)] | None = Field(
        None, description="-1 bad, 0 neither, 1 good; null takes the rating away."
    )
    note: Text | None = Field(None, description="A note; null or blank takes it away.")
    tags: list[Tag] = Field(
        [], max_length=MOST_TAGS, description="All its tags, in the place of those before."
    )
    edited_prompt: Text | None = Field(
        None,
        description="Your own version of the improved prompt, which itself stays; null or blank "
        "takes it away.",
    )

    @property
    def given(self) -> dict[str, Any]:
        """Those that were sent."""
        return self.model_dump(include=self.model_fields_set)


class DeletionResponse(BaseModel):
    """How much a DELETE by filter deletes."""

    count: int = Field(description="Improvements deleted, or to be deleted.")
    dry_run: bool = Field(description="Whether they are still there.")


class DiffOperation(BaseModel):
    """A stretch of text that both have, or that one of the two has."""

    op: Literal["keep", "add", "remove"] = Field(
        description="keep: in both; add: in this prompt alone; remove: in the other one alone."
    )
    text: str = Field(description="The text, with its white space.")


class DiffResponse(BaseModel):
    """The words of two prompts beside each other: `keep` and `add` make this prompt, `keep` and
    `remove` the other one."""

    against: str = Field(description="`prompt_id` of the other one, or idea.")
    ops: list[DiffOperation] = Field(description="In the order of the text.")


class Usage(BaseModel):
    """Figures over some improvements."""

    improvements: int = Field(description="How many.")
    rated: int = Field(description="Of these, how many have a confidence.")
    average_confidence: float | None = Field(description="Over those that have one.")
    timed: int = Field(description="Of these, how many have a latency.")
    average_latency_ms: float | None = Field(description="Over those that have one.")
    model_calls: int = Field(description="Requests sent to the model.")
    input_tokens: int = Field(description="Tokens that the model read.")
    output_tokens: int = Field(description="Tokens that the model wrote.")

    @classmethod
    def of(cls, figures: UsageFigures, **more: Any) -> Self:
        return cls(**{name: getattr(figures, name) for name in Usage.model_fields}, **more)


class DayUsage(Usage):
    """Figures of a day."""

    day: date = Field(description="The day, UTC.")


class StatisticsResponse(BaseModel):
    """How much was improved, with what, and what it cost."""

    total: Usage = Field(description="Over the time that was asked for.")
    starred: int = Field(description="Of these, how many are starred.")
    rated_good: int = Field(description="Of these, how many are rated 1.")
    rated_bad: int = Field(description="Of these, how many are rated -1.")
    backends: dict[BackendType, Usage] = Field(
        description="The same for each backend; one without improvements is left out."
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
