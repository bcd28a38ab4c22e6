"""What the tools and prompts work with."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from prompt_improver.domain.errors import (
    HistoryMissingError,
    HistoryOffError,
    ImprovementNotFoundError,
)
from prompt_improver.domain.lookup import find_by_beginning, when_kept
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.recorder import Recorder, SaveOutcome
from prompt_improver.domain.target import Target
from prompt_improver.improvement.improve_idea import ImproveIdea
from prompt_improver.mcp.made_improvements import MadeImprovements

History = Callable[[], AbstractAsyncContextManager[PromptRepository]]
"""Opens the history for one use. Raises HistoryMissingError where there is none yet."""
ClientRequest = Callable[[str, str, Target | None], str]
"""Our instructions for the client's own model, from idea, context and target. Raises
SettingsError where the examples cannot be read."""
LONGEST_ANSWER_S = 55.0
"""Some clients give a call up after 60 seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """Made once for all clients of a process."""

    improve_idea: ImproveIdea
    recorder: Recorder
    client_request: ClientRequest
    reading: History | None
    """None where agents have no history: it is hidden, or none is kept."""
    writing: History | None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the program stops and its grace is over."""
    longest_answer_s: float = LONGEST_ANSWER_S
    made: MadeImprovements = field(default_factory=MadeImprovements)

    @property
    def has_history(self) -> bool:
        return self.reading is not None

    def to_read(self) -> AbstractAsyncContextManager[PromptRepository]:
        """Raises HistoryOffError where agents have no history."""
        return _opened(self.reading)

    def to_write(self) -> AbstractAsyncContextManager[PromptRepository]:
        """Raises HistoryOffError where agents have no history."""
        return _opened(self.writing)

    async def find(self, prompt_id: str) -> PromptHistory:
        """The improvement with this id, or whose id begins so.

        Raises:
            ImprovementNotFoundError: there is none.
            InvalidRequestError: there are several.
            RepositoryError: the history could not be read.
        """
        made = self.made.get(prompt_id)
        if self.reading is not None:
            with contextlib.suppress(HistoryMissingError, ImprovementNotFoundError):
                async with self.reading() as repository:
                    return await when_kept(
                        self.recorder, lambda: find_by_beginning(repository, prompt_id)
                    )
            if made is not None and made.saved in (SaveOutcome.QUEUED, SaveOutcome.SAVED):
                made = None  # it was in the history, and somebody has deleted it
        if made is None:
            raise ImprovementNotFoundError("no row has this prompt_id")
        return made.history


def _opened(history: History | None) -> AbstractAsyncContextManager[PromptRepository]:
    if history is None:
        raise HistoryOffError("agents have no history")
    return history()
