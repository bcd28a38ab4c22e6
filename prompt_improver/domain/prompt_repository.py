"""Where improvements are kept: the interface, and what can go wrong."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from prompt_improver.domain.history_filter import EVERYTHING, HistoryFilter, Page
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.usage_statistics import UsageStatistics

MAX_SEARCH_WORDS = 32
"""Further words of a search are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptStatistics:
    """Figures over the whole history. The averages leave out rows without the value and
    are None where no row has one."""

    total_count: int = 0
    average_confidence: float | None = None
    average_latency_ms: float | None = None
    backend_distribution: Mapping[BackendType, int] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Rows per backend; a backend without rows is left out."""
    starred: int = 0
    rated_good: int = 0
    """Rows with the rating 1."""
    rated_bad: int = 0
    """Rows with the rating -1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryDescription:
    """The state of a store, as far as it is known without reading it."""

    busy_retries: int = 0
    """How often something was tried again because somebody else held the store."""
    spoiled_rows: int = 0
    """How many spoiled rows were come across so far; each counts once."""
    is_damaged: bool = False
    """Whether the store was found damaged, and is left alone until it is mended."""
    is_unchecked: bool = False
    """Whether the store was opened, or others have changed it, since the last ``check``."""
    stored_bytes: int | None = None
    """Room that the store takes; None where it was not asked for, or cannot be told."""
    logged_bytes: int | None = None
    """Room that changes take that have still to be brought into the store; as above."""


