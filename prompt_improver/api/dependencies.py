"""What routes may ask for."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from prompt_improver.api.metrics import Metrics
from prompt_improver.api.repository_health import RepositoryHealth
from prompt_improver.api.shutdown import Shutdown
from prompt_improver.container import NotRegisteredError
from prompt_improver.domain.errors import HistoryOffError
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.recorder import Recorder
from prompt_improver.improvement.backends import Backends
from prompt_improver.improvement.cancellation import Cancellation
from prompt_improver.improvement.improve_idea import ImproveIdea
from prompt_improver.recording import HistoryCompaction

T = TypeVar("T")


def _registered(interface: type[T]) -> Callable[[Request], T]:
    """A dependency that takes ``interface`` out of the container."""

    # A coroutine, because FastAPI sends plain functions to a thread.
    async def get(request: Request) -> T:
        found: T = request.app.state.container.get(interface)
        return found

    return get  # type: ignore[return-value]


async def _history(request: Request) -> PromptRepository:
    """The history, which is registered only where one is kept."""
    try:
        found: PromptRepository = request.app.state.container.get(PromptRepository)
    except NotRegisteredError as error:
        raise HistoryOffError("SQLITE_ENABLED=false") from error
    return found


async def _cancellation(request: Request) -> Cancellation:
    """Until the client hangs up, or the grace of a stop is over."""

    async def hung_up() -> None:
        # What comes after the body is the client's end.
        while (await request.receive())["type"] != "http.disconnect":
            pass

    shutdown: Shutdown = request.app.state.container.get(Shutdown)
    return Cancellation(caller_gone=hung_up, stopping=shutdown.grace_ended)


BackendsDependency = Annotated[Backends, Depends(_registered(Backends))]
ImproveIdeaDependency = Annotated[ImproveIdea, Depends(_registered(ImproveIdea))]
RepositoryHealthDependency = Annotated[RepositoryHealth, Depends(_registered(RepositoryHealth))]
HistoryDependency = Annotated[PromptRepository, Depends(_history)]
RecorderDependency = Annotated[Recorder, Depends(_registered(Recorder))]
CompactionDependency = Annotated[HistoryCompaction, Depends(_registered(HistoryCompaction))]
MetricsDependency = Annotated[Metrics, Depends(_registered(Metrics))]
CancellationDependency = Annotated[Cancellation, Depends(_cancellation)]
