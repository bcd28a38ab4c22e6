"""The history's books, from both places where the server tells them."""

import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import httpx

from tests.server_process import ServerProcess

_SERIES = re.compile(r"^prompt_improver_([a-z_]+?)(\{[^}]*\})? (\S+)$", re.MULTILINE)
_NAMES = {
    "accepted": "saves_accepted_total",
    "saved": 'saves_total{outcome="saved"}',
    "spooled": "spool_rows",
    "dropped": 'saves_total{outcome="dropped"}',
    "rejected": 'saves_total{outcome="rejected"}',
    "waiting": "queue_rows",
}


@dataclass(frozen=True, kw_only=True)
class Books:
    """Rows since the server's start; those that it took in from a spool are among them."""

    accepted: int
    saved: int
    spooled: int
    dropped: int
    rejected: int
    waiting: int

    def __post_init__(self) -> None:
        left = self.saved + self.spooled + self.dropped + self.rejected + self.waiting
        assert self.accepted == left, f"the books do not balance: {asdict(self)}"

    @property
    def unsettled(self) -> int:
        """Rows that are on their way to the database."""
        return self.spooled + self.waiting


def figures(client: httpx.Client) -> dict[str, float]:
    """Everything that ``/metrics`` tells, by name, labels included, without the prefix."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {name + labels: float(value) for name, labels, value in _SERIES.findall(answer.text)}


def books(client: httpx.Client) -> Books:
    """The books as ``/metrics`` has them; those of ``/health/repository`` balance too."""
    health_books(client)
    told = figures(client)
    return Books(**{name: int(told[series]) for name, series in _NAMES.items()})


def health_books(client: httpx.Client) -> Books:
    """The books as ``/health/repository`` has them, whether the history works or not."""
    answer = client.get("/health/repository")
    assert answer.status_code in (200, 503)
    return Books(**answer.json()["saves"])


def both_books(client: httpx.Client) -> Books:
    """The books of a server that nobody uses at the moment: both places tell the same, once
    no row is on its way any more from one place to another."""
    deadline = time.monotonic() + 5
    while (found := books(client)) != (there := health_books(client)):
        assert time.monotonic() < deadline, f"/metrics has {found}, /health/repository {there}"
        time.sleep(0.02)
    return found


def await_books(
    server: ServerProcess, condition: Callable[[Books], bool], wait_s: float = 15.0
) -> Books:
    """The first books that fulfil ``condition``; after ``wait_s`` seconds it has failed."""
    deadline = time.monotonic() + wait_s
    while not condition(found := books(server.client)):
        assert time.monotonic() < deadline, f"still {found} after {wait_s} s\n{troubles(server)}"
        time.sleep(0.04)
    return found


def await_saved(server: ServerProcess, rows: int, wait_s: float = 15.0) -> Books:
    """The books when so many rows are saved and nothing is on its way. For a server that
    finds a spool: it is looked into after the server has begun to answer."""
    return await_books(server, lambda found: settled(found) and found.saved == rows, wait_s)


def troubles(server: ServerProcess) -> str:
    """What the server's log says but of its requests."""
    return "\n".join(line for line in server.log.splitlines() if " route=" not in line)


def settled(found: Books) -> bool:
    """Whether nothing is on its way any more."""
    return found.unsettled == 0


def breaker_state(client: httpx.Client) -> str:
    """closed, open or half-open."""
    told = figures(client)
    states = ("closed", "open", "half-open")
    return next(name for name in states if told[f'breaker_state{{state="{name}"}}'])
