"""Whatever anybody writes anywhere that ends up in a message: nobody is pinged by it, and Slack takes the message."""

from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from enum import Enum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.people import CATCH_ALL, NOW, a_page, a_silence, an_escalating_catalog
from support.slack import a_burning_status

from observatory.alerting import Incident, IncidentState, Transition
from observatory.alerting.model import Origin, Reason
from observatory.alerting.reports import Alert
from observatory.application.announce import Addresses, Announce
from observatory.evaluation import Severity
from observatory.outputs.slack.rescue import short_form, with_banner
from observatory.sandbox.slack.limits import refusal

PINGS = (
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<@U0BOB>",
    "<!subteam^S0ADMINS>",
    "<https://evil.example|runbook>",
)
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from([*PINGS, "`", "*", "\n", " ", "&lt;!channel&gt;", "\u202e", "\u2066"]), max_size=9
    ).map("".join),
    st.sampled_from(
        [
            "<!channel>" * 1_000,
            "x" * 10_240,
            "&" * 10_240,
            "ש" * 10_240,
            "\u202e\u05e9\u05dc\u05d5\u05dd <!channel> \u0645\u0631\u062d\u0628\u0627\u202c",
            "👨\u200d👩\u200d👧\u200d👦" * 1_000,
            "e\u0301" * 5_000,
            "\ud800<!channel>\x00\x1b[31m",
            "\r\n> <!channel>\u2028<!channel>",
        ]
    ),
)
OURS = {"id", "channel", "also_told", "formerly", "joined", "fingerprint"}
"""Ids, Slack's and ours: they are checked where they come in."""
CATALOG = an_escalating_catalog()


def poisoned(value, word):
    """The same value, every text in it that people or programs write replaced."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return word
    if isinstance(value, tuple | list):
        return type(value)(poisoned(one, word) for one in value)
    if isinstance(value, dict):
        return {f"{key}{number}{word}": word for number, key in enumerate(value)}
    if is_dataclass(value):
        texts = {one.name: getattr(value, one.name) for one in fields(value) if one.name not in OURS}
        return replace(value, **{name: poisoned(text, word) for name, text in texts.items()})
    return value


def written(origin, state, word):
    """An incident of this origin whose every word is somebody's."""
    told = a_page(
        state=state,
        tiers=("fast", "slow"),
        acknowledged_by="anna",
        acknowledged_at=NOW,
        silence=a_silence(),
        handed_over_by="search",
        asked_by="anna",
        causes=("search",),
        origin=origin,
        resolved_at=None if state is not IncidentState.RESOLVED else NOW + timedelta(minutes=9),
        also_told=("C0SEARCH00",),
        alert=an_alert() if origin is Origin.ALERT else None,
    )
    return poisoned(told, word)


def an_alert():
    return Alert(
        **{
            one.name: {
                "labels": {"alertname": "Full", "instance": "db-1", **{f"label{n}": "v" for n in range(30)}},
                "annotations": {
                    "summary": "disk is full",
                    "description": "very",
                    "runbook_url": "https://x.example",
                },
            }.get(one.name, NOW if "at" in one.name.split("_") else "db")
            for one in fields(Alert)
        }
    )


def messages(incident: Incident, reason: Reason, word: str):
    """Everything that is told of it: to the owner, to whom it climbs, in threads."""
    announce = Announce(
        Addresses("https://slo.example", "https://grafana.example", CATCH_ALL),
        lambda *_: 1.0,
        interactive=True,
    )
    (entry,) = CATALOG.slos()
    measured = incident.origin is Origin.SLO
    if measured:
        entry = replace(
            entry,
            slo=entry.slo.model_copy(update={"description": word}),
            service=entry.service.model_copy(update={"description": word, "runbook": word}),
        )
    status = a_burning_status(failure=word) if measured else None
    for previous in (None, replace(incident, revision=1, announced_at=NOW, state=IncidentState.FIRING)):
        step = Transition(replace(incident, revision=2), reason, status, previous)
        for delivery in announce(step, entry if measured else None, CATALOG, now=NOW + timedelta(minutes=9)):
            yield delivery.message
            yield short_form(delivery.message)
            yield with_banner(delivery.message, "Possible duplicate")


def markup(message):
    """What Slack reads as markup: the text, and every mrkdwn object."""
    yield message.text
    for block in message.blocks:
        yield from _mrkdwn(dict(block))


def _mrkdwn(value):
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for inner in value.values():
            yield from _mrkdwn(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _mrkdwn(inner)


ALLOWED = (
    "<!subteam^S0PLAYLIST>",
    "<!subteam^S0SEARCH00>",
    "<!subteam^S0PLATFORM>",
    "<#C0SEARCH00>",
    "<#C0PLAYLISTS>",
)
"""What squads have written into the catalog on purpose, and channels by their ids."""


def assert_harmless(message):
    for text in markup(message):
        rest = text
        for own in ALLOWED:
            rest = rest.replace(own, "")
        rest = rest.replace("<https://slo.example/", "").replace("<https://grafana.example/", "")
        assert "<" not in rest, text[:300]
    assert refusal(message.text, [dict(block) for block in message.blocks], None) is None
    str(message).encode()


@pytest.mark.parametrize("origin", Origin)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    word=HOSTILE,
    reason=st.sampled_from(Reason),
    state=st.sampled_from(IncidentState),
    severity=st.sampled_from(Severity),
)
def test_whatever_anybody_writes_nobody_is_pinged_and_slack_takes_it(origin, word, reason, state, severity):
    incident = replace(written(origin, state, word), severity=severity)
    for message in messages(incident, reason, word):
        assert_harmless(message)


@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("ping", PINGS)
def test_a_ping_in_every_text_at_once_pings_nobody(origin, ping):
    told = list(messages(written(origin, IncidentState.FIRING, ping), Reason.TIER_FIRED, ping))
    assert told
    for message in told:
        assert_harmless(message)


def test_a_mention_that_gets_through_would_be_seen():
    with pytest.raises(AssertionError):
        assert_harmless(with_banner(next(messages(a_page(), Reason.TIER_FIRED, "")), "<!channel>"))
