"""Every error of ours. What each door says of it stands in error_table.py, by its code."""

from typing import ClassVar

from prompt_improver.domain.error_table import ERRORS, ErrorKind


class PromptImproverError(Exception):
    """An error of ours. Its message is for the log and the operator: it holds no key and no
    text of the user's."""

    code: ClassVar[str] = "internal_error"
    message_is_whole: ClassVar[bool] = False
    """The message says by itself what happened, where, and what to do."""

    @property
    def kind(self) -> ErrorKind:
        return ERRORS[self.code]

    def for_terminal(self) -> str:
        """What a terminal is shown."""
        return str(self) if self.message_is_whole else self.kind.sentence


class InvalidRequestError(PromptImproverError):
    """What was asked for does not fit. The message says which part, and why."""

    code = "invalid_request"
    message_is_whole = True


class BlankIdeaError(PromptImproverError):
    """The idea is blank."""

    code = "blank_idea"


class UnsupportedMediaTypeError(PromptImproverError):
    """The body is not declared as JSON."""

    code = "unsupported_media_type"


class TooManyImprovementsError(PromptImproverError):
    """As many improvements as may be are waiting for the model."""

    code = "too_many_improvements"


class ImprovementCancelledError(PromptImproverError):
    """There is no answer, and none was waited for to the end."""

    cause: ClassVar[str]
    """One word for logs and metrics."""


class CallerGoneError(ImprovementCancelledError):
    """Nobody waits for the answer any more."""

    code = cause = "caller_gone"


class StoppingError(ImprovementCancelledError):
    """The program is being stopped, and its grace is over."""

    code = "server_stopping"
    cause = "stopping"


class HistoryOffError(PromptImproverError):
    """No history is kept."""

    code = "history_off"


class HistoryMissingError(PromptImproverError):
    """There is no database yet. The message says where one was looked for."""

    code = "history_missing"
    message_is_whole = True


class ImprovementNotFoundError(PromptImproverError):
    """The history has no improvement with this id."""

    code = "improvement_not_found"


class NothingChangedError(PromptImproverError):
    """A refinement came out as the prompt that was to be refined."""

    code = "nothing_changed"


class RepositoryError(PromptImproverError):
    """The history could not do what was asked of it."""

    code = "history_unavailable"
    message_is_whole = True


class RepositoryConnectionError(RepositoryError):
    """The store cannot be reached, opened, read or written right now.

    What was asked may be tried again: another process, the disk or an operator may mend it.
    """


class RepositoryBusyError(RepositoryConnectionError):
    """Somebody else held the store for longer than the budget for waiting."""

    code = "history_busy"


class RepositoryNewerError(RepositoryConnectionError):
    """The store was written by a newer version of this program."""

    code = "history_newer"


class RepositoryNotMadeError(RepositoryConnectionError):
    """There is no store, and none can be made in its place."""

    code = "history_not_made"


class RepositoryNotWritableError(RepositoryConnectionError):
    """The store is there, and this user may not write it."""

    code = "history_not_writable"


class RepositoryConstraintError(RepositoryError):
    """A row breaks a rule of the store. Trying again would not help."""

    code = "history_refused"


class SpoiledRowError(RepositoryError):
    """The row that was asked for holds what no improvement can hold: somebody changed it by
    hand. The store is sound, and so are its other rows."""

    code = "improvement_spoiled"


class RepositoryCorruptError(RepositoryError):
    """The store is damaged, or is not what it should be. It is left untouched."""

    code = "history_damaged"


class FileError(PromptImproverError):
    """A file of the user's cannot be read or written. The message names it and the cause."""

    code = "file_unusable"
    message_is_whole = True


class ImportRefusedError(PromptImproverError):
    """Lines of an import are bad, so nothing was imported. The message says how many."""

    code = "import_refused"
    message_is_whole = True


class SpoolError(PromptImproverError):
    """The spool cannot be read or written. The message names the file and the mend, and
    holds no text of the user's."""

    code = "spool_failed"
    message_is_whole = True


class ImproverError(PromptImproverError):
    """No improved prompt. The message is for the log: it holds no key, no text of the
    user's and none of the provider's. The counts are those of Improvement: what failed has
    to be paid for all the same."""

    code = "model_failed"

    def __init__(
        self,
        message: str,
        *,
        model_calls: int = 0,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
    ) -> None:
        super().__init__(message)
        self.model_calls = model_calls
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.asked = ""
        """Which model was asked, and where: for a terminal."""

    def for_terminal(self) -> str:
        return f"{super().for_terminal()} ({self.asked})" if self.asked else super().for_terminal()


class ImproverTimeoutError(ImproverError):
    """The model took longer than it may."""

    code = "model_timeout"


class ImproverUnreachableError(ImproverError):
    """Nothing answered at the model's address, or the connection broke."""

    code = "model_unreachable"


class ImproverRefusedError(ImproverError):
    """The provider refused the key, or the account behind it."""

    code = "model_key_refused"


class ImproverModelNotFoundError(ImproverError):
    """The provider does not know the model."""

    code = "model_not_found"


class ImproverProviderError(ImproverError):
    """The provider failed, or refused the request, for a reason of its own."""

    code = "model_provider_failed"


class ImproverReplyError(ImproverError):
    """The model answered, but not with the parts of a prompt."""

    code = "model_reply_unreadable"


class ImproverRateLimitedError(ImproverError):
    """The provider wants to be asked again later."""

    code = "model_rate_limited"

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ImproverLibraryError(ImproverError):
    """The library that calls the model is not installed, or not as it should be."""

    code = "model_library_broken"


class ImproverNotConfiguredError(ImproverError):
    """No model is configured for the backend that was asked for."""

    code = "model_not_configured"


class SettingsError(PromptImproverError):
    """A setting is wrong. The message names variable, value and mend, a line each."""

    code = "invalid_setting"
    message_is_whole = True


class AddressError(PromptImproverError):
    """The server cannot listen on this address. The message names it and the mend."""

    code = "address_unusable"
    message_is_whole = True
