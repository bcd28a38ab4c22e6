"""A request's body as JSON: declared as such, readable, and not too long."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from prompt_improver.domain.errors import UnsupportedMediaTypeError

MAX_CHARACTERS = 250_000
"""Idea and context have room for 100,000 each, however they are written: as an escape a
character takes up to 12 bytes."""


class JsonBodyRequest(Request):
    """Its body is JSON or is not, whatever is wrong with it."""

    async def json(self) -> Any:
        try:
            found = await super().json()
        except (ValueError, RecursionError) as error:
            # Broken UTF-8, a number of 5,000 digits, 10,000 brackets: FastAPI knows only
            # this error as "does not fit" and would answer 400 or 500 to the others.
            raise json.JSONDecodeError("not JSON", "", getattr(error, "pos", 0)) from None
        if len(await self.body()) > MAX_CHARACTERS and _characters(found) > MAX_CHARACTERS:
            # FastAPI makes a 400 of every other error from here.
            raise HTTPException(413)
        return found


class JsonBodyRoute(APIRoute):
    """Answers 415 where the body is not declared as JSON, and 413 where its texts have over
    MAX_CHARACTERS characters."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            has_body = request.method in ("POST", "PATCH")
            if has_body and not _is_json(request.headers.get("content-type", "")):
                raise UnsupportedMediaTypeError("the body is not declared as JSON")
            response: Response = await handle(JsonBodyRequest(request.scope, request.receive))
            return response

        return handle_json


def _is_json(content_type: str) -> bool:
    """Whether FastAPI takes a body of this type for JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    main, _, sub = kind.partition("/")
    return main == "application" and (sub == "json" or sub.endswith("+json"))


def _characters(value: Any) -> int:
    """Characters of all texts in ``value``, names of fields among them."""
    count, left = 0, [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            count += len(one)
        elif isinstance(one, dict):
            left += one.keys()
            left += one.values()
        elif isinstance(one, list):
            left += one
        else:
            count += 1
    return count
