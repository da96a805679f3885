from datetime import timedelta

import httpx2
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import WebClient
from support.slack import CHANNEL, CHANNELS, NOW, a_burning_status, an_entry, an_incident, plan_fault

from observatory.outputs.slack import Background, render_root
from observatory.sandbox.slack import Pace, running
from observatory.sandbox.slack.rendering import Rendering
from observatory.sandbox.slack.workspace import SlackSaysNoError, Workspace

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
METADATA = {"event_type": "slo_alert", "event_payload": {"delivery_id": "d-1"}}


@pytest.fixture(scope="module")
def server():
    with running(channels=CHANNELS, pace=None) as slack:
        yield slack


@pytest.fixture
def channel(server):
    """A channel of its own for each test."""
    number = len(httpx2.get(f"{server.url}/admin/channels").json())
    return create_channel(server, f"C{number:04d}")


@pytest.fixture
def client(server):
    return client_of(server)


def client_of(slack, token="xoxb-test"):  # noqa: S107 - the development Slack takes any
    client = WebClient(token=token, base_url=slack.api_url, retry_handlers=[])
    client.proxy = None
    return client


def create_channel(slack, channel_id, **changes):
    body = {"id": channel_id, "name": channel_id.lower()} | changes
    httpx2.post(f"{slack.url}/admin/channels", json=body).raise_for_status()
    return channel_id


def refusal(call, /, **arguments):
    with pytest.raises(SlackApiError) as raised:
        call(**arguments)
    return raised.value.response["error"]


def test_it_knows_its_caller(client):
    answer = client.auth_test()
    assert (answer["user"], answer["team"]) == ("observatory", "Development")
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("token", "error"), [(None, "not_authed"), ("xoxb-wrong", "invalid_auth"), ("xoxb-right", None)]
)
def test_only_its_own_token_opens_it(token, error):
    with running(token="xoxb-right") as slack:  # noqa: S106 - of this test alone
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        assert httpx2.post(f"{slack.api_url}auth.test", headers=headers).json().get("error") == error


def test_forms_json_and_queries_all_work(server, channel):
    url, headers = f"{server.api_url}chat.postMessage", {"Authorization": "Bearer xoxb-x"}
    form = {"channel": channel, "text": "form", "blocks": '[{"type": "divider"}]'}
    assert httpx2.post(url, data=form, headers=headers).json()["message"]["blocks"] == [{"type": "divider"}]
    assert httpx2.post(url, json={"channel": channel, "text": "json"}, headers=headers).json()["ok"]
    query = {"channel": channel, "text": "query", "token": "xoxb-x"}
    assert httpx2.get(url, params=query).json()["message"]["text"] == "query"


def test_messages_threads_and_pages(client, channel):
    sent = [client.chat_postMessage(channel=channel, text=str(number))["ts"] for number in range(5)]
    assert sent == sorted(sent)
    assert len(set(sent)) == 5
    client.chat_postMessage(channel=channel, text="in the thread", thread_ts=sent[0])
    client.chat_postMessage(
        channel=channel, text="and in the channel", thread_ts=sent[0], reply_broadcast=True
    )
    page = client.conversations_history(channel=channel, limit=4)
    assert [one["text"] for one in page["messages"]] == ["and in the channel", "4", "3", "2"]
    rest = client.conversations_history(
        channel=channel, limit=4, cursor=page["response_metadata"]["next_cursor"]
    )
    assert [one["text"] for one in rest["messages"]] == ["1", "0"]
    assert not rest["has_more"]
    assert (rest["messages"][1]["reply_count"], rest["messages"][1]["thread_ts"]) == (2, sent[0])
    replies = client.conversations_replies(channel=channel, ts=sent[0])["messages"]
    assert [one["text"] for one in replies] == ["0", "in the thread", "and in the channel"]


