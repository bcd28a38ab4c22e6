"""The page in a real browser: Debian's Chromium, on a server whose model is on loopback."""

import time
from pathlib import Path

import pytest

from tests.model_server import ModelServer, Reply, parts
from tests.server_process import ServerProcess

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium")
KEY = "planted-key-0123456789"
IDEA = "Design a REST API"
WITH_A_MODEL = {"LLM_PROVIDER": "openai-compatible", "LLM_MODEL": "test-model"}
HOSTILE = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\"> {{x}}"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def model():
    with ModelServer() as model:
        yield model


@pytest.fixture(scope="module")
def server(tmp_path_factory, model):
    """One that asks the model on loopback. Its history is shared by the tests."""
    folder = tmp_path_factory.mktemp("with_a_model")
    with ServerProcess(folder, LLM_BASE_URL=model.base_url, **WITH_A_MODEL) as server:
        deadline = time.monotonic() + 10
        while server.client.get("/health/repository").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield server


@pytest.fixture(scope="module")
def keyed_server(tmp_path_factory):
    """One with a key, without a model and without a history."""
    folder = tmp_path_factory.mktemp("with_a_key")
    with ServerProcess(folder, API_KEY=KEY, SQLITE_ENABLED="false") as server:
        yield server


@pytest.fixture
def make_page(browser):
    """Opens the page; at its end nothing was told of in the console, and nobody else was asked."""
    opened = []

    def make(server, *, console=(), **options):
        context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"} | options
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(10_000)
        told, asked = [], []
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.url}/")
        page.wait_for_selector("html[data-ready]")
        opened.append((server, context, told, asked, console))
        return page

    yield make
    for server, context, told, asked, console in opened:
        context.close()
        # A status of 400 or more is told of in the console by the browser itself.
        assert [text for text in told if not any(known in text for known in console)] == []
        assert all(url.startswith(server.url) for url in asked)


def improve(page, idea=IDEA):
    page.fill("#idea", idea)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#prompt")


def status(page):
    return page.locator("#status").inner_text()


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


def test_an_idea_becomes_a_prompt_by_the_keyboard_alone(make_page, server, model):
    model.reply = Reply()
    page = make_page(server)
    assert page.evaluate("document.activeElement.id") == "idea"
    page.keyboard.type(IDEA)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#prompt")
    text = page.locator("#prompt").text_content()
    assert text.startswith("## Role\n\nYou are a backend developer")
    page.keyboard.press("c")
    page.wait_for_function("document.getElementById('status').textContent === 'Copied the prompt.'")
    assert clipboard(page) == text
    assert page.locator(".original .prompt").text_content() == IDEA


def test_it_streams_by_sections_and_escape_cancels_the_call(make_page, server, model):
    model.reply = Reply(piece_s=0.05)
    hang_ups = len(model.hang_ups)
    page = make_page(server)
    page.fill("#idea", IDEA)
    page.click("#improve")
    page.wait_for_selector(".preview section")
    assert page.locator(".preview .heading").first.inner_text() == "Role"
    assert page.locator("#result").get_attribute("aria-busy") == "true"
    page.keyboard.press("Escape")
    page.wait_for_selector("#improve")
    assert status(page) == "Cancelled. Nothing was kept."
    assert page.locator("#idea").input_value() == IDEA
    deadline = time.monotonic() + 5
    while len(model.hang_ups) == hang_ups and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(model.hang_ups) == hang_ups + 1


def test_what_a_model_writes_never_becomes_markup(make_page, server, model):
    model.reply = Reply(text=parts(role=HOSTILE, directive=f"Design a REST API {HOSTILE}"))
    page = make_page(server)
    improve(page, f"Design a REST API {HOSTILE}")
    assert HOSTILE in page.locator("#prompt").text_content()
    assert page.locator("#result img, #result script").count() == 0
    assert page.title() == "Prompt Improver"


def test_a_click_on_an_idea_is_enough_for_a_first_look(make_page, server, model):
    model.reply = Reply()
    page = make_page(server)
    assert page.locator(".ideas button").count() == 3
    page.locator(".ideas button").nth(1).click()
    page.wait_for_selector("#prompt")
    assert "vaccines" in page.locator("#idea").input_value()
    assert "vaccines" in page.locator("#prompt").text_content()


def test_the_original_can_be_used_instead(make_page, server, model):
    model.reply = Reply()
    page = make_page(server)
    improve(page)
    page.click("#use-original")
    page.keyboard.press("c")
    page.wait_for_function(
        "document.getElementById('status').textContent === 'Copied the original.'"
    )
    assert clipboard(page) == IDEA


def test_a_model_that_is_down_is_told_of_with_the_mend_and_the_offline_backend_answers(
    make_page, server, model
):
    model.reply = Reply(status=401, body=b"{}")
    page = make_page(server)
    improve(page)
    assert "The model gave no answer" in page.locator(".notices").inner_text()
    page.wait_for_selector(".state .notice")
    assert "refused the key. Check LLM_API_KEY" in page.locator(".state").inner_text()


def test_nobody_is_asked_while_nothing_runs(make_page, server):
    page = make_page(server)
    page.wait_for_load_state("networkidle")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(300)
    assert asked == []


def test_the_key_is_asked_for_once_and_a_wrong_one_again(make_page, keyed_server):
    page = make_page(keyed_server, console=["401"])
    page.wait_for_selector("dialog[open]")
    page.fill("#key", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] >> text=The key was refused")
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    improve(page)
    page.reload()
    improve(page)
    assert page.locator("dialog").count() == 0
    assert "No history is kept. Set SQLITE_ENABLED=true" in page.locator(".state").inner_text()


def test_a_phone_needs_no_sideways_scrolling(make_page, keyed_server):
    page = make_page(keyed_server, console=["401"], viewport={"width": 360, "height": 740})
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    improve(page, "Review " + "a" * 200 + " {{" + "b" * 50 + "}}")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(make_page, server, model, scheme):
    axe = pytest.importorskip("axe_playwright_python.base", reason="needs axe-playwright-python")
    model.reply = Reply()
    page = make_page(server, color_scheme=scheme)
    page.evaluate(axe.AXE_SCRIPT)
    run = "axe.run().then((found) => found.violations.map((each) => each.id + each.nodes[0].html))"
    assert page.evaluate(run) == []
    improve(page)
    assert page.evaluate(run) == []
