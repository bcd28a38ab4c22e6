"""What every PromptRepository does beyond saving: pages, searches, exports, figures, deletions.
Both repositories are held to it."""

import base64
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.domain.errors import RepositoryConnectionError
from prompt_improver.domain.history_filter import HistoryCursor, HistoryFilter
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.usage_statistics import UsageStatistics
from tests.histories import NOON, make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
BAD_CURSORS = [
    "", "x", "é", "1", "0" * 5000, "\ud800", "a\0b",
    *(
        base64.urlsafe_b64encode(each.encode()).decode().rstrip("=")
        for each in (
            "2|2026-05-04T12:00:00.123|1",
            "1|2026-05-04T12:00:00.123|0",
            "1|2026-05-04T12:00:00.123|-1",
            "1|2026-05-04T12:00:00.123|9223372036854775808",
            "1|2026-02-30T12:00:00.123|1",
            "1|2026-05-04 12:00:00.123|1",
            "1|2026-05-04T12:00:00.123|1' OR 1",
            "1|2026-05-04T12:00:00.123|١",
        )
    ),
    HistoryCursor(NOON, 1).encode() + "=",
    HistoryCursor(NOON, 1).encode() + "\n",
]  # fmt: skip


async def pages(repository, limit, **filters):
    """The roles of every page."""
    cursor, found = None, []
    while True:
        page = await repository.find_page(limit, cursor, HistoryFilter(**filters))
        found.append([row.role for row in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return found


async def found(repository, text, **filters):
    page = await repository.find_page(100, wanted=HistoryFilter(text=text, **filters))
    return [row.role for row in page.items]


class HistoryReadingContract:
    """Subclasses define the fixture ``closed``: a new, empty repository."""

    @pytest.fixture
    async def repository(self, closed: PromptRepository) -> AsyncIterator[PromptRepository]:
        await closed.open()
        yield closed
        await closed.close()

    async def test_pages_follow_each_other_newest_first_without_a_gap(self, repository):
        moments = [NOON, NOON + DAY, NOON, NOON - DAY, NOON]
        for number, moment in enumerate(moments):
            await repository.save(make_history(timestamp=moment, role=str(number)))
        assert await pages(repository, 2) == [["1", "4"], ["2", "0"], ["3"]]
        assert await pages(repository, 5) == [["1", "4", "2", "0", "3"]]
        assert await pages(repository, 1) == [["1"], ["4"], ["2"], ["0"], ["3"]]
        assert await pages(repository, 2**70) == [["1", "4", "2", "0", "3"]]

    @pytest.mark.parametrize("text", [None, "design"])
    async def test_cut_rows_end_early_unless_their_beginning_is_blank(self, repository, text):
        long = "design " * 10
        await repository.save(make_history(original_idea=long, improved_prompt="ñ" * 9))
        blank = "\u3000\n" * 9 + "design"
        await repository.save(make_history(original_idea=blank, improved_prompt="é" * 5))
        page = await repository.find_page(wanted=HistoryFilter(text=text), cut=5)
        assert [(row.original_idea, row.improved_prompt) for row in page.items] == [
            (blank, "é" * 5),
            ("desig", "ñ" * 5),
        ]

    async def test_an_empty_history_is_one_empty_page(self, repository):
        assert await pages(repository, 10) == [[]]
        assert await pages(repository, 10, text="word") == [[]]

    @pytest.mark.parametrize("filters", [{}, {"text": "API"}])
    async def test_a_cursor_stays_where_it_is_while_rows_come_and_go(self, repository, filters):
        rows = [await repository.save(make_history(role=str(number))) for number in range(6)]
        first = await repository.find_page(2, wanted=HistoryFilter(**filters))
        assert [row.role for row in first.items] == ["5", "4"]
        await repository.save(make_history(role="new", timestamp=NOON + DAY))
        for gone in (rows[4], rows[3]):
            assert await repository.delete(gone.prompt_id)
        second = await repository.find_page(2, first.next_cursor, HistoryFilter(**filters))
        assert [row.role for row in second.items] == ["2", "1"]

    async def test_pages_are_narrowed_by_backend_and_time(self, repository):
        for number in range(8):
            backend = BackendType.FEW_SHOT if number % 2 else BackendType.OFFLINE
            moment = NOON + number * DAY
            await repository.save(make_history(role=str(number), backend=backend, timestamp=moment))
        few = {"backend": BackendType.FEW_SHOT}
        assert await pages(repository, 3, **few) == [["7", "5", "3"], ["1"]]
        between = {"start": NOON + 2 * DAY, "end": NOON + 5 * DAY}
        assert await pages(repository, 3, **between) == [["5", "4", "3"], ["2"]]
        assert await pages(repository, 1, **few, **between) == [["5"], ["3"]]
        assert await pages(repository, 1, **few, **between, text="api") == [["5"], ["3"]]
        assert await pages(repository, 9, backend=BackendType.ZERO_SHOT, text="api") == [[]]
        assert await pages(repository, 9, start=NOON + 9 * DAY) == [[]]

    async def test_a_cursor_from_beyond_the_end_of_the_time_begins_at_the_end(self, repository):
        for number in range(4):
            await repository.save(make_history(role=str(number), timestamp=NOON + number * DAY))
        newest = (await repository.find_page(1)).next_cursor
        page = await repository.find_page(1, newest, HistoryFilter(end=NOON + DAY))
        assert [row.role for row in page.items] == ["1"]

    @pytest.mark.parametrize("cursor", BAD_CURSORS)
    async def test_any_other_cursor_is_refused_without_repeating_it(self, repository, cursor):
        with pytest.raises(ValueError, match=r"^cursor must be a next_cursor of this history"):
            await repository.find_page(cursor=cursor)

    async def test_limits_and_times_out_of_bounds_are_refused(self, repository):
        naive = NOON.replace(tzinfo=None)
        for wrong in (
            {"limit": 0}, {"limit": -1}, {"start": naive}, {"end": naive},
            {"start": NOON, "end": NOON - DAY},
        ):  # fmt: skip
            with pytest.raises(ValueError, match=r"limit|start|end"):
                await repository.find_page(wrong.pop("limit", 50), wanted=HistoryFilter(**wrong))

    async def test_a_search_finds_rows_that_hold_every_word_wherever_it_stands(self, repository):
        await repository.save(make_history(role="idea", original_idea="Secure login page"))
        await repository.save(make_history(role="context", context="a LOGIN form"))
        await repository.save(make_history(role="prompt", improved_prompt="Login: secure it"))
        await repository.save(make_history(role="elsewhere", directive="secure login"))
        assert await found(repository, "login") == ["prompt", "context", "idea"]
        assert await found(repository, "secure login") == ["prompt", "idea"]
        assert await found(repository, "login secure missing") == []

    async def test_the_last_word_may_be_the_beginning_of_one(self, repository):
        await repository.save(make_history(role="1", original_idea="authentication flow"))
        await repository.save(make_history(role="2", original_idea="flow of authors"))
        assert await found(repository, "flow aut") == ["2", "1"]
        assert await found(repository, "flow authe") == ["1"]
        assert await found(repository, "flow authentications") == []
        assert await found(repository, "auth flow") == []

    async def test_accents_and_case_do_not_count(self, repository):
        await repository.save(make_history(role="1", original_idea="Diseña el código ÁRBOL"))
        for text in ("codigo", "CÓDIGO", "disena arbol", "DISEN\u0303A", "co\u0301digo"):
            assert await found(repository, text) == ["1"]

    async def test_a_search_has_pages_the_last_saved_first(self, repository):
        for number in range(5):
            moment = NOON - number * DAY
            await repository.save(make_history(role=str(number), timestamp=moment))
        assert await pages(repository, 2, text="rest") == [["4", "3"], ["2", "1"], ["0"]]

    @pytest.mark.parametrize("text", ["", " ", "!?", "--", '""', "*", "😀", "()", "\u200b"])
    async def test_text_without_a_word_finds_nothing(self, repository, text):
        await repository.save(make_history())
        assert await found(repository, text) == []

    async def test_words_after_the_thirty_second_are_left_out(self, repository):
        words = " ".join(f"w{number}x" for number in range(32))
        await repository.save(make_history(role="1", original_idea=words))
        assert await found(repository, words) == ["1"]
        assert await found(repository, f"{words} missing") == ["1"]
        # The thirty-second is not the last, so it is a whole word.
        assert await found(repository, f"{words[:-1]} missing") == []

    @pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfff"])
    async def test_what_no_row_can_hold_is_refused(self, repository, text):
        with pytest.raises(ValueError, match="text must not hold a"):
            await repository.find_page(wanted=HistoryFilter(text=text))

    async def test_a_deleted_row_is_found_no_more(self, repository):
        row = await repository.save(make_history())
        assert await repository.delete(row.prompt_id.upper())
        assert await repository.find_by_prompt_id(row.prompt_id) is None
        assert await found(repository, "design") == []
        assert (await repository.get_usage()).total.improvements == 0
        assert (await repository.get_statistics()).total_count == 0
        await repository.compact()

    async def test_deleting_what_is_not_there_says_so(self, repository):
        await repository.save(make_history())
        for text in (str(uuid4()), "no uuid", "", "\ud800", "a\0b"):
            assert await repository.delete(text) is False
        assert (await repository.get_statistics()).total_count == 1

    async def test_save_many_says_how_many_are_new(self, repository):
        known = await repository.save(make_history())
        assert await repository.save_many([make_history(), known, make_history()]) == 2
        assert await repository.save_many([known]) == 0
        assert await repository.save_many([]) == 0

    async def test_all_rows_come_in_chunks_the_first_saved_first(self, repository):
        for number in range(5):
            moment = NOON - number * DAY
            await repository.save(make_history(role=str(number), timestamp=moment))
        chunks = [[row.role for row in chunk] async for chunk in repository.iterate(2)]
        assert chunks == [["0", "1"], ["2", "3"], ["4"]]
        assert [len(chunk) async for chunk in repository.iterate(2**70)] == [5]
        with pytest.raises(ValueError, match="chunk"):
            await anext(repository.iterate(0))

    async def test_no_rows_come_in_no_chunks(self, repository):
        assert [chunk async for chunk in repository.iterate()] == []

    async def test_what_is_saved_while_chunks_come_is_left_for_the_next_time(self, repository):
        await repository.save_many([make_history() for _ in range(4)])
        chunks = repository.iterate(2)
        await anext(chunks)
        await repository.save(make_history(role="late"))
        rest = [row.role async for chunk in chunks for row in chunk]
        assert len(rest) == 2
        assert "late" not in rest

    async def test_usage_is_summed_in_all_per_backend_and_per_day(self, repository):
        await repository.save(make_history(confidence=0.5, latency_ms=10, timestamp=NOON - DAY))
        await repository.save(make_history(confidence=None, latency_ms=None, backend="few-shot"))
        await repository.save(
            make_history(
                confidence=0.1, latency_ms=0.002, backend="few-shot", input_tokens=None,
                output_tokens=0, model_calls=2,
            )
        )  # fmt: skip
        usage = await repository.get_usage()
        total = usage.total
        assert (total.improvements, total.rated, total.timed) == (3, 2, 2)
        assert total.average_confidence == pytest.approx(0.3)
        assert total.average_latency_ms == pytest.approx(5.001)
        assert (total.model_calls, total.input_tokens, total.output_tokens) == (4, 620, 240)
        assert list(usage.by_backend) == [BackendType.FEW_SHOT, BackendType.OFFLINE]
        few = usage.by_backend[BackendType.FEW_SHOT]
        assert (few.improvements, few.rated, few.input_tokens) == (2, 1, 310)
        assert list(usage.by_day) == [date(2026, 5, 4), date(2026, 5, 3)]
        assert usage.by_day[date(2026, 5, 3)].average_confidence == pytest.approx(0.5)

    async def test_usage_of_nothing_is_zero_without_averages(self, repository):
        usage = await repository.get_usage()
        assert usage == UsageStatistics()
        assert usage.total.average_confidence is usage.total.average_latency_ms is None

    async def test_usage_counts_what_lies_between_two_moments_both_included(self, repository):
        midnight = datetime(2026, 5, 4, tzinfo=UTC)
        last_moment = timedelta(milliseconds=-1)
        moments = [midnight + last_moment, midnight, NOON, midnight + DAY + last_moment]
        moments += [midnight + DAY, midnight + 2 * DAY, midnight + 3 * DAY]
        for moment in moments:
            await repository.save(make_history(timestamp=moment))
        bounds = [None, *moments, *(each + timedelta(hours=1) for each in moments)]
        for start in bounds:
            for end in bounds:
                if start is not None and end is not None and start > end:
                    continue
                expected = [
                    moment
                    for moment in moments
                    if (start is None or start <= moment) and (end is None or moment <= end)
                ]
                usage = await repository.get_usage(start, end)
                assert usage.total.improvements == len(expected), (start, end)
                assert sum(each.improvements for each in usage.by_day.values()) == len(expected)
                assert set(usage.by_day) == {moment.date() for moment in expected}

    async def test_usage_of_times_upside_down_or_without_zone_is_refused(self, repository):
        naive = NOON.replace(tzinfo=None)
        for start, end in ((naive, None), (None, naive), (NOON, NOON - DAY)):
            with pytest.raises(ValueError, match=r"start|end"):
                await repository.get_usage(start, end)

    async def test_an_absurd_row_does_not_keep_others_from_being_saved(self, repository):
        most = dict.fromkeys(("input_tokens", "output_tokens", "model_calls"), 2**63 - 1)
        for _ in range(2):
            await repository.save(make_history(latency_ms=1e308, **most))
        assert (await repository.get_usage()).total.improvements == 2

    async def test_a_closed_repository_reads_and_deletes_nothing(self, closed):
        for call in (
            lambda: closed.find_page(),
            lambda: closed.find_page(wanted=HistoryFilter(text="a")),
            lambda: anext(closed.iterate()),
            lambda: closed.get_usage(),
            lambda: closed.delete(str(uuid4())),
            lambda: closed.compact(),
        ):
            with pytest.raises(RepositoryConnectionError):
                await call()


class TestSqliteHistoryReading(HistoryReadingContract):
    @pytest.fixture
    def closed(self, tmp_path):
        return SQLitePromptRepository(Database(tmp_path / "history.db"))


class TestInMemoryHistoryReading(HistoryReadingContract):
    @pytest.fixture
    def closed(self):
        return InMemoryPromptRepository()


@pytest.fixture
async def database(tmp_path):
    database = Database(tmp_path / "history.db")
    await database.open()
    yield database
    await database.close()


@pytest.mark.parametrize(
    ("call", "plan"),
    [
        (
            lambda r: r.find_page(cursor=HistoryCursor(NOON, 5).encode()),
            ["SEARCH prompt_history USING INDEX prompt_history_by_timestamp"],
        ),
        (
            lambda r: r.find_page(wanted=HistoryFilter(backend=BackendType.OFFLINE, end=NOON)),
            ["SEARCH prompt_history USING INDEX prompt_history_by_backend"],
        ),
        *(
            (
                lambda r, wanted=wanted: r.find_page(wanted=HistoryFilter(**wanted)),
                [f"SEARCH prompt_history USING INDEX {index}"],
            )
            for wanted, index in (
                ({"starred": True}, "prompt_history_by_starred"),
                ({"starred": True, "task": "fix"}, "prompt_history_by_starred"),
                ({"rating": 1, "backend": "offline"}, "prompt_history_by_rating"),
                ({"task": "fix"}, "prompt_history_by_task"),
                ({"artefact": "script"}, "prompt_history_by_artefact"),
                ({"target": "agent", "backend": "offline"}, "prompt_history_by_target"),
                ({"parent_id": str(uuid4()), "starred": False}, "prompt_history_by_parent"),
            )
        ),
        (
            lambda r: r.count(HistoryFilter(starred=True)),
            ["SEARCH prompt_history USING INDEX prompt_history_by_starred"],
        ),
        (
            lambda r: r.find_prompt_ids("aa"),
            ["SEARCH prompt_history USING COVERING INDEX sqlite_autoindex_prompt_history_1"],
        ),
        (lambda r: r.delete(str(uuid4())), ["SEARCH prompt_history USING INDEX sqlite_autoindex"]),
        (
            lambda r: anext(r.iterate(), None),
            ["SEARCH prompt_history USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
        ),
        (
            # Backwards along the index (192 is rowid, descending), as far as the limit goes.
            lambda r: r.find_page(wanted=HistoryFilter(text="a b")),
            ["SCAN prompt_history_search VIRTUAL TABLE INDEX 192:M3<"],
        ),
    ],
    ids=[
        "page",
        "page of a backend",
        "starred",
        "starred and task",
        "rating",
        "task",
        "artefact",
        "target",
        "parent",
        "count",
        "beginning of an id",
        "delete",
        "chunk",
        "search",
    ],
)
async def test_every_query_runs_along_an_index_without_sorting(database, call, plan):
    repository = SQLitePromptRepository(database)
    await repository.save(make_history(original_idea="a b"))
    statements: list[str] = []
    await database.run(lambda connection: connection.set_trace_callback(statements.append))
    await call(repository)
    await database.run(lambda connection: connection.set_trace_callback(None))

    def is_ours(sql: str) -> bool:
        return "FROM prompt_history" in sql and "MAX(id)" not in sql

    sql = next(sql for sql in statements if is_ours(sql))
    rows = await database.run(
        lambda connection: connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    )
    # Tags are looked up row by row.
    tags = [row["id"] for row in rows if row["detail"].startswith("CORRELATED")]
    details = [row["detail"] for row in rows if not {row["id"], row["parent"]} & {*tags}]
    assert len(details) == len(plan), details
    for detail, expected in zip(details, plan, strict=True):
        assert detail.startswith(expected)


async def test_rows_of_matches_are_fetched_by_their_numbers(database):
    repository = SQLitePromptRepository(database)
    await repository.save(make_history())
    statements: list[str] = []
    await database.run(lambda connection: connection.set_trace_callback(statements.append))
    await repository.find_page(wanted=HistoryFilter(text="rest", backend=BackendType.OFFLINE))
    await database.run(lambda connection: connection.set_trace_callback(None))
    sql = next(sql for sql in statements if "json_each" in sql and not sql.startswith("--"))
    rows = await database.run(
        lambda connection: connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    )
    assert rows[0]["detail"].startswith("SEARCH prompt_history USING INTEGER PRIMARY KEY")
    assert not any("TEMP B-TREE" in row["detail"] for row in rows)


async def test_a_narrowed_search_looks_through_all_matches_step_by_step(database):
    repository = SQLitePromptRepository(database)
    rows = [make_history(role="old", backend=BackendType.FEW_SHOT) for _ in range(3)]
    rows += [make_history() for _ in range(2_100)]
    await repository.save_many(rows)
    few = {"backend": BackendType.FEW_SHOT, "text": "rest"}
    assert await pages(repository, 2, **few) == [["old", "old"], ["old"]]


async def test_what_was_typed_into_a_search_is_not_kept_in_memory_or_file(database):
    repository = SQLitePromptRepository(database)
    await repository.find_page(wanted=HistoryFilter(text="secretword"))

    def kept(connection: sqlite3.Connection) -> bytes:
        rows = connection.execute("SELECT block FROM temp.typed_data").fetchall()
        return b"".join(row["block"] for row in rows)

    assert b"secretword" not in await database.run(kept)
