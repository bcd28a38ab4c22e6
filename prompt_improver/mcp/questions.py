"""Asking the user what decides, where the client can show a form."""

import asyncio
from typing import TYPE_CHECKING, Any

from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.domain.question import Answer, Question
from prompt_improver.mcp.tool import Call

if TYPE_CHECKING:
    from mcp.server.session import ServerSession
    from mcp_types import ElicitRequestFormParams, InputRequiredResult

_KEY = "questions"
_FOR_THE_ANSWER_S = 15.0
"""Seconds that are left for the improvement once the user has answered."""


async def ask(call: Call, history: PromptHistory) -> "tuple[Answer, ...] | InputRequiredResult":
    """What the user says to the questions of ``history``; nothing where they decline, take too
    long, or the client can show no form. A client of the stateless protocol is answered with the
    form, and calls again."""
    from mcp.shared.exceptions import MCPError
    from mcp_types import ElicitRequest, InputRequiredResult
    from mcp_types.version import MODERN_PROTOCOL_VERSIONS

    session = call.context.session
    if not history.questions or not _shows_forms(session):
        return ()
    form = _form(history.questions)
    if call.context.protocol_version in MODERN_PROTOCOL_VERSIONS:
        return InputRequiredResult(
            input_requests={_KEY: ElicitRequest(params=form)}, request_state=history.prompt_id
        )
    if not session.can_send_request:
        return ()
    try:
        async with asyncio.timeout(max(0.0, call.seconds_left - _FOR_THE_ANSWER_S)):
            said = await session.elicit_form(
                form.message, form.requested_schema, call.context.request_id
            )
    except (TimeoutError, MCPError):
        return ()  # the questions stand in the result
    return _answers(history.questions, said)


def answers_of(call: Call, history: PromptHistory) -> tuple[Answer, ...]:
    """What the user has said where the client calls again."""
    said = (call.params.input_responses or {}).get(_KEY)
    return _answers(history.questions or (), said)


def _answers(questions: tuple[Question, ...], said: Any) -> tuple[Answer, ...]:
    from mcp_types import ElicitResult

    if not isinstance(said, ElicitResult) or said.action != "accept":
        return ()
    texts = {each.id: (said.content or {}).get(each.id) for each in questions}
    return tuple(
        Answer(id=name, text=text)
        for name, text in texts.items()
        if isinstance(text, str) and text.strip()
    )


def _shows_forms(session: "ServerSession") -> bool:
    """Looked at first: a client that cannot would fail the whole call. One that names no mode has
    forms."""
    known = session.client_capabilities
    wanted = None if known is None else known.elicitation
    return wanted is not None and (wanted.form is not None or wanted.url is None)


def _form(questions: tuple[Question, ...]) -> "ElicitRequestFormParams":
    from mcp_types import ElicitRequestFormParams

    properties = {
        each.id: {"type": "string", "title": each.text, "description": _hint(each)}
        for each in questions
    }
    return ElicitRequestFormParams(
        message="Your answers shape the prompt. Leave a field empty to accept the assumption.",
        requested_schema={"type": "object", "properties": properties},
    )


def _hint(question: Question) -> str:
    told = [question.why]
    if question.options:
        told.append(f"Common answers: {', '.join(question.options)}.")
    if question.default:
        told.append(f"If empty: {question.default}")
    return " ".join(filter(None, told))
