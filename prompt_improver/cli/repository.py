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
    """What ``use`` returns of the open history, which is made where it is missing."""
    from prompt_improver.wiring import make_repository

    return _use(make_repository(settings_or_fail() if settings is None else settings), use)


def with_history_reader(use: "Callable[[PromptRepository], Awaitable[T]]") -> T:
    """What ``use`` returns of the history that is there; nothing is made or changed. Without
    one this ends the program in a line."""
    from prompt_improver.wiring import make_history_reader

    return _use(make_history_reader(settings_with_database()), use)


def settings_with_database() -> "Settings":
    """The settings; where there is no database yet this ends the program and says where one
    was looked for."""
    settings = settings_or_fail()
    if not settings.database_file.exists():
        fail(
            f"There is no history yet: no database at {settings.database_file} (SQLITE_DB_PATH). "
            "The server, or the first `improve`, makes it"
        )
    return settings


def _use(repository: "PromptRepository", use: "Callable[[PromptRepository], Awaitable[T]]") -> T:
    from prompt_improver.domain.errors import RepositoryError

    async def open_and_use() -> T:
        try:
            await repository.open()
            return await use(repository)
        finally:
            await repository.close()

    try:
        return asyncio.run(open_and_use())
    except RepositoryError as error:
        fail(str(error))
