"""No model: what can be protected and completed in an idea without understanding it. The
sentences and the words that recognise a task are data, in ``knowledge/``."""

from prompt_improver.improvement.offline.answers import answer_labels
from prompt_improver.improvement.offline.composition import Composition, compose
from prompt_improver.improvement.offline.offline_improver import OfflineImprover
from prompt_improver.improvement.offline.targets import choose_target

__all__ = ["Composition", "OfflineImprover", "answer_labels", "choose_target", "compose"]
