"""Commands that use the history: open it, use it, close it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from prompt_improver.cli.settings import read_settings, settings_with_database

if TYPE_CHECKING:
    from prompt_improver.domain.prompt_repository import PromptRepository
    from prompt_improver.settings import Settings

T = TypeVar("T")


def with_repository(
    use: "Callable[[PromptRepository], Awaitable[T]]", settings: "Settings | None" = None
) -> T:
    """What ``use`` returns of the open history, which is made where it is missing.

    Raises:
        RepositoryError: the history could not do it.
        SettingsError: a setting is wrong.
    """
    from prompt_improver.wiring import make_repository

    return _use(make_repository(read_settings() if settings is None else settings), use)


def with_history_reader(
    use: "Callable[[PromptRepository], Awaitable[T]]", settings: "Settings | None" = None
) -> T:
    """What ``use`` returns of the history that is there; nothing is made or changed.

    Raises:
        HistoryMissingError: there is none.
        RepositoryError: the history could not do it.
        SettingsError: a setting is wrong.
    """
    from prompt_improver.wiring import make_history_reader

    return _use(make_history_reader(settings or settings_with_database()), use)


def _use(repository: "PromptRepository", use: "Callable[[PromptRepository], Awaitable[T]]") -> T:
    async def open_and_use() -> T:
        try:
            await repository.open()
            return await use(repository)
        finally:
            await repository.close()

    import asyncio

    return asyncio.run(open_and_use())
