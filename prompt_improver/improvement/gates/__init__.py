"""What an improved prompt must never break: each gate holds a prompt against its idea.

One file a gate, the comparison that all of them look at, and the words and numbers that they
know. A gate takes a ``Rewrite`` and answers with a ``GateFailure`` or None; it changes nothing.
"""

from prompt_improver.improvement.gates.all_gates import GATES, check
from prompt_improver.improvement.gates.answered import answered, unfilled
from prompt_improver.improvement.gates.assumed import assumed
from prompt_improver.improvement.gates.comparison import FailureKind, GateFailure, Rewrite
from prompt_improver.improvement.gates.contradiction import contradiction
from prompt_improver.improvement.gates.kept import kept
from prompt_improver.improvement.gates.limit import Limit
from prompt_improver.improvement.gates.limits import limits
from prompt_improver.improvement.gates.placeholders import placeholders
from prompt_improver.improvement.gates.prompt_language import language
from prompt_improver.improvement.gates.repetition import repetition
from prompt_improver.improvement.gates.size import TOLD_CHARACTERS, TOLD_TIMES, is_long, told_length
from prompt_improver.improvement.gates.user_limits import limits_of, user_limits
from prompt_improver.improvement.gates.verbatim import verbatim

__all__ = [
    "GATES",
    "TOLD_CHARACTERS",
    "TOLD_TIMES",
    "FailureKind",
    "GateFailure",
    "Limit",
    "Rewrite",
    "answered",
    "assumed",
    "check",
    "contradiction",
    "is_long",
    "kept",
    "language",
    "limits",
    "limits_of",
    "placeholders",
    "repetition",
    "told_length",
    "unfilled",
    "user_limits",
    "verbatim",
]
