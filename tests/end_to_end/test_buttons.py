"""From a click in the development Slack to the edited message, over HTTP both ways and through a real database."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx2
import pytest
from playwright.sync_api import sync_playwright
from starlette.types import Receive, Scope, Send
from support.people import a_page, a_world, served
from support.product import eventually
from support.slack import CHANNEL, CHANNELS, postings

from observatory.adapters.clock import SystemClock
from observatory.adapters.slack import SlackMessenger, SlackSignatures, SlackWhispers
from observatory.adapters.sql import SqlAlerts, create_engine, migrate
from observatory.alerting import IncidentState
from observatory.application.actions import Door
from observatory.application.deliver import Deliver
from observatory.application.delivery import DeliveryState
from observatory.entrypoints.api.app import create_app
from observatory.sandbox.slack import RequestUrl, running
from observatory.settings import Settings

UNFINISHED = {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.AMBIGUOUS}
SECRET = "development"  # noqa: S105 - both sides are the test's


class Later:
    """An application that is known only when the address of the other side is."""

    def __init__(self):
        self.app = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Both:
    """The development Slack and Observatory, who know each other's address."""

    def __init__(self, stack, tmp_path):
        later, clock = Later(), SystemClock()
        url = stack.enter_context(served(later))
        target = RequestUrl(f"{url}/slack/interactions", SECRET)
        self.slack = stack.enter_context(running(channels=CHANNELS, pace=None, request_url=target))
        engine = create_engine(f"sqlite:///{tmp_path}/observatory.db")
        stack.callback(engine.dispose)
        migrate(engine)
        door = Door(SlackSignatures(SECRET, clock).genuine, SlackWhispers(self.slack.api_url).whisper)
        self.world = a_world(alerts=SqlAlerts(engine), clock=clock, door=door)
        later.app = create_app(self.world.views, Settings(), self.world.allowed)
        executor = stack.enter_context(ThreadPoolExecutor(2))
        messenger = SlackMessenger("xoxb-test", base_url=self.slack.api_url)
        self.deliver = Deliver(
            self.world.alerts, messenger, clock, lambda: self.world.board.snapshot.catalog, executor, "w1"
        )
        self.world.open(a_page(clock.now()))
        self.delivered()

    def delivered(self):
        """Send what is to be sent, a channel rests between two posts, and give the channel's messages."""
        eventually(self._all_sent, within=30)
        return postings(self.slack.url, CHANNEL)

    def _all_sent(self):
        self.deliver()
        return not any(one.state in UNFINISHED for one in self.world.alerts.deliveries())

    def press(self, action, **more):
        (message,) = postings(self.slack.url, CHANNEL)
        press = {"channel": CHANNEL, "ts": message["ts"], "action_id": action, "user_name": "anna"} | more
        return httpx2.post(f"{self.slack.url}/admin/presses", json=press).json()

    @property
    def incident(self):
        return self.world.alerts.incident("inc-1")


@pytest.fixture
def both(tmp_path):
    with ExitStack() as stack:
        yield Both(stack, tmp_path)


def actions_of(message):
    return [
        one["action_id"]
        for block in message["blocks"]
        for one in block.get("elements", ())
        if "action_id" in one
    ]


def test_a_click_acknowledges_and_the_message_says_so(both):
    (before,) = postings(both.slack.url)
    assert actions_of(before) == ["acknowledge", "silence_hour", "silence_morning", "open_runbook"]
    assert both.press("acknowledge") == {"status": 200, "body": ""}
    assert (both.incident.state, both.incident.acknowledged_by) == (IncidentState.ACKNOWLEDGED, "anna")
    (after,) = both.delivered()
    assert (after["ts"], actions_of(after)[0]) == (before["ts"], "silence_hour")
    assert "👀 Acknowledged: playlist/availability" in after["text"]
    assert "Acknowledged* by anna at" in str(after["blocks"])
    (entry,) = both.world.alerts.audit()
    assert (entry.actor.name, entry.actor.way, entry.actor.account) == ("anna", "slack", "U0DEVELOPER")


def test_a_click_silences_and_the_message_says_by_whom_until_when_and_why(both):
    assert both.press("silence_morning")["status"] == 200
    (after,) = both.delivered()
    assert both.incident.state is IncidentState.SILENCED
    assert "🔕 *Silenced* by anna until" in str(after["blocks"])
    assert "silenced until morning from Slack" in str(after["blocks"])
    assert actions_of(after) == ["end_silence", "open_runbook"]


def test_a_click_ends_a_silence_again_and_the_thread_calls(both):
    both.press("silence_hour")
    both.delivered()
    assert both.press("end_silence", user_name="bob") == {"status": 200, "body": ""}
    assert (both.incident.state, both.incident.silence) == (IncidentState.FIRING, None)
    (message,) = both.delivered()
    assert "acknowledge" in actions_of(message)
    assert [entry.actor.name for entry in both.world.alerts.audit()] == ["bob", "anna"]


def test_a_click_that_is_too_old_changes_nothing_and_the_person_sees_it(both):
    assert both.press("acknowledge", skew=400)["status"] == 401
    assert both.incident.state is IncidentState.FIRING
    assert "The bot answered 401" in httpx2.get(f"{both.slack.url}/archives/{CHANNEL}").text


def test_a_click_that_comes_second_is_answered_to_the_person_alone(both):
    both.press("acknowledge")
    assert both.press("acknowledge", user_name="bob")["status"] == 200
    assert "acknowledged already" in httpx2.get(f"{both.slack.url}/archives/{CHANNEL}").text
    assert len(both.delivered()) == 1


def test_a_message_that_has_no_such_button_can_not_be_pressed(both):
    answer = both.press("launch")
    assert answer == {"ok": False, "error": "no_such_button"}


@pytest.mark.slow
def test_people_click_it_on_the_page(both):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{both.slack.url}/archives/{CHANNEL}")
        page.get_by_role("button", name="Acknowledge").click()
        page.wait_for_load_state()
        both.delivered()
        page.get_by_role("heading", name="Acknowledged: playlist/availability").wait_for(timeout=10_000)
        assert page.get_by_role("button", name="Acknowledge", exact=True).count() == 0
        browser.close()
    assert both.incident.acknowledged_by == "developer"
