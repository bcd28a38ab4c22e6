"""The commands that read the history, and carry it out and in."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

from prompt_improver.cli import output
from prompt_improver.cli.improvement_id import HELP, find_improvement
from prompt_improver.cli.repository import with_history_reader, with_repository
from prompt_improver.cli.settings import read_settings
from prompt_improver.domain.errors import (
    FileError,
    ImportRefusedError,
    InvalidRequestError,
)

if TYPE_CHECKING:
    from prompt_improver.domain.prompt_history import PromptHistory
    from prompt_improver.domain.prompt_repository import PromptRepository

_BAD_LINES_SHOWN = 20
_BATCH = 200


def show(
    prompt_id: Annotated[str, typer.Argument(metavar="ID", help=HELP)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the row as JSON.")] = False,
    prompt: Annotated[bool, typer.Option("--prompt", help="Print only the prompt.")] = False,
) -> None:
    """Print everything known about one improvement."""
    import json

    from prompt_improver.domain.evidence import tell_evidence
    from prompt_improver.domain.history_record import to_json_record

    row = with_history_reader(lambda repository: find_improvement(repository, prompt_id))
    record = to_json_record(row)
    if prompt:
        output.say_prompt(row.prompt_to_use)
        return
    if as_json:
        output.say_json(json.dumps(record, ensure_ascii=False, indent=2))
        return
    long = ("original_idea", "context", "improved_prompt")
    # Of the parts that stand in the prompt these are the ones that fill lines.
    for name in ("timestamp", "imported_at"):
        if time := getattr(row, name):
            record[name] = output.moment(time)
    record["evidence"] = tell_evidence(row.evidence)
    left_out = (*long, "guardrails", "guardrail_sources", "material", "assumptions", "examples")
    output.figures(
        (name, ", ".join(map(_word, value)) if isinstance(value, list) else value)
        for name, value in record.items()
        if name not in left_out and value not in (None, "", [])
    )
    for name in long:
        if record[name]:
            output.section(name, record[name])


def _word(value: object) -> str:
    """A question or an answer by its text."""
    return str(value["text"] if isinstance(value, dict) else value)


def export(
    file: Annotated[
        Path, typer.Argument(help="File to create; - writes to standard output.")
    ] = Path("-"),
    form: Annotated[
        Literal["jsonl", "csv"], typer.Option("--format", help="Output format.")
    ] = "jsonl",
    spoiled: Annotated[
        bool,
        typer.Option("--spoiled", help="Export only invalid rows, as JSON Lines."),
    ] = False,
) -> None:
    """Export all improvements, first saved first, to a file that only you can read."""
    if spoiled and form != "jsonl":
        raise InvalidRequestError("--spoiled works only with --format jsonl")
    write = _write_spoiled if spoiled else partial(_write, chosen=form)
    if str(file) == "-":
        with_history_reader(lambda repository: write(repository, out=sys.stdout.buffer))
        return
    if file.exists():
        raise FileError(f"{file} already exists; choose another name")
    try:
        with _part_of(file) as out, output.progress("export") as draw:
            count, left_out = with_history_reader(
                lambda repository: write(repository, out=out, draw=draw)
            )
    except OSError as error:
        raise FileError(f"{file} cannot be written: {error.strerror}") from None
    what = "spoiled rows" if spoiled else "improvements"
    rest = f", {left_out} spoiled rows left out: `export --spoiled` writes them" if left_out else ""
    output.say(f"{file}: {count} {what}{rest}")


def import_(
    file: Annotated[Path, typer.Argument(help="File written by export; - reads standard input.")],
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Skip bad lines instead of stopping.")
    ] = False,
    origin: Annotated[
        Literal["export", "prompt_raycast_ext"],
        typer.Option("--from", help="Origin of the file; prompt_raycast_ext: its database."),
    ] = "export",
) -> None:
    """Import exported improvements. Existing rows stay as they are, so an import can be repeated.
    If a line is bad, nothing is imported."""
    from prompt_improver.importing.export_file import BadLine, read_lines
    from prompt_improver.importing.prompt_raycast_ext import read_database

    now = datetime.now(UTC)
    is_database = origin == "prompt_raycast_ext"
    with _source(file) as source:

        def read(draw: Callable[[int, int], None]) -> "Iterator[PromptHistory | BadLine]":
            if is_database:
                return read_database(file)
            return read_lines(source, lambda done: draw(done, size))

        size = os.fstat(source.fileno()).st_size
        bad, first = 0, list[BadLine]()
        with output.progress("reading") as draw:
            for each in read(draw):
                if isinstance(each, BadLine):
                    bad += 1
                    first += [each] if bad <= _BAD_LINES_SHOWN else []
        for each in first:
            output.complain(f"{'row' if is_database else 'line'} {each.number}: {each.reason}")
        if bad > _BAD_LINES_SHOWN:
            output.complain(f"and {bad - _BAD_LINES_SHOWN} more")
        if bad and not skip_bad:
            raise ImportRefusedError(
                f"{output.counted(bad, 'bad line')}: nothing was imported; correct the file "
                "or add --skip-bad"
            )
        source.seek(0)
        with output.progress("importing") as draw:
            good = (
                replace(row, imported_at=now) for row in read(draw) if not isinstance(row, BadLine)
            )
            found, new = with_repository(lambda repository: _save_all(repository, good))
    kept = f", {found - new:,} already there" if found > new else ""
    left_out = f", {output.counted(bad, 'bad line')} skipped" if bad else ""
    output.say(f"{output.counted(new)} imported{kept}{left_out}")
    if new:
        _tell_of_cleanup(new, now)


def _tell_of_cleanup(count: int, imported_at: datetime) -> None:
    """When the imported rows will be deleted, and what to do where they are to stay."""
    settings = read_settings()
    days = settings.sqlite_retention_days
    if settings.cleanup_off:
        return
    output.say(
        f"The cleanup will delete {'it' if count == 1 else 'them'} on "
        f"{imported_at + timedelta(days=days):%Y-%m-%d} (UTC), {days} days after the import. "
        "To keep everything, set SQLITE_AUTO_CLEANUP=false or a larger SQLITE_RETENTION_DAYS."
    )


def _nothing(done: int, total: int) -> None:
    """Draws no bar."""


async def _write(
    repository: "PromptRepository",
    *,
    chosen: str,
    out: BinaryIO,
    draw: Callable[[int, int], None] = _nothing,
) -> tuple[int, int]:
    """How many rows were written, and how many spoiled ones were left out."""
    from prompt_improver.domain.history_export import ExportFormat, heading, renderer

    form = ExportFormat(chosen)
    render, count = renderer(form), 0
    total = (await repository.get_statistics()).total_count
    out.write(heading(form).encode())
    chunks: AsyncIterator[list[PromptHistory]] = repository.iterate()
    async for rows in chunks:
        for row in rows:
            out.write(render(row).encode())
        count += len(rows)
        draw(count, total)
    out.flush()
    return count, repository.describe().spoiled_rows


async def _write_spoiled(
    repository: "PromptRepository",
    *,
    out: BinaryIO,
    draw: Callable[[int, int], None] = _nothing,
) -> tuple[int, int]:
    from prompt_improver.domain.history_export import to_spoiled_line

    count = 0
    async for rows in repository.iterate_spoiled():
        out.writelines(to_spoiled_line(row).encode() for row in rows)
        count += len(rows)
    out.flush()
    return count, 0


async def _save_all(
    repository: "PromptRepository", rows: "Iterator[PromptHistory]"
) -> tuple[int, int]:
    """How many rows there were, and how many of them are new."""
    from itertools import islice

    read = new = 0
    while batch := list(islice(rows, _BATCH)):
        new += await repository.save_many(batch)
        read += len(batch)
    return read, new


@contextmanager
def _part_of(file: Path) -> Iterator[BinaryIO]:
    """A file that is called ``file`` only when it is whole, 0600 whatever the umask."""
    from db.files.database_file import sync_folder

    part = file.with_name(file.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.link(part, file)  # fails where somebody has made the file in the meantime
        sync_folder(file.parent)
    finally:
        part.unlink()


@contextmanager
def _source(file: Path) -> Iterator[BinaryIO]:
    if str(file) != "-":
        try:
            opened = file.open("rb")
        except OSError as error:
            raise FileError(f"{file} cannot be read: {error.strerror}") from None
        with opened:
            yield opened
        return
    # It is read twice: first all of it is checked. The file has no name and is ours alone.
    import shutil
    import tempfile

    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        yield copy
