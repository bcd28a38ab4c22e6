"""Rows that somebody changed by hand into what no improvement can be."""

import contextlib
import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.spoiled_rows import MAX_NAMED
from db.sqlite.upkeep.backup import back_up
from db.sqlite.upkeep.check import check_database
from prompt_improver.app import create_app
from prompt_improver.domain.errors import SpoiledRowError
from prompt_improver.domain.history_filter import HistoryFilter
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.settings import Settings
from tests.error_bodies import error_body
from tests.forked_program import run_program
from tests.histories import NOON, make_history
from tests.history_files import save_rows
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.scripted_improver import ScriptedImprover, make_backends
from tests.sqlite_files import connect, raw

pytestmark = pytest.mark.anyio

HISTORY = "/api/v1/history"
SECRET = "what-was-typed"
# What may stand in a row after an UPDATE by hand, and the column that is to be named.
SPOILED = {
    "numbers for guardrails": ("guardrails = '[1]'", "guardrails"),
    "an object for guardrails": (f"guardrails = '{{\"{SECRET}\": 1}}'", "guardrails"),
    "no JSON for guardrails": (f"guardrails = '{SECRET}'", "guardrails"),
    "brackets for guardrails": (f"guardrails = '{'[' * 5000}'", "guardrails"),
    "half a letter in a guardrail": ("guardrails = '[\"\\ud800\"]'", "guardrails"),
    "no time": (f"timestamp = '{SECRET}'", "timestamp"),
    "a day without a time": ("timestamp = '2026-05-04'", "timestamp"),
    "a time of another zone": ("timestamp = '2026-05-04T12:00:00+02:00'", "timestamp"),
    "a day that is none": ("timestamp = '2026-02-30 12:00:00.000'", "timestamp"),
    "an unknown backend": (f"backend = '{SECRET}'", "backend"),
    "no UUID": (f"prompt_id = '{SECRET}'", "prompt_id"),
    "a UUID in capitals": ("prompt_id = 'ABCDEFAB-0000-4000-8000-000000000000'", "prompt_id"),
    "a NUL": ("context = 'a' || char(0) || 'b'", "context"),
    "no UTF-8": ("context = CAST(x'ff61' AS TEXT)", "context"),
    "no UTF-8 for a time": ("timestamp = CAST(x'32ff' AS TEXT)", "timestamp"),
    "no UTF-8 in guardrails": ("guardrails = CAST(x'5b22ff225d' AS TEXT)", "guardrails"),
    "a blank idea": ("original_idea = char(160)", "original_idea"),
    "too much confidence": ("confidence = 1.5", "confidence"),
    "an endless time": ("latency_ms = 9e999", "latency_ms"),
    "tokens under none": ("input_tokens = -1", "input_tokens"),
}  # fmt: skip
# A table without STRICT takes any type in any column.
SPOILED_WITHOUT_STRICT = {
    "a blob for an idea": ("original_idea = x'6162'", "original_idea"),
    "a blob for guardrails": ("guardrails = CAST('[\"a\"]' AS BLOB)", "guardrails"),
    "text for a number": (f"confidence = '{SECRET}'", "confidence"),
}


def spoil(path, change, number):
    """As somebody's own program would, without a CHECK or a type in its way."""
    with connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(f"UPDATE prompt_history SET {change} WHERE id = ?", (number,))


def drop_strict(path):
    with connect(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') "
            "WHERE name = 'prompt_history'"
        )
        connection.execute("PRAGMA writable_schema = RESET")


