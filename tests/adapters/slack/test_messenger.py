import socket
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx2
import pytest
from support.slack import CHANNEL, CHANNELS, delivery_ids, plan_fault, postings

from observatory.adapters.slack import SlackMessenger
from observatory.errors import Ambiguous, RateLimited, Refused, Unavailable
from observatory.outputs.message import Message
from observatory.sandbox.slack import running

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BURNS = Message("it burns", ({"type": "section", "text": {"type": "mrkdwn", "text": "*it burns*"}},))
RESTS = Message("it rests", ({"type": "section", "text": {"type": "mrkdwn", "text": "*it rests*"}},))


@pytest.fixture
def slack():
    with running(channels=CHANNELS, pace=None) as server:
        yield server


@pytest.fixture
def messenger(slack):
    return SlackMessenger("xoxb-test", base_url=slack.api_url, timeout=timedelta(seconds=1))


def test_a_posted_message_carries_its_delivery_id_and_has_a_link_that_opens(slack, messenger):
    posted = messenger.post(CHANNEL, BURNS, delivery_id="d-1")
    (message,) = postings(slack.url)
    assert delivery_ids([message]) == ["d-1"]
    assert message["blocks"] == [dict(block) for block in BURNS.blocks]
    assert message["client_msg_id"]
    assert (posted.channel, posted.ts) == (CHANNEL, message["ts"])
    assert posted.permalink == f"{slack.url}/archives/{CHANNEL}/p{posted.ts.replace('.', '')}"


def test_a_channels_name_comes_back_as_its_id(messenger):
    assert messenger.post("#playlists", BURNS, delivery_id="d-1").channel == CHANNEL


def test_a_reply_goes_into_the_thread(slack, messenger):
    root = messenger.post(CHANNEL, BURNS, delivery_id="root")
    messenger.post(CHANNEL, RESTS, delivery_id="reply", thread_ts=root.ts)
    assert delivery_ids(postings(slack.url)) == ["root"]
    assert delivery_ids(postings(slack.url, thread_ts=root.ts)) == ["root", "reply"]


def test_an_update_replaces_text_blocks_and_delivery_id_and_leaves_no_mark(slack, messenger):
    root = messenger.post(CHANNEL, BURNS, delivery_id="root")
    messenger.update(CHANNEL, root.ts, RESTS, delivery_id="update")
    (message,) = postings(slack.url)
    assert (message["ts"], message["text"], delivery_ids([message])) == (root.ts, "it rests", ["update"])
    assert "edited" not in message


def test_an_update_without_blocks_takes_the_old_ones_away(slack, messenger):
    root = messenger.post(CHANNEL, BURNS, delivery_id="root")
    messenger.update(CHANNEL, root.ts, Message("bare"), delivery_id="update")
    assert "blocks" not in postings(slack.url)[0]


def test_a_message_is_found_by_its_delivery_id_across_pages(messenger):
    wanted = messenger.post(CHANNEL, BURNS, delivery_id="wanted")
    for number in range(105):
        messenger.post(CHANNEL, Message("noise"), delivery_id=f"noise-{number}")
    assert messenger.find(CHANNEL, "wanted", since=LONG_AGO) == wanted
    assert messenger.find(CHANNEL, "another", since=LONG_AGO) is None


def test_a_reply_is_found_in_its_thread_only(messenger):
    root = messenger.post(CHANNEL, BURNS, delivery_id="root")
    reply = messenger.post(CHANNEL, RESTS, delivery_id="reply", thread_ts=root.ts)
    assert messenger.find(CHANNEL, "reply", since=LONG_AGO) is None
    assert messenger.find(CHANNEL, "reply", since=LONG_AGO, thread_ts=root.ts) == reply


def test_what_is_older_than_asked_for_is_not_found(messenger):
    messenger.post(CHANNEL, BURNS, delivery_id="d-1")
    tomorrow = datetime(2100, 1, 1, tzinfo=UTC)
    assert messenger.find(CHANNEL, "d-1", since=tomorrow) is None


