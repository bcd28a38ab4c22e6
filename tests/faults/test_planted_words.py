"""Keys and prompts that can be told from everything else are planted wherever one can be, and
looked for wherever none may be: in the log, in answers and their headers, in the process list,
and in every file of working directory, home and temporary folder."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.forked_program import clean_environment, run_program
from tests.model_server import ModelRequest, ModelServer, Reply, parts
from tests.server_process import ROOT, ServerProcess
from tests.sqlite_files import raw

KEY = "zqkey"
"""Part of every planted key."""
WORD = "zqword"
"""Part of every planted idea, context and reply."""
SECRETS = (
    "API_KEY",
    "LLM_API_KEY",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "DEEPSEEK_API_KEY",
)
PLANTED = {name: f"sk-{KEY}-{name.lower().replace('_', '-')}" for name in SECRETS}
IDEA = f"Design a REST API about {WORD}idea for {{{WORD}customer}}"
CONTEXT = f"FastAPI and {WORD}context"
REPLY = parts(directive=f"Design a REST API about {WORD}idea for {{{WORD}customer}}, {WORD}reply.")
HISTORY = ("prompt_history.db", "prompt_history.db-wal", "prompt_history.spool.jsonl")
"""Beside backups and exports, the only files that may hold prompts."""
REFUSE_ROWS = f"""
    CREATE TRIGGER refused BEFORE INSERT ON prompt_history
    WHEN new.original_idea LIKE '%{WORD}refused%'
    BEGIN SELECT RAISE(ABORT, 'refused'); END
"""


@dataclass(frozen=True)
class Form:
    """How a server runs."""

    provider: str = "openai"
    level: str = "DEBUG"
    form: str = "json"


QUICK = Form()
SLOW = (
    Form(form="text"),
    Form(level="INFO", form="text"),
    Form(provider="anthropic"),
    Form(provider="gemini"),
    Form(provider="deepseek"),
    Form(provider="openai-compatible"),
    Form(provider="ollama"),
)
FORMS = [
    pytest.param(form, id=f"{form.provider}-{form.level}-{form.form}", marks=marks)
    for form, marks in ((QUICK, ()), *((slow, pytest.mark.slow) for slow in SLOW))
]


@dataclass
class Told:
    """What a server that was used in every way has let out."""

    answers: list[tuple[str, int, str, str]] = field(default_factory=list)
    """What was asked, status, headers and body."""
    log: str = ""
    processes: str = ""
    folder: Path = Path()
    keys_at_the_model: set[str] = field(default_factory=set)
    """What the model's server got as its key: that the planted ones are in use."""

    def statuses(self, asked: str) -> set[int]:
        return {status for name, status, *_ in self.answers if name == asked}


def echoes(request: ModelRequest) -> dict[str, Reply]:
    """All that a provider can say about a key, with the key and the prompt in it."""
    key = key_of(request)
    words = json.dumps(f"Incorrect API key provided: {key}. Asked for: {request.prompt}")
    body = f'{{"error": {{"message": {words}, "type": "{key}", "code": "{key}"}}}}'.encode()
    named = {"WWW-Authenticate": key, "X-Request-ID": key, "Retry-After": key}
    failures = (400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503, 529)
    return {str(status): Reply(status=status, headers=named, body=body) for status in failures} | {
        "redirect": Reply(status=302, headers={"Location": f"/{key}"}, body=body),
        "half a reply": Reply(body=body[:-20]),
        "another reply": Reply(body=body),
        "HTML": Reply(body=b"<html>" + body),
        "cut off": Reply(body=body, reset_midway=True),
        "nonsense": Reply(text=f"asdf {key} qwer {request.prompt}"),
        "no format": Reply(text=parts(confidence=f"{key} {WORD}", guardrails={key: [WORD]})),
    }


def key_of(request: ModelRequest) -> str:
    names = ("authorization", "x-api-key", "x-goog-api-key")
    return " ".join(request.headers[name] for name in names if name in request.headers)


