"""What the tools and prompts work with."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from prompt_improver.domain.errors import (
    HistoryMissingError,
    HistoryOffError,
    ImprovementNotFoundError,
    InvalidRequestError,
)
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.recorder import Recorder
from prompt_improver.domain.target import Target
from prompt_improver.improvement.improve_idea import ImproveIdea
from prompt_improver.improvement.improved import Improved

History = Callable[[], AbstractAsyncContextManager[PromptRepository]]
"""Opens the history for one use. Raises HistoryMissingError where there is none yet."""
ClientRequest = Callable[[str, str, Target | None], str]
"""Our instructions for the client's own model, from idea, context and target. Raises
SettingsError where the examples cannot be read."""
LONGEST_ANSWER_S = 55.0
"""Some clients give a call up after 60 seconds."""
_MOST_MADE = 200


class Made:
    """The newest improvements of this process, by id: where agents have no history they are all
    that can be refined, and one may have to wait for the answers to its questions."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, Improved] = OrderedDict()

    def put(self, improved: Improved) -> None:
        self._made[improved.history.prompt_id] = improved
        if len(self._made) > _MOST_MADE:
            self._made.popitem(last=False)

    def get(self, prompt_id: str) -> Improved | None:
        return self._made.get(prompt_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
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
    made: Made = field(default_factory=Made)

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
            try:
                async with self.reading() as repository:
                    found = await _find(repository, prompt_id)
                    if found is None:
                        await self.recorder.catch_up()
                        found = await _find(repository, prompt_id)
            except HistoryMissingError:
                found = None
            if found is not None:
                return found
        if made is None:
            raise ImprovementNotFoundError("no row has this prompt_id")
        return made.history


def _opened(history: History | None) -> AbstractAsyncContextManager[PromptRepository]:
    if history is None:
        raise HistoryOffError("agents have no history")
    return history()


async def _find(repository: PromptRepository, prompt_id: str) -> PromptHistory | None:
    ids = await repository.find_prompt_ids(prompt_id)
    if len(ids) > 1:
        raise InvalidRequestError("prompt_id: begins several ids. Send more of it")
    return await repository.find_by_prompt_id(ids[0]) if ids else None
