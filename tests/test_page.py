"""The page in a real browser: Debian's Chromium, on a server whose model is on loopback."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bench.databases import prepared
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.warning_table import WARNINGS
from tests.model_server import ModelServer, Reply, parts
from tests.server_process import ServerProcess

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium")
KEY = "planted-key-0123456789"
IDEA = "Design a REST API"
WITH_A_MODEL = {"LLM_PROVIDER": "openai-compatible", "LLM_MODEL": "test-model"}
HOSTILE = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\"> {{x}}"


def wait_until_healthy(server):
    deadline = time.monotonic() + 10
    while server.client.get("/health/repository").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)


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
        wait_until_healthy(server)
        yield server


@pytest.fixture(scope="module")
def full_server(tmp_path_factory):
    """One without a model, with a history of 1,000 rows."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "data").mkdir()
    prepared(tmp_path_factory.mktemp("rows"), 1_000).rename(folder / "data/prompt_history.db")
    with ServerProcess(folder, SQLITE_AUTO_CLEANUP="false") as server:
        wait_until_healthy(server)
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
    told(page, "Copied the prompt.")
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
    told(page, "Cancelled. Nothing was kept.")
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
    told(page, "Copied the original.")
    assert clipboard(page) == IDEA


def test_a_model_that_is_down_is_told_of_with_the_mend_and_the_offline_backend_answers(
    make_page, server, model
):
    model.reply = Reply(status=401, body=b"{}")
    page = make_page(server)
    improve(page)
    assert WARNINGS["model_unavailable"] in page.locator(".notices").inner_text()
    page.wait_for_selector(".state .notice")
    assert ERRORS["model_key_refused"].sentence in page.locator(".state").inner_text()


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
    assert page.locator("#star, #feedback, #delete").count() == 0
    assert not page.locator("#history").is_visible()
    assert "No history is kept. Set SQLITE_ENABLED=true" in page.locator(".state").inner_text()


def test_a_phone_needs_no_sideways_scrolling(make_page, full_server):
    page = make_page(full_server, viewport={"width": 360, "height": 740}, has_touch=True)
    improve(page, "Review " + "a" * 200 + " {{" + "b" * 50 + "}}")
    page.fill("#feedback", "c" * 200)
    page.keyboard.press("Enter")
    page.wait_for_selector(".versions")
    page.locator(".versions button").first.click()
    page.wait_for_selector("text=Bring this version back")
    for summary in ("#opinion", "#filters", "#options", "#figures"):
        page.click(f"{summary} > summary")
    page.wait_for_selector("figure svg")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def told(page, text):
    """Wait until the page says ``text``."""
    page.wait_for_function(
        "(text) => document.getElementById('status').textContent === text", arg=text
    )


def kept(server, page):
    """The row of what is shown, as the server has it."""
    prompt_id = page.evaluate("location.hash.slice(1)")
    return server.client.get(f"/api/v1/history/{prompt_id}").json()


def rows_of(server, statement, *values):
    with closing(sqlite3.connect(server.database_file)) as connection:
        return connection.execute(statement, values).fetchall()


def test_questions_are_answered_and_the_prompt_refined_and_any_two_versions_compared(
    make_page, full_server
):
    page = make_page(full_server)
    improve(page, "Design a REST API for a library")
    page.locator(".choice", has_text="Partners").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".versions >> text=Version 2")
    assert kept(full_server, page)["answers"] == [{"id": "clients", "text": "Partners"}]
    assert page.locator("#questions").count() == 0
    page.keyboard.press("r")
    page.keyboard.type("no XML anywhere")
    page.keyboard.press("Enter")
    page.wait_for_selector(".versions >> text=Version 3")
    assert kept(full_server, page)["instruction"] == "no XML anywhere"
    page.locator(".versions button", has_text="Version 1").click()
    page.wait_for_selector("[aria-current] >> text=Version 1")
    assert "no XML" not in page.locator("#prompt").text_content()
    page.select_option("#against", label="version 3")
    page.wait_for_selector("#prompt del")
    assert {"no", "XML", "anywhere"} <= set(page.locator("#prompt del").all_text_contents())
    page.click("text=Bring this version back")
    page.wait_for_selector("[aria-current] >> text=Version 4")
    assert "no XML" not in page.locator("#prompt").text_content()


