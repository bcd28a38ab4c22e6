import re
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest

from db.sqlite.database import Database
from db.sqlite.deletion import MOST_CHUNK, delete_found, next_chunk
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.domain.errors import (
    RepositoryConnectionError,
    RepositoryConstraintError,
)
from prompt_improver.domain.history_filter import HistoryFilter
from prompt_improver.domain.prompt_history import BackendType
from tests.contract.prompt_repository_contract import PromptRepositoryContract
from tests.histories import NOON, make_history
from tests.sqlite_files import raw

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


@pytest.fixture
def database(path):
    return Database(path)


@pytest.fixture
async def repository(database):
    repository = SQLitePromptRepository(database)
    await repository.open()
    yield repository
    await repository.close()


class TestSQLitePromptRepository(PromptRepositoryContract):
    @pytest.fixture
    def closed(self, database):
        return SQLitePromptRepository(database)


async def test_save_prompt_history(repository, path):
    history = make_history()
    saved = await repository.save(history)
    await repository.close()
    assert raw(path, "SELECT * FROM prompt_history") == [
        (
            saved.id,
            "2026-05-04 12:00:00.123",
            "Design a REST API",
            "FastAPI",
            "# Role\nAPI designer",
            "API designer",
            "Design a REST API",
            "decomposition",
            '["Name every status code", "Say what is missing"]',
            "offline",
            0.75,
            "An API is asked for",
            12.5,
            "offline-1",
            history.prompt_id,
            310,
            120,
            1,
            "A table",
            "en",
            0,
            None,
            '{"warnings": ["vague"], "field": "software", "changed": true, '
            '"guardrail_sources": ["idea", "assumed"], '
            '"assumptions": ["The readers are members"], "examples": "GET /books", '
            '"evidence": {"kept": [{"kind": "language", "text": "en"}], '
            '"added": [{"text": "Say what is missing", "part": "guardrails"}], '
            '"assumed": [{"text": "OpenAPI 3", "part": "output_format"}]}, '
            '"questions": [{"id": "size", "text": "How large?", "why": "Cost.", '
            '"default": "Small", "options": ["S", "L"]}], '
            '"answers": [{"id": "size", "text": "Large"}], '
            '"fallback_reason": "no model is configured"}',
            "00000000-0000-4000-8000-0000000000aa",
            2,
            "shorter",
            0,
            None,
            None,
            None,
            None,
            "design",
            "API",
            "chat",
        )
    ]


async def test_guardrails_can_be_searched_by_hand_in_any_language(repository, path):
    await repository.save(make_history(guardrails=("Señala cada código",)))
    await repository.close()
    found = raw(path, "SELECT id FROM prompt_history WHERE guardrails LIKE '%código%'")
    assert len(found) == 1


async def test_find_by_id(repository):
    saved = [await repository.save(make_history()) for _ in range(3)]
    assert await repository.find_by_id(saved[1].id) == saved[1]
    assert await repository.find_by_id(saved[2].id + 1) is None


async def test_find_recent_with_filtering(repository):
    few = await repository.save(make_history(backend=BackendType.FEW_SHOT))
    offline = await repository.save(make_history(backend=BackendType.OFFLINE))
    assert await repository.find_recent() == [offline, few]
    assert await repository.find_recent(backend=BackendType.FEW_SHOT) == [few]
    assert await repository.find_recent(limit=1, offset=1) == [few]


async def test_find_by_date_range(repository):
    days = [
        await repository.save(make_history(timestamp=NOON + timedelta(days=day)))
        for day in range(4)
    ]
    found = await repository.find_by_date_range(days[1].timestamp, days[2].timestamp)
    assert found == [days[2], days[1]]


async def test_get_statistics(repository):
    await repository.save(make_history(confidence=0.2, latency_ms=100))
    await repository.save(make_history(confidence=0.4, latency_ms=None, backend="zero-shot"))
    figures = await repository.get_statistics()
    assert figures.total_count == 2
    assert figures.average_confidence == pytest.approx(0.3)
    assert figures.average_latency_ms == pytest.approx(100)
    assert figures.backend_distribution == {BackendType.OFFLINE: 1, BackendType.ZERO_SHOT: 1}


async def test_delete_old_histories(repository, path):
    """More than two chunks go; what is young stays, and the file hands back its room."""
    old = datetime.now(UTC) - timedelta(days=31)
    await repository.save_many(
        [make_history(timestamp=old, original_idea=f"secret-{'x' * 6000}") for _ in range(1100)]
    )
    young = await repository.save(make_history(timestamp=datetime.now(UTC)))
    await repository.close()
    size_before = path.stat().st_size
    await repository.open()
    assert await repository.delete_old(30) == 1100
    wal = path.with_name("history.db-wal")
    assert wal.stat().st_size == 0
    await repository.close()
    assert raw(path, "SELECT id FROM prompt_history") == [(young.id,)]
    assert path.stat().st_size < size_before / 5
    assert b"secret-" not in path.read_bytes()


async def test_repository_connection_error(tmp_path):
    (tmp_path / "folder").mkdir()
    repository = SQLitePromptRepository(Database(tmp_path / "folder"))
    with pytest.raises(RepositoryConnectionError, match="folder"):
        await repository.open()
    with pytest.raises(RepositoryConnectionError, match="closed"):
        await repository.find_recent()


