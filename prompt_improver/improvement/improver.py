"""What every backend does, and the few ways in which one can fail."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.structured_prompt import StructuredPrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """A structured prompt, and what made it."""

    prompt: StructuredPrompt
    backend: BackendType
    model_version: str
    """What answered: ``openai/gpt-4o-mini``, ``ollama/llama3.2``, ``offline/1``."""
    warnings: tuple[str, ...] = ()
    """Names, one word each, of what the reader should know of this prompt."""


class Improver(ABC):
    """Turns a raw idea into a structured prompt."""

    backend: BackendType

    @abstractmethod
    async def improve(self, idea: str, context: str = "") -> Improvement:
        """Improve ``idea``, which is not blank.

        Raises:
            ImproverError: the model did not give an answer that can be used; which of its
                kinds says why. The offline backend raises none.
        """


class ImproverError(Exception):
    """No improved prompt. The message is for the log: it holds no key, no text of the
    user's and none of the provider's."""


class ImproverTimeoutError(ImproverError):
    """The model took longer than it may."""


class ImproverUnreachableError(ImproverError):
    """Nothing answered at the model's address, or the connection broke."""


class ImproverRefusedError(ImproverError):
    """The provider refused the key, or the account behind it."""


class ImproverModelNotFoundError(ImproverError):
    """The provider does not know the model."""


class ImproverProviderError(ImproverError):
    """The provider failed, or refused the request, for a reason of its own."""


class ImproverReplyError(ImproverError):
    """The model answered, but not with the parts of a prompt."""


class ImproverRateLimitedError(ImproverError):
    """The provider wants to be asked again later."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ImproverNotConfiguredError(ImproverError):
    """No model is configured for the backend that was asked for. The message says what to
    set, and is shown to the user."""