class PromptRepository(ABC):
    """Keeps every improvement.

    A row that was changed by hand into what no improvement can be is a spoiled row: it is
    left out of everything that finds several (``limit`` and ``offset`` count the others),
    named in the log once, by its number, and counted by ``describe``. It can be deleted.

    Every method raises RepositoryConnectionError when the store is closed or cannot be
    reached, RepositoryBusyError (one of its kind) when somebody else holds it for too
    long, and RepositoryCorruptError when it is damaged. What a method raises beyond these
    its docstring says.
    """

    @abstractmethod
    def describe(self, *, with_sizes: bool = False) -> RepositoryDescription:
        """The state of the store as it is known now. Raises nothing, and works on a closed
        store too. Reads nothing, unless ``with_sizes``: that may look at the disk, and is for
        a thread."""

    @abstractmethod
    async def open(self) -> None:
        """Make the store ready. Opening an open one does nothing."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the store. Closing a closed one does nothing. Raises nothing."""

    @abstractmethod
    async def save(self, history: PromptHistory) -> PromptHistory:
        """Keep one improvement, and return it with its ``id``.

        A ``prompt_id`` that is kept already is left as it is and returned with its id, so
        that a save can be tried again when its answer was lost.

        Raises:
            RepositoryConstraintError: the row breaks a rule of the store.
            SpoiledRowError: the row that is kept already was changed by hand into what no
                improvement can be.
        """

    @abstractmethod
    async def save_many(self, histories: Sequence[PromptHistory]) -> int:
        """Keep all of these in one commit, or none; return how many are new. Rows that are
        kept already are left as they are.

        Raises:
            RepositoryConstraintError: a row breaks a rule of the store; none was kept.
        """

    @abstractmethod
    async def find_by_id(self, id: int) -> PromptHistory | None:
        """The improvement with this row number, or None.

        Raises:
            SpoiledRowError: the row was changed by hand into what no improvement can be.
        """

    @abstractmethod
    async def find_by_prompt_id(self, prompt_id: str) -> PromptHistory | None:
        """The improvement with this UUID, or None.

        Raises:
            SpoiledRowError: the row was changed by hand into what no improvement can be.
        """

    @abstractmethod
    async def find_recent(
        self, limit: int = 100, offset: int = 0, backend: BackendType | None = None
    ) -> list[PromptHistory]:
        """The newest improvements, newest first (the later saved first where two have the
        same timestamp), of one backend or of all.

        Raises:
            ValueError: ``limit`` is under 1, or ``offset`` under 0.
        """

    @abstractmethod
    async def find_by_date_range(self, start: datetime, end: datetime) -> list[PromptHistory]:
        """The improvements from ``start`` to ``end``, both included, newest first. Both are
        cut to milliseconds, like the timestamps that are kept.

        Raises:
            ValueError: one of the two has no time zone, or ``start`` is after ``end``.
        """

    @abstractmethod
    async def find_page(
        self,
        limit: int = 50,
        cursor: str | None = None,
        wanted: HistoryFilter = EVERYTHING,
        cut: int | None = None,
    ) -> Page:
        """A page of the improvements that ``wanted`` lets through. ``cursor`` is the
        ``next_cursor`` of the page before. With ``cut`` idea and prompt end after so many
        characters, so that a page of long ones is quick to read; one that begins with so many
        blanks is left whole.

        Newest first; with a text or a tag the last saved first, which differs where older
        improvements were imported later. Words beyond MAX_SEARCH_WORDS are left out.

        Raises:
            ValueError: ``limit`` is under 1, or ``cursor`` is none of this history's.
        """

    @abstractmethod
    async def find_versions(
        self, prompt_id: str, limit: int = 1_000, cut: int | None = None
    ) -> list[PromptHistory]:
        """The thread of the improvement with this UUID, oldest first: what it was refined from,
        up to the first, and all that was refined from that; empty where there is none. ``cut``
        as for ``find_page``.

        Raises:
            ValueError: ``limit`` is under 1.
        """

    @abstractmethod
    async def find_prompt_ids(self, beginning: str, limit: int = 2) -> list[str]:
        """The UUIDs that begin so, in their order, ``limit`` at the most; none where
        ``beginning`` is blank or no beginning of a UUID.

        Raises:
            ValueError: ``limit`` is under 1.
        """

    @abstractmethod
    async def count(self, wanted: HistoryFilter) -> int:
        """How many rows ``delete_matching`` would delete."""

    @abstractmethod
    def iterate(self, chunk: int = 50) -> AsyncIterator[list[PromptHistory]]:
        """Every improvement that is kept when this begins, the first saved first, in lists
        of ``chunk`` at the most. The store is free between two lists: what is deleted
        meanwhile may be missing.

        Raises:
            ValueError: ``chunk`` is under 1.
        """

    @abstractmethod
    def iterate_spoiled(self, chunk: int = 50) -> AsyncIterator[list[Mapping[str, object]]]:
        """Every spoiled row, also those that were set aside when the rules became stricter, in
        lists of ``chunk`` at the most: its values by column, a blob as its digits (X'00FF'),
        behind the ``table`` where it stands. Reads the whole store.

        Raises:
            ValueError: ``chunk`` is under 1.
        """

    @abstractmethod
    async def get_usage(
        self, start: datetime | None = None, end: datetime | None = None
    ) -> UsageStatistics:
        """Figures from ``start`` to ``end``, both included; over the whole history where
        they are None. Quick for whole days, whatever the number of rows.

        Raises:
            ValueError: one of the two has no time zone, or ``start`` is after ``end``.
        """

    @abstractmethod
    async def update(self, prompt_id: str, changes: Mapping[str, object]) -> PromptHistory | None:
        """Change the improvement with this UUID as ``PromptHistory.with_changes`` does, and
        return it as it is now; None where there is none.

        Raises:
            ValueError: as ``with_changes``; nothing was changed.
            SpoiledRowError: the row was changed by hand into what no improvement can be.
        """

    @abstractmethod
    async def delete_matching(self, wanted: HistoryFilter) -> int:
        """Delete every row that ``wanted`` lets through and that was there when this began,
        starred or not, spoiled or not; return how many. Done in steps, so that saves get in
        between: what was deleted before an error stays deleted. As after ``delete``, words leave
        the files with the next ``compact``."""

    @abstractmethod
    async def delete(self, prompt_id: str) -> bool:
        """Delete the improvement with this UUID; return whether there was one. Its words
        leave the files with the next ``compact``."""

    @abstractmethod
    async def compact(self) -> None:
        """Take what was deleted out of the store's files, and make these smaller. Done in
        steps, so that saves get in between; what an error leaves undone the next call does.
        ``delete_old`` ends with this."""

    @abstractmethod
    async def make_copyable(self, quiet_s: float) -> None:
        """Have everything in the one file that people copy by hand, where nobody has written
        to the store for ``quiet_s`` seconds, and have noticed what others did to that file.
        Quick where there is nothing to do; where somebody else is in the way it is left for
        the next time."""

    @abstractmethod
    async def check(self) -> None:
        """Read the whole store, while others go on, to see whether it is damaged: then this
        raises RepositoryCorruptError, and from then on every other method does. It may be
        broken off, and then it stays unchecked."""

    @abstractmethod
    async def get_statistics(self) -> PromptStatistics:
        """Figures over the whole history."""

    @abstractmethod
    async def count_old(self, days: int) -> int:
        """How many rows ``delete_old`` would delete now, spoiled ones among them. Deletes nothing.

        Raises:
            ValueError: ``days`` is under 1 or over 36,500.
        """

    @abstractmethod
    async def delete_old(self, days: int) -> int:
        """Delete what is older than ``days`` days; return how many rows went. What somebody
        has starred, rated, tagged, noted or edited stays, and all that it was refined from.
        Done in steps, so that saves get in between: what was deleted before an error stays
        deleted.

        Raises:
            ValueError: ``days`` is under 1 or over 36,500.
        """
