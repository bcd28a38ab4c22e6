"""One improvement without a server, as the command line makes it."""

import time

from pydantic import ValidationError

from prompt_improver.api.schemas import ImproveRequest, ImproveResponse
from prompt_improver.domain.errors import RepositoryConstraintError, RepositoryError, SpoolError
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.recorder import SaveOutcome
from prompt_improver.settings import Settings
from prompt_improver.wiring import make_backends, make_repository, make_spool


class UnfitRequestError(Exception):
    """The idea, the context or the backend does not fit. The message says which and why."""


async def improve_once(
    settings: Settings, idea: str, context: str, backend: str
) -> tuple[ImproveResponse, str | None]:
    """The answer that the API would give, and what went wrong with saving it, if anything.

    Raises:
        UnfitRequestError: the API would have refused the request.
        ImproverError: no improved prompt.
    """
    request = _checked(idea, context, backend)
    backends = await make_backends(settings)
    improver = backends.get(request.chosen_backend or backends.default)
    started = time.perf_counter()
    try:
        improvement = await improver.improve(request.idea, request.context)
    finally:
        await improver.close()
    history = improvement.to_history(
        idea=request.idea,
        context=request.context,
        latency_ms=(time.perf_counter() - started) * 1000,
    )
    saved, warning = await _save(settings, history)
    return ImproveResponse.of(history, saved), warning


def _checked(idea: str, context: str, backend: str) -> ImproveRequest:
    try:
        request = ImproveRequest.model_validate(
            {"idea": idea, "context": context, "backend": backend}
        )
    except ValidationError as error:
        lines = (f"{e['loc'][0]}: {e['msg']}" for e in error.errors(include_input=False))
        raise UnfitRequestError("\n".join(lines)) from None
    if not request.idea.strip():
        raise UnfitRequestError("idea: must not be empty")
    return request


async def _save(settings: Settings, history: PromptHistory) -> tuple[SaveOutcome, str | None]:
    if not settings.sqlite_enabled:
        return SaveOutcome.DISABLED, None
    repository = make_repository(settings)
    try:
        await repository.open()
        await repository.save(history)
    except RepositoryConstraintError as error:
        return SaveOutcome.DROPPED, f"not kept in the history: {error}"
    except RepositoryError as error:
        return await _spool(settings, history, str(error))
    finally:
        await repository.close()
    return SaveOutcome.SAVED, None


async def _spool(
    settings: Settings, history: PromptHistory, why: str
) -> tuple[SaveOutcome, str | None]:
    spool = make_spool(settings)
    try:
        await spool.open()  # to go on with one that is there and that no server has
        if not await spool.append([history]):
            return SaveOutcome.DROPPED, f"not kept in the history: {why}; its spool is full"
    except SpoolError as error:
        return SaveOutcome.DROPPED, f"not kept in the history: {why}; {error}"
    finally:
        await spool.close()
    return SaveOutcome.SPOOLED, (
        f"not in the history yet: {why}. It waits in the spool beside the database, and the "
        "server takes it in at its next start"
    )
