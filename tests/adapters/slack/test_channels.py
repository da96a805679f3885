"""Against the development Slack, over HTTP."""

import httpx2
import pytest
from support.slack import CHANNEL, CHANNELS, plan_fault

from observatory.adapters.slack import SlackChannels
from observatory.errors import RateLimited, Refused, Unavailable
from observatory.outputs.routes import Reach
from observatory.sandbox.slack import running


@pytest.fixture(scope="module")
def slack():
    with running(channels=CHANNELS, pace=None) as server:
        yield server


@pytest.fixture
def channels(slack):
    return SlackChannels("xoxb-test", base_url=slack.api_url)


@pytest.mark.parametrize(
    ("change", "reach"),
    [
        pytest.param({}, Reach.JOINED, id="joined"),
        pytest.param({"member": False}, Reach.PUBLIC, id="public"),
        pytest.param({"private": True}, Reach.JOINED, id="private, joined"),
        pytest.param({"archived": True}, Reach.ARCHIVED, id="archived"),
    ],
)
def test_slack_says_whether_a_channel_can_be_reached(slack, channels, change, reach):
    made = {"id": CHANNEL, "name": "playlists"} | change
    httpx2.post(f"{slack.url}/admin/channels", json=made, trust_env=False).raise_for_status()
    assert channels.reach(CHANNEL) is reach


def test_a_channel_that_nobody_knows_is_missing(channels):
    assert channels.reach("C0NOWHERE0") is Reach.MISSING


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        pytest.param({"trouble": "error", "error": "missing_scope"}, Refused, "missing_scope", id="scope"),
        pytest.param({"trouble": "status", "status": 429}, RateLimited, "to wait", id="429"),
        pytest.param({"trouble": "status", "status": 502}, Unavailable, "502", id="gateway"),
        pytest.param({"trouble": "drop"}, Unavailable, "did not answer", id="broken off"),
    ],
)
def test_when_slack_does_not_say_that_is_an_error_and_no_verdict(slack, channels, fault, error, words):
    plan_fault(slack.url, method="conversations.info", **fault)
    with pytest.raises(error, match=words):
        channels.reach(CHANNEL)


def test_without_slack_nothing_is_known():
    with pytest.raises(Unavailable):
        SlackChannels("xoxb-test", base_url="http://127.0.0.1:9/api/").reach(CHANNEL)
