"""How long to wait for another process that holds the database: the one retry policy.

Four attempts of 0.25 s each and three pauses of at most 0.1 s: 1.3 s, then it is given up.
Short attempts let go of the thread and of the lock in between, so other calls get through;
the jitter keeps processes that started together from meeting again.
"""

from tenacity import retry_if_exception_type, stop_after_attempt, wait_random

from prompt_improver.domain.errors import RepositoryBusyError

BUSY_TIMEOUT_S = 0.25
STOP = stop_after_attempt(4)
WAIT = wait_random(min=0.02, max=0.1)
RETRY = retry_if_exception_type(RepositoryBusyError)
