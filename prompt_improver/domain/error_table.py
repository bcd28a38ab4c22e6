"""The one table of what each door says of an error."""

import logging
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """What is said of an error: over HTTP the sentence and the status, on the command line the
    sentence and the exit code, in the log the level."""

    status: int
    sentence: str
    """Fixed: it holds no text of the user's, no key and no path."""
    exit_code: int = 1
    log_level: int = logging.ERROR


def _usage(status: int, sentence: str) -> ErrorKind:
    """The caller's mistake."""
    return ErrorKind(status, sentence, exit_code=2, log_level=logging.INFO)


ERRORS = MappingProxyType(
    {
        # The request
        "malformed_request": _usage(400, "Malformed HTTP request."),
        "host_not_allowed": _usage(
            400,
            "This server does not accept this host name. Add it to ALLOWED_HOSTS, or use one that "
            "is listed there.",
        ),
        "blank_idea": _usage(400, "Idea must not be empty"),
        "key_required": ErrorKind(
            401,
            "This server requires a key: send the header Authorization: Bearer API_KEY.",
            log_level=logging.WARNING,
        ),
        "origin_not_allowed": _usage(
            403, "Pages of this origin may not call this server. Add the origin to CORS_ORIGINS."
        ),
        "not_found": _usage(404, "This address does not exist. GET / lists the endpoints."),
        "trailing_slash": _usage(404, "This address does not exist. Remove the slash at its end."),
        "method_not_allowed": _usage(
            405,
            "This address does not support this method. The Allow header lists the supported ones.",
        ),
        "request_too_large": _usage(
            413,
            "The request is too large: the limit is 250,000 characters, or 4 MB as sent. "
            "Shorten the idea or the context.",
        ),
        "unsupported_media_type": _usage(
            415, "The body must be JSON: send the header Content-Type: application/json."
        ),
        "invalid_request": _usage(422, "The request is invalid."),
        "too_many_improvements": ErrorKind(
            503,
            "Too many improvements are in progress. Try again in a moment.",
            log_level=logging.WARNING,
        ),
        "server_stopping": ErrorKind(
            503,
            "The server is stopping. Try again in a moment.",
            log_level=logging.WARNING,
        ),
        # Nobody reads this answer: its status, which is nginx's, is for the log.
        "caller_gone": ErrorKind(499, "The client disconnected.", log_level=logging.DEBUG),
        "internal_error": ErrorKind(500, "Something went wrong on our side."),
        # The history
        "history_off": _usage(503, "The history is off. Set SQLITE_ENABLED=true to turn it on."),
        "history_missing": ErrorKind(
            503, "There is no history yet: the first improvement creates it."
        ),
        # Not a usage error on the command line: the id was typed right, and is not there.
        "improvement_not_found": ErrorKind(
            404, "The history has no improvement with this id.", log_level=logging.INFO
        ),
        "nothing_changed": ErrorKind(
            409,
            "Nothing changed, so no new version was made. Describe the change more precisely.",
            log_level=logging.INFO,
        ),
        "improvement_spoiled": ErrorKind(
            500,
            "This improvement cannot be read: its row was changed by hand. Correct or delete the "
            "row; the log names it.",
            log_level=logging.WARNING,
        ),
        "history_unavailable": ErrorKind(503, "The history is unavailable. Try again later."),
        "history_busy": ErrorKind(
            503, "The history is in use by another process. Try again in a moment."
        ),
        "history_newer": ErrorKind(
            503,
            "The history database was written by a newer version of this program. Use that "
            "version, or restore a backup.",
        ),
        "history_not_made": ErrorKind(503, "The history database cannot be created."),
        "history_not_writable": ErrorKind(503, "This user cannot write to the history database."),
        "history_refused": ErrorKind(503, "The history refuses this improvement."),
        "history_damaged": ErrorKind(
            503, "The history database is damaged. Restore a backup of it."
        ),
        "import_refused": ErrorKind(422, "The import has bad lines: nothing was imported."),
        "file_unusable": ErrorKind(500, "A file cannot be read or written."),
        "spool_failed": ErrorKind(503, "The spool of the history cannot be read or written."),
        # The model
        "model_not_configured": ErrorKind(
            503,
            "No model is configured for this backend. Set LLM_PROVIDER and its key, or use "
            "the backend offline.",
            log_level=logging.WARNING,
        ),
        "model_rate_limited": ErrorKind(
            503,
            "The model's provider limits requests. Try again later, or use another one "
            "(LLM_PROVIDER, LLM_MODEL).",
            log_level=logging.WARNING,
        ),
        "model_timeout": ErrorKind(
            504,
            "The model did not answer in time. Increase LLM_TIMEOUT_S, or set LLM_MODEL to a "
            "faster model.",
        ),
        "model_unreachable": ErrorKind(
            502,
            "The model could not be reached. Check LLM_BASE_URL, and that the server there runs "
            "and can be reached from this machine.",
        ),
        "model_key_refused": ErrorKind(
            502,
            "The model's provider refused the key. Check LLM_API_KEY or the provider's own "
            "(OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, DEEPSEEK_API_KEY), and the "
            "account behind it.",
        ),
        "model_not_found": ErrorKind(
            502,
            "The provider does not know this model. Check LLM_MODEL, and LLM_BASE_URL if it "
            "is set.",
        ),
        "model_reply_unreadable": ErrorKind(
            502,
            "The model's answer could not be read as a prompt. Try again, or set LLM_MODEL to a "
            "larger model.",
            log_level=logging.WARNING,
        ),
        "model_provider_failed": ErrorKind(
            502,
            "The model's provider failed or refused the request. Try again later; if that does "
            "not help, check LLM_MODEL and LLM_BASE_URL.",
        ),
        "model_library_broken": ErrorKind(
            502, "DSPy, which calls the model, cannot be loaded. Install requirements.txt again."
        ),
        "model_failed": ErrorKind(
            502, "The model did not answer. Try again, or use the backend offline."
        ),
        # The start
        "invalid_setting": ErrorKind(500, "A setting is wrong."),
        "address_unusable": ErrorKind(500, "The server cannot listen on this address."),
    }
)
"""By code. Codes are part of the API: they stay as they are."""