def test_history_between_two_moments_leaves_them_out_unless_asked(client, channel):
    a, b, c = (client.chat_postMessage(channel=channel, text=word)["ts"] for word in "abc")

    def texts(**options):
        page = client.conversations_history(channel=channel, oldest=a, latest=c, **options)
        return [one["text"] for one in page["messages"]]

    assert texts() == ["b"]
    assert texts(inclusive=True) == ["c", "b", "a"]
    assert client.conversations_history(channel=channel, oldest=b)["messages"][0]["ts"] == c


def test_metadata_keeps_its_payload_to_itself_unless_asked(client, channel):
    client.chat_postMessage(channel=channel, text="x", metadata=METADATA)
    (bare,) = client.conversations_history(channel=channel)["messages"]
    (full,) = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert bare["metadata"] == {"event_type": "slo_alert"}
    assert full["metadata"] == METADATA


def test_an_edit_keeps_metadata_drops_blocks_and_marks_only_bare_text(client, channel):
    ts = client.chat_postMessage(channel=channel, text="x", blocks=[SECTION], metadata=METADATA)["ts"]
    with_blocks = client.chat_update(channel=channel, ts=ts, text="y", blocks=[SECTION])["message"]
    assert "edited" not in with_blocks
    assert with_blocks["metadata"] == METADATA
    bare = client.chat_update(channel=channel, ts=ts, text="z")["message"]
    assert "blocks" not in bare
    assert bare["edited"]["user"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param({"text": "x" * 40_001}, "msg_too_long", id="text"),
        pytest.param({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks", id="51-blocks"),
        pytest.param({"blocks": [{"type": "sparkle"}]}, "invalid_blocks", id="unknown-block"),
        pytest.param({"blocks": {"type": "divider"}}, "invalid_blocks_format", id="no-list"),
        pytest.param(
            {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]},
            "invalid_blocks",
            id="header",
        ),
        pytest.param(
            {"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]},
            "invalid_blocks",
            id="mrkdwn-header",
        ),
        pytest.param(
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}]},
            "invalid_blocks",
            id="section",
        ),
        pytest.param(
            {"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}]},
            "invalid_blocks",
            id="fields",
        ),
        pytest.param({"blocks": [{"type": "actions", "elements": []}]}, "invalid_blocks", id="no-buttons"),
        pytest.param(
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_900}}] * 5},
            "msg_blocks_too_long",
            id="all-together",
        ),
        pytest.param(
            {"text": "x", "metadata": {"event_type": "t"}}, "invalid_metadata_format", id="metadata"
        ),
    ],
)
def test_slacks_limits_are_kept(client, channel, content, error):
    arguments = {"text": "x"} | content
    assert refusal(client.chat_postMessage, channel=channel, **arguments) == error
    assert client.conversations_history(channel=channel)["messages"] == []


def test_a_message_of_nothing_is_refused(server, channel):
    headers = {"Authorization": "Bearer xoxb-x"}
    answer = httpx2.post(f"{server.api_url}chat.postMessage", json={"channel": channel}, headers=headers)
    assert answer.json() == {"ok": False, "error": "no_text"}


def test_channels_that_cannot_be_written_or_read_say_why(server, client):
    archived = create_channel(server, "C0ARCHIVED", archived=True)
    private = create_channel(server, "C0PRIVATE", private=True, member=False)
    public = create_channel(server, "C0PUBLIC", member=False)
    assert refusal(client.chat_postMessage, channel="C0NOWHERE", text="x") == "channel_not_found"
    assert refusal(client.chat_postMessage, channel=archived, text="x") == "is_archived"
    assert refusal(client.chat_postMessage, channel=private, text="x") == "not_in_channel"
    assert client.chat_postMessage(channel=public, text="x")["ok"]
    assert refusal(client.conversations_history, channel=public) == "not_in_channel"
    assert client.conversations_join(channel=public)["channel"]["is_member"]
    assert len(client.conversations_history(channel=public)["messages"]) == 1
    assert client.conversations_info(channel=archived)["channel"]["is_archived"]