class Caller:
    """Uses a server, and keeps all that it answers."""

    def __init__(self, server: ServerProcess, model: ModelServer, told: Told) -> None:
        self._server, self._model, self._told = server, model, told
        server.client.headers["Authorization"] = f"Bearer {PLANTED['API_KEY']}"

    def ask(self, name: str, method: str, path: str, **arguments: object) -> None:
        answer = self._server.client.request(method, path, **arguments)  # type: ignore[arg-type]
        found = (name, answer.status_code, str(answer.headers), answer.text)
        self._told.answers.append(found)

    def improve(self, name: str, idea: object = IDEA, **fields: object) -> None:
        body = {"idea": idea, "context": CONTEXT, **fields}
        self.ask(name, "POST", "/api/v1/improve-prompt", json=body)

    def use_the_model(self) -> None:
        self._model.reply = Reply(text=REPLY)
        self.improve("good")
        for name in echoes(ModelRequest("", {}, {})):
            self._model.reply = lambda request, name=name: echoes(request)[name]
            self.improve(f"echo {name}")
        # It loses the placeholder, twice: the gates keep the user's own words.
        self._model.reply = Reply(text=parts(directive=f"Design {WORD}reply."))
        self.improve("gates")

    def ask_wrongly(self) -> None:
        self.improve("wrong", idea=[WORD])
        self.improve("wrong", backend=WORD)
        self.improve("wrong", idea=WORD * 20_000)
        self.improve("blank", idea=" ")
        self.ask("wrong", "POST", "/api/v1/improve-prompt", content=f'{{"idea": "{WORD}')
        for path in (f"/{WORD}?{WORD}", f"/api/v1/history/{WORD}"):
            self.ask("unknown", "GET", path)
        self.ask("unknown", "DELETE", f"/api/v1/history/{WORD}")
        self.ask("wrong", "GET", "/api/v1/history", params={"cursor": WORD, "from": WORD})
        for key in (f"Bearer {KEY}-wrong", f"Basic {KEY}-wrong", KEY):
            self.ask("no key", "GET", f"/metrics?{KEY}", headers={"Authorization": key})

    def read(self) -> None:
        for path in ("/", "/health", "/health/repository", "/metrics", "/openapi.json"):
            self.ask("read", "GET", path)
        for path in ("history", "history/export", "statistics", f"history?q={WORD}idea"):
            self.ask("read", "GET", f"/api/v1/{path}")

    def break_the_history(self) -> None:
        """A row that the database refuses, and then a database that is gone."""
        path = self._server.database_file
        raw(path, REFUSE_ROWS)
        self.improve("refused", f"{IDEA} {WORD}refused", backend="offline")
        wait_until(lambda: "refuses row" in self._server.log)
        path.rename(path.with_name("away"))
        path.mkdir()
        self.improve("away", backend="offline")
        wait_until(lambda: "cannot be written" in self._server.log)
        self.read()
        path.rmdir()
        path.with_name("away").rename(path)


def wait_until(holds) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_program(folder, *arguments, **{"TMPDIR": str(folder)} | variables)


@pytest.fixture(scope="module", params=FORMS)
def told(request, tmp_path_factory) -> Told:
    form: Form = request.param
    told = Told(folder=tmp_path_factory.mktemp("planted"))
    with ModelServer() as model:
        lines = {
            **PLANTED,
            # Some proxies are given their key in the address.
            "LLM_BASE_URL": f"{model.root}/{KEY}-path/v1",
            "LLM_MODEL": "test-model",
            "LLM_PROVIDER": form.provider,
            "LLM_FALLBACK": "none",  # errors are to be told
            "LOG_LEVEL": form.level,
            "LOG_FORMAT": form.form,
            "BREAKER_MAX_FAILURES": "1",
        }
        text = "".join(f"{name}={value}\n" for name, value in lines.items())
        (told.folder / ".env").write_text(text)
        variables = {"TMPDIR": str(told.folder), "LLM_PROVIDER": form.provider}
        with ServerProcess(told.folder, str(ROOT / "main.py"), **variables) as server:
            caller = Caller(server, model, told)
            caller.use_the_model()
            caller.ask_wrongly()
            caller.read()
            run(told.folder, "backup")
            run(told.folder, "export", "exported.jsonl")
            caller.break_the_history()
            listed = subprocess.run(
                ["ps", "-ww", "-o", "args=", "-p", str(server.pid)], capture_output=True, text=True
            )
            told.processes = listed.stdout
            server.stop()
            told.log = server.log
        told.keys_at_the_model = {key_of(each) for each in model.requests}
    return told


def files_that_hold(told: Told, planted: str) -> set[str]:
    found = (path for path in told.folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(told.folder))
        for path in found
        if planted.encode() in path.read_bytes()
    }


def test_every_way_was_gone(told):
    """What follows would find nothing where nothing was done."""
    assert (
        told.statuses("good") == told.statuses("gates") == told.statuses("echo nonsense") == {200}
    )
    assert told.statuses("echo 401") == told.statuses("echo 500") == {502}
    assert told.statuses("echo 429") == {503}
    assert told.statuses("wrong") == {415, 422}
    assert told.statuses("no key") == {401}
    assert all(key in str(told.keys_at_the_model) for key in (KEY, "llm-api-key"))
    assert '"prompt_improver.api.middleware.request_id"' in told.log or " INFO " in told.log
    assert "Traceback" not in told.log


def test_no_key_is_in_the_log(told):
    assert [line for line in told.log.splitlines() if KEY in line] == []


def test_no_key_is_in_an_answer_or_its_headers(told):
    assert [answer for answer in told.answers if KEY in "".join(answer[2:])] == []


def test_no_key_is_in_the_list_of_processes(told):
    if not told.processes:
        pytest.skip("no ps on this machine")
    assert "main.py" in told.processes
    assert KEY not in told.processes


def test_no_key_is_in_a_file_but_its_own(told):
    assert files_that_hold(told, KEY) == {".env"}


def test_no_prompt_is_in_the_log_not_even_at_debug(told):
    assert [line for line in told.log.splitlines() if WORD in line] == []


