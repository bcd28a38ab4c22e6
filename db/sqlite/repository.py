"""The history in SQLite."""

import json
import re
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from db.sqlite import pages as history_pages
from db.sqlite.compaction import compact
from db.sqlite.database import Database
from db.sqlite.deletion import delete_matching, delete_old
from db.sqlite.filters import Filters
from db.sqlite.old_rows import count_old
from db.sqlite.rows import COLUMNS, INSERT_ROW, insert_row, to_parameters, update_row
from db.sqlite.set_aside_rows import delete_set_aside
from db.sqlite.spoiled_rows import SpoiledRows, iterate_spoiled
from db.sqlite.sql_files import load_statement
from db.sqlite.usage import read_usage
from db.sqlite.versions import select_versions
from prompt_improver.domain.errors import SpoiledRowError
from prompt_improver.domain.history_filter import (
    EVERYTHING,
    HistoryCursor,
    HistoryFilter,
    Page,
    page_of,
)
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.prompt_repository import (
    PromptRepository,
    PromptStatistics,
    RepositoryDescription,
)
from prompt_improver.domain.usage_statistics import UsageStatistics

# The largest number that SQLite can bind.
MAX_INTEGER = 2**63 - 1
_BEGINNING = re.compile(r"[0-9a-f][0-9a-f-]*")


