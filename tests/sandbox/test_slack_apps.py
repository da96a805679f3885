"""What else an app of Slack's uses: tiers, incoming webhooks, files, Socket Mode."""

import subprocess
import sys
from pathlib import Path
from queue import Queue

import httpx2
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web import WebClient
from slack_sdk.webhook import WebhookClient
from support.slack import CHANNEL, CHANNELS, plan_fault, postings

from observatory.sandbox.slack import running
from observatory.sandbox.slack.tiers import CALLS_A_MINUTE, Tiers

PICTURE = b"\x89PNG\r\n\x1a\n and then some"
BUTTON = {
    "type": "button",
    "action_id": "acknowledge",
    "value": "i1",
    "text": {"type": "plain_text", "text": "Ack"},
}


@pytest.fixture(scope="module")
def slack():
    with running(channels=CHANNELS, pace=None) as slack:
        yield slack


@pytest.fixture
def client(slack):
    return client_of(slack)


@pytest.fixture
def channel(slack):
    number = len(httpx2.get(f"{slack.url}/admin/channels").json())
    body = {"id": f"C{number:04d}", "name": f"c-{number}"}
    return httpx2.post(f"{slack.url}/admin/channels", json=body).raise_for_status().json()["id"]


def client_of(slack, token="xoxb-test"):  # noqa: S107 - the development Slack takes any
    client = WebClient(token=token, base_url=slack.api_url, retry_handlers=[])
    client.proxy = None
    return client


def webhook(slack, channel):
    hook = WebhookClient(slack.webhook_url(channel), retry_handlers=[])
    hook.proxy = None
    return hook


@pytest.mark.parametrize("method", ["chat.update", "conversations.list", "apps.connections.open"])
def test_a_minute_takes_as_many_calls_as_the_methods_tier_and_then_the_next_when_one_is_due(method):
    now = [1_000.0]
    tiers = Tiers(lambda: now[0])
    allowed = CALLS_A_MINUTE[method]
    assert [tiers.wait("a", method) for _ in range(allowed)] == [None] * allowed
    wait = tiers.wait("a", method)
    assert wait is not None
    assert tiers.wait("b", method) is None, "another app has its own"
    now[0] += wait
    assert tiers.wait("a", method) is None


def test_a_method_without_a_tier_is_not_counted():
    assert {Tiers(lambda: 0.0).wait("a", "auth.test") for _ in range(500)} == {None}


def test_at_slacks_pace_a_call_too_many_is_told_when_to_come_back():
    with running(channels=CHANNELS) as paced:
        client = client_of(paced)
        for _ in range(CALLS_A_MINUTE["conversations.list"]):
            client.conversations_list()
        with pytest.raises(SlackApiError) as raised:
            client.conversations_list()
    assert raised.value.response.status_code == 429
    assert int(raised.value.response.headers["Retry-After"]) >= 1


def test_an_incoming_webhook_says_ok_and_nothing_of_where_the_message_is(slack, channel):
    answer = webhook(slack, channel).send(text="hello", blocks=[{"type": "divider"}])
    assert (answer.status_code, answer.body) == (200, "ok")
    (posted,) = postings(slack.url, channel)
    assert (posted["text"], "metadata" in posted) == ("hello", False)


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        pytest.param({"archived": True}, 410, "channel_is_archived", id="archived"),
        pytest.param({"private": True, "member": False}, 403, "action_prohibited", id="private"),
    ],
)
def test_an_incoming_webhook_that_cannot_says_so_by_status_and_word(slack, channel, change, status, word):
    httpx2.post(f"{slack.url}/admin/channels", json={"id": channel, "name": channel.lower()} | change)
    answer = webhook(slack, channel).send(text="hello")
    assert (answer.status_code, answer.body) == (status, word)


def test_an_incoming_webhook_of_no_channel_of_nothing_and_of_no_json(slack, channel):
    assert webhook(slack, "C0NOWHERE").send(text="hello").status_code == 404
    assert webhook(slack, channel).send(text="").body == "no_text"
    assert httpx2.post(slack.webhook_url(channel), content=b"{").text == "invalid_payload"


def test_trouble_is_ordered_for_incoming_webhooks_too(slack, channel):
    plan_fault(slack.url, method="incoming-webhook", channel=channel, trouble="status", status=503)
    assert webhook(slack, channel).send(text="hello").status_code == 503
    assert postings(slack.url, channel) == []