def test_what_is_gone_is_gone(client, channel):
    ts = client.chat_postMessage(channel=channel, text="x")["ts"]
    client.chat_delete(channel=channel, ts=ts)
    assert refusal(client.chat_update, channel=channel, ts=ts, text="y") == "message_not_found"
    assert refusal(client.chat_postMessage, channel=channel, text="y", thread_ts=ts) == "thread_not_found"
    assert refusal(client.conversations_replies, channel=channel, ts=ts) == "thread_not_found"
    assert refusal(client.api_call, api_method="chat.shout") == "unknown_method"


def test_a_channel_takes_a_burst_and_then_one_message_a_second():
    now = [1_000.0]
    workspace = Workspace(lambda: now[0], pace=Pace(burst=3, seconds=1))
    with running(channels=CHANNELS, pace=Pace(burst=2, seconds=60)) as slack:
        client = client_of(slack)
        for _ in range(2):
            client.chat_postMessage(channel=CHANNEL, text="x")
        with pytest.raises(SlackApiError) as raised:
            client.chat_postMessage(channel=CHANNEL, text="x")
        assert raised.value.response.status_code == 429
        assert int(raised.value.response.headers["Retry-After"]) in range(50, 61)
        assert client.chat_postMessage(channel="C0CATCHALL", text="another channel")["ok"]
    accepted = 0
    for _ in range(100):
        accepted += accepts(workspace)
        now[0] += 0.1
    assert accepted == 3 + 9


def accepts(workspace):
    try:
        workspace._wait_your_turn(CHANNEL)
    except SlackSaysNoError:
        return 0
    return 1


def test_it_remembers_after_a_restart(tmp_path):
    file = tmp_path / "slack.jsonl"
    with running(channels=CHANNELS, file=file) as slack:
        client = client_of(slack)
        kept = client.chat_postMessage(channel=CHANNEL, text="kept", metadata=METADATA)["ts"]
        client.chat_update(channel=CHANNEL, ts=kept, text="kept and edited")
        gone = client.chat_postMessage(channel=CHANNEL, text="gone")["ts"]
        client.chat_delete(channel=CHANNEL, ts=gone)
        create_channel(slack, "C0NEW", archived=True)
    with file.open("a") as crashed:
        crashed.write('{"posting": {"chan')
    with running(file=file) as slack:
        client = client_of(slack)
        (message,) = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]
        assert (message["ts"], message["text"], message["metadata"]) == (kept, "kept and edited", METADATA)
        assert client.conversations_info(channel="C0NEW")["channel"]["is_archived"]
        assert client.chat_postMessage(channel=CHANNEL, text="next")["ts"] > gone


def test_faults_strike_their_method_and_channel_as_often_as_asked_and_can_be_called_off(
    server, client, channel
):
    plan_fault(server.url, trouble="error", error="fatal_error", channel=channel, times=2)
    assert client.chat_postMessage(channel=CHANNEL, text="elsewhere")["ok"]
    assert refusal(client.chat_postMessage, channel=channel, text="x") == "fatal_error"
    assert httpx2.get(f"{server.url}/admin/faults").json()[0]["times"] == 1
    httpx2.delete(f"{server.url}/admin/faults").raise_for_status()
    assert client.chat_postMessage(channel=channel, text="x")["ok"]


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ("drop", "RemoteProtocolError"),
        ("truncate", "RemoteProtocolError"),
        ("hang", "ReadTimeout"),
        ("html", "502"),
        ("status", "500"),
    ],
)
def test_an_answer_is_lost_with_or_without_the_deed(server, client, channel, trouble, outcome, applied):
    plan_fault(server.url, trouble=trouble, applied=applied, channel=channel, seconds=30)
    body = {"channel": channel, "text": "x"}
    assert outcome_of_posting(server, body) == outcome
    assert len(client.conversations_history(channel=channel)["messages"]) == int(applied)


def outcome_of_posting(server, body):
    headers = {"Authorization": "Bearer xoxb-x"}
    try:
        answer = httpx2.post(f"{server.api_url}chat.postMessage", json=body, headers=headers, timeout=0.3)
    except httpx2.TransportError as error:
        return type(error).__name__
    return str(answer.status_code)


