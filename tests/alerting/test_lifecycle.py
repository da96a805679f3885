"""One SLO's incidents over time, told as scripts of (minute, tiers that fire, what is clear, …)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.evaluations import AT, entry, judged

from observatory.alerting import Incident, IncidentState, Patience, Reason, Transition, decide, incident_id
from observatory.evaluation import Severity, State

ONE = entry()
BASE = judged(ONE)


def status_at(minute, *firing, clear=True, remaining=0.8, state=State.AT_RISK):
    tiers = tuple(
        replace(tier, firing=tier.name in firing, clear=False if tier.name in firing else clear)
        for tier in BASE.tiers
    )
    at = AT + timedelta(minutes=minute)
    return replace(BASE, tiers=tiers, remaining=remaining, at=at, state=state)


class Life:
    """Feeds statuses to `decide` and keeps what it makes of the incidents."""

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {}
        self.transitions: list[Transition] = []

    def tick(self, minute, *firing, **status):
        now = AT + timedelta(minutes=minute, seconds=30)
        made = decide(tuple(self.incidents.values()), ONE, status_at(minute, *firing, **status), now=now)
        self.incidents.update({one.incident.id: one.incident for one in made})
        self.transitions += made
        return [(one.incident.severity.value, one.reason) for one in made]

    def only(self) -> Incident:
        (incident,) = self.incidents.values()
        return incident


@pytest.fixture
def life():
    return Life()


@pytest.fixture
def page(life):
    """A page that opened at minute 0."""
    assert life.tick(0, "fast") == [("page", Reason.TIER_FIRED)]
    return life


def test_quiet_slos_have_no_incidents(life):
    assert life.tick(0) == []


def test_a_tier_that_fires_opens_an_incident_that_names_its_owner(page):
    incident = page.only()
    assert (incident.slo, incident.service, incident.squad) == (ONE.id, "playlist", "playlists")
    assert (incident.severity, incident.state, incident.tiers) == (
        Severity.PAGE,
        IncidentState.FIRING,
        ("fast",),
    )
    assert incident.opened_at == AT
    assert incident.announced_at == incident.updated_at == AT + timedelta(seconds=30)
    assert incident.revision == 1


def test_the_same_opening_has_the_same_id_and_another_has_another(page):
    again = Life()
    again.tick(0, "fast")
    assert page.only().id == again.only().id == incident_id(ONE.id, Severity.PAGE, AT)
    others = {
        incident_id("b/a", Severity.PAGE, AT),
        incident_id(ONE.id, Severity.TICKET, AT),
        incident_id(ONE.id, Severity.PAGE, AT + timedelta(minutes=1)),
    }
    assert len(others | {page.only().id}) == 4


def test_a_second_tier_joins_the_incident(page):
    assert page.tick(1, "fast", "slow") == [("page", Reason.TIER_JOINED)]
    assert page.only().tiers == ("fast", "slow")
    assert page.only().revision == 2


def test_a_tier_that_leaves_is_shown(page):
    page.tick(1, "fast", "slow")
    assert page.tick(2, "slow") == [("page", Reason.STILL_FIRING)]
    assert page.only().tiers == ("slow",)


@pytest.mark.parametrize(
    ("minute", "remaining", "shown"),
    [
        pytest.param(1, 0.8, False, id="nothing-changed"),
        pytest.param(1, 0.795, False, id="half-a-point-after-a-minute"),
        pytest.param(1, 0.789, True, id="a-point-at-once"),
        pytest.param(5, 0.795, True, id="half-a-point-after-five-minutes"),
        pytest.param(60, 0.8, False, id="nothing-changed-in-an-hour"),
        pytest.param(1, None, True, id="the-budget-became-unknown"),
    ],
)
def test_numbers_are_shown_again_at_a_bounded_rate(page, minute, remaining, shown):
    made = page.tick(minute, "fast", remaining=remaining)
    assert made == ([("page", Reason.STILL_FIRING)] if shown else [])


def test_it_is_resolved_when_the_short_window_was_clear_for_two_minutes(page):
    assert page.tick(1) == [("page", Reason.NOT_CLEAR_LONG_ENOUGH)]
    assert page.tick(2) == []
    assert page.tick(3) == [("page", Reason.BURN_STOPPED)]
    assert page.only().state is IncidentState.RESOLVED
    assert page.only().resolved_at == AT + timedelta(minutes=3, seconds=30)
    assert page.tick(4) == []


def test_patience_is_a_parameter(page):
    status, now = status_at(1), AT + timedelta(minutes=1)
    (made,) = decide([page.only()], ONE, status, now=now, patience=Patience(clear_for=timedelta(0)))
    assert made.reason is Reason.BURN_STOPPED


def test_a_short_window_that_still_burns_keeps_it_open(page):
    page.tick(1)
    assert page.tick(2, clear=False) == [("page", Reason.NOT_CLEAR_LONG_ENOUGH)]
    assert page.only().clear_since is None
    page.tick(3)
    assert page.tick(4) == []
    assert page.tick(5) == [("page", Reason.BURN_STOPPED)]


def test_burning_again_starts_the_two_minutes_again(page):
    page.tick(1)
    page.tick(2, "fast")
    page.tick(3)
    assert page.tick(4) == []


@pytest.mark.parametrize("state", [State.STALE, State.NO_DATA, State.QUERY_FAILED, State.PARTIAL])
def test_what_can_not_be_seen_is_held_open_and_said_once(page, state):
    assert page.tick(1, clear=None, state=state) == [("page", Reason.UNKNOWN_HOLDS)]
    assert page.only().revision == 2
    assert [page.tick(minute, clear=None, state=state) for minute in range(2, 200)] == [[]] * 198
    assert page.only().state is IncidentState.FIRING


def test_unknown_interrupts_being_clear(page):
    page.tick(1)
    page.tick(2, clear=None)
    assert page.tick(3) == [("page", Reason.NOT_CLEAR_LONG_ENOUGH)]
    assert page.only().unknown_since is None
    assert page.tick(4) == []
    assert page.tick(5) == [("page", Reason.BURN_STOPPED)]


def test_old_numbers_open_nothing(life):
    assert life.tick(0, "fast", state=State.STALE) == []
    assert life.tick(1, "fast") == [("page", Reason.TIER_FIRED)]


def test_within_half_an_hour_it_is_the_same_incident(page):
    for minute in (1, 3):
        page.tick(minute)
    first = page.only()
    assert page.tick(33, "slow") == [("page", Reason.REOPENED)]
    again = page.only()
    assert (again.id, again.opened_at, again.reopened) == (first.id, first.opened_at, 1)
    assert (again.state, again.resolved_at, again.clear_since) == (IncidentState.FIRING, None, None)


def test_after_half_an_hour_it_is_another_incident(page):
    for minute in (1, 3):
        page.tick(minute)
    assert page.tick(34, "fast") == [("page", Reason.TIER_FIRED)]
    assert len(page.incidents) == 2


def test_of_several_that_are_over_the_last_one_is_re_opened(page):
    for minute in (1, 3):
        page.tick(minute)
    page.tick(40, "slow")
    for minute in (41, 43):
        page.tick(minute)
    first, second = page.incidents.values()
    for incidents in ([first, second], [second, first]):
        now = AT + timedelta(minutes=44)
        (made,) = decide(incidents, ONE, status_at(44, "fast"), now=now)
        assert (made.reason, made.incident.id) == (Reason.REOPENED, second.id)


@pytest.mark.parametrize("state", [IncidentState.ACKNOWLEDGED, IncidentState.SILENCED])
def test_what_people_decided_stays_decided_while_it_burns(page, state):
    incident = page.only()
    page.incidents[incident.id] = replace(incident, state=state)
    page.tick(1, "fast", "slow")
    assert page.only().state is state


def test_a_page_speaks_for_the_ticket_that_fires_with_it(life):
    assert life.tick(0, "fast", "drain") == [
        ("page", Reason.TIER_FIRED),
        ("ticket", Reason.INHIBITED_BY_PAGE),
    ]
    assert life.tick(1, "fast", "drain", "creep") == [("ticket", Reason.INHIBITED_BY_PAGE)]
    ticket = life.transitions[-1].incident
    assert (ticket.inhibited, ticket.announced_at, ticket.revision) == (True, None, 1)


def test_a_ticket_is_told_when_the_page_is_over_and_it_still_fires(life):
    life.tick(0, "fast", "drain")
    life.tick(1, "drain")
    assert life.tick(3, "drain") == [("page", Reason.BURN_STOPPED), ("ticket", Reason.TIER_FIRED)]
    ticket = life.transitions[-1].incident
    assert (ticket.inhibited, ticket.announced_at) == (False, AT + timedelta(minutes=3, seconds=30))


def test_a_ticket_that_nobody_was_told_of_ends_with_nobody_told(life):
    life.tick(0, "fast", "drain")
    life.tick(1, "fast")
    assert life.tick(3, "fast") == [("ticket", Reason.BURN_STOPPED)]
    assert life.transitions[-1].incident.announced_at is None


def test_a_ticket_escalates_once_when_a_page_joins_it(life):
    life.tick(0, "drain")
    assert life.tick(1, "fast", "drain") == [
        ("page", Reason.TIER_FIRED),
        ("ticket", Reason.ESCALATED_TO_PAGE),
    ]
    assert life.tick(2, "fast", "drain") == []
    assert life.tick(3, "drain") == [("page", Reason.NOT_CLEAR_LONG_ENOUGH)]
    assert life.tick(5, "drain") == [("page", Reason.BURN_STOPPED), ("ticket", Reason.STILL_FIRING)]


def test_a_ticket_speaks_for_itself_again_when_the_page_is_gone_though_it_only_smoulders(life):
    life.tick(0, "drain")
    life.tick(1, "fast", "drain")
    life.tick(2)
    life.incidents = {
        key: replace(one, state=IncidentState.RESOLVED) if one.severity is Severity.PAGE else one
        for key, one in life.incidents.items()
    }
    assert life.tick(3, clear=False, remaining=0.7) == [("ticket", Reason.NOT_CLEAR_LONG_ENOUGH)]
    ticket = life.transitions[-1].incident
    assert (ticket.inhibited, ticket.revision) == (False, 3)


def test_a_page_that_is_held_still_speaks_for_the_ticket(life):
    life.tick(0, "fast")
    life.tick(1, clear=None)
    assert life.tick(2, "drain", clear=None) == [("ticket", Reason.INHIBITED_BY_PAGE)]


ticks = st.lists(
    st.tuples(
        st.integers(1, 20),
        st.sets(st.sampled_from(["fast", "slow", "drain", "creep"])),
        st.sampled_from([True, False, None]),
        st.sampled_from([0.8, 0.795, 0.5, None]),
        st.sampled_from([State.AT_RISK, State.STALE]),
    ),
    max_size=30,
)


def lived(script):
    life, minute = Life(), 0
    for wait, firing, clear, remaining, state in script:
        minute += wait
        life.tick(minute, *sorted(firing), clear=clear, remaining=remaining, state=state)
    return life


@settings(max_examples=60)
@given(ticks)
def test_replaying_equals_living(script):
    assert lived(script).transitions == lived(script).transitions


@settings(max_examples=60)
@given(ticks)
def test_nothing_turns_into_itself_and_revisions_only_grow(script):
    told: dict[str, Incident] = {}
    for transition in lived(script).transitions:
        previous, incident = transition.previous, transition.incident
        assert previous == told.get(incident.id)
        assert previous != incident
        if previous is not None and previous.state is not incident.state and incident.announced_at:
            assert incident.revision == previous.revision + 1 or incident.inhibited
        told[incident.id] = incident


@settings(max_examples=60)
@given(ticks)
def test_unknown_never_resolves_and_a_ticket_under_a_page_is_never_told(script):
    life = lived(script)
    open_pages: set[str] = set()
    for transition in life.transitions:
        incident, status = transition.incident, transition.status
        if transition.reason is Reason.BURN_STOPPED:
            assert all(tier.clear for tier in status.tiers if tier.name in incident.tiers)
        if incident.severity is Severity.PAGE:
            (open_pages.add if incident.is_open else open_pages.discard)(incident.id)
        elif open_pages:
            assert transition.reason not in (Reason.TIER_FIRED, Reason.REOPENED, Reason.TIER_JOINED)