def test_slack_says_who_the_token_is(messenger):
    assert messenger.check() == "observatory in Development"


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        pytest.param({"trouble": "error", "error": "is_archived"}, Refused, "is_archived", id="refusal"),
        pytest.param(
            {"trouble": "error", "error": "never_heard_of"}, Refused, "never_heard_of", id="unknown-code"
        ),
        pytest.param({"trouble": "status", "status": 429}, RateLimited, "ratelimited", id="429"),
        pytest.param(
            {"trouble": "error", "error": "rate_limited"},
            RateLimited,
            "rate_limited",
            id="rate-limited-in-200",
        ),
        pytest.param({"trouble": "error", "error": "fatal_error"}, Ambiguous, None, id="fatal-error"),
        pytest.param({"trouble": "status", "status": 500}, Ambiguous, None, id="500"),
        pytest.param({"trouble": "status", "status": 503}, Ambiguous, None, id="503"),
        pytest.param({"trouble": "html"}, Ambiguous, None, id="proxys-error-page"),
        pytest.param({"trouble": "drop"}, Ambiguous, None, id="dropped"),
        pytest.param({"trouble": "drop", "applied": True}, Ambiguous, None, id="dropped-after-posting"),
        pytest.param({"trouble": "truncate", "applied": True}, Ambiguous, None, id="half-an-answer"),
        pytest.param({"trouble": "hang", "applied": True, "seconds": 3}, Ambiguous, None, id="no-answer"),
    ],
)
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_every_failure_says_whether_it_may_have_been_done_and_nothing_is_sent_twice(
    slack, messenger, method, fault, error, code
):
    root = messenger.post(CHANNEL, BURNS, delivery_id="root")
    plan_fault(slack.url, method=method, **fault)
    write = (
        partial(messenger.update, CHANNEL, root.ts)
        if method == "chat.update"
        else partial(messenger.post, CHANNEL)
    )
    with pytest.raises(error) as raised:
        write(RESTS, delivery_id="again")
    assert type(raised.value) is error
    assert getattr(raised.value, "code", None) == code
    done = delivery_ids(postings(slack.url)).count("again")
    assert done == (1 if fault.get("applied") else 0)


@pytest.mark.parametrize(
    "fault", [{"trouble": "drop"}, {"trouble": "status", "status": 500}, {"trouble": "html"}]
)
def test_history_that_does_not_answer_is_unavailable_and_never_ambiguous(slack, messenger, fault):
    plan_fault(slack.url, method="conversations.history", **fault)
    with pytest.raises(Unavailable) as raised:
        messenger.find(CHANNEL, "d-1", since=LONG_AGO)
    assert not isinstance(raised.value, Ambiguous)


@pytest.mark.parametrize("said", ["17", "1.5", "soon", "-3", "nan"])
def test_slack_is_waited_for_as_long_as_it_says_or_a_minute(slack, messenger, said):
    plan_fault(slack.url, trouble="status", status=429, retry_after=said)
    with pytest.raises(RateLimited) as raised:
        messenger.post(CHANNEL, BURNS, delivery_id="d-1")
    expected = {"17": 17.0, "1.5": 1.5}.get(said, 60.0)
    assert raised.value.retry_after == timedelta(seconds=expected)


