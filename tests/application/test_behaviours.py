"""What users do in an Observatory that lives minute by minute: from its counter to what its squad is told."""

import math
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.catalogs import SQUAD_YAML, a_catalog, a_service
from support.people import ANNA
from support.views import browse
from support.wiring import DAY, HOUR, MINUTE, START, Events, Life, seconds, service_yaml

from observatory.alerting import Matcher, Subject
from observatory.application.behaviours import weeks_before
from observatory.application.choosing import choose_all
from observatory.application.past import Span
from observatory.application.silencing import NewSilence
from observatory.bootstrap import build_backtest
from observatory.catalog import Behaviour, parse_selector
from observatory.catalog.behaviours import measured
from observatory.entrypoints.api.schema import BehaviourShape
from observatory.evaluation import State
from observatory.planning import plan

SAVES = "playlist/behaviour:saves"
SERVICE = service_yaml("playlist") + "behaviour:\n  - {name: saves, metric: playlist_saves_total}\n"
EVERY = 5 * MINUTE
NOON = START + 12 * HOUR
EVENT = """\
apiVersion: observatory/v1
kind: Event
name: launch
squad: playlists
mode: observe
affects: {services: [playlist]}
start: 2026-03-10 00:00
lasts: 1d
timezone: UTC
"""


def saves(moment):
    """In five minutes: thirty times as many at noon as at midnight, and half as many again at week-ends."""
    hours = moment.hour + moment.minute / 60
    day = 1 + 29 * (1 - math.cos(2 * math.pi * hours / 24)) / 2
    return round(3 * day * (1.5 if moment.weekday() >= 5 else 1))


def a_life(folder, *, known=40 * DAY, dropped=None, silent=None, last=START + 2 * DAY, more=()):
    """`dropped` is (after, until, share that still comes); `silent` from when the counter is gone."""
    life = Life(folder)
    life.write("playlist", SERVICE)
    for name, text in more:
        life.write(name, text)
    life.happens("playlist", Events({seconds(START - HOUR): 1.0}))
    counted, moment = {}, START - known
    while moment <= (silent or last):
        share = dropped[2] if dropped and dropped[0] < moment <= dropped[1] else 1.0
        counted[seconds(moment)] = float(round(saves(moment) * share))
        moment += EVERY
    life.metrics.count("playlist_saves_total", {"job": "playlist"}, counted)
    life.clock.advance(NOON - START)
    life.begin()
    return life


def now(life):
    return life.observatory.views.board.snapshot.behaviours[SAVES][1]


def tickets(life):
    return [one for one in life.alerts.incidents() if one.slo == SAVES]


def told(life):
    while life.observatory.deliver().outcomes or life.observatory.deliver.drain().outcomes:
        life.clock.advance(timedelta(seconds=1))
    return [(one.channel, one.message.text) for one in life.messenger.written]


def test_a_drop_is_one_ticket_to_the_owner_and_recovery_resolves_it(tmp_path):
    life = a_life(tmp_path, dropped=(NOON, NOON + 2 * HOUR, 0.2))
    life.minutes(3)
    assert (now(life).state, now(life).shortfall.weeks, tickets(life)) == (State.HEALTHY, 5, [])
    assert now(life).shortfall.events == pytest.approx(now(life).shortfall.expected, rel=0.05)

    life.minutes(75)
    (ticket,) = tickets(life)
    assert (ticket.severity.value, ticket.squad, ticket.tiers) == (
        "ticket",
        "playlists",
        ("fewer than expected",),
    )
    assert NOON + 30 * MINUTE < ticket.opened_at < NOON + HOUR
    assert now(life).state is State.AT_RISK
    ((channel, text),) = told(life)
    assert channel == "C0PLAYLISTS"
    assert f"Ticket: {SAVES} is lower than expected: saves: " in text
    assert " in the last hour, " in text
    assert " expected" in text
    page = browse(life.observatory.views).get(f"/incidents/{ticket.id}").text
    assert "Fewer than expected have come for" in page
    assert re.search(r"saves: [\d\xa0]+ in the last hour, \d.+\d expected", page)

    life.minutes(110)
    (ticket,) = tickets(life)
    assert not ticket.is_open
    assert now(life).state is State.HEALTHY
    texts = [text for _, text in told(life)]
    assert any("as many as expected again" in text for text in texts)
    assert not any("burn" in text or "budget" in text for text in texts)


def replayed_like(life, *, hours):
    """What a backtest tells of the same behaviour, and what was lived."""
    catalog = life.observatory.views.board.snapshot.catalog
    backtest = build_backtest(life.settings, source=life.metrics, clock=life.clock)
    span = Span(seconds(NOON), seconds(NOON) + hours * 3600)
    (version,) = backtest([choose_all(catalog, [SAVES])], span)
    (replayed,) = version.replays
    told = [(one.severity, one.told_at, one.resolved_at, one.tiers) for one in replayed.alarms]
    lived = [(one.severity, one.announced_at, one.resolved_at, one.tiers) for one in tickets(life)]
    return replayed, told, lived


