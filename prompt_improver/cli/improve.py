"""The command that improves an idea."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prompt_improver.cli import output
from prompt_improver.cli.settings import read_settings
from prompt_improver.domain.errors import FileError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prompt_improver.domain.question import Answer, Question
    from prompt_improver.model_wiring import Once
    from prompt_improver.settings import Settings


def improve(
    idea: Annotated[
        list[str] | None,
        typer.Argument(help="Your idea; quotes are optional. - reads standard input."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="Read the idea, or the material for it, from this file."),
    ] = None,
    context: Annotated[str, typer.Option(help="Background that the model should know.")] = "",
    context_file: Annotated[
        Path | None, typer.Option("--context-file", help="Read the context from this file.")
    ] = None,
    target: Annotated[
        Literal["auto", "chat", "agent", "system", "image", "plain"],
        typer.Option(help="What the prompt is for; auto derives it from the idea."),
    ] = "auto",
    answer: Annotated[
        list[str] | None,
        typer.Option(
            "--answer", metavar="ID=TEXT", help="Answer a question in advance; repeatable."
        ),
    ] = None,
    backend: Annotated[
        Literal["auto", "zero-shot", "few-shot", "offline"],
        typer.Option(help="Backend; auto picks the best one configured."),
    ] = "auto",
    ask: Annotated[
        bool,
        typer.Option(help="Ask questions on a terminal; Enter accepts the default."),
    ] = True,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print the differences between idea and prompt.")
    ] = False,
    copy: Annotated[
        bool, typer.Option("--copy", help="Also copy the prompt to the clipboard.")
    ] = False,
    edit: Annotated[
        bool, typer.Option("--edit", help="Open the prompt in $EDITOR and save your version.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all fields as JSON.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Plain text, without colour or drawing.")
    ] = False,
) -> None:
    """Turn an idea into a prompt, print it and save it in the history. The idea is what you type, a
    file (-f) or a pipe."""
    import asyncio

    from prompt_improver.cli.improving import show_improved
    from prompt_improver.cli.preview import preview
    from prompt_improver.domain.prompt_history import BackendType
    from prompt_improver.domain.target import Target
    from prompt_improver.logs import configure_logging
    from prompt_improver.model_wiring import improve_once

    if plain:
        output.draw_nothing()
    settings = read_settings()
    configure_logging("ERROR", settings.log_format)
    chosen = None if backend == "auto" else BackendType(backend)
    is_first = settings.in_data_folder and not settings.database_file.exists()
    typed = _read_idea(idea or [], file)
    if context_file is not None:
        context = "\n\n".join(filter(None, (context, _read_file(context_file))))
    with preview() as hear:
        once = asyncio.run(
            improve_once(
                settings,
                typed,
                context,
                chosen,
                hear,
                _answers(answer or []),
                None if target == "auto" else Target(target),
            )
        )
    if is_first and settings.database_file.exists():
        output.note(settings.where_history_is)
    if ask and not as_json and _is_dialogue():
        once = _with_answers(settings, once, chosen)
    if edit:
        once = _edited(settings, once)
    show_improved(once, as_json=as_json, as_diff=diff)
    if copy:
        from prompt_improver.cli.clipboard import copy_text

        output.note(copy_text(once[0].history.prompt_to_use))


def _read_idea(words: "Sequence[str]", file: Path | None) -> str:
    """What was typed, with the file behind it; without either, what a pipe brings."""
    from prompt_improver.cli.improving import read_text

    parts = [read_text(words)] if words else []
    if file is not None:
        parts.append(_read_file(file))
    if not parts:
        if sys.stdin.isatty():
            raise InvalidRequestError(
                "Type the idea after improve, name a file with -f, or pipe it in"
            )
        parts.append(read_text(["-"]))
    return "\n\n".join(parts)


def _read_file(file: Path) -> str:
    try:
        return file.read_bytes().decode().removesuffix("\n")
    except OSError as error:
        raise FileError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise FileError(f"{file} is not UTF-8 text (byte {error.start + 1})") from None


def _answers(given: "Sequence[str]") -> "tuple[Answer, ...]":
    from prompt_improver.domain.question import Answer

    found = []
    for each in given:
        name, equals, text = each.partition("=")
        if not equals or not name.strip():
            raise InvalidRequestError(f"--answer {each}: must have the form ID=TEXT")
        found.append(Answer(id=name.strip(), text=text))
    return tuple(found)


def _is_dialogue() -> bool:
    """Whether somebody sits there who can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _with_answers(settings: "Settings", once: "Once", backend: object) -> "Once":
    """The same with what the user says to its questions, as a new version of it."""
    import asyncio

    from prompt_improver.cli.preview import preview
    from prompt_improver.domain.question import Answer
    from prompt_improver.model_wiring import refine_once

    first = once[0].history
    answers = []
    for number, question in enumerate(first.questions or ()):
        if number == 0:
            output.note("The most important questions (Enter accepts the default):")
        if text := _ask(question).strip():
            answers.append(Answer(id=question.id, text=text))
    if not answers:
        return once
    with preview() as hear:
        return asyncio.run(
            refine_once(settings, first, "", backend, hear, tuple(answers))  # type: ignore[arg-type]
        )


def _ask(question: "Question") -> str:
    shown = f" ({' / '.join(question.options)})" if question.options else ""
    output.note(f"\n{question.text}{shown}")
    if question.default:
        output.note(f"Default: {question.default}")
    said: str = typer.prompt(">", default="", show_default=False, prompt_suffix=" ", err=True)
    return said


def _edited(settings: "Settings", once: "Once") -> "Once":
    """The same with what the user made of the prompt in their editor, which is kept."""
    from dataclasses import replace

    import click

    from prompt_improver.cli.repository import with_repository

    improved, notices = once
    try:
        text = click.edit(improved.history.improved_prompt, extension=".md", require_save=False)
    except click.ClickException as error:
        raise FileError(f"The editor cannot be started: {error.message}. Set EDITOR") from None
    history = improved.history.with_changes({"edited_prompt": (text or "").rstrip("\n")})
    if history.edited_prompt is not None and settings.sqlite_enabled:
        kept = with_repository(
            lambda r: r.update(history.prompt_id, {"edited_prompt": history.edited_prompt}),
            settings,
        )
        if kept is None:
            notices = [
                *notices,
                "your version was not saved: the row is not in the history",
            ]
    return replace(improved, history=history), notices
