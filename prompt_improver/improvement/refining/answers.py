"""What answers to a prompt's questions ask to change in it."""

from collections.abc import Sequence

from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.question import Answer


def told_to_change(parent: PromptHistory, feedback: str, answers: Sequence[Answer]) -> str:
    """Feedback and answers as one wish: each answer behind its question, on a line of its own;
    blank ones, which take the default, say nothing."""
    asked = {question.id: question.text for question in parent.questions or ()}
    lines = [
        f"{asked.get(answer.id, '')} {answer.text.strip()}".strip()
        for answer in answers
        if answer.text.strip()
    ]
    return "\n".join(filter(None, (feedback.strip(), *lines)))


def settled_defaults(parent: PromptHistory, answers: Sequence[Answer]) -> tuple[str, ...]:
    """The defaults in whose place an answer comes."""
    answered = {answer.id for answer in answers if answer.text.strip()}
    return tuple(
        question.default
        for question in parent.questions or ()
        if question.id in answered and question.default.strip()
    )
