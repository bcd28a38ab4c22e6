"""What every PromptRepository does; a test class for each of them inherits this."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from prompt_improver.domain.errors import RepositoryConnectionError
from prompt_improver.domain.history_filter import HistoryFilter
from prompt_improver.domain.prompt_history import OPTIONAL, BackendType
from prompt_improver.domain.prompt_repository import (
    PromptRepository,
    PromptStatistics,
    RepositoryDescription,
)
from tests.histories import NOON, make_history


class PromptRepositoryContract:
    """Subclasses define the fixture ``closed``: a new, empty repository."""

    @pytest.fixture
    async def repository(self, closed: PromptRepository) -> AsyncIterator[PromptRepository]:
        await closed.open()
        yield closed
        await closed.close()

    async def test_save_gives_an_id_and_keeps_every_field(self, repository):
        history = make_history()
        saved = await repository.save(history)
        assert isinstance(saved.id, int)
        assert replace(saved, id=None) == history
        assert await repository.find_by_id(saved.id) == saved

    @pytest.mark.parametrize(
        "text",
        [
            "¿Qué tal? ñandú",
            "😀👩‍💻🇪🇸",
            "Привет 世界",
            "e\u0301",
            "a\r\nb\tc\x01",
            "'; DROP--\"\\",
            "\ufeff\u202e",
        ],
    )
    async def test_text_comes_back_as_it_was_typed(self, repository, text):
        history = make_history(
            original_idea=text, context=text, improved_prompt=text, role=text, directive=text,
            framework=text, guardrails=(text, "", text), reasoning=text, model_version=text,
            output_format=text, warnings=(text, ""), task=text, fallback_reason=text,
        )  # fmt: skip
        saved = await repository.save(history)
        assert await repository.find_by_prompt_id(history.prompt_id) == replace(
            history, id=saved.id
        )

    async def test_what_may_be_missing_comes_back_missing(self, repository):
        history = make_history(
            guardrails=(), **dict.fromkeys(OPTIONAL - {"id"})
        )  # fmt: skip
        saved = await repository.save(history)
        assert await repository.find_by_id(saved.id) == replace(history, id=saved.id)

    async def test_zero_is_not_missing(self, repository):
        counts = {"input_tokens": 0, "output_tokens": 0, "model_calls": 0}
        false = {"kept_original": False, "changed": False, "warnings": ()}
        saved = await repository.save(
            make_history(confidence=0, latency_ms=0, reasoning="", **counts, **false)
        )
        found = await repository.find_by_id(saved.id)
        assert (found.confidence, found.latency_ms, found.reasoning) == (0.0, 0.0, "")
        assert (found.kept_original, found.changed, found.warnings) == (False, False, ())
        assert {name: getattr(found, name) for name in counts} == counts

    async def test_the_largest_count_is_kept(self, repository):
        saved = await repository.save(make_history(input_tokens=2**63 - 1))
        assert (await repository.find_by_id(saved.id)).input_tokens == 2**63 - 1

    async def test_saving_again_keeps_one_row_and_gives_its_id(self, repository):
        history = make_history()
        first = await repository.save(history)
        again = await repository.save(replace(history, role="another"))
        assert again == first
        assert (await repository.get_statistics()).total_count == 1

    async def test_save_many_keeps_all_in_order_and_skips_what_is_kept(self, repository):
        known = await repository.save(make_history(role="first"))
        new = [make_history(role="second"), make_history(role="third")]
        await repository.save_many([new[0], known, new[1]])
        assert [row.role for row in await repository.find_recent()] == ["third", "second", "first"]

    async def test_save_many_takes_an_empty_batch(self, repository):
        await repository.save_many([])
        assert await repository.find_recent() == []

    async def test_what_is_not_there_is_none(self, repository):
        await repository.save(make_history())
        for number in (0, -1, 999, 2**63, -(2**63) - 1):
            assert await repository.find_by_id(number) is None
        for text in (str(uuid4()), "no uuid", "", "\ud800", "a\0b"):
            assert await repository.find_by_prompt_id(text) is None

    async def test_find_by_prompt_id_takes_any_spelling_of_the_uuid(self, repository):
        saved = await repository.save(make_history())
        assert await repository.find_by_prompt_id(saved.prompt_id.upper()) == saved

    async def test_newest_first_and_the_later_saved_first_at_the_same_moment(self, repository):
        moments = [NOON, NOON + timedelta(milliseconds=1), NOON - timedelta(days=1), NOON]
        for number, moment in enumerate(moments):
            await repository.save(make_history(timestamp=moment, role=str(number)))
        assert [row.role for row in await repository.find_recent()] == ["1", "3", "0", "2"]

    async def test_limit_offset_and_backend_narrow_what_is_found(self, repository):
        for number in range(6):
            backend = BackendType.FEW_SHOT if number % 2 else BackendType.OFFLINE
            await repository.save(make_history(role=str(number), backend=backend))

        async def roles(**arguments):
            return [row.role for row in await repository.find_recent(**arguments)]

        assert await roles(limit=2) == ["5", "4"]
        assert await roles(limit=2, offset=3) == ["2", "1"]
        assert await roles(offset=6) == []
        assert await roles(backend=BackendType.FEW_SHOT) == ["5", "3", "1"]
        assert await roles(backend=BackendType.FEW_SHOT, limit=1, offset=1) == ["3"]
        assert await roles(backend=BackendType.ZERO_SHOT) == []
        assert await roles(limit=2**70) == ["5", "4", "3", "2", "1", "0"]
        assert await roles(offset=2**70) == []

    async def test_a_hundred_rows_are_found_unless_told_otherwise(self, repository):
        await repository.save_many([make_history() for _ in range(101)])
        assert len(await repository.find_recent()) == 100

    @pytest.mark.parametrize("arguments", [{"limit": 0}, {"limit": -1}, {"offset": -1}])
    async def test_limit_and_offset_out_of_bounds_are_refused(self, repository, arguments):
        with pytest.raises(ValueError, match=r"limit|offset"):
            await repository.find_recent(**arguments)

    async def test_a_date_range_includes_both_ends_in_any_time_zone(self, repository):
        for offset_ms in (-1, 0, 5, 10, 11):
            moment = NOON + timedelta(milliseconds=offset_ms)
            await repository.save(make_history(timestamp=moment, role=str(offset_ms)))
        madrid = timezone(timedelta(hours=2))
        found = await repository.find_by_date_range(
            NOON.astimezone(madrid), NOON + timedelta(milliseconds=10, microseconds=900)
        )
        assert [row.role for row in found] == ["10", "5", "0"]
        assert len(await repository.find_by_date_range(NOON, NOON)) == 1

    async def test_a_date_range_over_all_of_time_finds_everything(self, repository):
        first = datetime(1, 1, 1, tzinfo=UTC)
        last = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
        await repository.save(make_history(timestamp=first))
        await repository.save(make_history(timestamp=last))
        found = await repository.find_by_date_range(first, last)
        assert [row.timestamp for row in found] == [last, first]

    async def test_a_date_range_without_time_zone_or_upside_down_is_refused(self, repository):
        naive = NOON.replace(tzinfo=None)
        for start, end in ((naive, NOON), (NOON, naive), (NOON, NOON - timedelta(seconds=1))):
            with pytest.raises(ValueError, match=r"start|end"):
                await repository.find_by_date_range(start, end)

    async def test_an_empty_history_has_no_averages(self, repository):
        assert await repository.get_statistics() == PromptStatistics()

    async def test_averages_leave_out_missing_values(self, repository):
        await repository.save(make_history(confidence=0.5, latency_ms=10))
        await repository.save(make_history(confidence=1.0, latency_ms=None))
        await repository.save(make_history(confidence=None, latency_ms=20, backend="few-shot"))
        figures = await repository.get_statistics()
        assert figures.total_count == 3
        assert figures.average_confidence == pytest.approx(0.75)
        assert figures.average_latency_ms == pytest.approx(15)
        assert figures.backend_distribution == {BackendType.OFFLINE: 2, BackendType.FEW_SHOT: 1}

    async def test_delete_old_takes_what_is_older_and_nothing_else(self, repository):
        now = datetime.now(UTC)
        for minutes in (-1, 1):
            moment = now - timedelta(days=30) + timedelta(minutes=minutes)
            await repository.save(make_history(timestamp=moment, role=str(minutes)))
        await repository.save(make_history(timestamp=now + timedelta(days=1), role="tomorrow"))
        assert await repository.delete_old(30) == 1
        assert [row.role for row in await repository.find_recent()] == ["tomorrow", "1"]
        assert await repository.delete_old(30) == 0

    async def test_the_retention_of_what_was_imported_counts_from_the_later_moment(
        self, repository
    ):
        now = datetime.now(UTC)
        day = timedelta(days=1)
        for role, timestamp, imported_at in (
            ("imported today", now - 400 * day, now),
            ("imported long ago", now - 400 * day, now - 31 * day),
            ("of tomorrow", now + day, now - 31 * day),
        ):
            await repository.save(
                make_history(role=role, timestamp=timestamp, imported_at=imported_at)
            )
        assert await repository.count_old(30) == 1
        assert await repository.delete_old(30) == 1
        assert [row.role for row in await repository.find_recent()] == [
            "of tomorrow",
            "imported today",
        ]

    async def test_what_somebody_did_with_a_row_comes_back(self, repository):
        mine = {"starred": True, "rating": -1, "note": "ñ", "edited_prompt": "mine"}
        history = make_history(**mine, tags=("work", "Árbol", "a b"), source="another")
        await repository.save(history)
        await repository.save_many([second := replace(history, prompt_id=str(uuid4()))])
        for each in (history, second):
            found = await repository.find_by_prompt_id(each.prompt_id)
            assert replace(found, id=None) == each
        assert [row.tags for row in await repository.find_recent()] == [history.tags] * 2
        figures = await repository.get_statistics()
        assert (figures.starred, figures.rated_good, figures.rated_bad) == (2, 0, 2)

    @pytest.mark.parametrize(
        "mine", [{"starred": True}, {"rating": 0}, {"note": "n"}, {"edited_prompt": "e"},
                 {"tags": ("t",)}],
    )  # fmt: skip
    async def test_the_cleanup_spares_a_kept_row_and_all_that_it_was_refined_from(
        self, repository, mine
    ):
        old = {"timestamp": datetime.now(UTC) - timedelta(days=40)}
        first = await repository.save(make_history(**old, role="first", parent_id=None))
        second = make_history(**old, role="second", parent_id=first.prompt_id)
        await repository.save(second)
        parent = second.prompt_id
        await repository.save(make_history(**old, role="kept", parent_id=parent, **mine))
        await repository.save(make_history(**old, role="sibling", parent_id=parent))
        await repository.save(make_history(**old, role="other"))
        assert await repository.count_old(30) == 2
        assert len(await repository.find_recent()) == 5
        assert await repository.delete_old(30) == 2
        assert await repository.count_old(30) == 0
        kept = [row.role for row in await repository.find_recent()]
        assert kept == ["kept", "second", "first"]
        assert await repository.delete_old(30) == 0

    async def test_an_update_changes_what_it_names_and_nothing_else(self, repository):
        saved = await repository.save(make_history(tags=("old", "both")))
        other = await repository.save(make_history())
        mine = {"starred": True, "rating": 1, "note": "ñ", "tags": ["both", "new"]}
        changed = await repository.update(saved.prompt_id.upper(), mine)
        wanted = replace(saved, starred=True, rating=1, note="ñ", tags=("both", "new"))
        assert changed == wanted
        assert await repository.update(saved.prompt_id, {}) == wanted
        assert await repository.find_by_id(saved.id) == wanted
        edited = await repository.update(saved.prompt_id, {"edited_prompt": "mine", "note": None})
        assert edited == replace(wanted, edited_prompt="mine", note=None)
        assert await repository.find_by_id(saved.id) == edited
        assert await repository.find_by_id(other.id) == other

    async def test_a_blank_note_and_an_edit_that_changes_nothing_are_none(self, repository):
        saved = await repository.save(make_history(note="n", edited_prompt="e"))
        changes = {"note": " \n", "edited_prompt": saved.improved_prompt}
        assert await repository.update(saved.prompt_id, changes) == replace(
            saved, note=None, edited_prompt=None
        )

    @pytest.mark.parametrize(
        "changes",
        [{"rating": 2}, {"rating": True}, {"starred": None}, {"starred": 1}, {"tags": ["ok", " "]},
         {"tags": None}, {"note": "a\0"}, {"role": "mine"}, {"starred": True, "unknown": 1}],
    )  # fmt: skip
    async def test_a_change_that_no_row_can_have_changes_nothing(self, repository, changes):
        saved = await repository.save(make_history())
        with pytest.raises(ValueError, match=r"rating|starred|tags|note|only"):
            await repository.update(saved.prompt_id, changes)
        assert await repository.find_by_id(saved.id) == saved

    async def test_an_update_of_what_is_not_there_is_none(self, repository):
        assert await repository.update(str(uuid4()), {"starred": True}) is None
        assert await repository.update("no uuid", {"starred": True}) is None

    async def test_each_filter_narrows_the_pages_and_what_is_deleted(self, repository):
        parent = str(uuid4())
        mine = {
            "starred": True, "rating": -1, "tags": ("work",), "task": "fix", "artefact": "script",
            "target": "agent", "parent_id": parent, "backend": BackendType.FEW_SHOT,
        }  # fmt: skip
        for name, value in mine.items():
            await repository.save(make_history(**{"role": name, "parent_id": None, name: value}))
        await repository.save(make_history(role="all", **mine))
        await repository.save(make_history(role="none", parent_id=None))
        for name, value in mine.items():
            narrowed = {"tag": "work"} if name == "tags" else {name: value}
            wanted = HistoryFilter(**narrowed)
            found = (await repository.find_page(wanted=wanted)).items
            assert [row.role for row in found] == ["all", name]
            assert await repository.count(wanted) == 2
        every = HistoryFilter(**{n: v for n, v in mine.items() if n != "tags"}, tag="work")
        assert [row.role for row in (await repository.find_page(wanted=every)).items] == ["all"]
        assert await repository.count(HistoryFilter(starred=False)) == 8
        assert await repository.count(HistoryFilter(starred=False, rating=-1)) == 1
        assert await repository.delete_matching(every) == 1
        assert await repository.count(HistoryFilter(starred=True)) == 1
        assert await repository.delete_matching(HistoryFilter(starred=False)) == 8
        assert [row.role for row in await repository.find_recent()] == ["starred"]

    async def test_pages_of_a_tag_follow_each_other_the_last_saved_first(self, repository):
        for number in range(5):
            later = NOON - timedelta(days=number)
            tags = ("even",) if number % 2 == 0 else ("odd",)
            await repository.save(make_history(role=str(number), timestamp=later, tags=tags))
        first = await repository.find_page(2, wanted=HistoryFilter(tag=" even "))
        assert [row.role for row in first.items] == ["4", "2"]
        second = await repository.find_page(2, first.next_cursor, HistoryFilter(tag="even"))
        assert [row.role for row in second.items] == ["0"]
        assert second.next_cursor is None
        assert not (await repository.find_page(wanted=HistoryFilter(tag="eve"))).items

    async def test_words_of_notes_and_tags_are_found(self, repository):
        noted = await repository.save(make_history(note="for the Ñandú talk"))
        tagged = await repository.save(make_history(tags=("nandu", "talk")))
        await repository.save(make_history())

        async def found(text: str, **more) -> list[int]:
            page = await repository.find_page(wanted=HistoryFilter(text=text, **more))
            return [row.id for row in page.items]

        assert await found("talk nand") == [tagged.id, noted.id]
        assert await found("talk", tag="talk") == [tagged.id]
        assert await repository.count(HistoryFilter(text="talk")) == 2
        await repository.update(noted.prompt_id, {"note": "another"})
        assert await found("talk nand") == [tagged.id]
        await repository.update(tagged.prompt_id, {"tags": []})
        assert await found("talk") == []
        assert await found("another") == [noted.id]

    async def test_what_is_deleted_by_a_word_is_all_that_has_it(self, repository):
        await repository.save_many([make_history(context="word") for _ in range(2_300)])
        kept = await repository.save(make_history())
        assert await repository.delete_matching(HistoryFilter(text="word")) == 2_300
        assert await repository.find_recent() == [kept]
        assert await repository.delete_matching(HistoryFilter(text="!?")) == 0

    async def test_the_versions_of_an_improvement_are_the_whole_thread_oldest_first(
        self, repository
    ):
        ids = {name: str(uuid4()) for name in ("first", "second", "third", "branch", "other")}
        parents = {"second": "first", "third": "second", "branch": "first"}
        for number, name in enumerate(ids):
            parent = ids.get(parents.get(name, ""))
            moment = NOON + timedelta(minutes=number)
            await repository.save(
                make_history(role=name, prompt_id=ids[name], parent_id=parent, timestamp=moment)
            )

        async def versions(name: str, **more) -> list[str]:
            return [row.role for row in await repository.find_versions(ids[name], **more)]

        thread = ["first", "second", "third", "branch"]
        for name in thread:
            assert await versions(name) == thread
        assert await versions("other") == ["other"]
        assert await versions("third", limit=2) == ["first", "second"]
        (only,) = await repository.find_versions(ids["other"], cut=3)
        assert only.original_idea == "Des"
        await repository.delete(ids["first"])
        assert await versions("branch") == ["second", "third", "branch"]
        assert await repository.find_versions(ids["first"]) == []
        assert await repository.find_versions("no uuid") == []

    async def test_versions_that_lead_back_to_each_other_are_one_thread(self, repository):
        one, other = str(uuid4()), str(uuid4())
        await repository.save(make_history(role="one", prompt_id=one, parent_id=other))
        await repository.save(make_history(role="other", prompt_id=other, parent_id=one))
        for each in (one, other):
            found = await repository.find_versions(each)
            assert [row.role for row in found] == ["one", "other"]

    async def test_a_beginning_of_a_uuid_finds_those_that_begin_so(self, repository):
        ids = [
            f"{begin}-0000-4000-8000-000000000000" for begin in ("aa000001", "aa000002", "b" * 8)
        ]
        for each in ids:
            await repository.save(make_history(prompt_id=each))
        assert await repository.find_prompt_ids("AA") == ids[:2]
        assert await repository.find_prompt_ids("aa000002-0") == ids[1:2]
        assert await repository.find_prompt_ids(ids[2]) == ids[2:]
        assert (
            await repository.find_prompt_ids("", 1) == await repository.find_prompt_ids("x") == []
        )
        assert await repository.find_prompt_ids("aa", 1) == ids[:1]

    async def test_usage_counts_stars_and_ratings_of_the_time(self, repository):
        for day, rating in enumerate((1, 1, -1, 0, None)):
            moment = NOON + timedelta(days=day)
            await repository.save(make_history(timestamp=moment, rating=rating, starred=day < 2))
        assert (await repository.get_usage()).opinions == (2, 2, 1)
        assert (await repository.get_usage(start=NOON + timedelta(days=1))).opinions == (1, 1, 1)

    async def test_rows_that_lead_back_to_each_other_are_cleaned_up_like_others(self, repository):
        old = {"timestamp": datetime.now(UTC) - timedelta(days=40)}
        one, other = str(uuid4()), str(uuid4())
        await repository.save(make_history(**old, prompt_id=one, parent_id=other))
        await repository.save(make_history(**old, prompt_id=other, parent_id=one))
        assert await repository.delete_old(30) == 2

    @pytest.mark.parametrize("days", [0, -1, 36_501, 2**70])
    async def test_days_out_of_bounds_are_refused_and_delete_nothing(self, repository, days):
        await repository.save(make_history(timestamp=datetime(1950, 1, 1, tzinfo=UTC)))
        for call in (repository.count_old, repository.delete_old):
            with pytest.raises(ValueError, match="days"):
                await call(days)
        assert len(await repository.find_recent()) == 1

    async def test_days_on_the_bounds_are_taken(self, repository):
        await repository.save(make_history(timestamp=datetime(1900, 1, 1, tzinfo=UTC)))
        assert await repository.delete_old(36_500) == 1
        await repository.save(make_history(timestamp=datetime.now(UTC) - timedelta(days=2)))
        assert await repository.delete_old(1) == 1

    async def test_the_number_of_a_deleted_row_never_comes_back(self, repository):
        old = await repository.save(make_history(timestamp=datetime(2000, 1, 1, tzinfo=UTC)))
        await repository.delete_old(1)
        assert (await repository.save(make_history())).id > old.id

    async def test_a_closed_repository_raises_from_every_method(self, closed):
        async def check():
            for call in (
                lambda: closed.save(make_history()),
                lambda: closed.save_many([make_history()]),
                lambda: closed.find_by_id(1),
                lambda: closed.find_by_prompt_id(str(uuid4())),
                lambda: closed.find_recent(),
                lambda: closed.find_by_date_range(NOON, NOON),
                lambda: closed.get_statistics(),
                lambda: closed.update(str(uuid4()), {"starred": True}),
                lambda: closed.find_versions(str(uuid4())),
                lambda: closed.find_prompt_ids("a"),
                lambda: closed.count(HistoryFilter(starred=True)),
                lambda: closed.delete_matching(HistoryFilter(starred=True)),
                lambda: closed.count_old(1),
                lambda: closed.delete_old(1),
            ):
                with pytest.raises(RepositoryConnectionError):
                    await call()

        await check()
        await closed.open()
        await closed.close()
        await closed.close()
        await check()

    async def test_opened_again_it_still_has_its_rows(self, repository):
        saved = await repository.save(make_history())
        await repository.open()
        await repository.close()
        await repository.open()
        assert await repository.find_recent() == [saved]

    async def test_made_copyable_it_holds_what_it_held(self, repository):
        await repository.save(make_history(role="kept"))
        await repository.make_copyable(0)
        await repository.save(make_history(role="later"))
        assert [row.role for row in await repository.find_recent()] == ["later", "kept"]

    async def test_a_sound_store_is_checked_without_a_word(self, repository):
        await repository.save(make_history())
        await repository.check()
        assert repository.describe() == RepositoryDescription()

    async def test_a_closed_store_can_be_described(self, closed):
        assert closed.describe() == RepositoryDescription()

    async def test_a_store_tells_its_size_where_it_is_asked(self, repository):
        before = repository.describe(with_sizes=True)
        await repository.save(make_history(original_idea="x" * 10_000))
        after = repository.describe(with_sizes=True)
        assert after.stored_bytes + after.logged_bytes >= 10_000
        assert after.stored_bytes + after.logged_bytes > before.stored_bytes + before.logged_bytes
