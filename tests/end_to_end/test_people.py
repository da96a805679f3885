"""People and ticks together: the product wired as it runs, minute by minute over simulated time."""

from datetime import timedelta

import pytest
from support.catalogs import SQUAD_YAML, changed
from support.people import ANNA
from support.wiring import DAY, START, Events, Life, seconds

from observatory.alerting import IncidentState, Matcher, NotificationKind, Subject
from observatory.application.silencing import NewSilence
from observatory.errors import Unavailable

pytestmark = pytest.mark.slow

OUTAGE = START + timedelta(minutes=10)
SEARCH = (
    changed("name: playlists", "name: search", text=SQUAD_YAML)
    .replace("C0PLAYLISTS", "C0SEARCH00")
    .replace("S0PLAYLIST", "S0SEARCH00")
)
GROUP = "<!subteam^S0PLAYLIST>"


@pytest.fixture
def life(tmp_path):
    """A day of good traffic; from the tenth minute everything fails, for good."""
    life = Life(tmp_path)
    life.write("squad", changed("to: playlists", "to: search", text=SQUAD_YAML))
    life.write("search", SEARCH)
    minutes = range(seconds(START - 2 * DAY), seconds(START + DAY), 20)
    good = {one: 10.0 for one in minutes if one < seconds(OUTAGE)}
    life.happens("playlist", Events(good, {one: 10.0 for one in minutes if one not in good}))
    life.begin()
    return life


def burn(life):
    """Go on until the page is there."""
    for _ in range(40):
        live(life, 1)
        for incident in life.alerts.incidents():
            if incident.severity == "page":
                return incident
    raise AssertionError("nothing burned")


def live(life, minutes):
    """Tick and deliver, minute by minute."""
    for _ in range(minutes):
        life.minutes()
        while life.observatory.deliver().outcomes:
            pass


def spoken(life):
    """What stands in the channels: (channel, is a reply, text)."""
    return [(one.channel, one.thread_ts is not None, one.message.text) for one in life.messenger.written]


def test_an_acknowledgement_survives_every_tick_and_nobody_else_is_called(life):
    page = burn(life)
    life.observatory.actions.acknowledge(page.id, actor=ANNA)
    live(life, 60)
    kept = life.alerts.incident(page.id)
    assert (kept.state, kept.acknowledged_by) == (IncidentState.ACKNOWLEDGED, "anna")
    said = spoken(life)
    assert [(channel, reply) for channel, reply, _ in said if channel != "C0PLAYLISTS" or reply] == []
    (root,) = (text for _, reply, text in said if not reply and "playlist/availability" in text)
    assert "Acknowledged" in root
    assert life.messenger.written[0].edits > 1, "the numbers go on being shown"


def test_a_page_that_nobody_answers_reaches_the_squad_itself_and_then_its_helper(life):
    burn(life)
    live(life, 35)
    said = spoken(life)
    assert [channel for channel, reply, _ in said if not reply] == ["C0PLAYLISTS", "C0SEARCH00"]
    replies = [text for channel, reply, text in said if reply and channel == "C0PLAYLISTS"]
    assert len(replies) == 2
    assert all("Nobody has acknowledged this page for 15" in text for text in replies)
    assert "calling search" in replies[1]
    by_channel = {one.channel: str(one.message) for one in life.messenger.written if one.thread_ts is None}
    assert GROUP not in by_channel["C0PLAYLISTS"], "an edit names nobody"
    assert all("*Escalated* to <#C0SEARCH00>" in message for message in by_channel.values())
    own, told = (str(one.message) for one in life.messenger.written if one.thread_ts is not None)
    assert GROUP in own
    assert GROUP not in told, "another squad is called, elsewhere"
    roots = [one for one in life.alerts.deliveries() if one.notification.kind is NotificationKind.ROOT]
    called = next(one for one in roots if one.notification.destination == "C0SEARCH00")
    assert "<!subteam^S0SEARCH00>" in str(called.message)


def test_a_crash_between_deciding_and_writing_escalates_once(life, monkeypatch):
    burn(life)
    life.minutes(10)
    original, failures = life.alerts.record, []

    def crash_once(incidents, deliveries, **more):
        if not failures and any(one.escalation for one in incidents):
            failures.append(1)
            raise Unavailable("the database went away")
        return original(incidents, deliveries, **more)

    monkeypatch.setattr(life.alerts, "record", crash_once)
    life.minutes(10)
    assert failures
    replies = [one for one in life.alerts.deliveries() if one.notification.kind is NotificationKind.REPLY]
    assert len(replies) == len({one.notification.delivery_id for one in replies}) == 1


def test_what_opens_under_a_silence_is_shown_without_calling_and_calls_when_it_ends(life):
    life.minutes(5)
    until = life.clock.now() + timedelta(hours=1)
    quiet = NewSilence((Matcher(Subject.SERVICE, "playlist"),), "playlists", "the database moves", until)
    life.observatory.actions.add_silence(quiet, actor=ANNA)
    page = burn(life)
    assert page.state is IncidentState.SILENCED
    live(life, 20)
    assert all("Silenced" in text and not reply for _, reply, text in spoken(life))
    assert not any(GROUP in str(one.message) for one in life.messenger.written)
    live(life, 40)
    (call,) = (one for one in life.messenger.written if GROUP in str(one.message))
    assert (call.thread_ts is not None, "silence is over" in call.message.text) == (True, True)
    assert life.alerts.incident(page.id).state is IncidentState.FIRING


def test_a_tick_that_was_under_way_takes_back_no_acknowledgement(life, monkeypatch):
    page = burn(life)
    original = life.alerts.record

    def acknowledged_meanwhile(incidents, deliveries, **more):
        monkeypatch.setattr(life.alerts, "record", original)
        life.observatory.actions.acknowledge(page.id, actor=ANNA)
        return original(incidents, deliveries, **more)

    monkeypatch.setattr(life.alerts, "record", acknowledged_meanwhile)
    life.minutes(20)
    assert life.alerts.record == original, "no tick wrote anything"
    assert life.alerts.incident(page.id).state is IncidentState.ACKNOWLEDGED
