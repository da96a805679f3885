"""Buttons without a public address: the SDK's client on the development Slack's own WebSocket."""

import time
from datetime import timedelta
from functools import partial
from threading import Event

import httpx2
import pytest
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode.request import SocketModeRequest
from structlog.testing import capture_logs
from support.people import a_page, a_world
from support.slack import CHANNEL, CHANNELS

from observatory.adapters.clock import SystemClock
from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.slack import SlackMessenger, SlackWhispers, SocketMode, socket_mode
from observatory.alerting import IncidentState
from observatory.application.actions import Door
from observatory.entrypoints.presses import hear
from observatory.sandbox.slack import running

WAIT = 20


class Team:
    """A page in a channel of the development Slack, and an Observatory that hears of presses by Socket Mode alone."""

    def __init__(self, slack):
        self.slack, clock = slack, SystemClock()
        self.whispers = []
        whisper = SlackWhispers(slack.api_url).whisper
        door = Door(None, lambda *said: self.whispers.append(said) or whisper(*said))
        self.world = a_world(clock=clock, door=door)
        self.world.open(a_page(clock.now()))
        (told,) = self.world.alerts.deliveries()
        posted = SlackMessenger("xoxb-test", base_url=slack.api_url).post(
            CHANNEL, told.message, delivery_id="d1"
        )
        self.ts = posted.ts
        self.hear = partial(hear, press=self.world.allowed.press, door=door)

    def press(self, action="acknowledge", **more):
        press = {"channel": CHANNEL, "ts": self.ts, "action_id": action, "user_name": "anna"} | more
        return httpx2.post(f"{self.slack.url}/admin/presses", json=press, timeout=10).json()

    @property
    def incident(self):
        return self.world.alerts.incident("inc-1")


@pytest.fixture(scope="module")
def slack():
    with running(channels=CHANNELS, pace=None) as slack:
        yield slack


class Ear:
    """Who hears now: a connection takes seconds to close, and the tests share one."""

    def __call__(self, payload):
        return self.hear(payload)


@pytest.fixture(scope="module")
def connected(slack):
    mode, ear = SocketMode("xapp-test", base_url=slack.api_url, clock=SystemClock()), Ear()
    mode.keep(ear)
    until(lambda: mode.connected)
    mode.keep(ear)  # once is enough
    yield ear
    mode.close()


@pytest.fixture
def team(slack, connected):
    team = Team(slack)
    connected.hear = team.hear
    return team


def until(look):
    ends = time.monotonic() + WAIT
    while not look():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)


def test_a_press_comes_through_the_socket_and_is_done_and_acknowledged(team):
    assert team.press()["status"] == 200
    assert (team.incident.state, team.incident.acknowledged_by) == (IncidentState.ACKNOWLEDGED, "anna")
    (entry,) = team.world.alerts.audit()
    assert (entry.actor.way, entry.actor.account) == ("slack", "U0DEVELOPER")
    assert team.press(user_name="bob")["status"] == 200
    assert ["acknowledged already" in text for _, text in team.whispers] == [True]


def test_a_connection_that_slack_renews_is_renewed(team):
    httpx2.post(f"{team.slack.url}/admin/disconnect").raise_for_status()
    until(lambda: team.press().get("status") == 200)
    assert team.incident.state is IncidentState.ACKNOWLEDGED


def test_slack_is_answered_in_time_though_the_deed_takes_longer(team, connected, monkeypatch):
    monkeypatch.setattr(socket_mode, "_PATIENCE", timedelta(milliseconds=50))
    go_on = Event()
    connected.hear = lambda payload: go_on.wait(WAIT) and team.hear(payload)
    assert team.press()["status"] == 200
    assert team.incident.state is IncidentState.FIRING
    go_on.set()
    until(lambda: team.incident.state is IncidentState.ACKNOWLEDGED)


def test_what_makes_no_sense_is_acknowledged_and_changes_nothing(team, connected):
    connected.hear = lambda _: team.hear('{"type": "view_submission"}')
    with capture_logs() as logged:
        assert team.press()["status"] == 200
    assert "interaction_not_understood" in [one["event"] for one in logged]
    assert team.world.alerts.audit() == []


