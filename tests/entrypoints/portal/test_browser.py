"""The pages in a real Chromium."""

import socket
import threading
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright
from support.views import organisation, views_of

from observatory.application.snapshot import Snapshot
from observatory.entrypoints.api.app import create_app
from observatory.settings import Settings

PAGES = (
    "/",
    "/slos",
    "/squads/search",
    "/squads/core-infrastructure-and-developer-experience-platform",
    "/squads/music",
    "/slos/playlist/availability",
    "/slos/search/availability",
    "/slos/ad-decision/availability",
    "/slos/recommendation-feature-aggregation-and-personalised-ranking-eu1/availability",
    "/incidents/inc-7f3a9c",
    "/incidents/inc-9e9e01",
    "/nowhere",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def served(views, **settings):
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(views, Settings(**settings)), log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def phone(chromium, **more):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, **more)
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scheme", "pages"),
    [pytest.param("light", PAGES, id="light"), pytest.param("dark", PAGES[5:6], id="dark")],
)
def test_on_a_phone_every_page_fits_stays_quiet_and_loads_nothing_from_elsewhere(chromium, scheme, pages):
    complaints, asked = [], []
    with served(organisation()) as url, phone(chromium, color_scheme=scheme) as page:
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        for path in pages:
            page.goto(url + path, wait_until="networkidle")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, path
            broken = page.evaluate(
                "[...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.currentSrc)"
            )
            assert broken == [], path
    # Chromium itself tells of the page that is meant to be missing.
    assert [one for one in complaints if "404" not in one] == []
    assert {one for one in asked if not one.startswith((url, "data:"))} == set()
    assert any(f"scheme={scheme}&size=narrow" in one for one in asked)


@pytest.mark.slow
def test_fresh_numbers_come_without_losing_the_place(chromium):
    views = organisation()
    with served(views) as url, phone(chromium) as page:
        page.clock.install()
        page.goto(f"{url}/slos/playlist/availability", wait_until="networkidle")
        page.get_by_text("Why doesn't a rolling budget").click()
        page.locator("h1").click()
        page.evaluate("document.activeElement.blur(); scrollTo(0, 300); document.title = 'the same page'")
        views.board.show(Snapshot(views.board.snapshot.catalog), views.board.health)
        page.clock.fast_forward("01:05")
        page.get_by_text("It has not been evaluated yet").wait_for(timeout=10_000)
        assert page.title() == "the same page"
        assert page.evaluate("scrollY") == 300


@pytest.mark.slow
def test_old_numbers_are_called_old_when_nobody_answers(chromium):
    with phone(chromium) as page:
        with served(organisation()) as url:
            page.clock.install()
            page.goto(url, wait_until="networkidle")
        page.clock.fast_forward("01:05")
        page.get_by_text("Observatory does not answer").wait_for(timeout=10_000)


@pytest.mark.slow
def test_without_scripts_one_can_sign_in_find_an_slo_and_sign_out(chromium):
    views = organisation()
    with served(views, token="correct horse") as url, phone(chromium, java_script_enabled=False) as page:  # noqa: S106
        page.goto(f"{url}/squads/search")
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Token").fill("correct horse")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("search")
        page.get_by_label("Find an SLO").fill("playlist avail")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="playlist/availability", exact=True).click()
        expect(page.get_by_role("img", name="Error budget over the last 30")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.slow
def test_the_first_tab_leads_past_the_header(chromium):
    with served(views_of(organisation().board.snapshot.catalog)) as url, phone(chromium) as page:
        page.goto(url)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
