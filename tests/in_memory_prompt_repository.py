"""A repository for tests of what stands above it, held to the same contract as SQLite's."""

import re
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import add
from typing import Any
from uuid import UUID

import anyio

from prompt_improver.domain.errors import (
    RepositoryConnectionError,
    RepositoryCorruptError,
    RepositoryError,
    SpoiledRowError,
)
from prompt_improver.domain.history_filter import (
    EQUALS,
    EVERYTHING,
    HistoryCursor,
    HistoryFilter,
    Page,
    page_of,
)
from prompt_improver.domain.history_record import to_record
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.prompt_repository import (
    MAX_SEARCH_WORDS,
    PromptRepository,
    PromptStatistics,
    RepositoryDescription,
)
from prompt_improver.domain.usage_statistics import (
    Opinions,
    UsageFigures,
    UsageStatistics,
)


class InMemoryPromptRepository(PromptRepository):
    """Keeps improvements in a list.

        ``fail_with``: every call but ``close`` raises it. ``gate``: ``save_many`` waits until it
        is set. ``batches``: how many rows each ``save_many`` that was let through was handed.
        ``compactions``: how often ``compact`` was called. ``spoiled``: numbers of rows that
    nobody can read. ``made_copyable``: the quiet seconds of each ``make_copyable``.
    ``unchecked``: ``check`` is wanted. ``damage``: what ``check`` finds.
    """

    def __init__(self) -> None:
        self.rows: list[PromptHistory] = []
        self.fail_with: RepositoryError | None = None
        self.gate: anyio.Event | None = None
        self.batches: list[int] = []
        self.compactions = 0
        self.made_copyable: list[float] = []
        self.unchecked = False
        self.damage: RepositoryCorruptError | None = None
        self.is_found_damaged = False
        self.is_open = False
        self._last_id = 0
        self.spoiled: set[int | None] = set()

    def describe(self, *, with_sizes: bool = False) -> RepositoryDescription:
        return RepositoryDescription(
            stored_bytes=sum(len(repr(row)) for row in self.rows) if with_sizes else None,
            logged_bytes=0 if with_sizes else None,
            spoiled_rows=len(self.spoiled),
            is_damaged=self.is_found_damaged,
            is_unchecked=self.unchecked,
        )

    async def open(self) -> None:
        self._fail_if_told()
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def save(self, history: PromptHistory) -> PromptHistory:
        self._check()
        return self._keep(history)

    async def save_many(self, histories: Sequence[PromptHistory]) -> int:
        if self.gate is not None:
            await self.gate.wait()
        self._check()
        self.batches.append(len(histories))
        before = len(self.rows)
        for history in histories:
            self._keep(history)
        return len(self.rows) - before

    async def find_by_id(self, id: int) -> PromptHistory | None:
        self._check()
        return self._readable(next((row for row in self.rows if row.id == id), None))

    async def find_by_prompt_id(self, prompt_id: str) -> PromptHistory | None:
        self._check()
        try:
            kept = str(UUID(prompt_id))
        except ValueError:
            return None
        return self._readable(next((row for row in self.rows if row.prompt_id == kept), None))

    async def find_recent(
        self, limit: int = 100, offset: int = 0, backend: BackendType | None = None
    ) -> list[PromptHistory]:
        if limit < 1 or offset < 0:
            raise ValueError(f"limit {limit} or offset {offset} is out of bounds")
        self._check()
        rows = [row for row in self._newest_first() if backend in (None, row.backend)]
        return rows[offset : offset + limit]

    async def find_by_date_range(self, start: datetime, end: datetime) -> list[PromptHistory]:
        rows = self._between(HistoryFilter(start=start, end=end))
        self._check()
        return rows

    async def find_page(
        self,
        limit: int = 50,
        cursor: str | None = None,
        wanted: HistoryFilter = EVERYTHING,
        cut: int | None = None,
    ) -> Page:
        if limit < 1:
            raise ValueError(f"limit must be 1 or more, got {limit}")
        after = None if cursor is None else HistoryCursor.decode(cursor)
        rows = [row for row in self._newest_first() if _is_wanted(row, wanted)]
        if wanted.text is None and wanted.tag is None:
            if after is not None:
                rows = [row for row in rows if _position(row) < (after.timestamp, after.id)]
        else:
            rows = sorted(rows, key=lambda row: row.id or 0, reverse=True)
            rows = [row for row in rows if after is None or (row.id or 0) < after.id]
        self._check()
        return page_of([_cut(row, cut) for row in rows[: limit + 1]], limit)

    async def find_versions(
        self, prompt_id: str, limit: int = 1_000, cut: int | None = None
    ) -> list[PromptHistory]:
        if limit < 1:
            raise ValueError(f"limit must be 1 or more, got {limit}")
        self._check()
        by_id = {row.prompt_id: row for row in self.rows}
        thread = {prompt_id.lower()} & set(by_id)
        grown: set[str] = set()
        while thread != grown:
            grown = set(thread)
            parents = {by_id[each].parent_id for each in grown if each in by_id}
            thread |= {each for each in parents if each is not None}
            thread |= {row.prompt_id for row in self.rows if row.parent_id in grown}
        rows = [row for row in self._newest_first() if row.prompt_id in thread]
        return [_cut(row, cut) for row in rows[::-1][:limit]]

    async def find_prompt_ids(self, beginning: str, limit: int = 2) -> list[str]:
        if limit < 1:
            raise ValueError(f"limit must be 1 or more, got {limit}")
        self._check()
        begun = [row.prompt_id for row in self.rows if row.prompt_id.startswith(beginning.lower())]
        return sorted(begun)[:limit] if beginning.strip() else []

    async def count(self, wanted: HistoryFilter) -> int:
        self._check()
        return sum(_is_wanted(row, wanted) for row in self.rows)

    async def update(self, prompt_id: str, changes: Mapping[str, object]) -> PromptHistory | None:
        kept = await self.find_by_prompt_id(prompt_id)
        if kept is None:
            return None
        changed = kept.with_changes(changes)
        self.rows[self.rows.index(kept)] = changed
        return changed

    async def delete_matching(self, wanted: HistoryFilter) -> int:
        self._check()
        before = len(self.rows)
        self.rows = [row for row in self.rows if not _is_wanted(row, wanted)]
        return before - len(self.rows)

    async def iterate(self, chunk: int = 50) -> AsyncIterator[list[PromptHistory]]:
        if chunk < 1:
            raise ValueError(f"chunk must be 1 or more, got {chunk}")
        self._check()
        numbers = [row.id for row in self.rows]
        for first in range(0, len(numbers), chunk):
            self._check()
            wanted = numbers[first : first + chunk]
            if rows := [row for row in self._sound() if row.id in wanted]:
                yield rows

    async def iterate_spoiled(self, chunk: int = 50) -> AsyncIterator[list[Mapping[str, object]]]:
        if chunk < 1:
            raise ValueError(f"chunk must be 1 or more, got {chunk}")
        self._check()
        rows = [row for row in self.rows if row.id in self.spoiled]
        for first in range(0, len(rows), chunk):
            yield [{"table": "rows", **to_record(row)} for row in rows[first : first + chunk]]

    async def get_usage(
        self, start: datetime | None = None, end: datetime | None = None
    ) -> UsageStatistics:
        rows = self._between(HistoryFilter(start=start, end=end))
        self._check()
        return UsageStatistics.of(
            _added_up((row.backend, _figures(row)) for row in rows),
            _added_up((row.timestamp.date(), _figures(row)) for row in rows),
            Opinions(
                starred=sum(row.starred for row in rows),
                rated_good=sum(row.rating == 1 for row in rows),
                rated_bad=sum(row.rating == -1 for row in rows),
            ),
        )

    async def delete(self, prompt_id: str) -> bool:
        self._check()
        before = len(self.rows)
        self.rows = [row for row in self.rows if row.prompt_id != prompt_id.lower()]
        return len(self.rows) < before

    async def compact(self) -> None:
        self._check()
        self.compactions += 1

    async def make_copyable(self, quiet_s: float) -> None:
        self._check()
        self.made_copyable.append(quiet_s)

    async def check(self) -> None:
        self._check()
        self.unchecked = False
        if self.damage is not None:
            self.is_found_damaged = True
            raise self.damage

    async def get_statistics(self) -> PromptStatistics:
        self._check()
        return PromptStatistics(
            total_count=len(self.rows),
            average_confidence=_average([row.confidence for row in self.rows]),
            average_latency_ms=_average([row.latency_ms for row in self.rows]),
            backend_distribution={
                backend: count
                for backend in BackendType
                if (count := sum(row.backend is backend for row in self.rows))
            },
            starred=sum(row.starred for row in self.rows),
            rated_good=sum(row.rating == 1 for row in self.rows),
            rated_bad=sum(row.rating == -1 for row in self.rows),
        )

    async def count_old(self, days: int) -> int:
        return len(self._old(days))

    async def delete_old(self, days: int) -> int:
        old = self._old(days)
        self.rows = [row for row in self.rows if row not in old]
        return len(old)

    def _old(self, days: int) -> list[PromptHistory]:
        if not 1 <= days <= 36_500:
            raise ValueError(f"days must be from 1 to 36500, got {days}")
        self._check()
        oldest = datetime.now(UTC) - timedelta(days=days)
        spared = self._spared_by_the_cleanup()
        return [
            row
            for row in self.rows
            if row.prompt_id not in spared
            and max(row.timestamp, row.imported_at or row.timestamp) < oldest
        ]

    def _spared_by_the_cleanup(self) -> set[str | None]:
        by_id = {row.prompt_id: row for row in self.rows}
        spared: set[str | None] = set()
        for row in self.rows:
            if row.starred or row.tags or {row.rating, row.note, row.edited_prompt} != {None}:
                line: PromptHistory | None = row
                while line is not None and line.prompt_id not in spared:
                    spared.add(line.prompt_id)
                    line = by_id.get(line.parent_id or "")
        return spared

    def _fail_if_told(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with

    def _check(self) -> None:
        self._fail_if_told()
        if not self.is_open:
            raise RepositoryConnectionError("the history is closed")

    def _keep(self, history: PromptHistory) -> PromptHistory:
        for row in self.rows:
            if row.prompt_id == history.prompt_id:
                return row
        self._last_id += 1
        kept = replace(history, id=self._last_id)
        self.rows.append(kept)
        return kept

    def _newest_first(self) -> list[PromptHistory]:
        return sorted(self._sound(), key=_position, reverse=True)

    def _sound(self) -> list[PromptHistory]:
        return [row for row in self.rows if row.id not in self.spoiled]

    def _readable(self, row: PromptHistory | None) -> PromptHistory | None:
        if row is not None and row.id in self.spoiled:
            raise SpoiledRowError(f"row {row.id}")
        return row

    def _between(self, wanted: HistoryFilter) -> list[PromptHistory]:
        return [row for row in self._newest_first() if _is_wanted(row, wanted)]


def _cut(row: PromptHistory, cut: int | None) -> PromptHistory:
    def begin(text: str) -> str:
        return text[:cut] if text[:cut].strip() else text

    return replace(
        row,
        original_idea=begin(row.original_idea),
        improved_prompt=begin(row.improved_prompt),
    )


def _position(row: PromptHistory) -> tuple[datetime, int]:
    return row.timestamp, row.id or 0


def _is_wanted(row: PromptHistory, wanted: HistoryFilter) -> bool:
    first = wanted.start or datetime.min.replace(tzinfo=UTC)
    last = wanted.end or datetime.max.replace(tzinfo=UTC)
    return (
        first <= row.timestamp <= last
        and all(getattr(wanted, name) in (None, getattr(row, name)) for name in EQUALS)
        and (wanted.tag is None or wanted.tag in row.tags)
        and (wanted.text is None or _matches(row, wanted.text))
    )


def _matches(row: PromptHistory, text: str) -> bool:
    words = _words(text)
    if not words:
        return False
    whole, beginning = words[:MAX_SEARCH_WORDS], ""
    if len(words) <= MAX_SEARCH_WORDS:
        whole, beginning = words[:-1], words[-1]
    places = (
        f"{row.original_idea} {row.context} {row.improved_prompt}",
        f"{row.note or ''} {' '.join(row.tags)}",
    )
    return any(
        any(word.startswith(beginning) for word in held) and set(whole) <= set(held)
        for held in map(_words, places)
    )


def _words(text: str) -> list[str]:
    """Nearly as SQLite has them: near enough for Latin scripts."""
    letters = unicodedata.normalize("NFD", text.lower())
    return re.findall(r"[^\W_]+", "".join(c for c in letters if not unicodedata.combining(c)))


def _figures(row: PromptHistory) -> UsageFigures:
    return UsageFigures(
        improvements=1,
        rated=int(row.confidence is not None),
        confidence_billionths=round((row.confidence or 0) * 1e9),
        timed=int(row.latency_ms is not None),
        latency_microseconds=round(min(row.latency_ms or 0, 86_400_000) * 1e3),
        model_calls=row.model_calls or 0,
        input_tokens=row.input_tokens or 0,
        output_tokens=row.output_tokens or 0,
    )


def _average(numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else None


def _added_up(parts: Iterable[tuple[Any, UsageFigures]]) -> dict[Any, UsageFigures]:
    sums: dict[Any, UsageFigures] = {}
    for key, figures in parts:
        sums[key] = UsageFigures(*map(add, sums.get(key, UsageFigures()), figures))
    return sums