class SQLitePromptRepository(PromptRepository):
    """Keeps improvements in the table prompt_history of ``database``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._spoiled = SpoiledRows()

    def describe(self, *, with_sizes: bool = False) -> RepositoryDescription:
        stored, logged = self._database.sizes() if with_sizes else (None, None)
        return RepositoryDescription(
            stored_bytes=stored,
            logged_bytes=logged,
            busy_retries=self._database.busy_retries,
            spoiled_rows=self._spoiled.count,
            is_damaged=self._database.is_damaged,
            is_unchecked=self._database.is_unchecked,
        )

    async def open(self) -> None:
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()

    async def save(self, history: PromptHistory) -> PromptHistory:
        def insert(connection: sqlite3.Connection) -> PromptHistory:
            id = insert_row(connection, history)
            if id is not None:
                return replace(history, id=id)
            kept = self._find(connection, "prompt_id", history.prompt_id)
            assert kept is not None, "the conflict was with this very row"
            return kept

        return await self._database.write(insert)

    async def save_many(self, histories: Sequence[PromptHistory]) -> int:
        if not histories:
            return 0
        if any(history.tags for history in histories):  # in imports and restores alone
            return await self._database.write(
                lambda c: sum(insert_row(c, history) is not None for history in histories)
            )
        rows = [to_parameters(history) for history in histories]
        return await self._database.write(lambda c: c.executemany(INSERT_ROW, rows).rowcount)

    async def find_by_id(self, id: int) -> PromptHistory | None:
        if not 0 < id <= MAX_INTEGER:
            return None
        return await self._database.run(lambda connection: self._find(connection, "id", id))

    async def find_by_prompt_id(self, prompt_id: str) -> PromptHistory | None:
        kept = _canonical(prompt_id)
        if kept is None:
            return None
        return await self._database.run(
            lambda connection: self._find(connection, "prompt_id", kept)
        )

    async def find_recent(
        self, limit: int = 100, offset: int = 0, backend: BackendType | None = None
    ) -> list[PromptHistory]:
        _check_limit(limit)
        if offset < 0:
            raise ValueError(f"offset must be 0 or more, got {offset}")
        return await self._find_several(HistoryFilter(backend=backend), limit, skip=offset)

    async def find_by_date_range(self, start: datetime, end: datetime) -> list[PromptHistory]:
        return await self._find_several(HistoryFilter(start=start, end=end), MAX_INTEGER)

    async def find_page(
        self,
        limit: int = 50,
        cursor: str | None = None,
        wanted: HistoryFilter = EVERYTHING,
        cut: int | None = None,
    ) -> Page:
        _check_limit(limit)
        after = None if cursor is None else HistoryCursor.decode(cursor)
        # The one too many tells of a next page.
        rows = await self._find_several(
            wanted, min(limit, MAX_INTEGER - 1) + 1, after=after, cut=cut
        )
        return page_of(rows, limit)

    async def find_versions(
        self, prompt_id: str, limit: int = 1_000, cut: int | None = None
    ) -> list[PromptHistory]:
        _check_limit(limit)
        kept = _canonical(prompt_id)
        if kept is None:
            return []
        limit = min(limit, MAX_INTEGER)
        return await self._database.run(
            lambda connection: select_versions(connection, self._spoiled, kept, limit, cut)
        )

    async def find_prompt_ids(self, beginning: str, limit: int = 2) -> list[str]:
        _check_limit(limit)
        if not _BEGINNING.fullmatch(beginning.lower()):
            return []
        sql = """
            SELECT prompt_id
            FROM prompt_history
            WHERE prompt_id BETWEEN ? AND ? || 'g'
            ORDER BY prompt_id
            LIMIT ?
        """
        parameters = (beginning.lower(), beginning.lower(), min(limit, MAX_INTEGER))
        rows = await self._database.run(lambda c: c.execute(sql, parameters).fetchall())
        return [row["prompt_id"] for row in rows]

    async def count(self, wanted: HistoryFilter) -> int:
        found = 0
        async for ids in history_pages.find_ids(self._database, wanted):
            found += len(ids)
        return found

    def iterate(self, chunk: int = 50) -> AsyncIterator[list[PromptHistory]]:
        return history_pages.iterate(self._database, self._spoiled, chunk)

    def iterate_spoiled(self, chunk: int = 50) -> AsyncIterator[list[Mapping[str, object]]]:
        return iterate_spoiled(self._database, chunk)

    async def get_usage(
        self, start: datetime | None = None, end: datetime | None = None
    ) -> UsageStatistics:
        span = Filters(HistoryFilter(start=start, end=end))
        return await self._database.run(lambda c: read_usage(c, span.first, span.last))

    async def get_statistics(self) -> PromptStatistics:
        sql = load_statement("maintenance/statistics.sql", "SELECT")
        row = await self._database.run(lambda connection: connection.execute(sql).fetchone())
        distribution = json.loads(row["backend_distribution"])
        return PromptStatistics(
            total_count=row["total_count"],
            average_confidence=row["average_confidence"],
            average_latency_ms=row["average_latency_ms"],
            backend_distribution=MappingProxyType(
                # Without what was put there by hand.
                {each: distribution[each] for each in BackendType if each in distribution}
            ),
            starred=row["starred"],
            rated_good=row["rated_good"],
            rated_bad=row["rated_bad"],
        )

    async def update(self, prompt_id: str, changes: Mapping[str, object]) -> PromptHistory | None:
        kept_id = _canonical(prompt_id)
        if kept_id is None:
            return None

        def update(connection: sqlite3.Connection) -> PromptHistory | None:
            kept = self._find(connection, "prompt_id", kept_id)
            if kept is None:
                return None
            changed = kept.with_changes(changes)
            if changed != kept:
                update_row(connection, changed)
            return changed

        return await self._database.write(update)

    async def count_old(self, days: int) -> int:
        return await self._database.run(lambda connection: count_old(connection, days))

    async def delete_old(self, days: int) -> int:
        deleted = await delete_old(self._database, days)
        await self.compact()
        return deleted

    async def delete_matching(self, wanted: HistoryFilter) -> int:
        return await delete_matching(self._database, wanted)

    async def delete(self, prompt_id: str) -> bool:
        kept = _canonical(prompt_id)
        if kept is None:
            return False
        sql = "DELETE FROM prompt_history WHERE prompt_id = ?"

        def delete(connection: sqlite3.Connection) -> bool:
            deleted = connection.execute(sql, (kept,)).rowcount == 1
            return delete_set_aside(connection, kept) or deleted

        return await self._database.write(delete)

    async def compact(self) -> None:
        await compact(self._database)

    async def make_copyable(self, quiet_s: float) -> None:
        await self._database.make_copyable(quiet_s)

    async def check(self) -> None:
        await self._database.check()

    async def _find_several(
        self,
        wanted: HistoryFilter,
        limit: int,
        *,
        after: HistoryCursor | None = None,
        skip: int = 0,
        cut: int | None = None,
    ) -> list[PromptHistory]:
        return await history_pages.find(
            self._database, self._spoiled, wanted, limit, after=after, skip=skip, cut=cut
        )

    def _find(
        self, connection: sqlite3.Connection, column: str, value: int | str
    ) -> PromptHistory | None:
        sql = f"SELECT {COLUMNS} FROM prompt_history WHERE {column} = ?"  # noqa: S608  # nosec B608
        row = connection.execute(sql, (value,)).fetchone()
        if row is None:
            return None
        history = self._spoiled.read(row)
        if history is None:
            raise SpoiledRowError(
                f"row {row['id']} of prompt_history holds an invalid value; correct or delete the "
                "row (`check` names the column)"
            )
        return history


def _canonical(prompt_id: str) -> str | None:
    """As the table has it; None where it is no UUID."""
    try:
        return str(UUID(prompt_id))
    except ValueError:
        return None


def _check_limit(limit: int) -> None:
    if limit < 1:
        raise ValueError(f"limit must be 1 or more, got {limit}")
