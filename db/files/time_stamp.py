"""The time in the name of a file that is kept beside another."""

from datetime import UTC, datetime


def time_stamp(now: datetime) -> str:
    """``now`` as it stands in names: text order is time order."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
