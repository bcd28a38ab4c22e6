"""A kept prompt, changed as its user asks: what the feedback concerns, what stays, and what is
held against it."""

from prompt_improver.improvement.refining.answers import settled_defaults, told_to_change
from prompt_improver.improvement.refining.feedback_rule import add_feedback
from prompt_improver.improvement.refining.parent_prompt import prompt_of, told_idea
from prompt_improver.improvement.refining.revision_gates import check_revision
from prompt_improver.improvement.refining.unconcerned import changed_parts, restore_unconcerned

__all__ = [
    "add_feedback",
    "changed_parts",
    "check_revision",
    "prompt_of",
    "restore_unconcerned",
    "settled_defaults",
    "told_idea",
    "told_to_change",
]
