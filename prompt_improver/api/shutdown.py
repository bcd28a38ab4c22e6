"""A stop of the server, as those see it who have something to bring to an end."""

import asyncio


class Shutdown:
    """Whoever makes the app sets these; without a server nobody does."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        """No new requests come; those that have no end of their own are to end."""
        self.grace_ended = asyncio.Event()
        """Requests are no longer left the time that their model wants."""
        self.hurried = asyncio.Event()
        """A second signal: rows that wait for the database go to the spool at once."""

    def hurry(self) -> None:
        """End the grace, and whatever else takes time."""
        self.grace_ended.set()
        self.hurried.set()
