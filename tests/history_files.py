"""Databases as released versions of the program left them, and larger ones."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.sqlite.connection import open_connection
from db.sqlite.migrator import read_migrations
from db.sqlite.rows import INSERT_ROW, to_parameters
from tests.histories import make_history
from tests.sqlite_files import connect, raw

MIGRATIONS = read_migrations()
LATEST = MIGRATIONS[-1].version

_OLD_ROW = """
    INSERT INTO prompt_history (
        timestamp, original_idea, context, improved_prompt, role, directive, framework,
        guardrails, backend, confidence, reasoning, latency_ms, model_version, prompt_id
    )
    SELECT
        strftime('%Y-%m-%d %H:%M:%f', '2026-05-04', '+' || value || ' minutes'),
        'idea ' || value || ' ñ 😀', 'context', 'prompt ' || value, 'role', 'directive',
        'framework', '["one", "two"]', 'offline', 0.5, NULL, value, 'offline/1',
        printf('00000000-0000-4000-8000-%012x', value)
    FROM generate_series
"""


def make_old(path: Path, version: int, rows: int = 20, *, wal: bool = True) -> None:
    """A database of ``version`` with ``rows`` rows, 0600, as its program left it."""
    path.touch(0o600)
    with connect(path) as connection:
        for migration in MIGRATIONS[:version]:
            connection.executescript(migration.path.read_text().replace(".bail on\n", ""))
        connection.execute(
            "CREATE TEMP TABLE generate_series AS WITH RECURSIVE series (value) AS "
            f"(SELECT 1 UNION ALL SELECT value + 1 FROM series WHERE value < {rows}) "
            "SELECT value FROM series"
        )
        if rows:
            connection.execute(_OLD_ROW)
        if wal:
            connection.execute("PRAGMA journal_mode = WAL")


def old_rows(path: Path) -> list[tuple[object, ...]]:
    """The columns of the first version, of every row."""
    return raw(
        path,
        "SELECT id, timestamp, original_idea, context, improved_prompt, role, directive, "
        "framework, guardrails, backend, confidence, reasoning, latency_ms, model_version, "
        "prompt_id FROM prompt_history ORDER BY id",
    )


def schema(path: Path) -> tuple[list[tuple[object, ...]], int]:
    """Every object but for white space, and the version."""
    rows = raw(path, "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
    (version,) = raw(path, "PRAGMA user_version")[0]
    return [(kind, name, sql and " ".join(sql.split())) for kind, name, sql in rows], version


def save_rows(path: Path, count: int, *, days_ago: float = 0, idea: str = "idea") -> None:
    """Rows of the program of today, in one commit."""

    def parameters() -> Iterator[dict[str, object]]:
        moment = datetime.now(UTC) - timedelta(days=days_ago)
        for number in range(count):
            each = moment + timedelta(milliseconds=number)
            yield to_parameters(make_history(timestamp=each, original_idea=f"{idea} {number}"))

    with closing(open_connection(path)) as connection:
        connection.execute("BEGIN")
        connection.executemany(INSERT_ROW, parameters())
        connection.execute("COMMIT")


def names(folder: Path) -> Sequence[str]:
    return sorted(each.name for each in folder.iterdir())


def make_example(path: Path) -> None:
    """The small history that the output in README.md is of."""
    rows = [
        ("2026-05-03 09:12:44.310", "haz un hook de React para formularios", "offline", None),
        ("2026-05-03 17:30:02.005", "Design a REST API\nfor a library", "zero-shot", (310, 205, 1)),
        ("2026-05-04 08:01:13.950", "fix this bug", "few-shot", (920, 180, 1)),
        ("2026-05-04 08:03:55.102", "fix this bug in {file}", "few-shot", (960, 420, 2)),
    ]
    with closing(open_connection(path)) as connection:
        for number, (timestamp, idea, backend, usage) in enumerate(rows, start=1):
            tokens_in, tokens_out, calls = usage or (None, None, 0)
            history = make_history(
                timestamp=datetime.fromisoformat(timestamp).replace(tzinfo=UTC),
                original_idea=idea,
                backend=backend,
                confidence=None if usage is None else 0.5 + number / 8,
                latency_ms=2.5 if usage is None else number * 400,
                model_version="offline/1" if usage is None else "ollama/llama3.2",
                input_tokens=tokens_in,
                output_tokens=tokens_out,
                model_calls=calls,
            )
            connection.execute(INSERT_ROW, to_parameters(history))
