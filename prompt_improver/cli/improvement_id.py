"""Which improvement is meant: by ``last``, or by the beginning of its id."""

from typing import TYPE_CHECKING

from prompt_improver.domain.errors import ImprovementNotFoundError

if TYPE_CHECKING:
    from prompt_improver.domain.prompt_history import PromptHistory
    from prompt_improver.domain.prompt_repository import PromptRepository

HELP = "Id of the improvement, its beginning, or last."
LAST = "last"
SHORT = 8
"""Characters of an id that are shown where it stands beside other words."""


async def find_improvement(repository: "PromptRepository", given: str) -> "PromptHistory":
    """The improvement that ``given`` means.

    Raises:
        ImprovementNotFoundError: none.
        InvalidRequestError: several.
        RepositoryError: the history could not be read.
    """
    from prompt_improver.domain.lookup import find_by_beginning

    if given == LAST:
        found = next(iter(await repository.find_recent(1)), None)
    else:
        found = await find_by_beginning(repository, given)
    if found is None:
        raise ImprovementNotFoundError(f"no improvement {given}")
    return found
