"""What the commands that make a prompt read and print."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prompt_improver.cli import output
from prompt_improver.domain.errors import InvalidRequestError

if TYPE_CHECKING:
    from prompt_improver.model_wiring import Once


def read_text(words: Sequence[str]) -> str:
    """What was typed: the words with a blank between them; a single - is standard input.

    Raises:
        InvalidRequestError: standard input is not UTF-8.
    """
    if list(words) != ["-"]:
        return " ".join(words)
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n")  # echo's own
    except UnicodeDecodeError as error:
        message = f"Standard input is not UTF-8 text (byte {error.start + 1})"
        raise InvalidRequestError(message) from None


def show_improved(once: "Once", *, as_json: bool, as_diff: bool = False) -> None:
    """The prompt on standard output, and on standard error what there is to know of it.
    ``as_diff``: the prompt beside its idea."""
    from prompt_improver.domain.evidence import tell_evidence
    from prompt_improver.domain.history_record import to_json_record
    from prompt_improver.domain.prompt_history import BackendType
    from prompt_improver.domain.warning_table import tell_warning

    improved, notices = once
    for notice in notices:
        output.warn(notice)
    history = improved.history
    if improved.instead_of is not None:
        output.warn(improved.instead_of.for_terminal())
    for code in history.warnings or ():
        output.warn(tell_warning(code))
    if history.changed and (told := tell_evidence(history.evidence)):
        output.note(told)
    if history.changed is False and history.parent_id is None and not history.warnings:
        output.note(
            "Your idea is unchanged: without a model, nothing could be added with certainty."
            if history.backend is BackendType.OFFLINE
            else "Your idea is unchanged."
        )
    if as_diff:
        from prompt_improver.domain.word_diff import diff_words

        output.difference(diff_words(history.original_idea, history.prompt_to_use))
        return
    if not as_json:
        output.say_prompt(history.prompt_to_use)
        return
    record = to_json_record(history) | {"saved": improved.saved.value}
    answered = {name: record[name] for name in record if name not in ("id", "timestamp")}
    output.say_json(json.dumps(answered, ensure_ascii=False, indent=2))
