"""Commands that use the history: open it, use it, close it, and end in one line on errors."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from prompt_improver.cli.failure import fail, settings_or_fail

if TYPE_CHECKING:
    from prompt_improver.domain.prompt_repository import PromptRepository
    from prompt_improver.settings import Settings

T = TypeVar("T")


def with_repository(
    use: "Callable[[PromptRepository], Awaitable[T]]", settings: "Settings | None" = None
) -> T:
    """What ``use`` returns of the open history."""
    from prompt_improver.domain.errors import RepositoryError
    from prompt_improver.wiring import make_repository

    chosen = settings_or_fail() if settings is None else settings

    async def open_and_use() -> T:
        repository = make_repository(chosen)
        try:
            await repository.open()
            return await use(repository)
        finally:
            await repository.close()

    try:
        return asyncio.run(open_and_use())
    except RepositoryError as error:
        fail(str(error))
