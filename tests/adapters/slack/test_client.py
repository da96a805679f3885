"""What stands between us and Slack: proxies, portals and redirects, over real HTTP."""

import json

import pytest
from slack_sdk.errors import SlackClientError
from support.listening import Answer, listening
from support.slack import CHANNEL

from observatory.adapters.slack import SlackChannels, SlackMessenger
from observatory.adapters.slack.client import SlackClient
from observatory.errors import Ambiguous, Refused, Unavailable
from observatory.outputs.message import Message

TOKEN = "xoxb-s3cret"  # noqa: S105 - looked for where it must not be


def post(url):
    return SlackMessenger(TOKEN, base_url=f"{url}/api/").post(CHANNEL, Message("it burns"), delivery_id="d-1")


def test_a_redirect_is_not_followed_since_the_token_would_go_along():
    with listening() as elsewhere, listening() as slack:
        slack.answer = lambda _: Answer(302, headers={"Location": f"{elsewhere.url}/api/chat.postMessage"})
        with pytest.raises(Refused, match="302"):
            post(slack.url)
        assert slack.heard[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert elsewhere.heard == []


def test_a_page_where_slacks_answer_should_be_says_neither_yes_nor_no():
    with listening(lambda _: Answer(body="<html>Please sign in to the guest network</html>")) as portal:
        with pytest.raises(Ambiguous):
            post(portal.url)
        with pytest.raises(Unavailable) as raised:
            SlackChannels(TOKEN, base_url=portal.url).reach(CHANNEL)
    assert type(raised.value) is Unavailable


def test_a_scope_that_is_missing_is_named():
    body = json.dumps({"ok": False, "error": "missing_scope", "needed": "channels:read"})
    with (
        listening(lambda _: Answer(body=body)) as slack,
        pytest.raises(Refused, match="missing_scope; the app needs the scope channels:read") as raised,
    ):
        SlackChannels(TOKEN, base_url=slack.url).reach(CHANNEL)
    assert raised.value.code == "missing_scope"


def test_bytes_go_to_the_address_that_slack_gave_out_and_the_token_does_not():
    with listening() as uploads:
        SlackClient(TOKEN, base_url="http://127.0.0.1:1/api/").send(f"{uploads.url}/upload/1", b"\x89PNG")
    (heard,) = uploads.heard
    assert (heard.path, heard.body) == ("/upload/1", b"\x89PNG")
    assert "authorization" not in heard.headers


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_an_address_that_is_no_web_address_is_not_opened(address):
    with pytest.raises((OSError, SlackClientError), match="unknown url type"):
        SlackClient(TOKEN, base_url="http://127.0.0.1:1/api/").send(address, b"")
