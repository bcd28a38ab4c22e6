"""Rows on their way into the history, and the books of all that came."""

import asyncio
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.recorder import RecorderCounts, SaveOutcome


@dataclass(slots=True, eq=False)
class WaitingRow:
    """A row, and who waits to hear what became of it."""

    history: PromptHistory
    outcome: asyncio.Future[SaveOutcome] | None = None

    def tell(self, outcome: SaveOutcome) -> None:
        if self.outcome is not None and not self.outcome.done():
            self.outcome.set_result(outcome)


class WaitingRows:
    """Two queues of ``capacity`` rows: one for the database, and one for the spool, which
    takes what the database cannot. Nothing here waits, so the books balance whenever anybody
    looks: accepted = saved + spooled + dropped + rejected + waiting."""

    def __init__(self, capacity: int) -> None:
        self.queue_filled = asyncio.Event()
        """Set when a row comes for the database, or into the spool, from where it is to come
        there too."""
        self.overflow_filled = asyncio.Event()
        """Set when rows come for the spool."""
        self._capacity = capacity
        self._queue: deque[WaitingRow] = deque()
        self._overflow: deque[WaitingRow] = deque()
        self._being_spooled = 0
        self._accepted = 0
        self._saved = 0
        self._spooled = 0
        self._dropped = 0
        self._rejected = 0

    @property
    def counts(self) -> RecorderCounts:
        return RecorderCounts(
            accepted=self._accepted,
            saved=self._saved,
            spooled=self._spooled,
            dropped=self._dropped,
            rejected=self._rejected,
            waiting=len(self._queue) + len(self._overflow),
        )

    @property
    def queued(self) -> int:
        """Rows that wait for the database."""
        return len(self._queue)

    @property
    def overflowing(self) -> int:
        """Rows that wait for the spool."""
        return len(self._overflow)

    @property
    def spooled(self) -> int:
        """Rows in the spool."""
        return self._spooled

    @property
    def newest_queued(self) -> WaitingRow | None:
        """The row that came last for the database and is not there yet."""
        return self._queue[-1] if self._queue else None

    @property
    def is_queue_full(self) -> bool:
        return len(self._queue) >= self._capacity

    def queue(self, row: WaitingRow) -> None:
        """A row comes that the database is to take."""
        self._accepted += 1
        self._queue.append(row)
        self.queue_filled.set()

    def overflow(self, row: WaitingRow) -> bool:
        """A row comes that the spool is to take; False where too many wait for that."""
        self._accepted += 1
        if len(self._overflow) >= self._capacity:
            self._dropped += 1
            return False
        self._overflow.append(row)
        self.overflow_filled.set()
        return True

    def drop(self) -> None:
        """A row comes that nobody can take any more."""
        self._accepted += 1
        self._dropped += 1

    def spill(self) -> None:
        """What waits for the database waits for the spool from now on."""
        self._overflow.extend(self._queue)
        self._queue.clear()
        if self._overflow:
            self.overflow_filled.set()

    def reclaim(self) -> None:
        """What waits for the spool, and is not being written there, waits for the database
        from now on, as far as there is room for it."""
        # Behind those that wait already: the first of them may be in a commit.
        room = self._capacity - len(self._queue)
        self._overflow.rotate(-self._being_spooled)
        for _ in range(min(room, len(self._overflow) - self._being_spooled)):
            self._queue.append(self._overflow.popleft())
        self._overflow.rotate(self._being_spooled)
        if self._queue:
            self.queue_filled.set()

    def batch(self, limit: int) -> list[WaitingRow]:
        """The rows that have waited longest for the database. They stay until ``settle``."""
        return list(itertools.islice(self._queue, limit))

    def settle(self, batch: Sequence[WaitingRow], refused: Sequence[WaitingRow]) -> None:
        """The database has taken a batch, but for the rows that it has ``refused``."""
        for row in batch:
            front = self._queue.popleft()
            assert front is row, "rows leave the queue in the order in which they came"
            if row in refused:
                self._rejected += 1
                row.tell(SaveOutcome.DROPPED)
            else:
                self._saved += 1
                row.tell(SaveOutcome.SAVED)

    def begin_spooling(self, limit: int) -> list[WaitingRow]:
        """The rows that have waited longest for the spool. They stay until ``end_spooling``."""
        batch = list(itertools.islice(self._overflow, limit))
        self._being_spooled = len(batch)
        return batch

    def end_spooling(self, kept: int) -> None:
        """The spool has taken so many of them."""
        for _ in range(kept):
            self._spooled += 1
            self._overflow.popleft().tell(SaveOutcome.SPOOLED)
        self._being_spooled = 0
        self.queue_filled.set()

    def tell_overflow(self, outcome: SaveOutcome) -> None:
        """Let go of whoever waits to hear of a row that the spool cannot take now."""
        for row in self._overflow:
            row.tell(outcome)

    def take_over(self, rows: int) -> None:
        """An earlier run has left so many in the spool."""
        self._accepted += rows
        self._spooled += rows
        self.queue_filled.set()

    def take_in(self, *, saved: int, rejected: int) -> None:
        """Rows have left the spool."""
        self._spooled -= saved + rejected
        self._saved += saved
        self._rejected += rejected

    def drop_all(self) -> int:
        """Give up whatever waits; returns how many rows that are."""
        self.spill()
        lost = len(self._overflow)
        self._dropped += lost
        self.tell_overflow(SaveOutcome.DROPPED)
        self._overflow.clear()
        return lost
