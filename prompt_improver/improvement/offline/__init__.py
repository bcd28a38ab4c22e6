"""No model: what can be protected and completed in an idea without understanding it. The
sentences and the words that recognise a task are data, in ``knowledge/``."""

from prompt_improver.improvement.offline.composition import Composition, compose
from prompt_improver.improvement.offline.offline_improver import OfflineImprover

__all__ = ["Composition", "OfflineImprover", "compose"]
