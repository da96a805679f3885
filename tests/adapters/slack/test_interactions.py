"""Whose request is it? Slack's published example, and everything that strangers may send."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.listening import Answer, listening

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.slack import SlackSignatures, SlackWhispers
from observatory.errors import Refused, Unavailable

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
SECRET, BODY = "8f742231b10e8888abcd99yyyzzz85a5", b"payload=%7B%7D"
TIMESTAMP = str(int(NOW.timestamp()))


def signature(body=BODY, timestamp=TIMESTAMP, key=SECRET):
    digest = hmac.new(key.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return f"v0={digest}"


def headers(signed=None, timestamp=TIMESTAMP):
    return {
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": signature(timestamp=timestamp) if signed is None else signed,
    }


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def signatures(clock):
    return SlackSignatures(SECRET, clock)


def test_the_example_of_slacks_documentation_is_genuine():
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    sent = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    at = ManualClock(datetime.fromtimestamp(1531420618, UTC))
    assert SlackSignatures(SECRET, at).genuine(body, sent)


@pytest.mark.parametrize(
    ("age", "genuine"), [(0, True), (299, True), (301, False), (-299, True), (-301, False)]
)
def test_a_signature_is_good_for_five_minutes(clock, signatures, age, genuine):
    clock.advance(timedelta(seconds=age))
    assert signatures.genuine(BODY, headers()) is genuine


def test_a_request_is_taken_once(clock, signatures):
    assert signatures.genuine(BODY, headers())
    clock.advance(timedelta(minutes=4))
    assert not signatures.genuine(BODY, headers())
    assert signatures.genuine(b"payload=other", headers(signature(b"payload=other")))


def test_what_was_seen_is_forgotten_when_its_age_refuses_it(clock, signatures):
    for minute in range(60):
        clock.advance(timedelta(minutes=1))
        timestamp = str(int(clock.now().timestamp()))
        assert signatures.genuine(BODY, headers(timestamp=timestamp))
        assert not signatures.genuine(BODY, headers(timestamp=timestamp))
        assert len(signatures._seen) <= min(minute + 1, 10)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({}, id="nothing"),
        pytest.param(headers(""), id="no-signature"),
        pytest.param(headers("v0="), id="empty"),
        pytest.param(headers(signature(key="another")), id="another-secret"),
        pytest.param(headers(signature(b"payload=other")), id="another-body"),
        pytest.param(headers(signature().replace("v0=", "v1=")), id="another-version"),
        pytest.param(headers(signature()[:-1]), id="cut"),
        pytest.param(headers("v0=ümlaut"), id="not-ascii"),
        pytest.param(headers(timestamp="soon"), id="no-number"),
        pytest.param(headers(timestamp=""), id="no-time"),
        pytest.param(headers(timestamp="1e9"), id="a-float"),
        pytest.param(headers(timestamp="9" * 5_000), id="endless"),
    ],
)
def test_what_slack_did_not_send_is_turned_away(signatures, sent):
    assert signatures.genuine(BODY, sent) is False


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"\x00" * 100])
def test_a_body_that_is_no_text_is_turned_away_unless_it_is_signed(signatures, body):
    assert signatures.genuine(body, headers()) is False


@given(st.binary(max_size=200), st.text(max_size=80), st.text(max_size=20))
def test_no_stranger_gets_in_and_none_breaks_it(body, signed, timestamp):
    sent = {"x-slack-signature": signed, "x-slack-request-timestamp": timestamp}
    assert SlackSignatures(SECRET, ManualClock(NOW)).genuine(body, sent) is False


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/actions/1",
        "https://hooks.slack.com.evil.example/actions/1",
        "https://hooks.slack.com:8443@evil.example/",
        "https://evil.example/hooks.slack.com",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://[::1",
        "",
    ],
)
def test_answers_go_to_slack_and_nowhere_else(url):
    with pytest.raises(Refused, match="no address of Slack"):
        SlackWhispers("https://slack.com/api/").whisper(url, "hello")


def test_an_answer_is_seen_by_one_person_and_replaces_nothing():
    with listening() as slack:
        SlackWhispers(f"{slack.url}/api/").whisper(f"{slack.url}/responses/1", "hello")
    (heard,) = slack.heard
    assert json.loads(heard.body) == {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": "hello",
    }


def test_an_answer_that_is_refused_or_not_heard_is_an_error_of_ours():
    with listening(lambda _: Answer(404)) as slack, pytest.raises(Refused, match="404"):
        SlackWhispers(f"{slack.url}/api/").whisper(f"{slack.url}/no", "hello")
    with pytest.raises(Unavailable):
        SlackWhispers("http://127.0.0.1:1/api/").whisper("http://127.0.0.1:1/x", "hello")
