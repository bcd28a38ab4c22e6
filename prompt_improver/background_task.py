"""Tasks that run in the background: one way to begin them, so that none dies unheard."""

import asyncio
import logging
import traceback
from collections.abc import Coroutine
from typing import Any

from prompt_improver.domain.errors import RepositoryError, SpoolError

logger = logging.getLogger(__name__)


def start_background_task(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """A task that does ``work``, for the caller to hold. Where an error ends it, the log says
    so at once: ``name``, what ``log_text`` allows of the error, and its place in the code. Being
    cancelled is no error."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_log_death)
    return task


def log_text(error: BaseException) -> str:
    """What a log may hold of it: the messages of the history's and the spool's errors name the
    mend and hold no text of the user's; of any other only the kind is sure not to."""
    known = isinstance(error, (RepositoryError, SpoolError))
    return str(error) if known else type(error).__name__


def _log_death(task: asyncio.Task[None]) -> None:
    # Asking for the exception also keeps asyncio from logging it with its words.
    if task.cancelled() or (error := task.exception()) is None:
        return
    place = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    logger.error(
        "Background task ended by an error (%s): %s\n%s", task.get_name(), log_text(error), place
    )
