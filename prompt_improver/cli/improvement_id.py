"""Which improvement is meant: by ``last``, or by the beginning of its id."""

from typing import TYPE_CHECKING

from prompt_improver.domain.errors import ImprovementNotFoundError, InvalidRequestError

if TYPE_CHECKING:
    from prompt_improver.domain.prompt_history import PromptHistory
    from prompt_improver.domain.prompt_repository import PromptRepository

HELP = "Id of the improvement, its beginning, or last."
LAST = "last"
_SHOWN = 3
SHORT = 8
"""Characters of an id that are shown where it stands beside other words."""


async def find_improvement(repository: "PromptRepository", given: str) -> "PromptHistory":
    """The improvement that ``given`` means.

    Raises:
        ImprovementNotFoundError: none.
        InvalidRequestError: several.
        RepositoryError: the history could not be read.
    """
    found = None
    if given == LAST:
        found = next(iter(await repository.find_recent(1)), None)
    else:
        ids = await repository.find_prompt_ids(given, _SHOWN + 1)
        if len(ids) > 1:
            shown = ", ".join(each[: max(SHORT, len(given) + 4)] for each in ids[:_SHOWN])
            more = " and others" if len(ids) > _SHOWN else ""
            raise InvalidRequestError(
                f"{given} begins several ids: {shown}{more}. Type more of the one that you mean"
            )
        if ids:
            found = await repository.find_by_prompt_id(ids[0])
    if found is None:
        raise ImprovementNotFoundError(f"no improvement {given}")
    return found
