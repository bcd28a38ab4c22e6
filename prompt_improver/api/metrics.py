"""What happens, counted for Prometheus."""

import contextlib
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from prompt_improver.api.repository_health import RepositoryHealth
from prompt_improver.domain.breaker import BreakerState
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.errors import (
    CallerGoneError,
    ImproverError,
    PromptImproverError,
    StoppingError,
    TooManyImprovementsError,
)
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.prompt_repository import PromptRepository, RepositoryDescription
from prompt_improver.domain.recorder import RecorderCounts
from prompt_improver.improvement.improved import ImprovementObserver
from prompt_improver.recording import HistoryCleanup, HistoryRecorder

# From the offline backend (under a millisecond) to a model at the end of its patience.
_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
# From a small model on this machine to one that thinks first.
_FIRST_FIELD_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 40, 80)
# From a commit on a quiet disk to one that waits for another process.
_COMMIT_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

_REASONS_TO_FALL_BACK = (
    StoppingError.code,
    *(code for code in ERRORS if code.startswith("model_")),
)


class Metrics(ImprovementObserver):
    """The figures of one app, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        # Memory, processor time and open files of this process; on Linux only.
        ProcessCollector(registry=self._registry)
        self._history: HistoryFigures | None = None
        self._improvements = Counter(
            "prompt_improver_improvements",
            "Requests for an improvement, by backend and outcome: improved, kept_original, or "
            "the code of the error.",
            ("backend", "outcome"),
            registry=self._registry,
        )
        self._cancellations = Counter(
            "prompt_improver_cancellations",
            "Calls of the model given up, by backend and cause: caller_gone (the client hung up) "
            "or stopping (the server was stopped).",
            ("backend", "cause"),
            registry=self._registry,
        )
        self._fallbacks = Counter(
            "prompt_improver_fallbacks",
            "Answers of the offline backend in the place of a model's, by the backend that was to "
            "answer and the code of the model's error.",
            ("backend", "code"),
            registry=self._registry,
        )
        # There from the start, so that the first one is an increase.
        for backend in (BackendType.ZERO_SHOT, BackendType.FEW_SHOT):
            for kind in (CallerGoneError, StoppingError):
                self._cancellations.labels(backend.value, kind.cause)
            for code in _REASONS_TO_FALL_BACK:
                self._fallbacks.labels(backend.value, code)
        self._latency = Histogram(
            "prompt_improver_improvement_seconds",
            "Seconds that improvements took, by backend.",
            ("backend",),
            buckets=_LATENCY_BUCKETS_S,
            registry=self._registry,
        )
        self._first_field = Histogram(
            "prompt_improver_first_field_seconds",
            "Seconds from the request to the first text of a stream, by backend.",
            ("backend",),
            buckets=_FIRST_FIELD_BUCKETS_S,
            registry=self._registry,
        )
        self._model_calls = Counter(
            "prompt_improver_model_calls",
            "Requests sent to the model for improvements that were answered.",
            registry=self._registry,
        )
        self._tokens = Counter(
            "prompt_improver_model_tokens",
            "Tokens of the model, by direction: input or output.",
            ("direction",),
            registry=self._registry,
        )
        self._commit = Histogram(
            "prompt_improver_commit_seconds",
            "Seconds that the history took to commit a batch of rows.",
            buckets=_COMMIT_BUCKETS_S,
            registry=self._registry,
        )
        self._begin()

    def _begin(self) -> None:
        """Every series at 0, so that its first count is an increase."""
        of_a_model = [ImproverError.code, TooManyImprovementsError.code]
        of_a_model += [kind.code for kind in ImproverError.__subclasses__()]
        for backend in (BackendType.ZERO_SHOT, BackendType.FEW_SHOT, BackendType.OFFLINE):
            codes = [] if backend is BackendType.OFFLINE else of_a_model
            for outcome in ("improved", "kept_original", "internal_error", *codes):
                self._improvements.labels(backend.value, outcome)
            self._latency.labels(backend.value)
            if backend is not BackendType.OFFLINE:
                self._first_field.labels(backend.value)
        for direction in ("input", "output"):
            self._tokens.labels(direction)

    def count_improvement(self, history: PromptHistory) -> None:
        backend = history.backend.value
        outcome = "kept_original" if history.kept_original else "improved"
        self._improvements.labels(backend, outcome).inc()
        self._latency.labels(backend).observe((history.latency_ms or 0.0) / 1000)
        self._model_calls.inc(history.model_calls or 0)
        self._tokens.labels("input").inc(history.input_tokens or 0)
        self._tokens.labels("output").inc(history.output_tokens or 0)

    def count_failure(self, backend: BackendType, error: Exception) -> None:
        code = error.code if isinstance(error, PromptImproverError) else "internal_error"
        self._improvements.labels(backend.value, code).inc()

    def count_fallback(self, backend: BackendType, error: PromptImproverError) -> None:
        self._fallbacks.labels(backend.value, error.code).inc()

    def observe_first_field(self, backend: BackendType, seconds: float) -> None:
        self._first_field.labels(backend.value).observe(seconds)

    def count_cancellation(self, backend: BackendType, cause: str) -> None:
        self._cancellations.labels(backend.value, cause).inc()

    def observe_commit(self, seconds: float) -> None:
        """A batch of rows was committed."""
        self._commit.observe(seconds)

    def watch(self, history: "HistoryFigures") -> None:
        """Tell the history's figures too."""
        self._history = history
        self._registry.register(history)

    def refresh_counts(self) -> None:
        """To be called before ``render``, in the event loop, which is where rows are counted: a
        thread would see the books in the middle of a change."""
        if self._history is not None:
            self._history.refresh_counts()

    def render(self) -> bytes:
        """All of it in Prometheus' text format. Looks at the sizes of files: for a thread."""
        return generate_latest(self._registry)


