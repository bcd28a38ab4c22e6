"""Keeping one improvement at once, without a server."""

import asyncio

from prompt_improver.domain.errors import RepositoryConstraintError, RepositoryError, SpoolError
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.prompt_spool import PromptSpool
from prompt_improver.domain.recorder import Recorder, SaveOutcome


class DirectRecorder(Recorder):
    """Saves each row before it answers, or spools it where the database cannot take it. Opens
    and closes both for each row, one row after the other."""

    def __init__(self, repository: PromptRepository, spool: PromptSpool) -> None:
        self._repository = repository
        self._spool = spool
        self._lock = asyncio.Lock()
        self.problem: str | None = None
        """Why the last row is not in the database; None where it is."""

    async def record(self, history: PromptHistory) -> SaveOutcome:
        async with self._lock:
            return await self._record(history)

    async def _record(self, history: PromptHistory) -> SaveOutcome:
        self.problem = None
        try:
            await self._repository.open()
            await self._repository.save(history)
        except RepositoryConstraintError as error:
            self.problem = f"not kept in the history: {error}"
            return SaveOutcome.DROPPED
        except RepositoryError as error:
            return await self._spool_row(history, str(error))
        finally:
            await self._repository.close()
        return SaveOutcome.SAVED

    async def _spool_row(self, history: PromptHistory, why: str) -> SaveOutcome:
        try:
            await self._spool.open()  # to go on with one that is there and that no server has
            if not await self._spool.append([history]):
                self.problem = f"not kept in the history: {why}; its spool is full"
                return SaveOutcome.DROPPED
        except SpoolError as error:
            self.problem = f"not kept in the history: {why}; {error}"
            return SaveOutcome.DROPPED
        finally:
            await self._spool.close()
        self.problem = (
            f"not in the history yet: {why}. It waits in the spool beside the database, and the "
            "server takes it in at its next start"
        )
        return SaveOutcome.SPOOLED
