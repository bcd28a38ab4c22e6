"""GET / and the files of the page, as they are sent."""

import gzip
import re

import pytest
from fastapi.testclient import TestClient

from prompt_improver.api.accept import prefers_html
from prompt_improver.app import create_app
from prompt_improver.domain.warning_table import WARNINGS
from prompt_improver.page import FILES, FOLDER
from prompt_improver.settings import Settings

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
KEY = "planted-key-0123456789"
MOST_BYTES = 60 * 1024


@pytest.fixture(scope="module")
def client():
    settings = Settings(_env_file=None, sqlite_enabled=False, llm_provider="offline", api_key=KEY)
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("TEXT/HTML", True),
        ("*/*", False),
        ("", False),
        ("application/json", False),
        ("application/json, text/html", False),
        ("text/html, application/json", True),
        ("text/html;q=0.5, application/json", False),
        ("text/html, application/json;q=0.9", True),
        ("text/html;q=0", False),
        ("text/html;q=much", False),
        ("text/*", False),
    ],
)
def test_a_page_is_for_those_who_ask_for_html_before_json(accept, expected):
    assert prefers_html([accept]) is expected


def test_a_browser_gets_the_page_without_a_key(client):
    answer = client.get("/", headers={"Accept": BROWSER})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Vary"] == "Accept"
    assert "<textarea" in answer.text


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_all_others_get_json_and_need_the_key(client, accept):
    assert client.get("/", headers={"Accept": accept}).status_code == 401
    keyed = {"Accept": accept, "Authorization": f"Bearer {KEY}"}
    answer = client.get("/", headers=keyed)
    assert answer.json()["message"] == "Prompt Improver"
    assert answer.headers["Vary"] == "Accept"


def test_asking_for_html_opens_no_other_address(client):
    assert client.get("/metrics", headers={"Accept": BROWSER}).status_code == 401


def test_the_policy_of_the_page_lets_in_nothing_but_its_own_files(client):
    for path in ("/", "/page/main.js", "/page/words.js", "/page/icon.svg"):
        policy = client.get(path, headers={"Accept": BROWSER}).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
        assert "unsafe" not in policy
        assert re.search(r"style-src '(self|sha256-[\w+/]{43}=)';", policy)
        assert "http" not in policy


def test_every_file_is_sent_and_every_module_is_asked_for_at_once(client):
    page = (FOLDER / "index.html").read_text()
    asked = set(re.findall(r'(?:src|href)="page/([^"]+)"', page))
    assert asked == {*FILES, "words.js"}
    for name in asked:
        answer = client.get(f"/page/{name}")
        assert answer.status_code == 200
        kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
        assert answer.headers["Content-Type"].startswith(kinds[name.rpartition(".")[2]])
    imported = {
        name
        for path in FOLDER.glob("*.js")
        for name in re.findall(r'from "\./([^"]+)"', path.read_text())
    }
    assert imported <= asked


def test_nothing_but_the_files_of_the_page_is_sent(client):
    for path in ("/page/", "/page/__init__.py", "/page/index.html", "/page/../api/page.py"):
        assert client.get(path).status_code in (401, 404)


def test_the_page_is_small_and_names_no_other_server():
    texts = [path.read_bytes() for path in FOLDER.iterdir() if path.is_file()]
    assert len(gzip.compress(b"".join(texts), 9)) < MOST_BYTES
    foreign = re.findall(rb"https?://[\w.]+", b"".join(texts))
    # The name of SVG, which nobody calls.
    assert set(foreign) <= {b"http://www.w3.org"}


def test_the_page_never_reads_markup():
    for path in FOLDER.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(",
            path.read_text(),
        ), path.name


def test_the_words_of_the_warnings_are_those_of_the_table(client):
    text = client.get("/page/words.js").text
    for code, sentence in WARNINGS.items():
        assert f'"{code}": "{sentence}"' in text