@dataclass(slots=True, kw_only=True, eq=False)
class HistoryFigures(Collector):
    """Read where they are kept, at the moment that somebody asks; the books of the rows as
    they were at the last ``refresh_counts``."""

    recorder: HistoryRecorder
    health: RepositoryHealth
    cleanup: HistoryCleanup
    store: PromptRepository
    backup_dir: Path
    _counts: RecorderCounts = field(init=False)

    def __post_init__(self) -> None:
        self.refresh_counts()

    def refresh_counts(self) -> None:
        self._counts = self.recorder.counts

    def collect(self) -> Iterator[Metric]:
        counts, described = self._counts, self.store.describe(with_sizes=True)
        saves = CounterMetricFamily(
            "prompt_improver_saves",
            "Rows for the history, by outcome: saved, dropped or rejected.",
            labels=["outcome"],
        )
        for outcome in ("saved", "dropped", "rejected"):
            saves.add_metric([outcome], getattr(counts, outcome))
        yield saves
        yield CounterMetricFamily(
            "prompt_improver_saves_accepted",
            "Rows offered to the history, with those that an earlier run had spooled: saved, "
            "spooled, dropped, rejected and waiting together.",
            counts.accepted,
        )
        yield _gauge("queue_rows", "Rows that wait to be saved.", counts.waiting)
        yield _gauge("spool_rows", "Rows in the spool, still to be saved.", counts.spooled)
        breaker = self.recorder.breaker
        state = GaugeMetricFamily(
            "prompt_improver_breaker_state",
            "1 for the state that the breaker is in, 0 for the others.",
            labels=["state"],
        )
        for name in BreakerState:
            state.add_metric([name.value], float(breaker.state is name))
        yield state
        yield CounterMetricFamily(
            "prompt_improver_breaker_trips", "Times that the breaker has opened.", breaker.trips
        )
        yield CounterMetricFamily(
            "prompt_improver_busy_retries",
            "Tries repeated because another process held the database.",
            described.busy_retries,
        )
        yield _gauge(
            "spoiled_rows",
            "Rows with invalid values found since the start and left out; the log names them.",
            described.spoiled_rows,
        )
        yield from self._sizes(described)

    def _sizes(self, described: RepositoryDescription) -> Iterator[Metric]:
        known = self.health.last_known
        if known is not None:
            yield _gauge("history_rows", "Rows in the history.", known.total_count)
            yield _gauge("history_starred_rows", "Starred rows in the history.", known.starred)
            rated = GaugeMetricFamily(
                "prompt_improver_history_rated_rows",
                "Rated rows in the history, by rating: good or bad.",
                labels=["rating"],
            )
            rated.add_metric(["good"], known.rated_good)
            rated.add_metric(["bad"], known.rated_bad)
            yield rated
        stored, logged = described.stored_bytes or 0, described.logged_bytes or 0
        yield _gauge("database_bytes", "Size of the database file.", stored)
        yield _gauge("wal_bytes", "Size of the write-ahead log beside it.", logged)
        if self.cleanup.last_done_at is not None:
            yield _gauge(
                "last_cleanup_timestamp_seconds",
                "When the history was last cleaned up, in Unix time.",
                self.cleanup.last_done_at,
            )
        newest = _newest(self.backup_dir)
        if newest is not None:
            yield _gauge(
                "newest_backup_age_seconds",
                "Age of the newest finished file in BACKUP_DIR; missing while there is none.",
                max(0.0, time.time() - newest),
            )


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"prompt_improver_{name}", help_text, value)


def _newest(folder: Path) -> float | None:
    """When the newest backup in ``folder`` was written, in Unix time; None without one. One
    that is still being made (``*.part``), and hidden files, are none."""
    newest = None
    for file in _files_in(folder):
        if ".part" in file.name or file.name.startswith("."):
            continue
        with contextlib.suppress(OSError):  # removed in this moment, to make room
            status = file.stat()
            if stat.S_ISREG(status.st_mode):
                newest = max(newest or 0.0, status.st_mtime)
    return newest


def _files_in(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