def test_a_message_whose_link_cannot_be_had_was_posted_all_the_same(slack, messenger):
    plan_fault(slack.url, method="chat.getPermalink", trouble="status", status=500)
    posted = messenger.post(CHANNEL, BURNS, delivery_id="d-1")
    assert posted.permalink is None
    assert posted.ts == postings(slack.url)[0]["ts"]


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    "base_url",
    [
        pytest.param("http://127.0.0.1:{closed}/api/", id="refused"),
        pytest.param("http://does-not-exist.invalid/api/", id="no-such-name"),
        pytest.param("https://127.0.0.1:{open}/api/", id="no-tls-there"),
    ],
)
def test_where_no_connection_comes_about_nothing_has_left_us(slack, base_url):
    url = base_url.format(closed=closed_port(), open=slack.url.rpartition(":")[2])
    with pytest.raises(Unavailable) as raised:
        SlackMessenger("xoxb-test", base_url=url).post(CHANNEL, BURNS, delivery_id="d-1")
    assert not isinstance(raised.value, Ambiguous)


def test_loopback_is_reached_past_any_proxy(slack, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    messenger = SlackMessenger("xoxb-test", base_url=slack.api_url)
    posted = messenger.post(CHANNEL, BURNS, delivery_id="d-1")
    assert messenger.find(CHANNEL, "d-1", since=LONG_AGO) == posted


def test_a_proxy_that_is_down_has_let_nothing_out(monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(Unavailable) as raised:
        SlackMessenger("xoxb-test", base_url="https://slack.invalid/api").post(
            CHANNEL, BURNS, delivery_id="d-1"
        )
    assert not isinstance(raised.value, Ambiguous)


def test_the_token_is_in_no_error(slack):
    messenger = SlackMessenger("xoxp-s3cret", base_url=slack.api_url)
    with pytest.raises(Refused, match="invalid_auth") as raised:
        messenger.check()
    assert "s3cret" not in str(raised.value)


def test_a_public_channel_that_asks_for_membership_is_joined(slack, messenger):
    create(slack, "C0PUBLIC00", member=False)
    plan_fault(slack.url, trouble="error", error="not_in_channel", channel="C0PUBLIC00")
    posted = messenger.post("C0PUBLIC00", BURNS, delivery_id="d-1")
    assert messenger.find("C0PUBLIC00", "d-1", since=LONG_AGO) == posted
    assert member_of(slack, "C0PUBLIC00")


def test_a_history_that_asks_for_membership_is_read_after_joining(slack, messenger):
    create(slack, "C0PUBLIC01", member=False)
    assert messenger.find("C0PUBLIC01", "d-1", since=LONG_AGO) is None
    assert member_of(slack, "C0PUBLIC01")


def test_a_private_channel_has_to_invite_us(slack, messenger):
    create(slack, "C0PRIVATE0", private=True, member=False)
    with pytest.raises(Refused) as refused:
        messenger.post("C0PRIVATE0", BURNS, delivery_id="d-1")
    assert refused.value.code == "not_in_channel"


def test_an_edited_message_is_still_found_by_the_id_of_its_root(slack, messenger):
    create(slack, "C0EDITED00")
    root = messenger.post("C0EDITED00", BURNS, delivery_id="root")
    messenger.update("C0EDITED00", root.ts, BURNS, delivery_id="edit", root_id="root")
    assert [messenger.find("C0EDITED00", one, since=LONG_AGO) for one in ("root", "edit")] == [root, root]


def test_every_copy_is_found_oldest_first_and_can_be_deleted_even_twice(slack, messenger):
    create(slack, "C0TWICE000")
    copies = [messenger.post("C0TWICE000", BURNS, delivery_id="d-1") for _ in range(3)]
    assert messenger.copies("C0TWICE000", "d-1", since=LONG_AGO) == copies
    for _ in range(2):
        messenger.delete("C0TWICE000", copies[1].ts)
    assert messenger.copies("C0TWICE000", "d-1", since=LONG_AGO) == [copies[0], copies[2]]


def create(slack, channel, **changes):
    body = {"id": channel, "name": channel.lower()} | changes
    httpx2.post(f"{slack.url}/admin/channels", json=body).raise_for_status()


def member_of(slack, channel):
    listed = httpx2.get(f"{slack.url}/admin/channels").json()
    return next(one["member"] for one in listed if one["id"] == channel)
