"""Large answers: whole, and nobody else waits for them."""

import asyncio
import csv
import io
import json
import sys
import threading
import time

import pytest
import uvicorn

from prompt_improver.api.history_schemas import HistoryResponse
from prompt_improver.api.pieces import PIECE_BYTES, answer_in_pieces, in_pieces
from prompt_improver.app import create_app
from prompt_improver.domain.history_export import ExportFormat, renderer
from prompt_improver.domain.history_record import COLUMNS, to_record
from prompt_improver.settings import Settings
from tests.histories import make_history
from tests.history_files import save_rows
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.scripted_improver import ScriptedImprover, make_backends

pytestmark = pytest.mark.anyio

ROW_BYTES = 40_000
READ = (
    "import sys, urllib.request\n"
    "answer = urllib.request.urlopen(sys.argv[1])\n"
    "while answer.read(1 << 16): pass\n"
)


def make_app(repository, **settings):
    defaults = {"_env_file": None, "llm_provider": "offline", "sqlite_auto_cleanup": False}
    return create_app(
        Settings(**defaults | settings),
        repository=repository,
        backends=make_backends(ScriptedImprover()),
    )


async def ask(app, path, query=b""):
    """The status, the headers and the body's messages of an answer."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query,
        "headers": [(b"host", b"localhost")], "server": ("localhost", 80), "client": ("::1", 1),
        "root_path": "",
    }  # fmt: skip
    start, body = {}, []
    hang_up = asyncio.Event()
    asked = False

    async def receive():
        nonlocal asked
        if asked:
            await hang_up.wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.append(message.get("body", b""))

    await app(scope, receive, send)
    return start["status"], dict(start["headers"]), body


@pytest.fixture
async def app(tmp_path):
    repository = InMemoryPromptRepository()
    app = make_app(repository, sqlite_db_path=str(tmp_path / "private" / "history.db"))
    async with app.router.lifespan_context(app):
        for number in range(20):
            idea = f'{number} "ñ" ' + "x" * ROW_BYTES
            repository._keep(make_history(original_idea=idea))
        yield app


@pytest.mark.parametrize("query", [b"limit=20", b"limit=20&q=design"])
async def test_no_piece_of_a_page_is_larger_than_a_row_more_than_its_bound(app, query):
    status, headers, body = await ask(app, "/api/v1/history", query)
    assert status == 200
    whole = b"".join(body)
    assert headers[b"content-length"] == str(len(whole)).encode()
    assert headers[b"content-type"] == b"application/json"
    page = HistoryResponse.model_validate_json(whole)
    assert [item.id for item in page.items] == list(range(20, 0, -1))
    assert max(map(len, body)) < PIECE_BYTES + ROW_BYTES + 2_000
    assert len(body) >= len(whole) / (PIECE_BYTES + ROW_BYTES + 2_000)


@pytest.mark.parametrize("query", [b"format=jsonl", b"format=csv"])
async def test_no_piece_of_an_export_is_larger_than_a_row_more_than_its_bound(app, query):
    _, _, body = await ask(app, "/api/v1/history/export", query)
    assert sum(map(len, body)) > 20 * ROW_BYTES
    assert max(map(len, body)) < PIECE_BYTES + ROW_BYTES + 2_000


async def test_parts_are_made_in_a_thread_and_others_run_between_two_pieces():
    """Of two answers that are made at once neither waits for the whole of the other."""
    threads, order = set(), []

    def parts(name):
        for _ in range(5):
            threads.add(threading.get_ident())
            yield b"x" * PIECE_BYTES

    async def make(name):
        async for piece in in_pieces(parts(name)):
            assert len(piece) == PIECE_BYTES
            order.append(name)

    await asyncio.gather(make("a"), make("b"))
    assert threading.get_ident() not in threads
    assert order != sorted(order)


async def test_others_run_while_an_answer_is_sent_to_a_client_that_takes_it_at_once():
    answer = await answer_in_pieces(iter([b"x" * PIECE_BYTES] * 50), "text/plain")
    turns, sent = 0, 0

    async def count_turns():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def send(message):
        nonlocal sent
        sent += len(message.get("body", b""))

    async def receive():
        await asyncio.Event().wait()

    counting = asyncio.create_task(count_turns())
    await answer({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    counting.cancel()
    assert sent == 50 * PIECE_BYTES
    assert turns >= 50


async def test_what_fails_half_way_fails_before_the_answer_begins():
    def parts():
        yield b"x" * PIECE_BYTES
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await answer_in_pieces(parts(), "text/plain")


async def test_a_small_answer_is_one_piece():
    answer = await answer_in_pieces(iter([b"a", b"b", b"c"]), "text/plain")
    assert answer.body == b"abc"
    assert answer.headers["content-length"] == "3"


@pytest.mark.parametrize(
    "text", ['a"b', "a,b", "a\nb", "a\r\nb", "\r", "'", " a ", "ñ\u2028", '""', "a\tb", ";"]
)
async def test_cells_of_csv_are_those_of_python_s_own_writer(text):
    row = make_history(
        original_idea=f"x{text}", role=text, reasoning=None, latency_ms=1e22, guardrails=()
    )
    expected = io.StringIO()
    record = {
        name: json.dumps(value) if isinstance(value, dict | list | bool) else value
        for name, value in to_record(row).items()
    }
    csv.writer(expected).writerow(
        [f"'{text}" if name == "role" and text[0] in "\t\r" else record[name] for name in COLUMNS]
    )
    assert renderer(ExportFormat.CSV)(row) == expected.getvalue()


@pytest.mark.slow
async def test_nobody_waits_50_ms_while_70_mb_are_read(tmp_path):
    """Measured as the processor time that goes by between two turns of the event loop, which
    what else runs on the machine does not change. Before the answers came in pieces: 650 ms for
    a page, 130 ms for an export as CSV, 110 ms for the first /openapi.json."""
    path = tmp_path / "history.db"
    save_rows(path, 500, days_ago=1, idea="idea ñ " * 20_000)
    app = make_app(None, sqlite_db_path=str(path))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 uvicorn tells of it by this alone
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    worst = {}
    for called in (
        "openapi.json", "docs", "api/v1/history?limit=500", "api/v1/history?limit=500&q=idea",
        "api/v1/history/export", "api/v1/history/export?format=csv",
    ):  # fmt: skip
        reader = await asyncio.create_subprocess_exec(
            sys.executable, "-c", READ, f"http://localhost:{port}/{called}"
        )
        reading = asyncio.create_task(reader.wait())
        worst[called] = 0.0
        while not reading.done():
            before = time.process_time()
            await asyncio.sleep(0.001)
            worst[called] = max(worst[called], time.process_time() - before)
        assert reading.result() == 0, called
    server.should_exit = True
    await serving
    assert max(worst.values()) < 0.05, worst
