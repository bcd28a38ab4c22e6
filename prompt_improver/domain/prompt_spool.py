"""Where improvements wait on the disk while the history cannot take them: the interface."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from prompt_improver.domain.prompt_history import PromptHistory


@dataclass(frozen=True, slots=True)
class SpooledRows:
    """The oldest rows of a spool."""

    histories: tuple[PromptHistory, ...]
    unreadable: int
    """Lines among them that are no improvements, or no longer there."""


class PromptSpool(ABC):
    """Keeps rows in the order in which they came, through a kill and a power cut, until they
    are taken out again. It has one user, which calls one method at a time."""

    @abstractmethod
    async def open(self) -> int:
        """Take over what an earlier run has left; returns how many rows that are.

        Raises:
            SpoolError: it cannot be looked for.
        """

    @abstractmethod
    async def append(self, histories: Sequence[PromptHistory]) -> int:
        """Keep rows; returns how many from the first on there was room for. They are on the
        disk when this returns.

        Raises:
            SpoolError: none of them was kept.
        """

    @abstractmethod
    async def read(self, limit: int) -> SpooledRows:
        """The oldest rows, ``limit`` of them at the most; none when it is empty. They stay
        until ``remove``.

        Raises:
            SpoolError: they cannot be read now.
        """

    @abstractmethod
    async def remove(self, *, refused: bool) -> None:
        """Take out what the last ``read`` returned. With ``refused`` some of it could not be
        used: it is then put aside for a person to look at, and not deleted.

        Raises:
            SpoolError: it is out of the way, but an emptied file could not be removed; what
                was in it comes again at the next start.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let go of it; what is in it stays. Raises nothing."""
