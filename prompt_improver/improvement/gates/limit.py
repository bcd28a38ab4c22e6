"""A limit that the user stated."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """A clause of the user's that forbids, bounds or demands something."""

    text: str
    """As the user wrote it: ``text[start:end]`` of what it was found in."""
    start: int
    end: int
    kind: str
    """not, only, most, least, count, must, keep or deadline."""
