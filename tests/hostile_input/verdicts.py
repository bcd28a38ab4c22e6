"""What no answer may do, whatever was asked."""

import json
from typing import Any

from prompt_improver.domain.error_table import ERRORS
from tests.hostile_input.hostile_requests import IMPROVE, HostileRequest
from tests.hostile_input.wire import Answer

SECURITY_HEADERS = (
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-resource-policy",
    "cache-control",
    "content-security-policy",
    "x-request-id",
)
LONGEST_ERROR_BYTES = 2_000
NO_MODEL = "No model is configured for this backend."
"""The one answer of the 5xx that the offline backend has, to who asks for another."""

_ELSEWHERE = frozenset({200, 400, 404, 405, 413, 422})


def judge(request: HostileRequest, answer: Answer, document: dict[str, Any]) -> list[str]:
    """What is wrong with ``answer``; ``document`` is the server's own OpenAPI document."""
    wrong = [f"no header {name}" for name in SECURITY_HEADERS if name not in answer.headers]
    if answer.status not in _allowed(request, answer, document):
        wrong.append(f"status {answer.status} is not declared")
    if _echoes(request, answer):
        wrong.append("what was sent came back")
    if answer.status >= 400 and request.method != "HEAD":
        wrong += _not_our_error(answer)
    return wrong


def _allowed(request: HostileRequest, answer: Answer, document: dict[str, Any]) -> set[int]:
    """The statuses that may answer. A fault of ours is declared as 500, and yet is none."""
    paths = document["paths"]
    if answer.status >= 500:
        is_no_model = NO_MODEL.encode() in answer.body and request.route == IMPROVE
        return {503} if is_no_model else set()
    if request.foreign_host:
        return {400}
    if request.route is None:
        return set(_ELSEWHERE)
    # HEAD is answered where GET is, and no document says so.
    method = "GET" if request.method == "HEAD" else request.method
    operation = paths[request.route].get(method.lower())
    # Methods are written in capitals; others are others.
    if operation is None or not request.method.isupper():
        return {405}
    return {int(status) for status in operation["responses"]}


def _echoes(request: HostileRequest, answer: Answer) -> bool:
    mark = request.marker.encode()
    if mark in answer.head:
        return True
    answers_with_the_prompt = answer.status == 200 and (
        request.route == IMPROVE or not request.framed
    )
    return mark in answer.body and not answers_with_the_prompt


def _not_our_error(answer: Answer) -> list[str]:
    wrong = []
    if answer.headers.get("content-type") != "application/json":
        wrong.append(f"an error as {answer.headers.get('content-type')}")
    if len(answer.body) > LONGEST_ERROR_BYTES:
        wrong.append(f"an error of {len(answer.body)} bytes")
    try:
        said = json.loads(answer.body)
    except ValueError:
        return [*wrong, f"an error that is not JSON: {answer.body[:80]!r}"]
    known = isinstance(said, dict) and set(said) == {"detail", "code"} and said["code"] in ERRORS
    detail = said["detail"] if known else None
    is_list = isinstance(detail, list) and all(
        isinstance(problem, dict) and set(problem) == {"loc", "msg", "type"} for problem in detail
    )
    if not is_list and not isinstance(detail, str):
        wrong.append(f"an error of another form: {answer.body[:80]!r}")
    return wrong