async def pages(repository, limit, **filters):
    cursor, found = None, []
    while True:
        page = await repository.find_page(limit, cursor, HistoryFilter(**filters))
        found.append([row.role for row in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return found


def roles(rows):
    return [row.role for row in rows]


class SpoiledRowsContract:
    """Subclasses define the fixtures ``closed``, a new and empty repository, and
    ``spoil_row``, which spoils the row of a number."""

    @pytest.fixture
    async def repository(self, closed: PromptRepository) -> AsyncIterator[PromptRepository]:
        await closed.open()
        yield closed
        await closed.close()

    @pytest.fixture
    async def rows(self, repository, spoil_row):
        """Ten rows, "0" to "9" by time and number, of which 2, 5, 6 and 7 are spoiled."""
        rows = []
        for number in range(10):
            backend = BackendType.FEW_SHOT if number % 2 else BackendType.OFFLINE
            moment = NOON + timedelta(minutes=number // 2)
            history = make_history(role=str(number), timestamp=moment, backend=backend)
            rows.append(await repository.save(history))
        for number in (2, 5, 6, 7):
            spoil_row(rows[number].id)
        return rows

    @pytest.mark.parametrize("filters", [{}, {"text": "rest"}, {"text": "rest", "start": NOON}])
    async def test_pages_stay_full_and_lead_to_the_end(self, repository, rows, filters):
        assert await pages(repository, 2, **filters) == [["9", "8"], ["4", "3"], ["1", "0"]]
        assert await pages(repository, 3, **filters) == [["9", "8", "4"], ["3", "1", "0"]]
        assert await pages(repository, 1, **filters) == [[each] for each in "984310"]
        assert await pages(repository, 6, **filters) == [list("984310")]
        assert await pages(repository, 50, **filters) == [list("984310")]

    @pytest.mark.parametrize("text", [None, "rest"])
    async def test_narrowed_pages_stay_full(self, repository, rows, text):
        few = {"backend": BackendType.FEW_SHOT, "text": text}
        assert await pages(repository, 1, **few) == [["9"], ["3"], ["1"]]
        until = {"end": NOON + timedelta(minutes=3), "text": text}
        assert await pages(repository, 3, **until) == [["4", "3", "1"], ["0"]]

    @pytest.mark.parametrize("text", [None, "rest"])
    async def test_a_page_of_nothing_but_spoiled_rows_is_empty_and_the_last(
        self, repository, rows, spoil_row, text
    ):
        for row in rows:
            spoil_row(row.id)
        assert await pages(repository, 3, text=text) == [[]]
        assert await repository.find_recent() == []
        assert [chunk async for chunk in repository.iterate(3)] == []

    async def test_the_newest_and_those_of_a_time_come_without_them(self, repository, rows):
        assert roles(await repository.find_recent()) == list("984310")
        assert roles(await repository.find_recent(limit=3)) == list("984")
        assert roles(await repository.find_recent(limit=2, offset=3)) == list("31")
        assert roles(await repository.find_recent(limit=9, offset=6)) == []
        few = await repository.find_recent(limit=1, offset=1, backend=BackendType.FEW_SHOT)
        assert roles(few) == ["3"]
        minute = timedelta(minutes=1)
        found = await repository.find_by_date_range(NOON + minute, NOON + 4 * minute)
        assert roles(found) == list("9843")

    async def test_all_rows_come_without_them(self, repository, rows):
        for chunk in (1, 3, 50):
            chunks = [roles(each) async for each in repository.iterate(chunk)]
            assert [role for each in chunks for role in each] == list("013489")
            assert all(0 < len(each) <= chunk for each in chunks)

    async def test_each_counts_once(self, repository, rows):
        for _ in range(3):
            await repository.find_recent()
        assert repository.describe().spoiled_rows == 4

    async def test_who_asks_for_one_is_told_and_can_delete_it(self, repository, rows):
        for find in (
            lambda: repository.find_by_id(rows[5].id),
            lambda: repository.find_by_prompt_id(rows[5].prompt_id),
        ):
            with pytest.raises(SpoiledRowError, match=str(rows[5].id)):
                await find()
        assert await repository.find_by_id(rows[4].id) == rows[4]
        assert await repository.delete(rows[5].prompt_id)
        assert await repository.find_by_prompt_id(rows[5].prompt_id) is None


class TestSpoiledRowsInSqlite(SpoiledRowsContract):
    @pytest.fixture
    def closed(self, path):
        return SQLitePromptRepository(Database(path))

    @pytest.fixture
    def spoil_row(self, path):
        return lambda number: spoil(path, "guardrails = '[1]'", number)


class TestSpoiledRowsInMemory(SpoiledRowsContract):
    @pytest.fixture
    def closed(self):
        return InMemoryPromptRepository()

    @pytest.fixture
    def spoil_row(self, closed):
        return closed.spoiled.add


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


@contextlib.asynccontextmanager
async def opened(path):
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    try:
        yield repository
    finally:
        await repository.close()


@pytest.mark.parametrize(
    ("change", "column"),
    [*SPOILED.values(), *SPOILED_WITHOUT_STRICT.values()],
    ids=[*SPOILED, *SPOILED_WITHOUT_STRICT],
)
async def test_whatever_stands_in_a_row_the_others_are_read_and_it_is_named(
    path, caplog, change, column
):
    save_rows(path, 5)
    if (change, column) in SPOILED_WITHOUT_STRICT.values():
        drop_strict(path)
    spoil(path, change, 3)
    async with opened(path) as repository:
        for _ in range(2):
            assert [row.id for row in await repository.find_recent()] == [5, 4, 2, 1]
        assert len(await pages(repository, 1)) == 4
        assert [row.id async for chunk in repository.iterate() for row in chunk] == [1, 2, 4, 5]
        found = await repository.find_page(wanted=HistoryFilter(text="design"))
        assert SECRET not in str(found)
        with pytest.raises(SpoiledRowError) as caught:
            await repository.find_by_id(3)
        # The file is as sound as before: nothing is left alone.
        await repository.save(make_history())
        await repository.get_usage()
        assert (await repository.get_statistics()).total_count == 6
    (named,) = (each for each in caplog.records if "left out" in each.message)
    assert named.message.startswith("Row 3 of prompt_history is left out: its column " + column)
    (problem,) = (each for each in check_database(path).problems if "row 3 is" in each)
    assert column in problem
    assert "restore" not in str(check_database(path).problems)
    for told in (caplog.text, str(caught.value), problem):
        assert SECRET not in told


async def test_a_page_is_filled_across_more_spoiled_rows_than_are_read_at_once(path, caplog):
    save_rows(path, 1_300)
    with connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        change = "UPDATE prompt_history SET {} WHERE id BETWEEN ? AND ?"
        connection.execute(change.format("guardrails = '[1]'"), (3, 1_000))
        connection.execute(change.format("backend = 'magic'"), (1_001, 1_298))
    async with opened(path) as repository:
        for text in (None, "idea"):
            found = [
                [
                    row.id
                    for row in (
                        await repository.find_page(3, wanted=HistoryFilter(text=text))
                    ).items
                ],
                [row.id for row in await repository.find_recent(limit=2, offset=1)],
            ]
            assert found == [[1_300, 1_299, 2], [1_299, 2]]
        assert repository.describe().spoiled_rows == 1_296
    named = [each for each in caplog.records if "left out" in each.message]
    assert len(named) == MAX_NAMED + 1
    assert len([each for each in check_database(path).problems if each.startswith("row ")]) == 100


async def test_a_spoiled_row_is_copied_and_cleaned_up_like_any_other(path, tmp_path):
    for number, (change, _) in enumerate(SPOILED.values()):
        save_rows(path, 1, days_ago=40)
        spoil(path, change, number + 1)
    dated = raw(path, "SELECT COUNT(*) FROM prompt_history WHERE timestamp < datetime('now')")
    assert back_up(path, tmp_path / "backups").contents.rows == len(SPOILED)
    async with opened(path) as repository:
        assert await repository.count_old(30) == dated[0][0]
        assert check_database(path, days=30).old_rows == dated[0][0]
        assert await repository.delete_old(30) == dated[0][0]


@pytest.fixture
def client(tmp_path, path):
    settings = Settings(
        _env_file=None, llm_provider="offline", sqlite_auto_cleanup=False, sqlite_db_path=str(path)
    )
    app = create_app(settings, backends=make_backends(ScriptedImprover()))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def test_over_http_pages_searches_exports_and_figures_go_on(client, path, caplog):
    save_rows(path, 4)
    for number, change in ((1, "guardrails = '[1]'"), (3, "backend = 'magic'")):
        spoil(path, change, number)

    def ids(answer):
        assert answer.status_code == 200
        return [item["id"] for item in answer.json()["items"]]

    assert ids(client.get(HISTORY)) == ids(client.get(HISTORY, params={"q": "idea"})) == [4, 2]
    lines = client.get(f"{HISTORY}/export").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [2, 4]
    answer = client.get(f"{HISTORY}/export", params={"spoiled": "true"})
    assert [json.loads(line)["id"] for line in answer.text.splitlines()] == [1, 3]
    assert 'filename="spoiled_rows.jsonl"' in answer.headers["content-disposition"]
    table = client.get(f"{HISTORY}/export", params={"format": "csv"})
    assert [row[0] for row in csv.reader(io.StringIO(table.text))] == ["id", "2", "4"]
    assert client.get("/api/v1/statistics").status_code == 200
    health = client.get("/health/repository").json()
    assert (health["status"], health["breaker"]) == ("healthy", "closed")
    assert health["total_records"] == 4
    assert "prompt_improver_spoiled_rows 2.0" in client.get("/metrics").text
    assert caplog.text.count("is left out") == 2


def test_over_http_a_spoiled_row_says_what_happened_and_can_be_deleted(client, path):
    save_rows(path, 1)
    ((prompt_id,),) = raw(path, "SELECT prompt_id FROM prompt_history")
    spoil(path, "guardrails = '[1]'", 1)
    answer = client.get(f"{HISTORY}/{prompt_id}")
    assert answer.status_code == 500
    assert answer.json() == error_body("improvement_spoiled")
    assert client.delete(f"{HISTORY}/{prompt_id}").status_code == 204
    assert client.get(f"{HISTORY}/{prompt_id}").status_code == 404


def test_on_the_command_line_the_others_are_listed_and_check_names_it(tmp_path, path):
    save_rows(path, 3)
    ((prompt_id,),) = raw(path, "SELECT prompt_id FROM prompt_history WHERE id = 2")
    spoil(path, "guardrails = '[1]'", 2)

    def run(*arguments):
        return run_program(tmp_path, *arguments, SQLITE_DB_PATH="history.db")

    for command in (("history",), ("search", "idea"), ("export",)):
        done = run(*command)
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), command
        assert "Row 2 of prompt_history is left out" in done.stderr
    assert "out.jsonl: 2 improvements, 1 spoiled rows left out" in run("export", "out.jsonl").stdout
    (line,) = run("export", "--spoiled").stdout.splitlines()
    assert json.loads(line) | {"id": 2, "guardrails": "[1]"} == json.loads(line)
    assert run("export", "bad.jsonl", "--spoiled").stdout == "bad.jsonl: 1 spoiled rows\n"
    assert run("export", "--spoiled", "--format", "csv").returncode == 2
    shown = run("show", prompt_id)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr.splitlines()[-1].startswith(
        "row 2 of prompt_history holds an invalid value"
    )
    checked = run("check")
    assert checked.returncode == 1
    (wrong,) = checked.stderr.splitlines()
    assert wrong.startswith("wrong: row 2 is left out")
    mend = wrong.partition('"')[2].rstrip('"')
    raw(path, mend)
    assert run("check").returncode == 0
