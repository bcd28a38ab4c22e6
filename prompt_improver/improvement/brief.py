"""What the caller decides besides idea and context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from prompt_improver.domain.question import Answer
from prompt_improver.domain.target import Target
from prompt_improver.improvement.revision import Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """How an idea is to be improved. Every improver gets it, with the idea as ``with_answers``
    made it."""

    target: Target = Target.CHAT
    answered: frozenset[str] = frozenset()
    """Ids of the questions that the user has seen: they are not to be asked again."""
    taken: frozenset[str] = frozenset()
    """Ids of those that the user answered in words: nothing is to be assumed there."""
    revision: Revision | None = None
    """What is to be changed in an earlier prompt of the idea; None makes a new one."""

    @classmethod
    def of(cls, target: Target, answers: Sequence[Answer]) -> "Brief":
        """The brief of who has given these answers."""
        return cls(
            target=target,
            answered=frozenset(answer.id for answer in answers),
            taken=frozenset(answer.id for answer in answers if answer.text.strip()),
        )


CHAT = Brief()
_NO_LABELS: Mapping[str, str] = MappingProxyType({})


def with_answers(
    idea: str, answers: Sequence[Answer], labels: Mapping[str, str] = _NO_LABELS
) -> str:
    """``idea`` with what ``answers`` say, as if the user had written it there: each a paragraph,
    behind the label of its question, where it has one."""
    told = []
    for answer in answers:
        if text := answer.text.strip():
            label = labels.get(answer.id, "")
            told.append(f"{label}: {text}" if label else text)
    return "\n\n".join([idea.rstrip(), *told]) if told else idea
