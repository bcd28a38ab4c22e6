"""What a run of hostile requests has seen."""

from collections import Counter
from dataclasses import dataclass, field

from tests.hostile_input.hostile_requests import HostileRequest


@dataclass
class Findings:
    """Counts, times, and what went wrong."""

    seed: int
    answers: Counter[str] = field(default_factory=Counter)
    """How many, by kind of request and status."""
    failures: dict[str, str] = field(default_factory=dict)
    """What went wrong, once each, and the first request of which it is true."""
    improved: int = 0
    """Answers with a prompt; each is a row of the history."""
    deleted: int = 0
    """Rows."""
    slowest_s: float = 0.0
    slowest: int = -1
    """The number of the framed request that waited longest for its answer."""
    health_s: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        total = sum(self.answers.values())
        health = sorted(self.health_s) or [0.0]
        lines = [
            f"seed {self.seed}: {total} answers in {self.seconds:.1f} s, "
            f"{total / max(self.seconds, 0.001):.0f}/s; improved {self.improved}, deleted "
            f"{self.deleted}; slowest {self.slowest_s:.3f} s (number {self.slowest}); /health "
            f"p99 {health[int(len(health) * 0.99)]:.3f} s, worst {health[-1]:.3f} s",
            ", ".join(f"{name} {count}" for name, count in sorted(self.answers.items())),
            *(f"FAILED {why}\n{request}" for why, request in self.failures.items()),
        ]
        return "\n".join(lines)

    def blame(self, number: int, request: HostileRequest, why: str, said: str = "") -> None:
        """Remember a failure, with what it takes to do it again."""
        raw = b"".join(request.pieces)
        shown = f"{raw[:1_500]!r}" + (f" ... {len(raw)} bytes" if len(raw) > 1_500 else "")
        again = f"python -m tests.hostile_input --seed {self.seed} --show {number}"
        self.failures.setdefault(
            f"{request.kind}: {why}", f"  {said}\n  the bytes again: {again}\n  {shown}"
        )