def test_a_fault_that_makes_no_sense_is_refused(server):
    answer = httpx2.post(f"{server.url}/admin/faults", json={"trouble": "gremlins", "often": 3})
    assert answer.status_code == 422
    assert {problem["loc"][-1] for problem in answer.json()["detail"]} == {"trouble", "often"}


def test_the_page_shows_our_message_its_thread_and_where_a_permalink_leads(server, client, channel):
    links = Background(dashboard="https://grafana.example/d/x")
    message = render_root(an_incident(), a_burning_status(), an_entry(), links, now=NOW)
    ts = client.chat_postMessage(
        channel=channel, text=message.text, blocks=[dict(one) for one in message.blocks]
    )["ts"]
    client.chat_postMessage(channel=channel, text="it got *worse*", thread_ts=ts)
    link = client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"]
    landed = httpx2.get(link, follow_redirects=True)
    assert f'id="p{ts.replace(".", "")}"' in landed.text
    assert "<h3>🔴 PAGE: playlist/availability is burning 14.6× too fast</h3>" in landed.text
    assert 'href="https://runbooks.example/playlist"' in landed.text
    assert "1 reply" in landed.text
    thread = httpx2.get(f"{server.url}/archives/{channel}", params={"thread_ts": ts}).text
    assert "it got <strong>worse</strong>" in thread
    assert httpx2.get(f"{server.url}/archives/C0NOWHERE").status_code == 404


def test_the_page_knows_when_it_is_out_of_date(server, client, channel):
    before = httpx2.get(f"{server.url}/revision").json()
    client.chat_postMessage(channel=channel, text="x")
    assert httpx2.get(f"{server.url}/revision").json() == before + 1


@pytest.mark.parametrize(
    ("source", "html"),
    [
        pytest.param(
            "*bold* _italic_ ~gone~", "<strong>bold</strong> <em>italic</em> <s>gone</s>", id="styles"
        ),
        pytest.param("snake_case_name 2*3*4", "snake_case_name 2*3*4", id="no-styles-within-words"),
        pytest.param("`a *b* &lt;c&gt;`", "<code>a *b* &lt;c&gt;</code>", id="code"),
        pytest.param("```x\ny```", "<pre>x\ny</pre>", id="code-block"),
        pytest.param(
            "&gt; said\n&gt; twice\nafter", "<blockquote>said<br>twice</blockquote>after", id="quote"
        ),
        pytest.param(":warning: now", "⚠️ now", id="emoji"),
        pytest.param("<!subteam^S1>", '<span class="mention loud">@S1</span>', id="group"),
        pytest.param("<!channel>", '<span class="mention loud">@channel</span>', id="everyone"),
        pytest.param("<#C1>", '<a class="mention" href="/archives/C1">#one</a>', id="channel"),
        pytest.param("&lt;!channel&gt;", "&lt;!channel&gt;", id="escaped-mention"),
        pytest.param("1 < 2 & 3", "1 &lt; 2 &amp; 3", id="bare-bracket"),
        pytest.param("`<img src=x", "`&lt;img src=x", id="unclosed-tag"),
        pytest.param("<script>x</script>", None, id="script"),
        pytest.param("<javascript:alert(1)|click>", None, id="script-link"),
        pytest.param('<https://x.example/?a=1&amp;b="|*docs*>', None, id="link"),
    ],
)
def test_mrkdwn_is_shown_as_slack_shows_it_and_nothing_gets_out_of_it(source, html):
    shown = Rendering({"C1": "one"}).mrkdwn(source)
    if html is not None:
        assert shown == html
    assert "<script" not in shown
    assert "javascript" not in shown.partition(">")[0]
    assert shown.count('"') % 2 == 0


def test_it_starts_on_a_port_of_its_own_and_leaves_it():
    with running() as first, running() as second:
        assert first.url != second.url
        assert first.api_url == f"{first.url}/api/"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(first.url, timeout=timedelta(seconds=1).total_seconds())
