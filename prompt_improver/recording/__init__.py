"""The way of an improvement from its answer into the store, and what looks after the store.

Imports the domain alone; the breaker comes by its interface."""

from prompt_improver.recording.compaction import HistoryCompaction
from prompt_improver.recording.direct_recorder import DirectRecorder
from prompt_improver.recording.history_recorder import LONGEST_DRAIN_S, HistoryRecorder
from prompt_improver.recording.retention import HistoryCleanup
from prompt_improver.recording.watch import HistoryWatch

__all__ = [
    "LONGEST_DRAIN_S",
    "DirectRecorder",
    "HistoryCleanup",
    "HistoryCompaction",
    "HistoryRecorder",
    "HistoryWatch",
]