def test_a_file_is_sent_in_three_steps_and_seen_in_the_thread_it_was_meant_for(slack, client, channel):
    root = client.chat_postMessage(channel=channel, text="it burns")["ts"]
    client.files_upload_v2(
        filename="burn.png", title="Burn rate", content=PICTURE, channel=channel, thread_ts=root
    )
    _, shared = postings(slack.url, channel, thread_ts=root)
    (image,) = shared["blocks"]
    shown = httpx2.get(f"{slack.url}/files/{image['slack_file']['id']}")
    assert (shown.content, shown.headers["content-type"]) == (PICTURE, "image/png")
    page = httpx2.get(f"{slack.url}/archives/{channel}", params={"thread_ts": root}).text
    assert f'src="/files/{image["slack_file"]["id"]}" alt="Burn rate"' in page


def test_a_file_without_a_channel_is_shown_by_a_block_that_names_it(slack, client, channel):
    opened = client.files_getUploadURLExternal(filename="burn.png", length=len(PICTURE))
    httpx2.post(opened["upload_url"], content=PICTURE).raise_for_status()
    client.files_completeUploadExternal(files=[{"id": opened["file_id"], "title": "Burn rate"}])
    assert postings(slack.url, channel) == []
    block = {"type": "image", "slack_file": {"id": opened["file_id"]}, "alt_text": "Burn rate"}
    assert client.chat_postMessage(channel=channel, text="it burns", blocks=[block])["ok"]


def test_a_file_of_another_length_or_of_nothing_is_no_file(slack, client):
    opened = client.files_getUploadURLExternal(filename="burn.png", length=3)
    assert httpx2.post(opened["upload_url"], content=PICTURE).status_code == 404
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.files_completeUploadExternal(files=[{"id": opened["file_id"]}])


@pytest.fixture
def listener(slack):
    """A bot in Socket Mode that acknowledges what it hears, and puts it into `heard`."""
    client = SocketModeClient(
        app_token="xapp-test",  # noqa: S106 - the development Slack takes any
        web_client=client_of(slack),
        auto_reconnect_enabled=False,
        ping_interval=1,
    )
    client.heard = Queue()

    def hear(listener, request):
        client.heard.put(request)
        listener.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client.socket_mode_request_listeners.append(hear)
    client.connect()
    yield client
    client.close()


def test_a_press_is_heard_over_the_socket_and_acknowledged(slack, client, channel, listener):
    block = {"type": "actions", "elements": [BUTTON]}
    ts = client.chat_postMessage(channel=channel, text="it burns", blocks=[block])["ts"]
    answer = httpx2.post(
        f"{slack.url}/admin/presses", json={"channel": channel, "ts": ts, "action_id": "acknowledge"}
    )
    heard = listener.heard.get(timeout=10)
    assert answer.json()["status"] == 200
    assert heard.type == "interactive"
    assert heard.payload["actions"][0]["value"] == "i1"
    assert heard.payload["message"]["ts"] == ts


def test_a_socket_is_opened_with_the_apps_token_only(client):
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        client.apps_connections_open(app_token="xoxb-test")  # noqa: S106 - as above


def test_channels_are_read_without_a_token_and_past_every_limit(slack, client, channel):
    client.chat_postMessage(channel=channel, text="hello")
    assert [one["text"] for one in postings(slack.url, channel)] == ["hello"]
    assert httpx2.get(f"{slack.url}/admin/channels/{CHANNEL}/messages").json() == []
    assert httpx2.get(f"{slack.url}/admin/channels/C0NOWHERE/messages").status_code == 404


def test_the_bot_is_given_addresses_where_it_called_and_people_where_they_look(slack):
    """In containers these differ: the bot says `slack:8700`, a browser `127.0.0.1`."""
    elsewhere = slack.url.replace("127.0.0.1", "localhost")
    calling = {"token": "xapp-test"}
    link = httpx2.post(f"{elsewhere}/api/apps.connections.open", params=calling).json()["url"]
    assert link.startswith(elsewhere.replace("http://", "ws://"))
    posted = httpx2.post(
        f"{elsewhere}/api/chat.postMessage", params={"token": "xoxb-test", "channel": CHANNEL, "text": "hi"}
    ).json()
    asked = {"token": "xoxb-test", "channel": CHANNEL, "message_ts": posted["ts"]}
    permalink = httpx2.post(f"{elsewhere}/api/chat.getPermalink", params=asked).json()["permalink"]
    assert permalink.startswith(slack.url)


def test_the_example_in_the_docs_passes_as_it_stands(tmp_path):
    page = (Path(__file__).parents[2] / "docs/slack.md").read_text()
    example = next(
        block.split("```")[0] for block in page.split("```python\n")[1:] if "pytest.fixture" in block
    )
    (tmp_path / "test_example.py").write_text(example)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (run.returncode, "1 passed" in run.stdout) == (0, True), run.stdout + run.stderr