def test_what_one_thinks_of_it_is_kept(make_page, full_server):
    page = make_page(full_server)
    improve(page, "Plan a street party for 40 people")
    page.keyboard.press("s")
    told(page, "Starred: the cleanup spares it.")
    page.click("#opinion summary")
    page.click("#rate-good")
    told(page, "Saved.")
    page.fill("#tag", "<b>work</b>")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tag >> text=<b>work</b>")
    page.fill("#note", "for the course")
    page.click("#rate-good")
    page.wait_for_selector("#rate-good[aria-pressed=false]")
    page.wait_for_selector("#opinion summary >> text=with a note")
    row = kept(full_server, page)
    assert (row["starred"], row["rating"], row["tags"], row["note"]) == (
        True, None, ["<b>work</b>"], "for the course",
    )  # fmt: skip
    assert "★" in page.locator("#row-0").inner_text()


def test_an_edit_is_a_mode_and_is_kept_beside_the_prompt(make_page, full_server):
    page = make_page(full_server)
    improve(page, "Write a haiku about {{season}}")
    improved = page.locator("#prompt").text_content()
    page.click("#edit-mode")
    page.fill("#edit", "Write one haiku about {{season}}, in {{language}}.")
    # Another one is looked at meanwhile: what was typed is there on the way back.
    page.locator("#row-1").click()
    page.wait_for_selector("#prompt")
    page.locator("#row-0").click()
    page.wait_for_selector("#edit")
    assert page.locator("#edit").input_value().startswith("Write one haiku")
    page.click("text=Save")
    told(page, "Your edit is saved.")
    row = kept(full_server, page)
    assert (row["improved_prompt"], row["edited_prompt"]) == (
        improved, "Write one haiku about {{season}}, in {{language}}.",
    )  # fmt: skip
    page.locator(".fields textarea").nth(0).fill("autumn <3")
    page.click("#copy")
    told(page, "Copied the prompt.")
    assert clipboard(page) == "Write one haiku about autumn <3, in {{language}}."
    page.click("text=Remove my edit")
    page.wait_for_selector("#undo")
    page.click("#undo")
    page.wait_for_selector("text=Improved, and edited by you")


def test_the_history_is_found_as_one_types_and_by_filters(make_page, full_server):
    full_server.client.post("/api/v1/improve-prompt", json={"idea": "Name my xylophone shop"})
    page = make_page(full_server)
    page.wait_for_selector(".row")
    page.keyboard.press("Escape")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("/")
    page.keyboard.type("xyloph")
    page.wait_for_function("() => document.querySelectorAll('.row:not([hidden])').length === 1")
    assert "xylophone" in page.locator(".row:not([hidden])").inner_text()
    # Once at the end of the typing, or little more on a slow machine; not for every letter.
    assert len(asked) < len("xyloph")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.wait_for_selector("#prompt")
    page.keyboard.press("s")
    told(page, "Starred: the cleanup spares it.")
    page.fill("#search", "")
    page.click("#filters summary")
    page.check("[name=starred]")
    page.wait_for_selector("text=Filters (1)")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.row:not([hidden])')]"
        ".every((row) => row.textContent.includes('★'))"
    )
    page.fill("[name=from]", "2001-01-01")
    page.fill("[name=to]", "2001-01-02")
    page.wait_for_selector("text=Nothing fits.")


