"""GET /metrics of a real app: every figure is there, and moves when what it counts happens."""

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from prompt_improver.api.circuit_breaker import CircuitBreaker
from prompt_improver.api.metrics import HistoryFigures
from prompt_improver.api.shutdown import Shutdown
from prompt_improver.app import create_app
from prompt_improver.domain.errors import (
    ImproverTimeoutError,
    RepositoryBusyError,
    RepositoryConnectionError,
    RepositoryConstraintError,
)
from prompt_improver.domain.prompt_history import BackendType, PromptHistory
from prompt_improver.domain.recorder import Recorder, RecorderCounts
from prompt_improver.settings import Settings
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.model_server import ModelServer, Reply
from tests.scripted_improver import ScriptedImprover, make_backends

URL = "/api/v1/improve-prompt"
Figures = dict[str, float]
MakeClient = Callable[..., TestClient]


@pytest.fixture
def improver() -> ScriptedImprover:
    return ScriptedImprover(BackendType.OFFLINE)


@pytest.fixture
def repository() -> InMemoryPromptRepository:
    return InMemoryPromptRepository()


@pytest.fixture
def database_file(tmp_path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def backup_dir(tmp_path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def make_client(tmp_path, database_file, backup_dir, improver) -> Iterator[MakeClient]:
    """Make clients of started apps; they are stopped at the end."""
    entered = []

    def make(repository=None, backends=None, **settings) -> TestClient:
        defaults = {
            "_env_file": None,
            "llm_provider": "offline",
            "sqlite_db_path": str(database_file),
            "backup_dir": str(backup_dir),
        }
        app = create_app(
            Settings(**defaults | settings),
            repository=repository,
            backends=backends or make_backends(improver),
        )
        client = TestClient(app, base_url="http://localhost")
        client.__enter__()
        entered.append(client)
        return client

    yield make
    for client in reversed(entered):
        client.__exit__(None, None, None)


def figures(client: TestClient) -> Figures:
    """Every sample as ``name{label="value",...}``, without what all of them begin with."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            name = sample.name.removeprefix("prompt_improver_")
            found[f"{name}{{{labels}}}" if labels else name] = sample.value
    return found


def wait_for(client: TestClient, name: str, wanted: Callable[[float], bool]) -> Figures:
    """The figures, once the one called ``name`` is as ``wanted``."""
    deadline = time.monotonic() + 10
    while True:
        found = figures(client)
        if name in found and wanted(found[name]):
            return found
        assert time.monotonic() < deadline, f"{name} stays {found.get(name)}"
        time.sleep(0.02)


def improve(client: TestClient, **body: str) -> int:
    return client.post(URL, json={"idea": "Fix this bug"} | body).status_code


def backup_of(backup_dir: Path, name: str, hours_ago: float) -> None:
    backup_dir.mkdir(exist_ok=True)
    file = backup_dir / name
    file.write_bytes(b"backup")
    then = time.time() - hours_ago * 3600
    os.utime(file, (then, then))


def test_every_series_is_there_from_the_start_so_that_its_first_count_is_an_increase(make_client):
    found = figures(make_client())
    assert found['improvements_total{backend="offline",outcome="improved"}'] == 0
    assert found['improvement_seconds_count{backend="few-shot"}'] == 0
    assert found['model_tokens_total{direction="output"}'] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the figures come from /proc")
def test_the_process_tells_its_memory_time_and_open_files(make_client):
    found = figures(make_client())
    assert found["process_resident_memory_bytes"] > 1_000_000
    assert found["process_open_fds"] > 0
    assert found["process_cpu_seconds_total"] > 0


def test_every_figure_that_is_promised_is_there(make_client, backup_dir):
    client = make_client()
    backup_of(backup_dir, "history.db", 1)
    assert improve(client) == 200
    found = wait_for(client, "last_cleanup_timestamp_seconds", lambda at: at > 0)
    assert set(found) >= {
        'improvements_total{backend="offline",outcome="improved"}',
        'improvement_seconds_count{backend="offline"}',
        'improvement_seconds_bucket{backend="offline",le="0.025"}',
        "model_calls_total",
        'model_tokens_total{direction="input"}',
        'model_tokens_total{direction="output"}',
        'saves_total{outcome="saved"}',
        'saves_total{outcome="dropped"}',
        'saves_total{outcome="rejected"}',
        "saves_accepted_total",
        "queue_rows",
        "spool_rows",
        'breaker_state{state="closed"}',
        'breaker_state{state="open"}',
        'breaker_state{state="half-open"}',
        "breaker_trips_total",
        "busy_retries_total",
        "spoiled_rows",
        "history_rows",
        "database_bytes",
        "wal_bytes",
        "commit_seconds_count",
        'commit_seconds_bucket{le="0.025"}',
        "last_cleanup_timestamp_seconds",
        "newest_backup_age_seconds",
    }
    assert found["last_cleanup_timestamp_seconds"] == pytest.approx(time.time(), abs=10)


def test_improvements_and_their_latency_are_counted_by_backend(make_client):
    client = make_client(sqlite_enabled=False)
    for _ in range(3):
        improve(client)
    found = figures(client)
    assert found['improvements_total{backend="offline",outcome="improved"}'] == 3
    assert found['improvement_seconds_count{backend="offline"}'] == 3
    assert 0 < found['improvement_seconds_sum{backend="offline"}'] < 3


def test_a_failure_is_an_outcome_of_its_own_and_has_no_latency(make_client, improver):
    client = make_client(sqlite_enabled=False, llm_fallback="none")
    improver.fail_with = ImproverTimeoutError("planted")
    assert improve(client) == 504
    found = figures(client)
    assert found['improvements_total{backend="offline",outcome="model_timeout"}'] == 1
    assert found['improvement_seconds_count{backend="offline"}'] == 0
    assert "planted" not in client.get("/metrics").text


def test_a_backend_that_is_not_configured_is_an_outcome_too(make_client):
    client = make_client(sqlite_enabled=False)
    assert improve(client, backend="few-shot") == 503
    failed = {
        name: value for name, value in figures(client).items() if 'backend="few-shot"' in name
    }
    assert sum(value for name, value in failed.items() if "improvements_total" in name) == 1


def test_a_call_that_a_stop_cancels_is_counted_as_that_and_the_offline_answer_as_one(make_client):
    backends = make_backends(ScriptedImprover(), ScriptedImprover(BackendType.OFFLINE))
    client = make_client(backends=backends, sqlite_enabled=False)
    client.app.state.container.get(Shutdown).grace_ended.set()
    assert improve(client) == 200
    assert improve(client, backend="zero-shot") == 503
    found = figures(client)
    assert found['cancellations_total{backend="zero-shot",cause="stopping"}'] == 2
    outcomes = {
        name: value
        for name, value in found.items()
        if name.startswith("improvements_total") and value
    }
    assert outcomes == {'improvements_total{backend="offline",outcome="improved"}': 1}


def test_what_does_not_fit_is_no_improvement(make_client):
    client = make_client(sqlite_enabled=False)
    assert improve(client, idea=" ") == 400
    assert improve(client, backend="planted") == 422
    found = figures(client)
    assert not sum(found[name] for name in found if name.startswith("improvements_total"))


def test_an_answer_in_the_models_place_is_counted_as_that_and_as_an_answer(make_client):
    model = ScriptedImprover()
    model.fail_with = ImproverTimeoutError("planted", model_calls=2)
    backends = make_backends(model, ScriptedImprover(BackendType.OFFLINE))
    client = make_client(backends=backends, sqlite_enabled=False)
    assert improve(client) == 200
    found = figures(client)
    assert found['fallbacks_total{backend="zero-shot",code="model_timeout"}'] == 1
    assert found['improvements_total{backend="offline",outcome="improved"}'] == 1
    failed = [name for name in found if name.startswith('improvements_total{backend="zero')]
    assert sum(found[name] for name in failed) == 0
    assert found["model_calls_total"] == 2


def test_the_time_to_the_first_text_of_a_stream_is_measured():
    with ModelServer(models=["tiny"]) as model:
        settings = Settings(
            _env_file=None,
            llm_provider="openai-compatible",
            llm_base_url=model.base_url,
            sqlite_enabled=False,
        )
        with TestClient(create_app(settings), base_url="http://localhost") as client:
            improve(client)
            assert figures(client)['first_field_seconds_count{backend="few-shot"}'] == 0
            client.post(f"{URL}/stream", json={"idea": "Fix this bug"})
            found = figures(client)
    assert found['first_field_seconds_count{backend="few-shot"}'] == 1
    assert 0 < found['first_field_seconds_sum{backend="few-shot"}'] < 10


def test_model_calls_tokens_and_kept_originals_are_counted():
    with ModelServer(models=["tiny"]) as model:
        model.reply = Reply(usage=(120, 80))
        settings = Settings(
            _env_file=None,
            llm_provider="openai-compatible",
            llm_base_url=model.base_url,
            llm_fallback="none",
            sqlite_enabled=False,
        )
        with TestClient(create_app(settings), base_url="http://localhost") as client:
            assert improve(client, idea="Design a REST API") == 200
            first = figures(client)
            model.reply = Reply(text="no parts at all", usage=(10, 1))
            assert improve(client, idea="Design a REST API") == 200
            second = figures(client)
        called = len(model.requests)
    assert first["model_calls_total"] == 1
    assert first['model_tokens_total{direction="input"}'] == 120
    assert first['model_tokens_total{direction="output"}'] == 80
    assert first['improvements_total{backend="few-shot",outcome="improved"}'] == 1
    assert second["model_calls_total"] == called
    assert second['model_tokens_total{direction="input"}'] == 120 + 10 * (called - 1)
    assert second['model_tokens_total{direction="output"}'] == 80 + 1 * (called - 1)
    assert second['improvements_total{backend="few-shot",outcome="kept_original"}'] == 1


def test_saves_rows_and_commits_are_counted(make_client, database_file):
    client = make_client()
    for _ in range(3):
        improve(client)
    found = wait_for(client, 'saves_total{outcome="saved"}', lambda saved: saved == 3)
    assert found["saves_accepted_total"] == 3
    assert 1 <= found["commit_seconds_count"] <= 3
    assert found["commit_seconds_sum"] > 0
    assert found["history_rows"] == 3
    assert found["database_bytes"] == database_file.stat().st_size
    wal = database_file.with_name("history.db-wal")
    assert found["wal_bytes"] == wal.stat().st_size > 0


def test_rows_in_the_spool_are_counted_until_they_are_saved(make_client, database_file):
    away = database_file.with_name("away")
    client = make_client(breaker_max_failures=1, breaker_cooldown_s=0.2)
    database_file.rename(away)
    database_file.mkdir()
    improve(client)
    found = wait_for(client, "spool_rows", lambda rows: rows == 1)
    assert found["saves_accepted_total"] == 1
    assert found["queue_rows"] == 0
    database_file.rmdir()
    away.rename(database_file)
    found = wait_for(client, 'saves_total{outcome="saved"}', lambda saved: saved == 1)
    assert found["spool_rows"] == 0


def test_rows_that_were_there_before_are_told(make_client, database_file):
    first = make_client(sqlite_async_enabled=False)
    improve(first)
    second = make_client()
    assert figures(second)["history_rows"] == 1
    assert figures(second)['saves_total{outcome="saved"}'] == 0


class RefusingRepository(InMemoryPromptRepository):
    async def save_many(self, histories: Sequence[PromptHistory]) -> None:
        raise RepositoryConstraintError("a row breaks a rule")


def test_a_row_that_the_history_refuses_is_rejected(make_client):
    client = make_client(RefusingRepository())
    improve(client)
    found = wait_for(client, 'saves_total{outcome="rejected"}', lambda rejected: rejected == 1)
    assert found['saves_total{outcome="saved"}'] == 0


def test_a_row_that_nobody_writes_any_more_is_dropped(make_client, repository):
    client = make_client(repository)
    client.portal.call(client.app.state.container.get(Recorder).stop)
    improve(client)
    assert figures(client)['saves_total{outcome="dropped"}'] == 1


def test_rows_that_wait_are_in_the_queue_until_they_are_saved(make_client, repository):
    client = make_client(repository)
    repository.fail_with = RepositoryBusyError("held")
    for _ in range(3):
        improve(client)
    assert figures(client)["queue_rows"] == 3
    repository.fail_with = None
    found = wait_for(client, "queue_rows", lambda waiting: waiting == 0)
    assert found['saves_total{outcome="saved"}'] == 3


def test_the_breaker_tells_its_state_and_how_often_it_opened(make_client, repository):
    client = make_client(repository, breaker_max_failures=2, breaker_cooldown_s=0.3)
    found = figures(client)
    assert found['breaker_state{state="closed"}'] == 1
    assert found["breaker_trips_total"] == 0
    repository.fail_with = RepositoryConnectionError("disk full")
    improve(client)
    found = wait_for(client, 'breaker_state{state="open"}', lambda is_open: is_open == 1)
    assert found['breaker_state{state="closed"}'] == 0
    assert found["breaker_trips_total"] == 1
    repository.fail_with = None
    found = wait_for(client, 'breaker_state{state="closed"}', lambda closed: closed == 1)
    assert found['breaker_state{state="open"}'] == 0
    assert found["breaker_trips_total"] == 1


def test_a_database_that_another_process_holds_is_tried_again(make_client, database_file):
    client = make_client()
    holder = sqlite3.connect(database_file, isolation_level=None)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        improve(client)
        wait_for(client, "busy_retries_total", lambda retries: retries >= 1)
        holder.execute("ROLLBACK")
    finally:
        holder.close()
    wait_for(client, 'saves_total{outcome="saved"}', lambda saved: saved == 1)


def test_the_age_of_the_newest_backup_is_told(make_client, backup_dir):
    client = make_client()
    assert "newest_backup_age_seconds" not in figures(client)
    backup_of(backup_dir, "old.db", 30)
    backup_of(backup_dir, "newer.db", 3)
    (backup_dir / "folder").mkdir()
    assert figures(client)["newest_backup_age_seconds"] == pytest.approx(3 * 3600, abs=60)


@pytest.mark.parametrize("name", ["h-1.db.part", "h-1.db.part-journal", ".gitkeep"])
def test_a_backup_that_is_not_finished_is_none(make_client, backup_dir, name):
    client = make_client()
    backup_of(backup_dir, name, 0)
    assert "newest_backup_age_seconds" not in figures(client)
    backup_of(backup_dir, "old.db", 30)
    assert figures(client)["newest_backup_age_seconds"] == pytest.approx(30 * 3600, abs=60)


def test_without_a_history_the_other_figures_are_told(make_client):
    client = make_client(sqlite_enabled=False)
    improve(client)
    found = figures(client)
    assert found['improvements_total{backend="offline",outcome="improved"}'] == 1
    assert not {"queue_rows", "database_bytes", "history_rows"} & set(found)


def test_a_database_that_cannot_be_opened_has_no_size_and_an_answer(make_client, database_file):
    database_file.mkdir()
    client = make_client()
    improve(client)
    found = figures(client)
    assert found["queue_rows"] == 1
    assert "history_rows" not in found


def test_no_text_of_the_user_is_among_the_figures(make_client):
    client = make_client()
    improve(client, idea="planted idea", context="planted context")
    client.get("/planted")
    assert "planted" not in client.get("/metrics").text


def test_it_says_that_it_speaks_prometheus_format(make_client):
    answer = make_client(sqlite_enabled=False).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")


def test_the_books_are_those_of_the_last_look_however_they_change_while_they_are_told():
    accepted = iter(range(1, 10))

    class Changing:
        breaker = CircuitBreaker()

        @property
        def counts(self) -> RecorderCounts:
            number = next(accepted)
            return RecorderCounts(
                accepted=number, saved=number, spooled=0, dropped=0, rejected=0, waiting=0
            )

    figures = HistoryFigures(
        recorder=Changing(),
        health=SimpleNamespace(last_known=None),
        cleanup=SimpleNamespace(last_done_at=None),
        store=InMemoryPromptRepository(),
        backup_dir=Path("nothing"),
    )

    def accepted_now() -> list[float]:
        return [
            sample.value
            for metric in figures.collect()
            for sample in metric.samples
            if sample.name == "prompt_improver_saves_accepted_total"
        ]

    assert accepted_now() == accepted_now() == [1]
    figures.refresh_counts()
    assert accepted_now() == [2]
