"""Ways beside Slack's API, each against a real server of its kind."""

import json
import socket
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from jsonschema import Draft202012Validator
from support.listening import Answer, listening
from support.slack import CHANNEL, CHANNELS, NOW, plan_fault, postings

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.transports import Email, IncomingWebhook, SmtpServer, Webhook, signature
from observatory.errors import Ambiguous, DefinitionError, RateLimited, Refused, Unavailable
from observatory.outputs.message import About, Message
from observatory.sandbox.slack import running

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/webhook.schema.json").read_text())
SECRET = "a-secret-of-the-test"  # noqa: S105 - as it says
ABOUT = About(
    "i1", "playlist", "playlist/availability", "playlists", "page", "firing", "https://slo/incidents/i1"
)
BURNS = Message(
    "🔥 <!subteam^S1> *playlist* burns &amp; burns",
    (
        {"type": "header", "text": {"type": "plain_text", "text": "playlist burns"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "See <https://slo/i1|the incident> in <#C1|playlists>"},
        },
        {
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Acknowledge"}},
                {
                    "type": "button",
                    "url": "https://run/book",
                    "text": {"type": "plain_text", "text": "Runbook"},
                },
            ],
        },
    ),
    ABOUT,
)
SECOND = timedelta(seconds=1)


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def slack():
    with running(channels=CHANNELS, pace=None) as slack:
        yield slack


class Mailbox:
    """Keeps what comes; answers `says` to RCPT when told so, and may hang or break off after the data."""

    def __init__(self):
        self.mails, self.rcpt, self.data, self.accepts = [], None, None, True

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - as above
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.data == "drop":
            server.transport.close()
        return "250 OK"


@contextmanager
def smtp(mailbox, **options):
    controller = Controller(mailbox, hostname="127.0.0.1", port=closed_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def email(mailbox):
    with smtp(mailbox) as port:
        server = SmtpServer.read(f"smtp://127.0.0.1:{port}")
        yield Email(server, sender="slo@example.com", clock=ManualClock(NOW), timeout=SECOND)


def test_a_mail_says_in_plain_words_what_the_message_says(email, mailbox):
    sent = email.post("email:oncall@example.com", BURNS, delivery_id="d-1")
    (mail,) = mailbox.mails
    assert (mail["To"], mail["From"], mail["Message-ID"]) == (
        "oncall@example.com",
        "slo@example.com",
        sent.ts,
    )
    assert mail["Subject"] == "🔥 @S1 playlist burns & burns"
    assert mail.get_content().replace("\r\n", "\n").split("\n\n") == [
        "playlist burns",
        "See the incident: https://slo/i1 in playlists",
        "Runbook: https://run/book\n",
    ]


def test_what_follows_answers_the_first_mail(email, mailbox):
    first = email.post("email:oncall@example.com", BURNS, delivery_id="d-1")
    email.post("email:oncall@example.com", BURNS, delivery_id="d-2", thread_ts=first.ts)
    assert (mailbox.mails[1]["In-Reply-To"], mailbox.mails[1]["References"]) == (first.ts, first.ts)


@pytest.mark.parametrize(
    ("says", "error", "code"),
    [
        pytest.param("550 no such user", Refused, "550", id="unknown"),
        pytest.param("451 greylisted, come again", RateLimited, "451", id="greylisted"),
    ],
)
def test_a_receiver_that_is_refused_is_told_apart_from_one_to_try_again(email, mailbox, says, error, code):
    mailbox.rcpt = says
    with pytest.raises(error) as raised:
        email.post("email:oncall@example.com", BURNS, delivery_id="d-1")
    assert (type(raised.value), raised.value.code) == (error, code)
    assert mailbox.mails == []


def test_a_mail_server_that_breaks_off_after_the_data_may_have_taken_it(email, mailbox):
    mailbox.data = "drop"
    with pytest.raises(Ambiguous):
        email.post("email:oncall@example.com", BURNS, delivery_id="d-1")
    assert len(mailbox.mails) == 1


def test_no_mail_server_is_nothing_sent():
    server = SmtpServer.read(f"smtp://127.0.0.1:{closed_port()}")
    with pytest.raises(Unavailable) as raised:
        Email(server, sender="slo@example.com", clock=ManualClock(NOW)).post(
            "email:a@b.c", BURNS, delivery_id="d"
        )
    assert type(raised.value) is Unavailable


@pytest.mark.parametrize(("password", "error"), [("right", None), ("wrong", "535")])
def test_a_user_logs_in(mailbox, password, error):
    def authenticate(_server, _session, _envelope, _mechanism, data):
        right = (data.login, data.password) == (b"slo", b"right")
        return AuthResult(success=right, handled=right)

    options = {"authenticator": authenticate, "auth_require_tls": False}
    with smtp(mailbox, **options) as port:
        server = replace(SmtpServer.read(f"smtp://slo:{password}@127.0.0.1:{port}"))
        email = Email(server, sender="slo@example.com", clock=ManualClock(NOW))
        if error is None:
            email.post("email:oncall@example.com", BURNS, delivery_id="d-1")
        else:
            with pytest.raises(Refused) as raised:
                email.post("email:oncall@example.com", BURNS, delivery_id="d-1")
            assert raised.value.code == error
            assert password not in str(raised.value)
    assert len(mailbox.mails) == (error is None)


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:port"]
)
def test_an_address_that_is_no_smtp_servers_is_explained(url):
    with pytest.raises(DefinitionError, match="smtp://user:password@host:587"):
        SmtpServer.read(url)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://host", SmtpServer("host", 587, tls=False)),
        ("smtps://host", SmtpServer("host", 465, tls=True)),
        ("smtp://u:p%40ss@host:25", SmtpServer("host", 25, tls=False, user="u", password="p@ss")),  # noqa: S106 - a test's
    ],
)
def test_an_smtp_servers_address_is_read(url, read):
    assert SmtpServer.read(url) == read