def test_a_long_history_draws_only_what_is_seen_and_leads_to_its_end(make_page, full_server):
    page = make_page(full_server)
    page.wait_for_selector(".row")
    total = full_server.client.get("/health/repository").json()["total_records"]
    page.wait_for_function(
        """(total) => {
            const rows = document.getElementById("rows");
            rows.scrollTop = rows.scrollHeight;
            return [...rows.querySelectorAll("[role=option]")]
                .some((row) => Number(row.getAttribute("aria-posinset")) === total);
        }""",
        arg=total,
    )
    assert page.locator("[role=option]").count() < 60
    page.locator("#rows").focus()
    page.keyboard.press("End")
    page.wait_for_selector("#prompt")
    oldest = "SELECT prompt_id FROM prompt_history ORDER BY timestamp, id LIMIT 1"
    page.wait_for_function(
        "(id) => location.hash === `#${id}`", arg=rows_of(full_server, oldest)[0][0]
    )


def test_a_deletion_can_be_taken_back_and_is_done_when_the_page_is_left(make_page, full_server):
    page = make_page(full_server)
    improve(page, "Delete me, please")
    prompt_id = page.evaluate("location.hash.slice(1)")
    page.click("#delete")
    assert "Delete me" not in page.locator("#rows").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_selector("#prompt")
    assert "Delete me" in page.locator("#row-0").inner_text()
    page.click("#delete")
    page.wait_for_selector("#undo")
    found = "SELECT COUNT(*) FROM prompt_history WHERE prompt_id = ?"
    assert rows_of(full_server, found, prompt_id) == [(1,)]
    page.goto("about:blank")
    deadline = time.monotonic() + 5
    while rows_of(full_server, found, prompt_id) != [(0,)] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert rows_of(full_server, found, prompt_id) == [(0,)]


def test_hostile_rows_are_text(make_page, full_server):
    ideas = [HOSTILE, "\u202eدعوة\u202c إلى <b>الفريق</b>", f"Summarise: {'<i>x</i> ' * 10_500}"]
    for idea in ideas:
        answer = full_server.client.post("/api/v1/improve-prompt", json={"idea": idea})
        assert answer.status_code == 200, answer.text
    page = make_page(full_server)
    page.wait_for_selector(".row")
    for place, idea in enumerate(reversed(ideas)):
        page.locator(f"#row-{place}").click()
        page.wait_for_function(
            "(idea) => document.querySelector('#prompt')?.textContent.includes(idea)",
            arg=idea.strip(),
        )
    assert page.locator("#result :is(img, script, b, i), #rows :is(img, script, b, i)").count() == 0
    assert page.title() == "Prompt Improver"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_each_figure_is_drawn_and_its_sql_gives_it(make_page, full_server):
    page = make_page(full_server)
    page.click("#figures summary")
    page.wait_for_selector("figure svg")
    statements = page.locator("figure .sql").all_inner_texts()
    assert page.locator("figure svg").count() == len(statements) == 5
    assert all(rows_of(full_server, statement) for statement in statements)
    drawn = page.locator("figure svg").nth(1).get_attribute("aria-label")
    for backend, improvements in rows_of(full_server, statements[1]):
        assert f"{backend} {improvements:,}" in drawn


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(make_page, full_server, scheme):
    axe = pytest.importorskip("axe_playwright_python.base", reason="needs axe-playwright-python")
    page = make_page(full_server, color_scheme=scheme)
    page.wait_for_selector(".row")
    page.evaluate(axe.AXE_SCRIPT)
    run = "axe.run().then((found) => found.violations.map((each) => each.id + each.nodes[0].html))"
    assert page.evaluate(run) == []
    improve(page, "Design a REST API for {{who}}")
    page.fill("#feedback", "no XML")
    page.keyboard.press("Enter")
    page.wait_for_selector(".versions")
    page.click("#show-changes")
    page.wait_for_selector("#prompt ins")
    for summary in ("#opinion", ".evidence", "#filters", "#options", "#figures"):
        page.click(f"{summary} > summary")
    page.wait_for_selector("figure svg")
    assert page.evaluate(run) == []