class Line:
    """One connection of the SDK's, as far as we use it."""

    def __init__(self, *, broken=False):
        self.sent, self.broken = [], broken

    def send_socket_mode_response(self, response):
        if self.broken:
            raise SlackClientNotConnectedError("replaced")
        self.sent.append(response)


def envelope(team, number):
    payload = {
        "type": "block_actions",
        "user": {"id": "U0BOB", "username": "bob"},
        "container": {"message_ts": team.ts},
        "response_url": "",
        "actions": [{"action_id": "silence_hour", "value": "inc-1", "action_ts": "1700000000.1"}],
    }
    return SocketModeRequest("interactive", f"envelope-{number}", payload)


def test_an_envelope_that_comes_again_is_acknowledged_again_and_done_once(team):
    mode, line = SocketMode("xapp-test", base_url="http://127.0.0.1:1", clock=SystemClock()), Line()
    for number in (1, 1, 2):
        mode._answer(line, envelope(team, number), team.hear)
    assert [one["envelope_id"] for one in line.sent] == ["envelope-1", "envelope-1", "envelope-2"]
    assert len(team.world.alerts.silences()) == 1
    assert len(team.world.alerts.audit()) == 1


def test_an_acknowledgement_that_gets_lost_breaks_nothing(team):
    mode = SocketMode("xapp-test", base_url="http://127.0.0.1:1", clock=SystemClock())
    with capture_logs() as logged:
        mode._answer(Line(broken=True), envelope(team, 1), team.hear)
    assert team.incident.state is IncidentState.SILENCED
    assert "socket_mode_not_acknowledged" in [one["event"] for one in logged]


def test_what_is_no_press_is_acknowledged_unread(team):
    line, heard = Line(), []
    mode = SocketMode("xapp-test", base_url="http://127.0.0.1:1", clock=SystemClock())
    mode._answer(line, SocketModeRequest("slash_commands", "e1", {"text": "hello"}), heard.append)
    assert (line.sent, heard) == ([{"envelope_id": "e1"}], [])


@pytest.mark.parametrize(
    ("token", "address", "why"),
    [
        pytest.param("xoxb-a-bots", None, "not_allowed_token_type", id="a-bots-token"),
        pytest.param("xapp-test", "http://127.0.0.1:1/api", "no connection to Slack", id="nobody-there"),
    ],
)
def test_who_cannot_connect_says_why_and_waits_longer_each_time(slack, token, address, why):
    clock = ManualClock(SystemClock().now())
    mode = SocketMode(token, base_url=address or slack.api_url, clock=clock)
    with capture_logs() as logged:
        for _ in range(20):
            mode.keep(print)
            clock.advance(timedelta(seconds=1))
    told = [one for one in logged if one["event"] == "socket_mode_not_connected"]
    assert len(told) == 3  # at 0, 5 and 15 s
    assert all(why in one["error"] for one in told)
    assert not mode.connected


def test_slack_says_when_to_come_back():
    with running(channels=CHANNELS) as paced:  # at Slack's pace: one address a minute
        clock = ManualClock(SystemClock().now())
        modes = [SocketMode("xapp-test", base_url=paced.api_url, clock=clock) for _ in range(2)]
        with capture_logs() as logged:
            for _ in range(40):
                for mode in modes:
                    mode.keep(print)
                clock.advance(timedelta(seconds=1))
        modes[0].close()
    told = [one["error"] for one in logged if one["event"] == "socket_mode_not_connected"]
    assert told == ["Slack asks to wait 60 s"]


class Beginning:
    """A client whose reader begins while it is closed, and forgets that; the SDK then waits until it ends."""

    def __init__(self):
        self.told = Event()
        self.current_session_state = self

    def close(self):
        self.terminated = True
        self.terminated = False
        self.told.wait()

    @property
    def terminated(self):
        return self.told.is_set()

    @terminated.setter
    def terminated(self, value):
        (self.told.set if value else self.told.clear)()


def test_a_connection_that_is_only_just_beginning_is_closed_as_well():
    mode = SocketMode("xapp-test", base_url="http://127.0.0.1:1", clock=SystemClock())
    mode._socket = Beginning()
    mode.close()
    assert mode._socket.terminated
