"""Which request the work at hand belongs to."""

from contextvars import ContextVar

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="-")
"""Set by the request id's middleware; ``-`` outside of a request. The log reads it, without
importing a web framework: the command line has a log too."""
