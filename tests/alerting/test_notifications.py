from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.catalogs import a_catalog, a_squad
from support.evaluations import AT, entry, judged

from observatory.alerting import (
    Incident,
    IncidentState,
    NotificationKind,
    Priority,
    Reason,
    Rules,
    Transition,
    decide,
    notifications,
    resolve_owner,
)
from observatory.catalog import OnCall
from observatory.evaluation import Severity

ROOT, UPDATE, REPLY = NotificationKind.ROOT, NotificationKind.UPDATE, NotificationKind.REPLY
SQUAD = a_squad(on_call=OnCall(hours="Mon-Fri 09:00-18:00", timezone="Europe/Stockholm"))
OWNER = resolve_owner({"service": "playlist"}, a_catalog(squads=[SQUAD]), Rules("C0ALL"))
STATUS = judged(entry())
FRIDAY_NIGHT = datetime(2026, 3, 27, 22, 0, tzinfo=UTC)
MONDAY = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
"""09:00 in Stockholm, on the first Monday of summer time."""


def incident(severity=Severity.PAGE, **overrides):
    opened = Incident(
        id="inc",
        slo=STATUS.slo,
        service="playlist",
        squad="playlists",
        severity=severity,
        state=IncidentState.FIRING,
        tiers=("fast",),
        opened_at=AT,
        updated_at=AT,
        revision=3,
        announced_at=AT,
    )
    return replace(opened, **overrides)


def told(one, reason, *, previous="changed", now=AT, owner=OWNER):
    if previous == "changed":
        previous = replace(one, revision=one.revision - 1)
    return notifications(Transition(one, reason, STATUS, previous), owner, now=now)


def gist(made):
    return [(one.kind, one.priority) for one in made]


@pytest.mark.parametrize(
    ("severity", "reason", "expected"),
    [
        pytest.param("page", Reason.TIER_JOINED, [(UPDATE, Priority.UPDATE)], id="tier-joined"),
        pytest.param("page", Reason.UNKNOWN_HOLDS, [(UPDATE, Priority.UPDATE)], id="unknown"),
        pytest.param("page", Reason.STILL_FIRING, [(UPDATE, Priority.REFRESH)], id="refresh"),
        pytest.param("page", Reason.NOT_CLEAR_LONG_ENOUGH, [(UPDATE, Priority.REFRESH)], id="cooling"),
        pytest.param(
            "page", Reason.BURN_STOPPED, [(REPLY, Priority.RESOLVE), (UPDATE, Priority.UPDATE)], id="resolved"
        ),
        pytest.param(
            "page",
            Reason.REMOVED_FROM_CATALOG,
            [(REPLY, Priority.RESOLVE), (UPDATE, Priority.UPDATE)],
            id="removed",
        ),
        pytest.param(
            "ticket",
            Reason.ESCALATED_TO_PAGE,
            [(REPLY, Priority.ESCALATION), (UPDATE, Priority.UPDATE)],
            id="escalated",
        ),
        pytest.param(
            "page", Reason.REOPENED, [(REPLY, Priority.PAGE), (UPDATE, Priority.UPDATE)], id="page-reopened"
        ),
        pytest.param(
            "ticket",
            Reason.REOPENED,
            [(REPLY, Priority.TICKET), (UPDATE, Priority.UPDATE)],
            id="ticket-reopened",
        ),
    ],
)
def test_what_is_told_of_a_change(severity, reason, expected):
    assert gist(told(incident(Severity(severity)), reason)) == expected


@pytest.mark.parametrize(
    ("severity", "priority", "mention"),
    [(Severity.PAGE, Priority.PAGE, True), (Severity.TICKET, Priority.TICKET, False)],
    ids=["page", "ticket"],
)
def test_an_incident_begins_with_a_message_and_only_a_page_calls_people(severity, priority, mention):
    (root,) = told(incident(severity), Reason.TIER_FIRED, previous=None)
    assert (root.kind, root.priority, root.mention) == (ROOT, priority, mention)
    assert (root.destination, root.incident, root.revision) == ("C0PLAYLISTS", "inc", 3)


def test_a_ticket_that_a_page_spoke_for_begins_when_it_is_first_told():
    one = incident(Severity.TICKET)
    unheard = replace(one, announced_at=None, inhibited=True, revision=2)
    assert gist(told(one, Reason.TIER_FIRED, previous=unheard)) == [(ROOT, Priority.TICKET)]


