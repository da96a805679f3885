"""/slack/interactions: signed, once, quick, and unmoved by whatever a payload says."""

import json
import time
from threading import Event
from urllib.parse import urlencode

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from support.people import NOW, a_page, a_world

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.slack import SlackSignatures
from observatory.alerting import IncidentState
from observatory.application.actions import Door
from observatory.entrypoints.api import interactions
from observatory.entrypoints.api.app import create_app
from observatory.entrypoints.api.interactions import PATH, read_form
from observatory.sandbox.slack.interactions import Interactions, RequestUrl
from observatory.settings import Settings

SECRET = "development"  # noqa: S105 - both sides are the test's
SETTINGS = Settings(token="s3cret")  # noqa: S106 - of this test alone
ACTION = {"type": "button", "action_id": "acknowledge", "value": "inc-1", "action_ts": "1700000000.1"}
PAYLOAD = {
    "type": "block_actions",
    "user": {"id": "U0BOB", "username": "bob"},
    "container": {"message_ts": "1700000000.000100"},
    "response_url": "https://hooks.slack.com/actions/1",
    "actions": [ACTION],
}


class Slack:
    """Signs as Slack does, and hears answers in private."""

    def __init__(self):
        clock, self.whispers = ManualClock(NOW), []
        door = Door(SlackSignatures(SECRET, clock).genuine, lambda *said: self.whispers.append(said))
        self.world = a_world(clock=clock, door=door)
        self.world.open(a_page())
        self.http = TestClient(create_app(self.world.views, SETTINGS, self.world.allowed))
        self._signer = Interactions(
            None,
            None,
            None,
            clock=lambda: self.world.clock.now().timestamp(),
            bot_url=str,
        )

    def send(self, body, *, skew=0, **headers):
        raw = urlencode({"payload": json.dumps(body)}).encode() if isinstance(body, dict) else body
        return self.http.post(
            PATH, content=raw, headers=self._signer._signed(RequestUrl("", SECRET), raw, skew=skew) | headers
        )


@pytest.fixture
def slack():
    return Slack()


def test_a_pressed_button_acknowledges_without_the_services_token(slack):
    answer = slack.send(PAYLOAD)
    assert (answer.status_code, answer.content) == (200, b"")
    incident = slack.world.alerts.incident("inc-1")
    assert (incident.state, incident.acknowledged_by) == (IncidentState.ACKNOWLEDGED, "bob")
    assert slack.whispers == []


def test_the_same_request_again_is_refused(slack):
    assert [slack.send(PAYLOAD).status_code for _ in range(2)] == [200, 401]
    assert len(slack.world.alerts.audit()) == 1


@pytest.mark.parametrize("skew", [301, -301, 86_400])
def test_an_old_request_is_refused(slack, skew):
    assert slack.send(PAYLOAD, skew=skew).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": "v0=0"},
        {"X-Slack-Signature": b"v0=\xfc"},
        {"X-Slack-Request-Timestamp": "soon"},
    ],
)
def test_a_request_that_is_not_slacks_is_refused(slack, headers):
    answer = slack.send(PAYLOAD, **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert slack.world.alerts.incident("inc-1").state is IncidentState.FIRING


def test_a_signed_body_that_is_no_text_is_not_slacks(slack):
    assert slack.send(b"\xff\xfe").status_code == 401


def test_without_a_signing_secret_nobody_may_press():
    world = a_world()
    http = TestClient(create_app(world.views, SETTINGS, world.allowed))
    assert http.post(PATH, content=b"payload=1").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"payload=", id="blank"),
        pytest.param(b"payload=%7B", id="half-a-document"),
        pytest.param(b"payload=" + b"%5B" * 20_000, id="a-tower"),
        pytest.param(b"&".join([b"a=1"] * 50), id="many-fields"),
        pytest.param({}, id="nothing-said"),
        pytest.param(PAYLOAD | {"type": "view_submission"}, id="another-kind"),
        pytest.param(PAYLOAD | {"user": {}}, id="nobody"),
        pytest.param(PAYLOAD | {"user": "U0BOB"}, id="a-word"),
        pytest.param(PAYLOAD | {"actions": None}, id="no-actions"),
        pytest.param(PAYLOAD | {"actions": [ACTION | {"value": "x" * 2_001}]}, id="endless-value"),
        pytest.param(PAYLOAD | {"actions": [ACTION | {"action_id": 7}]}, id="a-number"),
    ],
)
def test_a_signed_request_that_makes_no_sense_is_a_mistake_and_nothing_more(slack, body):
    assert slack.send(body).status_code == 400
    assert slack.world.alerts.audit() == []


def test_too_large_is_not_even_read(slack):
    assert slack.send(b"payload=" + b"x" * 600_000).status_code == 413


