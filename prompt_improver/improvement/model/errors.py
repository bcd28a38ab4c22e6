"""From the errors of DSPy to the few of ours."""

from prompt_improver.domain.errors import (
    ImproverError,
    ImproverModelNotFoundError,
    ImproverNotConfiguredError,
    ImproverProviderError,
    ImproverRateLimitedError,
    ImproverRefusedError,
    ImproverReplyError,
    ImproverTimeoutError,
    ImproverUnreachableError,
)


def to_improver_error(error: Exception) -> ImproverError:
    """Our error for ``error``, which is a DSPyError. DSPy must have been imported.

    The message holds class names and the HTTP status alone: provider messages repeat keys
    and the user's text. Raise it outside the ``except`` block, or the original hangs on it as
    its context.
    """
    from dspy.utils import exceptions as dspy_errors

    status = getattr(error, "status", None)
    message = _class_names(error)
    if status is not None:
        message += f" (HTTP {status})"
    if isinstance(error, dspy_errors.AdapterParseError):
        return ImproverReplyError("the model's reply is empty")
    if isinstance(error, dspy_errors.LMRateLimitError) or status in (429, 529):  # 529: overloaded
        retry_after_s = getattr(error, "retry_after", None)
        return ImproverRateLimitedError(message, retry_after_s=retry_after_s)
    if isinstance(error, dspy_errors.LMUnsupportedModelError) or status == 404:
        return ImproverModelNotFoundError(message)
    if isinstance(error, dspy_errors.LMNotConfiguredError):
        return ImproverNotConfiguredError("The model's provider needs a key: set LLM_API_KEY.")
    if isinstance(error, dspy_errors.LMUnexpectedError) and _is_about_the_text(error):
        return ImproverReplyError("the model's reply is not JSON that can be decoded")
    for kind, ours in (
        (dspy_errors.LMAuthError, ImproverRefusedError),
        (dspy_errors.LMBillingError, ImproverRefusedError),
        (dspy_errors.LMTimeoutError, ImproverTimeoutError),
        (dspy_errors.LMTransportError, ImproverUnreachableError),
    ):
        if isinstance(error, kind):
            return ours(message)
    return ImproverProviderError(message)


def _is_about_the_text(error: BaseException) -> bool:
    """Whether DSPy failed over what the model wrote: a NaN, say, or 100,000 brackets."""
    return isinstance(error.__cause__, TypeError | ValueError | RecursionError)


def _class_names(error: BaseException) -> str:
    """``LMTransportError from ConnectError``: the error and what it came from first."""
    first = error
    while first.__cause__ is not None:
        first = first.__cause__
    name = type(error).__name__
    return name if first is error else f"{name} from {type(first).__name__}"