def test_a_backtest_tells_what_was_lived(tmp_path):
    """Events are on in two of the weeks before: their hours are no measure, neither now nor in a replay."""
    past = EVENT.replace("2026-03-10", "2026-02-24") + "repeat: FREQ=WEEKLY;COUNT=2\n"
    life = a_life(tmp_path, dropped=(NOON, NOON + 2 * HOUR, 0.2), more=[("launch", past)])
    life.minutes(1)
    life.minutes(179, catch_up=False)

    replayed, told, lived = replayed_like(life, hours=3)

    assert told == lived
    assert len(told) == 1
    assert replayed.alarms[0].burning_since < replayed.alarms[0].told_at
    assert now(life).shortfall.weeks == 3


def test_programs_read_what_came_and_what_was_expected(tmp_path):
    life = a_life(tmp_path)
    life.minutes(2)
    client = browse(life.observatory.views)
    (one,) = [BehaviourShape.model_validate(each) for each in client.get("/api/v1/behaviours").json()]
    assert (one.squad, one.service, one.behaviour, one.firing) == ("playlists", "playlist", "saves", False)
    assert one.low < one.events < one.high
    assert client.get("/api/v1/behaviours?service=plalist").status_code == 404
    assert re.search(r"saves: [\d\xa0]+ in the last hour", client.get("/squads/playlists").text)
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    (events,) = families["observatory_behaviour_events"].samples
    assert (events.labels["behaviour"], events.value) == ("saves", one.events)
    bounds = {
        each.labels["bound"]: each.value for each in families["observatory_behaviour_expected_events"].samples
    }
    assert bounds == {"low": one.low, "middle": one.expected, "high": one.high}


@pytest.mark.parametrize(
    ("facts", "state", "why"),
    [
        pytest.param({"known": 10 * DAY}, State.NEW, "known of 1 of the last 5", id="ten days of history"),
        pytest.param({"silent": START + 10 * HOUR}, State.NO_DATA, "not seen", id="its counter is gone"),
        pytest.param(
            {"silent": NOON - 30 * MINUTE},
            State.PARTIAL,
            "of the last hour",
            id="its counter was there in half the hour",
        ),
        pytest.param({"more": [("launch", EVENT)]}, State.PARTIAL, "the event launch", id="an event is on"),
    ],
)
def test_what_cannot_be_judged_says_why_and_opens_nothing(tmp_path, facts, state, why):
    life = a_life(tmp_path, dropped=(NOON - 2 * HOUR, NOON + 2 * HOUR, 0.0), **facts)
    life.minutes(8)
    assert now(life).state is state
    assert why in now(life).shortfall.unknown
    assert tickets(life) == []


def test_hours_of_events_are_no_measure(tmp_path):
    """Of the weeks before, one had a launch at noon, at which nobody saved anything."""
    past = EVENT.replace("2026-03-10", "2026-03-03")
    life = a_life(tmp_path, dropped=(START - 7 * DAY, START - 6 * DAY, 0.0), more=[("launch", past)])
    life.minutes(2)
    assert now(life).shortfall.weeks == 4
    assert now(life).shortfall.expected == pytest.approx(now(life).shortfall.events, rel=0.05)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm", "Australia/Lord_Howe", "America/New_York"])
@pytest.mark.parametrize(
    "moment", [datetime(2026, 3, 31, 14, tzinfo=UTC), datetime(2026, 11, 3, 9, tzinfo=UTC)]
)
def test_people_keep_their_hours_when_clocks_change(zone, moment):
    local = moment.astimezone(ZoneInfo(zone))
    found = [datetime.fromtimestamp(end, ZoneInfo(zone)) for end in weeks_before(seconds(moment), zone)]
    assert [(one.weekday(), one.hour, one.minute) for one in found] == [
        (local.weekday(), local.hour, local.minute)
    ] * 5
    assert [(local.date() - one.date()).days for one in found] == [7, 14, 21, 28, 35]


def test_a_squad_without_behaviour_asks_nothing_more(tmp_path):
    life = Life(tmp_path)
    assert "behaviour" not in SQUAD_YAML
    life.happens("playlist", Events({seconds(START - HOUR): 1.0}))
    life.begin()
    life.minutes(2)
    assert life.observatory.views.board.snapshot.behaviours == {}
    assert not any("saves" in promql for promql in life.metrics.asked)


def test_services_that_count_alike_are_asked_about_together():
    saves = Behaviour(name="saves", metric=parse_selector("saves_total"))
    services = [a_service(name, slos=(), behaviour=(saves,)) for name in ("album", "playlist")]
    asked = plan(measured(a_catalog(*services)), tick=60)
    (query,) = asked.queries
    assert asked.slos == ("album/behaviour:saves", "playlist/behaviour:saves")
    assert query.feeds.total.tolist() == [1, 1]
    assert query.feeds.bad.tolist() == [0, 0]


def test_a_behaviour_can_be_silenced_by_its_name(tmp_path):
    life = a_life(tmp_path, dropped=(NOON, NOON + 2 * HOUR, 0.2))
    life.minutes(1)
    matcher = Matcher(Subject.SLO, SAVES)
    quiet = NewSilence((matcher,), "playlists", "The sale is over.", life.clock.now() + 3 * HOUR)
    life.observatory.actions.add_silence(quiet, actor=ANNA)
    life.minutes(60)
    assert [one.state.value for one in tickets(life)] == ["silenced"]
