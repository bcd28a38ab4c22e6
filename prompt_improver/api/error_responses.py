"""The one table from errors to HTTP statuses, and the handlers that answer with it."""

import logging
import math
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from prompt_improver.api.model_slots import TooManyImprovementsError
from prompt_improver.api.schemas import ErrorResponse, ValidationErrorResponse
from prompt_improver.domain.prompt_repository import RepositoryError, SpoiledRowError
from prompt_improver.improvement.improver import (
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

logger = logging.getLogger(__name__)

DEFAULT_RETRY_AFTER_S = 10
LONGEST_RETRY_AFTER_S = 3600


class BlankIdeaError(Exception):
    """The idea is blank."""


class HistoryOffError(Exception):
    """No history is kept."""


class PromptNotFoundError(Exception):
    """The history has no improvement with this id."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    sentence: str
    log_level: int


# The first row whose type fits is taken.
_ANSWERS: dict[type[Exception], _Answer] = {
    BlankIdeaError: _Answer(400, "Idea must not be empty", logging.INFO),
    TooManyImprovementsError: _Answer(
        503, "Too many improvements are under way. Try again in a moment.", logging.WARNING
    ),
    HistoryOffError: _Answer(
        503, "No history is kept. Set SQLITE_ENABLED=true to keep one.", logging.INFO
    ),
    PromptNotFoundError: _Answer(404, "The history has no improvement with this id.", logging.INFO),
    SpoiledRowError: _Answer(
        500,
        "This improvement cannot be read: its row was changed by hand. Correct or delete the row; "
        "the log names it.",
        logging.WARNING,
    ),
    RepositoryError: _Answer(
        503, "The history does not answer at the moment. Try again later.", logging.ERROR
    ),
    ImproverNotConfiguredError: _Answer(
        503,
        "No model is configured for this backend. Set LLM_PROVIDER and its key, or ask for the "
        "backend offline.",
        logging.WARNING,
    ),
    ImproverRateLimitedError: _Answer(
        503, "The model's provider asks to wait. Try again later.", logging.WARNING
    ),
    ImproverTimeoutError: _Answer(504, "The model did not answer in time.", logging.ERROR),
    ImproverUnreachableError: _Answer(502, "The model could not be reached.", logging.ERROR),
    ImproverRefusedError: _Answer(
        502, "The model's provider refused the key. Check the key in the settings.", logging.ERROR
    ),
    ImproverModelNotFoundError: _Answer(
        502, "The provider does not know this model. Check LLM_MODEL.", logging.ERROR
    ),
    ImproverReplyError: _Answer(
        502, "The model's answer could not be read as a prompt.", logging.WARNING
    ),
    ImproverProviderError: _Answer(502, "The model's provider failed.", logging.ERROR),
    ImproverError: _Answer(502, "The model did not give an answer.", logging.ERROR),
}

COMMON_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {
        "model": ErrorResponse,
        "description": "The Host header is not in ALLOWED_HOSTS, or this is no HTTP.",
    },
    413: {"model": ErrorResponse, "description": "The body is larger than 256 KB."},
    500: {"model": ErrorResponse, "description": "A fault of ours."},
}
KEY_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorResponse, "description": "API_KEY is set and was not sent."}
}
IMPROVE_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {
        "model": ErrorResponse,
        "description": "The idea is blank, or the Host header is not in ALLOWED_HOSTS.",
    },
    **KEY_ERRORS,
    422: {"model": ValidationErrorResponse, "description": "The request does not fit."},
    502: {
        "model": ErrorResponse,
        "description": "The model is not reachable, refuses the key, or answers nonsense.",
    },
    503: {
        "model": ErrorResponse,
        "description": "No model is configured for this backend, its provider asks to wait, or "
        "too many improvements are under way.",
        "headers": {
            "Retry-After": {
                "description": "Seconds to wait, where waiting helps.",
                "schema": {"type": "integer"},
            }
        },
    },
    504: {"model": ErrorResponse, "description": "The model did not answer in time."},
}

HISTORY_ERRORS: dict[int | str, dict[str, Any]] = {
    **KEY_ERRORS,
    422: {"model": ValidationErrorResponse, "description": "The request does not fit."},
    503: {"model": ErrorResponse, "description": "No history is kept, or it does not answer."},
}
PROMPT_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorResponse, "description": "There is no improvement with this id."}
}
SPOILED_ROW_ERRORS: dict[int | str, dict[str, Any]] = {
    500: {
        "model": ErrorResponse,
        "description": "The row was changed by hand and cannot be read, or a fault of ours.",
    }
}


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error of the table, and requests that do not fit, in our own words."""
    for kind in _ANSWERS:
        app.add_exception_handler(kind, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(405, _answer_wrong_method)


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    answer = next(row for kind, row in _ANSWERS.items() if isinstance(error, kind))
    logger.log(answer.log_level, "%s: %s", type(error).__name__, error)
    headers = {}
    if isinstance(error, ImproverRateLimitedError):
        seconds = error.retry_after_s
        headers["Retry-After"] = str(
            DEFAULT_RETRY_AFTER_S
            if seconds is None
            else math.ceil(min(seconds, LONGEST_RETRY_AFTER_S))
        )
    if isinstance(error, TooManyImprovementsError):
        headers["Retry-After"] = "1"
    return JSONResponse({"detail": answer.sentence}, answer.status, headers=headers)


async def _answer_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Without `input` and `ctx`: what was sent may be megabytes, and may not be JSON at all.
    problems = [{"loc": list(e["loc"]), "msg": e["msg"], "type": e["type"]} for e in error.errors()]
    return JSONResponse({"detail": problems}, 422)


async def _answer_wrong_method(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    # Starlette names the methods of the first route with this path; there may be another.
    path = getattr(request.scope.get("route"), "path", "")
    # In a thread: the first time it takes some 90 ms, in which nobody else would be answered.
    document = await run_in_threadpool(request.app.openapi)
    methods = document["paths"].get(path, ())
    headers = {"Allow": ", ".join(sorted(method.upper() for method in methods))}
    return JSONResponse(
        {"detail": error.detail}, 405, headers=headers if methods else error.headers
    )
