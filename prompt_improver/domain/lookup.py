"""Finding the improvement that somebody means, the same at every door."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from prompt_improver.domain.errors import ImprovementNotFoundError, InvalidRequestError
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.recorder import Recorder

T = TypeVar("T")

IDEA = "idea"
"""Names the idea, where the other text is not that of an improvement."""
_SHOWN = 3
_LEAST_SHOWN = 8
"""Characters of each id that is shown."""


async def when_kept(recorder: Recorder, find: Callable[[], Awaitable[T | None]]) -> T:
    """What ``find`` finds in the history, where a row may be on its way.

    Raises:
        ImprovementNotFoundError: nothing.
    """
    found = await find()
    if found is None:
        await recorder.catch_up()
        found = await find()
    if found is None:
        raise ImprovementNotFoundError("no row has this prompt_id")
    return found


async def find_by_beginning(repository: PromptRepository, beginning: str) -> PromptHistory | None:
    """The improvement whose id begins so; None where there is none.

    Raises:
        InvalidRequestError: there are several. The message shows the first of them.
        RepositoryError: the history could not be read.
    """
    ids = await repository.find_prompt_ids(beginning, _SHOWN + 1)
    if len(ids) > 1:
        length = max(_LEAST_SHOWN, len(beginning) + 4)
        shown = ", ".join(each[:length] for each in ids[:_SHOWN])
        more = " and others" if len(ids) > _SHOWN else ""
        raise InvalidRequestError(
            f"Several ids begin with {beginning}: {shown}{more}. Type more of the id"
        )
    return await repository.find_by_prompt_id(ids[0]) if ids else None


async def find_version(
    repository: PromptRepository, history: PromptHistory, prompt_id: str
) -> PromptHistory:
    """The version of ``history`` with this UUID, whole.

    Raises:
        ImprovementNotFoundError: the thread of ``history`` has no such version.
        RepositoryError: the history could not be read.
    """
    thread = await repository.find_versions(history.prompt_id, cut=1)
    found = await repository.find_by_prompt_id(prompt_id)
    if found is None or found.prompt_id not in {each.prompt_id for each in thread}:
        raise ImprovementNotFoundError("no version of this improvement has this prompt_id")
    return found


async def text_against(
    repository: PromptRepository, history: PromptHistory, against: str | None
) -> tuple[str, str]:
    """What to hold ``history`` against, and the name of that: the improvement with the UUID
    ``against``, or IDEA; None takes what it was refined from, or the idea where there is none.

    Raises:
        ImprovementNotFoundError: there is no such improvement.
        RepositoryError: the history could not be read.
    """
    wanted = history.parent_id if against is None else against
    if wanted is not None and wanted != IDEA:
        other = await repository.find_by_prompt_id(wanted)
        if other is not None:
            return other.prompt_id, other.prompt_to_use
        if against is not None:
            raise ImprovementNotFoundError("no row has the prompt_id to compare with")
    return IDEA, history.original_idea