def test_the_order_of_priorities():
    assert sorted(Priority) == [
        Priority.PAGE,
        Priority.ESCALATION,
        Priority.RESOLVE,
        Priority.TICKET,
        Priority.UPDATE,
        Priority.REFRESH,
    ]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        pytest.param(
            incident(Severity.TICKET, announced_at=None, inhibited=True),
            Reason.INHIBITED_BY_PAGE,
            id="inhibited",
        ),
        pytest.param(incident(announced_at=None), Reason.BURN_STOPPED, id="nobody-knew"),
    ],
)
def test_what_nobody_is_told(one, reason):
    assert told(one, reason) == ()


def test_a_change_that_is_no_revision_is_not_told():
    one = incident(clear_since=AT)
    assert told(one, Reason.NOT_CLEAR_LONG_ENOUGH, previous=incident()) == ()


@pytest.mark.parametrize(
    "reason", [Reason.TIER_JOINED, Reason.SILENCED, Reason.ESCALATED_TO_PAGE, Reason.STILL_FIRING]
)
def test_of_a_silenced_incident_only_its_message_changes(reason):
    (update,) = told(incident(state=IncidentState.SILENCED), reason)
    assert (update.kind, update.mention) == (UPDATE, False)


def test_a_silenced_incident_that_is_resolved_closes_its_thread():
    silenced = incident(state=IncidentState.SILENCED, revision=2)
    made = told(incident(state=IncidentState.RESOLVED), Reason.BURN_STOPPED, previous=silenced)
    assert [one.kind for one in made] == [REPLY, UPDATE]


def test_without_owner_and_catch_all_nobody_can_be_told():
    nobody = resolve_owner({"service": "gone"}, a_catalog(), Rules())
    assert told(incident(), Reason.TIER_FIRED, previous=None, owner=nobody) == ()
    catch_all = resolve_owner({"service": "gone"}, a_catalog(), Rules("C0ALL"))
    (root,) = told(incident(), Reason.TIER_FIRED, previous=None, owner=catch_all)
    assert root.destination == "C0ALL"


@pytest.mark.parametrize(
    ("severity", "due"),
    [
        pytest.param(Severity.PAGE, FRIDAY_NIGHT, id="pages-never-wait"),
        pytest.param(Severity.TICKET, MONDAY, id="tickets-wait-for-monday"),
    ],
)
@pytest.mark.parametrize("reason", [Reason.TIER_FIRED, Reason.BURN_STOPPED, Reason.STILL_FIRING])
def test_tickets_wait_for_working_hours_and_deadlines_with_them(severity, due, reason):
    previous = None if reason is Reason.TIER_FIRED else replace(incident(severity), revision=2)
    for one in told(incident(severity), reason, previous=previous, now=FRIDAY_NIGHT):
        assert one.not_before == due
        assert due < one.deadline <= due + timedelta(hours=1)


@pytest.mark.parametrize(
    ("severity", "minutes", "mention"),
    [
        pytest.param(Severity.PAGE, 14, False, id="flapping"),
        pytest.param(Severity.PAGE, 15, True, id="after-a-quiet-while"),
        pytest.param(Severity.TICKET, 20, False, id="a-ticket-calls-nobody"),
    ],
)
def test_re_opening_calls_people_again_only_for_a_page_after_quiet_minutes(severity, minutes, mention):
    ended = incident(severity, state=IncidentState.RESOLVED, resolved_at=AT, revision=2)
    now = AT + timedelta(minutes=minutes)
    reply, update = told(incident(severity, reopened=1), Reason.REOPENED, previous=ended, now=now)
    assert (reply.mention, update.mention) == (mention, False)


def test_delivery_ids_are_the_same_for_the_same_and_differ_for_all_else():
    def ids(one, **changes):
        return {made.delivery_id for made in told(one, Reason.BURN_STOPPED, **changes)}

    elsewhere = replace(OWNER, channel="C0OTHER")
    same, again = ids(incident()), ids(incident(), now=AT + timedelta(hours=1))
    assert same == again
    assert len(same) == 2
    others = [ids(incident(id="other")), ids(incident(revision=4)), ids(incident(), owner=elsewhere)]
    assert len(same.union(*others)) == 8


def test_a_life_from_page_to_resolution_is_told_in_order():
    one, kept, heard = entry(), {}, []
    script = [("fast", "drain"), ("fast", "slow", "drain"), ("drain",), ("drain",), ("drain",), ("drain",)]
    for minute, firing in enumerate(script):
        now = AT + timedelta(minutes=minute)
        status = judged(one, *firing, at=now)
        for transition in decide(tuple(kept.values()), one, status, now=now):
            kept[transition.incident.id] = transition.incident
            made = notifications(transition, OWNER, now=now)
            heard += [(transition.incident.severity.value, note.kind.value, note.revision) for note in made]
    assert heard == [
        ("page", "root", 1),
        ("page", "update", 2),
        ("page", "reply", 3),
        ("page", "update", 3),
        ("ticket", "root", 2),
    ]
