"""What the caller decides besides idea and context."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompt_improver.domain.question import Answer
from prompt_improver.domain.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """How an idea is to be improved. Every improver gets it, with the idea as ``with_answers``
    made it."""

    target: Target = Target.CHAT
    answered: frozenset[str] = frozenset()
    """Ids of the questions that the user has seen: they are not to be asked again."""


CHAT = Brief()


def with_answers(idea: str, answers: Sequence[Answer]) -> str:
    """``idea`` with what ``answers`` say, as if the user had written it there."""
    told = [answer.text.strip() for answer in answers if answer.text.strip()]
    return "\n\n".join([idea.rstrip(), *told]) if told else idea
