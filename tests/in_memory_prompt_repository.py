"""A repository for tests of what stands above it, held to the same contract as SQLite's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import anyio

from prompt_improver.domain.prompt_history import BackendType, PromptHistory, utc_milliseconds
from prompt_improver.domain.prompt_repository import (
    PromptRepository,
    PromptStatistics,
    RepositoryConnectionError,
    RepositoryError,
)


class InMemoryPromptRepository(PromptRepository):
    """Keeps improvements in a list.

    ``fail_with``: every call but ``close`` raises it. ``gate``: ``save_many`` waits until it
    is set. ``batches``: how many rows each ``save_many`` that was let through was handed.
    """

    def __init__(self) -> None:
        self.rows: list[PromptHistory] = []
        self.fail_with: RepositoryError | None = None
        self.gate: anyio.Event | None = None
        self.batches: list[int] = []
        self.is_open = False
        self._last_id = 0

    async def open(self) -> None:
        self._fail_if_told()
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def save(self, history: PromptHistory) -> PromptHistory:
        self._check()
        return self._keep(history)

    async def save_many(self, histories: Sequence[PromptHistory]) -> None:
        if self.gate is not None:
            await self.gate.wait()
        self._check()
        self.batches.append(len(histories))
        for history in histories:
            self._keep(history)

    async def find_by_id(self, id: int) -> PromptHistory | None:
        self._check()
        return next((row for row in self.rows if row.id == id), None)

    async def find_by_prompt_id(self, prompt_id: str) -> PromptHistory | None:
        self._check()
        try:
            kept = str(UUID(prompt_id))
        except ValueError:
            return None
        return next((row for row in self.rows if row.prompt_id == kept), None)

    async def find_recent(
        self, limit: int = 100, offset: int = 0, backend: BackendType | None = None
    ) -> list[PromptHistory]:
        if limit < 1 or offset < 0:
            raise ValueError(f"limit {limit} or offset {offset} is out of bounds")
        self._check()
        rows = [row for row in self._newest_first() if backend in (None, row.backend)]
        return rows[offset : offset + limit]

    async def find_by_date_range(self, start: datetime, end: datetime) -> list[PromptHistory]:
        first, last = utc_milliseconds("start", start), utc_milliseconds("end", end)
        if first > last:
            raise ValueError("start must not be after end")
        self._check()
        return [row for row in self._newest_first() if first <= row.timestamp <= last]

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
        )

    async def delete_old(self, days: int) -> int:
        if not 1 <= days <= 36_500:
            raise ValueError(f"days must be from 1 to 36500, got {days}")
        self._check()
        oldest = datetime.now(UTC) - timedelta(days=days)
        before = len(self.rows)
        self.rows = [row for row in self.rows if row.timestamp >= oldest]
        return before - len(self.rows)

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
        return sorted(self.rows, key=lambda row: (row.timestamp, row.id or 0), reverse=True)


def _average(numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else None
