"""The page in Chromium: its size, how soon it is there, how a long history scrolls, and pictures.

    python -m bench.page                       # figures
    python -m bench.page --pictures pictures   # and pictures of it, in that folder

The model behind the pictures is on loopback; what it says was written for them.
"""

import argparse
import gzip
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.databases import prepared, working_copy
from bench.report import say
from bench.servers import our_server, wait_until_ready
from prompt_improver.page import FOLDER
from tests.model_server import ModelServer, Reply, parts

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SUFFIXES = {".html", ".js", ".css", ".svg"}
LOADS = 15
ROWS = 10_000
IDEA = (
    "Plan how we move our billing service from MySQL to PostgreSQL, with at most 10 minutes of "
    "downtime"
)
REPLY = parts(
    reasoning="The move is named, its size and the way back are not.",
    role="You are a database engineer who has moved live services from MySQL to PostgreSQL.",
    directive="Plan how we move our billing service from MySQL to PostgreSQL, with at most 10 "
    "minutes of downtime. Cover the schema, the data, the code and the switch itself.",
    framework="decomposition",
    guardrails=[
        "The service is down for at most 10 minutes in all.",
        "Every step says how to check that it worked and how to take it back.",
        "No invoice is lost or written twice.",
    ],
    output_format="A numbered plan in phases; for each step its owner, how long it takes and its "
    "check. Then a page for the day of the switch.",
    assumptions=["The database has under 100 GB."],
    confidence=0.8,
)
EARLIER = (
    "Explain how vaccines work to a ten-year-old, in at most 150 words",
    "Eine Einladung zum Sommerfest der Nachbarschaft",
    "Review this function for bugs: {{code}}",
    "Write a friendly reminder to pay an invoice that is two weeks late",
    "Nombre para una cafetería de barrio",
    "Summarise {{report}} for the board, in five bullets",
    "Design a REST API for a library, in Go",
)


def main() -> None:
    """Measure, print, and take the pictures where they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="folder for pictures")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "bench")
    asked = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        say(_sizes())
        with (
            working_copy(prepared(asked.folder, ROWS)) as history,
            tempfile.TemporaryDirectory() as folder,
            our_server(Path(folder), history=history) as server,
        ):
            say(_loads(browser, server.url))
            say(_scrolling(browser, server.url))
        if asked.pictures:
            asked.pictures.mkdir(parents=True, exist_ok=True)
            take_pictures(browser, asked.pictures)
        browser.close()


def _sizes() -> str:
    files = [path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in SUFFIXES]
    raw, zipped = sum(map(len, files)), sum(len(gzip.compress(each, 9)) for each in files)
    return f"size: {len(files)} files, {raw / 1024:.1f} KB, {zipped / 1024:.1f} KB as gzip"


def _loads(browser: Browser, url: str) -> str:
    paints, readies = [], []
    for _ in range(LOADS):
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector(".row")
        paints.append(
            page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
        )
        readies.append(page.evaluate("performance.getEntriesByName('ready')[0].startTime"))
        page.close()
    return f"first paint: {_told(paints)}; ready: {_told(readies)}, {LOADS} loads without a cache"


def _told(figures: list[float]) -> str:
    return (
        f"{statistics.median(figures):.0f} ms (best {min(figures):.0f}, worst {max(figures):.0f})"
    )


def _scrolling(browser: Browser, url: str) -> str:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(url)
    page.wait_for_selector(".row")
    began = time.monotonic()
    page.wait_for_function(
        """(total) => {
            const rows = document.getElementById("rows");
            rows.scrollTop = rows.scrollHeight;
            return rows.firstElementChild.clientHeight / 60 >= total;
        }""",
        arg=ROWS,
        timeout=120_000,
    )
    loaded_s = time.monotonic() - began
    frames = page.evaluate(
        """() => new Promise((resolve) => {
            const rows = document.getElementById("rows");
            const frames = [];
            const step = rows.scrollHeight / 300;
            let last = performance.now();
            rows.scrollTop = 0;
            requestAnimationFrame(function next(now) {
                frames.push(now - last);
                last = now;
                rows.scrollTop += step;
                if (frames.length < 300) requestAnimationFrame(next);
                else resolve(frames.slice(1));
            });
        })"""
    )
    page.close()
    frames.sort()
    late = sum(frame > 34 for frame in frames)
    return (
        f"scrolling {ROWS:,} rows, 33 a frame: frames of {statistics.median(frames):.1f} ms, "
        f"p99 {frames[int(len(frames) * 0.99)]:.1f}, worst {frames[-1]:.1f}; "
        f"{late} of {len(frames)} over two frames; all rows were there after {loaded_s:.1f} s"
    )


def take_pictures(browser: Browser, folder: Path) -> None:
    """Of the page, wide and on a phone, light and dark."""
    with (
        ModelServer(models=["gpt-6-luna"]) as model,
        tempfile.TemporaryDirectory() as place,
        our_server(
            Path(place),
            history=Path(place) / "history.db",
            LLM_PROVIDER="openai-compatible",
            LLM_MODEL="gpt-6-luna",
            LLM_BASE_URL=model.base_url,
        ) as server,
    ):
        wait_until_ready(server)
        for idea in EARLIER:
            server.client.post("/api/v1/improve-prompt", json={"idea": idea, "backend": "offline"})
        model.reply = Reply(text=REPLY, piece_s=0.02)
        page = _open(browser, server.url, 1280, 860)
        page.screenshot(path=folder / "first.png")
        page.fill("#idea", IDEA)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".preview section:nth-of-type(2)")
        page.screenshot(path=folder / "streaming.png")
        page.wait_for_selector("#prompt")
        page.wait_for_timeout(7_000)  # until nothing is said any more
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=folder / "page.png")
        page.screenshot(path=folder / "result.png", full_page=True)
        page.locator("#row-1").click()
        page.wait_for_function("() => document.querySelector('#row-1[aria-selected=true]')")
        page.wait_for_timeout(300)
        page.fill("#feedback", "Name the trade-offs")
        page.keyboard.press("Enter")
        page.wait_for_selector(".versions")
        page.click("#show-changes")
        page.wait_for_selector("#prompt ins")
        page.click("#figures > summary")
        page.wait_for_selector("figure svg")
        page.screenshot(path=folder / "versions.png", full_page=True)
        dark = _open(browser, server.url, 1280, 860, color_scheme="dark")
        dark.locator("#row-0").click()
        dark.wait_for_selector("#prompt")
        dark.screenshot(path=folder / "dark.png")
        phone = _open(browser, server.url, 360, 740, color_scheme="dark")
        phone.locator("#row-2").click()
        phone.wait_for_selector("#prompt")
        phone.screenshot(path=folder / "phone.png", full_page=True)


def _open(browser: Browser, url: str, width: int, height: int, **options: str) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB", **options)
    page.goto(url)
    page.wait_for_selector(".row")
    page.wait_for_function("() => document.querySelector('.state .who')")
    return page


if __name__ == "__main__":
    main()
