"""How a moment is printed for the person at the terminal."""

from datetime import datetime


def local_time(moment: datetime) -> str:
    """``moment`` to the second, in the time zone of this machine, whose distance from UTC
    stands behind it: 2026-05-04 14:00:00+02:00."""
    try:
        local = moment.astimezone()
    except OverflowError:  # at either end of the calendar
        local = moment
    return local.isoformat(sep=" ", timespec="seconds")
