"""How errors are answered over HTTP, by the table in domain/errors.py."""

import logging
import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from prompt_improver.api.schemas import ErrorResponse, ValidationErrorResponse
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.errors import (
    ImproverRateLimitedError,
    PromptImproverError,
    TooManyImprovementsError,
)

logger = logging.getLogger(__name__)

DEFAULT_RETRY_AFTER_S = 10
LONGEST_RETRY_AFTER_S = 3600


COMMON_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {
        "model": ErrorResponse,
        "description": "The Host header is not in ALLOWED_HOSTS, or the HTTP is malformed.",
    },
    413: {
        "model": ErrorResponse,
        "description": "The request is larger than 250,000 characters or 4 MB.",
    },
    500: {"model": ErrorResponse, "description": "A fault of ours."},
}
KEY_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorResponse, "description": "API_KEY is set and was not sent."}
}
BODY_ERRORS: dict[int | str, dict[str, Any]] = {
    415: {"model": ErrorResponse, "description": "The body is not declared as JSON."}
}
IMPROVE_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {
        "model": ErrorResponse,
        "description": "The idea is blank, or the Host header is not in ALLOWED_HOSTS.",
    },
    **KEY_ERRORS,
    **BODY_ERRORS,
    422: {"model": ValidationErrorResponse, "description": "The request is invalid."},
    502: {
        "model": ErrorResponse,
        "description": "The model is unreachable, refuses the key, or sends an unusable reply.",
    },
    503: {
        "model": ErrorResponse,
        "description": "No model is configured for this backend, its provider limits requests, or "
        "too many improvements are in progress.",
        "headers": {
            "Retry-After": {
                "description": "Seconds to wait, if waiting helps.",
                "schema": {"type": "integer"},
            }
        },
    },
    504: {"model": ErrorResponse, "description": "The model did not answer in time."},
}

HISTORY_ERRORS: dict[int | str, dict[str, Any]] = {
    **KEY_ERRORS,
    422: {"model": ValidationErrorResponse, "description": "The request is invalid."},
    503: {"model": ErrorResponse, "description": "The history is off or unavailable."},
}
PROMPT_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorResponse, "description": "There is no improvement with this id."}
}
NOTHING_CHANGED_ERRORS: dict[int | str, dict[str, Any]] = {
    409: {"model": ErrorResponse, "description": "The result is the existing prompt."}
}
SPOILED_ROW_ERRORS: dict[int | str, dict[str, Any]] = {
    500: {
        "model": ErrorResponse,
        "description": "The row was changed by hand and cannot be read, or a fault of ours.",
    }
}


def error_response(code: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that tells of the error ``code``."""
    kind = ERRORS[code]
    return JSONResponse({"detail": kind.sentence, "code": code}, kind.status, headers=headers)


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error of the table, and requests that do not fit, in our own words."""
    app.add_exception_handler(PromptImproverError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(404, _answer_unknown_address)
    app.add_exception_handler(405, _answer_wrong_method)
    app.add_exception_handler(413, _answer_too_large)


def log_error(error: PromptImproverError) -> None:
    """Its code and message, on the level that the table has for it."""
    logger.log(error.kind.log_level, "%s: %s", error.code, error)


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PromptImproverError)
    log_error(error)
    return error_response(error.code, _retry_after(error))


def _retry_after(error: PromptImproverError) -> dict[str, str]:
    if isinstance(error, TooManyImprovementsError):
        return {"Retry-After": "1"}
    if not isinstance(error, ImproverRateLimitedError):
        return {}
    seconds = error.retry_after_s
    if seconds is None:
        return {"Retry-After": str(DEFAULT_RETRY_AFTER_S)}
    return {"Retry-After": str(math.ceil(min(seconds, LONGEST_RETRY_AFTER_S)))}


async def _answer_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Without `input` and `ctx`: what was sent may be megabytes, and may not be JSON at all.
    problems = [
        {"loc": list(e["loc"]), "msg": e["msg"].removeprefix("Value error, "), "type": e["type"]}
        for e in error.errors()
    ]
    return JSONResponse({"detail": problems, "code": "invalid_request"}, 422)


async def _answer_unknown_address(request: Request, error: Exception) -> JSONResponse:
    path = request.url.path
    paths = (await _document(request))["paths"]
    is_known = path.endswith("/") and path.rstrip("/") in paths
    return error_response("trailing_slash" if is_known else "not_found")


async def _answer_wrong_method(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    # Starlette names the methods of the first route with this path; there may be another.
    path = getattr(request.scope.get("route"), "path", "")
    methods = set((await _document(request))["paths"].get(path, ()))
    if "get" in methods:
        methods.add("head")
    headers = {"Allow": ", ".join(sorted(method.upper() for method in methods))}
    return error_response("method_not_allowed", headers if methods else error.headers)


async def _answer_too_large(request: Request, error: Exception) -> JSONResponse:
    return error_response("request_too_large")


async def _document(request: Request) -> dict[str, Any]:
    # In a thread: the first time it takes some 90 ms, in which nobody else would be answered.
    document: dict[str, Any] = await run_in_threadpool(request.app.openapi)
    return document
