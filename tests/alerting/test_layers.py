"""Silences and escalations over what the numbers decide, told minute by minute."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.evaluations import AT, Sums, entry, sums_of, windows_of
from support.people import a_silence, an_escalating_catalog
from support.slack import CATCH_ALL, CHANNEL

from observatory.alerting import (
    IncidentState,
    Instructions,
    NotificationKind,
    Priority,
    Reason,
    Rules,
    Rung,
    acknowledge,
    decide_all,
    ladder,
    notifications,
    resolve_owner,
    still,
)
from observatory.evaluation import Provenance, evaluate

CATALOG = an_escalating_catalog()
ONE = replace(entry(), squad=CATALOG.squads["playlists"])
BURNING, COOLING, DRAINING, BOTH = "burning", "cooling", "draining", "both"
PAGE = {"5m": Sums(50, 500), "1h": Sums(600, 6000)}
TICKET = {"2h": Sums(600, 12_000), "1d": Sums(6000, 144_000)}
EVALUATIONS = {
    name: evaluate([ONE], sums_of([ONE], {ONE.id: windows_of(ONE) | windows}), Provenance(AT, AT))
    for name, windows in {
        BURNING: PAGE,
        COOLING: PAGE | {"5m": Sums(0, 500)},
        DRAINING: TICKET,
        BOTH: PAGE | TICKET,
    }.items()
}
FIRING, SILENCED = IncidentState.FIRING, IncidentState.SILENCED
ACKNOWLEDGED, RESOLVED = IncidentState.ACKNOWLEDGED, IncidentState.RESOLVED
ROOT, REPLY, UPDATE = NotificationKind.ROOT, NotificationKind.REPLY, NotificationKind.UPDATE
OWN = CATALOG.squads["playlists"].slack.channel


def at(minute):
    return AT + timedelta(minutes=minute)


def silence(first, last, *matchers, **changes):
    return a_silence(*matchers, **({"starts_at": at(first), "ends_at": at(last)} | changes))


class Life:
    """Ticks through `decide_all`, and remembers incidents and what was told of them."""

    def __init__(self, *silences, catch_all=CATCH_ALL) -> None:
        self.silences = silences
        self.incidents = {}
        self.catch_all = catch_all

    def tick(self, minute, windows=BURNING):
        now = at(minute)
        steps = decide_all(
            tuple(self.incidents.values()),
            replace(EVALUATIONS[windows], at=now),
            now=now,
            complete=True,
            instructions=Instructions(
                self.silences, lambda one: ladder(one.squad, CATALOG, catch_all=self.catch_all)
            ),
        )
        self.incidents |= {step.incident.id: step.incident for step in steps}
        return list(steps)

    def told(self, minute, windows=BURNING):
        owner = resolve_owner({"service": "playlist"}, CATALOG, Rules(self.catch_all))
        return [
            (one.kind, one.destination, one.mention)
            for step in self.tick(minute, windows)
            for one in notifications(step, owner, now=at(minute))
        ]

    @property
    def only(self):
        (incident,) = self.incidents.values()
        return incident

    def acknowledge(self, minute):
        step = acknowledge(still(self.only, None), by="anna", now=at(minute))
        self.incidents[step.incident.id] = step.incident
        return step


def test_an_incident_that_opens_under_a_silence_is_shown_and_calls_nobody():
    life = Life(silence(-5, 60))
    assert life.told(0) == [(ROOT, OWN, False)]
    assert (life.only.state, life.only.silence.id) == (SILENCED, "s1")


def test_a_silence_that_begins_is_told_by_an_edit_and_its_end_calls_again():
    life = Life(silence(1, 31))
    assert life.told(0) == [(ROOT, OWN, True)]
    (begun,) = life.tick(1)
    assert (begun.reason, begun.incident.state, begun.incident.revision) == (Reason.SILENCED, SILENCED, 2)
    assert life.told(2) == []
    assert life.told(31) == [(REPLY, OWN, True), (UPDATE, OWN, False)]
    assert (life.only.state, life.only.silence) == (FIRING, None)


def test_a_silence_that_is_taken_away_is_told_so():
    life = Life(silence(1, 60))
    life.tick(0)
    life.tick(1)
    life.silences = ()
    (lifted,) = life.tick(2)
    assert (lifted.reason, lifted.incident.state) == (Reason.SILENCE_LIFTED, FIRING)


def test_the_end_of_a_silence_over_what_has_stopped_burning_calls_nobody():
    life = Life(silence(1, 12))
    life.tick(0)
    life.tick(1)
    life.tick(11, COOLING)
    assert life.told(12, COOLING) == [(UPDATE, OWN, False)]


def test_a_silenced_incident_that_resolves_closes_its_thread_and_stays_resolved():
    life = Life(silence(1, 60))
    life.tick(0)
    life.tick(1)
    life.tick(10, COOLING)
    assert life.told(13, COOLING) == [(REPLY, OWN, False), (UPDATE, OWN, False)]
    assert life.only.state is RESOLVED


def test_a_silence_of_tickets_leaves_pages_alone():
    life = Life(silence(-5, 60, "severity=ticket"))
    steps = life.tick(0, BOTH)
    states = {step.incident.severity.value: step.incident.state for step in steps}
    assert states == {"page": FIRING, "ticket": SILENCED}


def test_a_longer_silence_takes_the_place_of_a_shorter_one():
    life = Life(silence(1, 60), silence(5, 90, id="s2"))
    life.tick(0)
    life.tick(1)
    (longer,) = life.tick(5)
    assert (longer.reason, longer.incident.silence.id, longer.incident.revision) == (Reason.SILENCED, "s2", 3)


def test_an_acknowledged_incident_goes_on_and_must_be_acknowledged_again_after_a_silence():
    life = Life(silence(20, 40))
    life.tick(0)
    assert life.acknowledge(1).reason is Reason.ACKNOWLEDGED
    life.tick(10)
    assert (life.only.state, life.only.acknowledged_by) == (ACKNOWLEDGED, "anna")
    life.tick(20)
    life.tick(40)
    assert (life.only.state, life.only.acknowledged_by) == (FIRING, None)


def test_what_burns_again_has_to_be_acknowledged_again():
    life = Life()
    life.tick(0)
    life.acknowledge(1)
    life.tick(2, COOLING)
    life.tick(5, COOLING)
    assert life.only.state is RESOLVED
    (again,) = life.tick(10)
    assert (again.reason, again.incident.state) == (Reason.REOPENED, FIRING)
    assert (again.incident.acknowledged_by, again.incident.called_at) == (None, at(10))


def test_an_unanswered_page_calls_again_then_the_next_squad_then_the_platform_then_nobody():
    life = Life()
    life.tick(0)
    reached = {}
    for minute in range(1, 90):
        for kind, destination, mention in life.told(minute):
            if mention:
                reached[minute] = (kind, destination)
    assert reached == {15: (REPLY, OWN), 30: (ROOT, "C0SEARCH00"), 45: (ROOT, CATCH_ALL)}
    assert life.only.also_told == ("C0SEARCH00", CATCH_ALL)


def test_an_escalation_is_said_in_the_owners_thread_and_is_urgent():
    life = Life()
    life.tick(0)
    life.tick(15)
    (step,) = life.tick(30)
    assert (step.reason, step.calls) == (Reason.NOT_ACKNOWLEDGED, Rung("C0SEARCH00", "search"))
    told = notifications(step, resolve_owner({"service": "playlist"}, CATALOG, Rules()), now=at(30))
    assert [(one.kind, one.destination, one.priority) for one in told] == [
        (REPLY, OWN, Priority.ESCALATION),
        (ROOT, "C0SEARCH00", Priority.ESCALATION),
        (UPDATE, OWN, Priority.UPDATE),
    ]
    assert all(one.not_before == at(30) for one in told)


@pytest.mark.parametrize("minute", [1, 14, 20, 40])
def test_an_acknowledgement_stops_the_ladder_wherever_it_is(minute):
    life = Life()
    life.tick(0)
    for passed in range(1, minute + 1):
        life.tick(passed)
    life.acknowledge(minute)
    assert not any(mention for later in range(minute + 1, 120) for *_, mention in life.told(later))


def test_everyone_who_was_called_hears_of_the_acknowledgement_and_of_the_end():
    life = Life()
    for minute in (0, 15, 30, 45):
        life.tick(minute)
    owner = resolve_owner({"service": "playlist"}, CATALOG, Rules(CATCH_ALL))
    edits = notifications(life.acknowledge(46), owner, now=at(46))
    assert [(one.kind, one.destination) for one in edits] == [
        (UPDATE, OWN),
        (UPDATE, "C0SEARCH00"),
        (UPDATE, CATCH_ALL),
    ]
    life.tick(50, COOLING)
    ends = {(kind, destination) for kind, destination, _ in life.told(53, COOLING)}
    assert ends == {(kind, channel) for kind in (REPLY, UPDATE) for channel in (OWN, "C0SEARCH00", CATCH_ALL)}


def test_a_page_that_burns_again_climbs_the_ladder_again_in_the_threads_that_are_there():
    life = Life()
    for minute in (0, 15, 30):
        life.tick(minute)
    life.tick(31, COOLING)
    life.tick(34, COOLING)
    assert life.only.state is RESOLVED
    life.tick(40)
    assert life.told(54) == []
    assert (REPLY, OWN, True) in life.told(55)
    assert (REPLY, "C0SEARCH00", True) in life.told(70)


def test_after_a_standstill_people_get_their_time_between_the_rungs():
    life = Life()
    life.tick(0)
    reasons = [step.reason for minute in (300, 301, 302) for step in life.tick(minute)]
    assert reasons.count(Reason.NOT_ACKNOWLEDGED) == 1


@pytest.mark.parametrize(
    ("prepare", "windows"),
    [
        pytest.param(lambda _: None, DRAINING, id="ticket"),
        pytest.param(lambda life: setattr(life, "silences", (silence(1, 600),)), BURNING, id="silenced"),
        pytest.param(lambda _: None, COOLING, id="no-longer-burning"),
    ],
)
def test_what_does_not_escalate(prepare, windows):
    life = Life()
    life.tick(0, windows if windows is DRAINING else BURNING)
    prepare(life)
    reasons = [step.reason for minute in (1, 2, 16, 31) for step in life.tick(minute, windows)]
    assert Reason.NOT_ACKNOWLEDGED not in reasons


def test_deciding_an_escalation_twice_tells_it_once():
    life = Life()
    life.tick(0)
    before = dict(life.incidents)
    first = life.tick(15)
    life.incidents = before
    assert life.tick(15) == first
    assert life.tick(15) == []


def test_a_squad_that_asked_for_nothing_has_no_ladder_and_a_channel_is_called_once():
    squads = CATALOG.squads
    assert ladder(squads["search"], CATALOG, catch_all=CATCH_ALL) is None
    rungs = ladder(squads["playlists"], CATALOG, catch_all="C0SEARCH00").rungs
    assert [rung.channel for rung in rungs] == [OWN, "C0SEARCH00"]
    assert [rung.squad for rung in ladder(squads["playlists"], CATALOG, catch_all="C0NOBODY00").rungs] == [
        "playlists",
        "search",
        None,
    ]
    assert CHANNEL == OWN