def test_errors_repeat_nothing_of_a_prompt(told):
    failed = [answer for answer in told.answers if answer[1] >= 400]
    assert len(failed) > 20
    assert [answer for answer in failed if WORD in "".join(answer[2:])] == []


def test_figures_and_health_hold_nothing_of_a_prompt(told):
    bodies = [body for name, _, _, body in told.answers if name == "read" and "# HELP" in body]
    assert len(bodies) == 2
    assert WORD not in "".join(bodies)


def test_prompts_are_in_the_history_its_backups_and_exports_alone(told):
    found = files_that_hold(told, WORD)
    assert {"data/prompt_history.db", "exported.jsonl"} <= found
    allowed = {f"data/{name}" for name in HISTORY} | {"exported.jsonl"}
    assert {name for name in found - allowed if not name.startswith("data/backups/")} == set()


# The start that is stopped, with a key in every setting.

BAD_KEY = f"{KEY}\N{LATIN SMALL LETTER E WITH ACUTE}"
STOPS: dict[str, dict[str, str]] = {
    "a password in the address": {"LLM_BASE_URL": f"http://user:{KEY}@127.0.0.1:1/v1"},
    "a key in the query": {"LLM_BASE_URL": f"http://127.0.0.1:1/v1?key={KEY}"},
    "a key in the fragment": {"LLM_BASE_URL": f"http://127.0.0.1:1/v1#{KEY}"},
    "a key as the scheme": {"LLM_BASE_URL": f"{KEY}://127.0.0.1"},
    "an address that is none": {"LLM_BASE_URL": f"http://[{KEY}"},
    "a port that is none": {"LLM_BASE_URL": f"http://127.0.0.1:{KEY}"},
    "another setting": {"SQLITE_POOL_SIZE": "5"},
    "another number": {"API_PORT": "none"},
    "no address": {"LLM_PROVIDER": "openai-compatible"},
    "a key that is none": {"LLM_API_KEY": BAD_KEY},
    "a key of two lines": {"LLM_API_KEY": f"{KEY}\n{KEY}"},
    "a provider's key that is none": {"LLM_API_KEY": "", "OPENAI_API_KEY": BAD_KEY},
    "bytes that are no text": {"API_KEY": f"{KEY}\udcff"},
}
QUICK_STOPS = ("a password in the address", "another setting", "bytes that are no text")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in QUICK_STOPS else pytest.mark.slow) for n in STOPS]
)
def test_a_start_that_is_stopped_shows_no_key(tmp_path, name):
    variables = {"LLM_PROVIDER": "openai", "LOG_LEVEL": "DEBUG"} | PLANTED | STOPS[name]
    done = run(tmp_path, "serve", **variables)
    assert done.returncode in (1, 2)
    assert KEY not in done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if " INFO " not in line]
    assert len(lines) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_env_file_that_cannot_be_read_shows_no_key(tmp_path):
    (tmp_path / ".env").write_bytes(f"API_KEY={KEY}\nLLM_API_KEY={KEY}".encode() + b"\xff\n")
    done = run(tmp_path, "serve")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert KEY not in done.stdout + done.stderr


# Errors that nobody expects, with all that is secret in their words.

UNEXPECTED = f"""
import sys
from fastapi.testclient import TestClient
from prompt_improver.app import create_app
from prompt_improver.logs import configure_logging
from prompt_improver.settings import load_settings
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.scripted_improver import ScriptedImprover, make_backends

class Failing(InMemoryPromptRepository):
    async def save_many(self, histories):
        raise RuntimeError("{KEY} {WORD}")
    async def get_statistics(self):
        raise RuntimeError("{KEY} {WORD}")

settings = load_settings()
configure_logging(settings.log_level, settings.log_format)
improver = ScriptedImprover()
app = create_app(settings, repository=Failing(), backends=make_backends(improver))
with TestClient(app, base_url="http://localhost") as client:
    client.headers["Authorization"] = "Bearer " + settings.api_key.get_secret_value()
    def ask(method, path, **arguments):
        answer = client.request(method, path, **arguments)
        print(path, answer.status_code, answer.headers, answer.text if answer.is_error else "")
    ask("POST", "/api/v1/improve-prompt", json={{"idea": "{WORD}"}})
    ask("GET", "/health/repository")
    ask("GET", "/metrics")
    improver.fail_with = RuntimeError("{KEY} {WORD}")
    ask("POST", "/api/v1/improve-prompt", json={{"idea": "{WORD}"}})
"""


@pytest.mark.parametrize("form", ["json", pytest.param("text", marks=pytest.mark.slow)])
def test_an_error_that_nobody_expected_shows_its_place_and_not_its_words(tmp_path, form):
    done = subprocess.run(
        [sys.executable, "-c", UNEXPECTED],
        cwd=tmp_path,
        env=clean_environment(**PLANTED, LOG_LEVEL="DEBUG", LOG_FORMAT=form),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "/api/v1/improve-prompt 500" in done.stdout
    assert "Unexpected RuntimeError" in done.stderr
    assert "scripted_improver.py" in done.stderr
    assert "The history cannot be written" in done.stderr
    for planted in (KEY, WORD):
        assert planted not in done.stdout + done.stderr
