"""What leaves a broken database alone for a while: the interface."""

from abc import ABC, abstractmethod
from enum import StrEnum


class BreakerState(StrEnum):
    """closed: work goes on; open: nothing is tried; half-open: the next try decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker(ABC):
    """Counts failures; once it is open nothing is to be tried."""

    trips: int = 0
    """How many times it has gone from closed to open."""

    @property
    @abstractmethod
    def state(self) -> BreakerState:
        """closed, open, or half-open once the cooldown is over."""

    @abstractmethod
    def seconds_until_probe(self) -> float:
        """Seconds until something may be tried: 0 when it may be now."""

    @abstractmethod
    def record_success(self) -> None:
        """What was tried has worked: closed, and the count starts anew."""

    @abstractmethod
    def record_failure(self) -> None:
        """What was tried has failed. A failed probe opens it for another cooldown."""

    @abstractmethod
    def trip(self) -> None:
        """Open now, whatever the count."""