def test_an_incoming_webhook_gets_the_message_without_buttons_that_nobody_would_hear(slack):
    hook = IncomingWebhook(slack.webhook_url(CHANNEL))
    assert hook.post("slack-webhook:default", BURNS, delivery_id="d-1").ts == "d-1"
    (posted,) = postings(slack.url)
    assert [block["type"] for block in posted["blocks"]] == ["header", "section"]


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ({"trouble": "status", "status": 429, "retry_after": "2.5"}, RateLimited, "ratelimited"),
        ({"trouble": "status", "status": 503}, Ambiguous, None),
        ({"trouble": "drop"}, Ambiguous, None),
        ({"trouble": "hang", "seconds": 30}, Ambiguous, None),
        ({"trouble": "error", "error": "channel_not_found"}, Refused, "channel_not_found"),
        ({"trouble": "error", "error": "is_archived"}, Refused, "channel_is_archived"),
    ],
)
def test_an_incoming_webhooks_troubles_say_whether_it_may_have_arrived(slack, fault, error, code):
    plan_fault(slack.url, method="incoming-webhook", **fault)
    hook = IncomingWebhook(slack.webhook_url(CHANNEL), timeout=timedelta(seconds=0.3))
    with pytest.raises(error) as raised:
        hook.post("slack-webhook:default", BURNS, delivery_id="d-1")
    assert (type(raised.value), getattr(raised.value, "code", None)) == (error, code)
    assert slack.webhook_url(CHANNEL) not in str(raised.value)


@pytest.fixture
def receiver():
    with listening(lambda _: Answer(204)) as listener:
        yield listener


def webhook(receiver):
    return Webhook(f"{receiver.url}/secret-path", secret=SECRET, clock=ManualClock(NOW), timeout=SECOND)


@pytest.mark.parametrize("about", [ABOUT, None], ids=["incident", "notice"])
@pytest.mark.parametrize("answers", [None, "d-0"], ids=["root", "reply"])
def test_a_webhooks_body_is_as_its_schema_says_and_signed(receiver, about, answers):
    webhook(receiver).post(
        "webhook:default", replace(BURNS, about=about), delivery_id="d-1", thread_ts=answers
    )
    (heard,) = receiver.heard
    headers, body = heard.headers, heard.body
    assert list(Draft202012Validator(SCHEMA).iter_errors(json.loads(body))) == []
    timestamp = headers["x-observatory-timestamp"]
    assert datetime.fromtimestamp(int(timestamp), UTC) == NOW
    assert headers["x-observatory-signature"] == signature(SECRET, timestamp, body)
    assert (headers["idempotency-key"], json.loads(body)["answers"]) == ("d-1", answers)


def test_a_body_that_was_changed_has_another_signature():
    assert signature(SECRET, "1", b"{}") != signature(SECRET, "1", b"{} ")
    assert signature(SECRET, "1", b"{}") != signature(SECRET, "2", b"{}")
    assert signature(SECRET, "1", b"{}") != signature("other", "1", b"{}")


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (410, Refused), (429, RateLimited), (500, Ambiguous), (503, Ambiguous)],
)
def test_a_webhook_that_says_no_is_told_apart_from_one_that_may_have_it(receiver, status, error):
    receiver.answer = lambda _: Answer(status)
    with pytest.raises(error) as raised:
        webhook(receiver).post("webhook:default", BURNS, delivery_id="d-1")
    assert type(raised.value) is error
    assert "secret-path" not in str(raised.value)


def test_no_receiver_is_nothing_sent():
    hook = Webhook(f"http://127.0.0.1:{closed_port()}/", secret=SECRET, clock=ManualClock(NOW))
    with pytest.raises(Unavailable) as raised:
        hook.post("webhook:default", BURNS, delivery_id="d-1")
    assert type(raised.value) is Unavailable


@pytest.mark.parametrize(
    "transport",
    [
        IncomingWebhook("http://127.0.0.1:9/"),
        Webhook("http://127.0.0.1:9/", secret=SECRET, clock=ManualClock(NOW)),
    ],
    ids=["slack", "own"],
)
def test_what_was_sent_stays_and_cannot_be_looked_up(transport):
    for refused, code in (
        (lambda: transport.update("x:y", "1", BURNS, delivery_id="d"), "not_editable"),
        (lambda: transport.find("x:y", "d", since=NOW), "unreadable"),
        (lambda: transport.copies("x:y", "d", since=NOW), "unreadable"),
        (lambda: transport.delete("x:y", "1"), "unreadable"),
    ):
        with pytest.raises(Refused) as raised:
            refused()
        assert raised.value.code == code


def test_the_check_in_the_docs_takes_what_we_sign_and_nothing_else(receiver):
    page = (Path(__file__).parents[3] / "docs/transports.md").read_text()
    shown = {}
    exec(page.split("```python\n")[1].split("```")[0], shown)  # noqa: S102 - our own docs
    webhook(receiver).post("webhook:default", BURNS, delivery_id="d-1")
    (heard,) = receiver.heard
    headers, body = heard.headers, heard.body
    said = headers["x-observatory-timestamp"], headers["x-observatory-signature"]
    assert shown["is_genuine"](SECRET, *said, body, now=NOW.timestamp() + 299)
    assert not shown["is_genuine"](SECRET, *said, body, now=NOW.timestamp() + 301)
    assert not shown["is_genuine"](SECRET, *said, body + b" ", now=NOW.timestamp())
    assert not shown["is_genuine"]("another", *said, body, now=NOW.timestamp())