@pytest.mark.parametrize(
    ("action", "whispers"),
    [
        pytest.param(ACTION | {"action_id": "launch"}, 1, id="unknown-button"),
        pytest.param(ACTION | {"value": "'; DROP TABLE incidents; --"}, 1, id="unknown-incident"),
        pytest.param(ACTION | {"value": ""}, 1, id="no-value"),
        pytest.param({"action_id": "open_runbook", "action_ts": "1.1"}, 0, id="a-link"),
    ],
)
def test_what_can_not_be_done_is_said_to_the_person_alone(slack, action, whispers):
    assert slack.send(PAYLOAD | {"actions": [action]}).status_code == 200
    assert len(slack.whispers) == whispers
    assert all(url == PAYLOAD["response_url"] for url, _ in slack.whispers)
    assert slack.world.alerts.audit() == []


def test_slack_is_answered_in_time_though_the_database_takes_longer(slack, monkeypatch):
    monkeypatch.setattr(interactions, "_PATIENCE", 0.05)
    go_on, read = Event(), slack.world.alerts.incident
    monkeypatch.setattr(slack.world.alerts, "incident", lambda one: go_on.wait(10) and read(one))
    with slack.http:  # one event loop for the whole block, as a server has
        assert slack.send(PAYLOAD).status_code == 200
        assert slack.world.alerts.audit() == []
        go_on.set()
        while not slack.world.alerts.audit():
            time.sleep(0.01)
    assert read("inc-1").state is IncidentState.ACKNOWLEDGED


def test_a_deed_that_breaks_breaks_nothing_else(slack, monkeypatch, capsys):
    monkeypatch.setattr(slack.world.alerts, "incident", lambda _: 1 / 0)
    assert slack.send(PAYLOAD).status_code == 200
    assert "interaction_failed" in capsys.readouterr().out


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_no_payload_breaks_the_reader(payload):
    body = urlencode({"payload": json.dumps(payload)}).encode()
    assert read_form(body) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body):
    assert read_form(body) is None


def test_the_buttons_are_only_there_when_they_work(slack):
    assert '"acknowledge"' in json.dumps(slack.world.alerts.deliveries()[0].message.blocks)
    silent = a_world(clock=ManualClock(slack.world.clock.now()))
    silent.open(a_page())
    assert '"acknowledge"' not in json.dumps(silent.alerts.deliveries()[0].message.blocks)


@pytest.fixture(scope="module")
def post():
    """One Observatory for many strangers; what they send is sent as it is."""
    slack = Slack()
    slack.genuine = urlencode({"payload": json.dumps(PAYLOAD)}).encode()
    slack.signed = slack._signer._signed(RequestUrl("", SECRET), slack.genuine, skew=0)
    http = TestClient(
        create_app(slack.world.views, SETTINGS, slack.world.allowed), raise_server_exceptions=False
    )

    def post(body, signed):
        answer = http.post(
            PATH, content=body, headers={name: value for name, value in signed.items() if value}
        )
        assert slack.world.alerts.audit() == []
        return answer.status_code

    post.slack = slack
    return post


def spoilt(data, original):
    """The original with one place changed, added or cut; never the original."""
    place = data.draw(st.integers(0, len(original) - 1))
    kind = data.draw(st.sampled_from(["change", "add", "cut", "swap", "double"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    changed = {
        "change": original[:place] + byte + original[place + 1 :],
        "add": original[:place] + byte + original[place:],
        "cut": original[:place],
        "swap": original[:place] + original[place : place + 2][::-1] + original[place + 2 :],
        "double": original * 2,
    }[kind]
    assume(changed != original)
    return changed


@settings(max_examples=150, deadline=None)
@given(data=st.data(), part=st.sampled_from(["body", "X-Slack-Request-Timestamp", "X-Slack-Signature"]))
def test_a_genuine_request_with_anything_changed_is_not_slacks(post, data, part):
    body, signed = post.slack.genuine, dict(post.slack.signed)
    if part == "body":
        body = spoilt(data, body)
    else:
        text = spoilt(data, signed[part].encode())
        assume(not set(text) & set(b"\r\n\0"))  # no HTTP header can hold them
        assume(text.strip(b" \t") != signed[part].encode())  # what surrounds a header's value is none of it
        signed[part] = text
    assert post(body, signed) == 401


@settings(max_examples=50, deadline=None)
@given(skew=st.integers(-(10**9), 10**9).filter(lambda skew: abs(skew) > 300))
def test_a_signature_of_another_time_is_not_slacks_however_well_signed(post, skew):
    signed = post.slack._signer._signed(RequestUrl("", SECRET), post.slack.genuine, skew=skew)
    assert post(post.slack.genuine, signed) == 401


@pytest.mark.parametrize("missing", ["X-Slack-Request-Timestamp", "X-Slack-Signature"])
def test_a_request_without_one_of_its_headers_is_not_slacks(post, missing):
    assert post(post.slack.genuine, post.slack.signed | {missing: ""}) == 401


def test_what_was_spoilt_was_genuine(post):
    """Or the tests above would pass for nothing."""
    slack = post.slack
    assert slack.http.post(PATH, content=slack.genuine, headers=slack.signed).status_code == 200
    assert slack.http.post(PATH, content=slack.genuine, headers=slack.signed).status_code == 401
    assert len(slack.world.alerts.audit()) == 1