async def test_deleting_lets_saves_in_between_its_chunks(repository, database):
    """The oldest go first, a chunk in a transaction."""
    old = datetime.now(UTC) - timedelta(days=400)
    await repository.save_many(
        [make_history(timestamp=old + timedelta(seconds=n)) for n in range(1100)]
    )
    statements = []
    await database.run(lambda connection: connection.set_trace_callback(statements.append))
    await repository.delete_old(30)
    # A statement is traced once more for every trigger that it runs.
    steps = [sql for sql in statements if sql == "COMMIT" or "strftime" in sql]
    kinds = [kind for kind, _ in groupby(sql.split()[0] for sql in steps)]
    assert len(kinds) >= 4 * 1100 // MOST_CHUNK
    assert kinds[:20] == ["CREATE", "UPDATE", "DELETE", "COMMIT"] * 5


async def test_a_row_that_was_starred_since_it_was_found_is_not_deleted(repository, database):
    found = [await repository.save(make_history(tags=("old",))) for _ in range(3)]
    await repository.update(found[0].prompt_id, {"starred": True})
    await repository.update(found[1].prompt_id, {"tags": []})
    wanted = HistoryFilter(starred=False, tag="old")
    ids = [row.id for row in found]
    gone = await database.write(lambda c: delete_found(c, wanted=wanted, ids=ids))
    left = [row.id for row in await repository.find_recent()]
    assert (gone, sorted(left)) == (1, ids[:2])


@pytest.mark.parametrize(
    ("rows", "seconds", "expected"),
    [(50, 0.026, 25), (50, 0.015, 50), (50, 0.005, 100), (5, 1.0, 5), (200, 0.001, 200)],
)
async def test_the_next_chunk_is_smaller_after_a_slow_one_and_larger_after_a_quick_one(
    rows, seconds, expected
):
    assert next_chunk(rows, seconds) == expected


async def test_a_row_that_breaks_a_rule_costs_the_whole_batch(repository, path):
    await repository.close()
    raw(
        path,
        "CREATE TRIGGER refuse BEFORE INSERT ON prompt_history WHEN new.role = 'bad' "
        "BEGIN SELECT raise(ABORT, 'refused'); END",
    )
    await repository.open()
    with pytest.raises(RepositoryConstraintError, match="refused"):
        await repository.save_many([make_history(), make_history(role="bad")])
    assert (await repository.get_statistics()).total_count == 0


@pytest.mark.parametrize(
    ("call", "plan"),
    [
        (lambda r: r.find_by_id(1), ["SEARCH prompt_history USING INTEGER PRIMARY KEY"]),
        (
            lambda r: r.find_by_prompt_id("00000000-0000-0000-0000-000000000000"),
            ["SEARCH prompt_history USING INDEX sqlite_autoindex_prompt_history_1"],
        ),
        (
            lambda r: r.find_recent(),
            ["SEARCH prompt_history USING INDEX prompt_history_by_timestamp"],
        ),
        (
            lambda r: r.find_recent(backend=BackendType.OFFLINE),
            ["SEARCH prompt_history USING INDEX prompt_history_by_backend"],
        ),
        (
            lambda r: r.find_by_date_range(NOON, NOON),
            ["SEARCH prompt_history USING INDEX prompt_history_by_timestamp"],
        ),
        (
            lambda r: r.delete_old(1),
            [
                "SEARCH prompt_history USING INTEGER PRIMARY KEY",
                "LIST SUBQUERY",
                "SEARCH expendable USING INDEX prompt_history_by_retention",
            ],
        ),
        (
            lambda r: r.count_old(1),
            [
                "SCAN CONSTANT ROW",
                "SCALAR SUBQUERY",
                "SEARCH expendable USING INDEX prompt_history_by_retention",
                "SCALAR SUBQUERY",
                "SEARCH spoiled_rows USING COVERING INDEX spoiled_rows_by_kept_since",
            ],
        ),
    ],
    ids=["id", "prompt_id", "recent", "of a backend", "date range", "delete old", "count old"],
)
async def test_every_query_runs_along_an_index_without_sorting(repository, database, call, plan):
    statements = []
    await database.run(lambda connection: connection.set_trace_callback(statements.append))
    await call(repository)
    await database.run(lambda connection: connection.set_trace_callback(None))
    # Not what the search index reads of its own tables when the schema is new to it.
    sql = next(
        sql
        for sql in statements
        if re.search(r"\b(prompt_history|expendable_rows)\b", sql)
        and sql.split()[0] in ("SELECT", "DELETE")
    )
    rows = await database.run(
        lambda connection: connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    )
    # Tags, and whether a row is spared by the cleanup, are looked up row by row.
    own = {row["id"] for row in rows if row["detail"].startswith("CORRELATED")}
    for row in rows:
        if row["parent"] in own:
            own.add(row["id"])
    inner = [row["detail"] for row in rows if row["id"] in own]
    assert not [detail for detail in inner if re.match("SCAN (?!refined|CONSTANT)", detail)]
    details = [row["detail"] for row in rows if row["id"] not in own]
    assert len(details) == len(plan), details
    for detail, expected in zip(details, plan, strict=True):
        assert detail.startswith(expected)
