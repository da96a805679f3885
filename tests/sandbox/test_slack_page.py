"""The page in a real browser: it follows along by itself, and fits a phone."""

import httpx2
import pytest
from playwright.sync_api import sync_playwright
from support.slack import CHANNEL, CHANNELS, NOW, a_burning_status, an_entry, an_incident

from observatory.outputs.slack import Background, render_root
from observatory.sandbox.slack import running


@pytest.fixture
def slack():
    with running(channels=CHANNELS, pace=None) as server:
        yield server


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def post(slack, **content):
    headers = {"Authorization": "Bearer xoxb-x"}
    answer = httpx2.post(
        f"{slack.api_url}chat.postMessage", json={"channel": CHANNEL} | content, headers=headers
    )
    return answer.json()["ts"]


@pytest.mark.slow
def test_a_new_message_and_an_edit_appear_by_themselves(slack, browser):
    page = browser.new_page()
    page.goto(f"{slack.url}/archives/{CHANNEL}")
    ts = post(slack, text="it burns")
    page.get_by_text("it burns").wait_for(timeout=10_000)
    edit = {"channel": CHANNEL, "ts": ts, "text": "it rests"}
    httpx2.post(f"{slack.api_url}chat.update", json=edit, headers={"Authorization": "Bearer xoxb-x"})
    page.get_by_text("it rests").wait_for(timeout=10_000)
    assert page.get_by_text("it burns").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("thread", [False, True], ids=["channel", "thread"])
def test_nothing_sticks_out_and_nothing_comes_from_elsewhere(slack, browser, width, thread):
    long = "recommendation-feature-aggregation-and-personalised-ranking-eu1/availability"
    links = Background(dashboard="https://grafana.example/d/x", incident="https://slo.example/incidents/1")
    message = render_root(an_incident(slo=long), a_burning_status(), an_entry(), links, now=NOW)
    ts = post(slack, text=message.text, blocks=[dict(block) for block in message.blocks])
    post(slack, text="`" + "x" * 400 + "`", thread_ts=ts)
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{slack.url}/archives/{CHANNEL}" + (f"?thread_ts={ts}" if thread else ""))
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    panes = page.evaluate(
        "[...document.querySelectorAll('.scroll')].map(one => one.scrollWidth - one.clientWidth)"
    )
    assert (overflow, set(panes), errors) == (0, {0}, [])
    assert all(url.startswith((slack.url, "data:")) for url in asked)
