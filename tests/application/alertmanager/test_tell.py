"""What Alertmanager is told by us."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.reports import AT, CATALOG, Beside
from support.slack import a_burning_status, a_delivery, an_incident

from observatory.adapters.memory.alertmanager import MemoryAlertmanager
from observatory.alerting import IncidentState, NotificationKind
from observatory.alerting.model import Origin
from observatory.application.alertmanager.tell import LASTS
from observatory.application.snapshot import Health, Snapshot
from observatory.evaluation import State

WATCHES_ALERTS = {"alertname": "ObservatoryOnWatch", "origin": "observatory", "watches": "alerts"}
WATCHES_PLAYLIST = WATCHES_ALERTS | {"watches": "slos", "service": "playlist"}
BURNS = {
    "alertname": "ErrorBudgetBurn",
    "origin": "observatory",
    "squad": "playlists",
    "service": "playlist",
    "slo": "availability",
    "severity": "page",
}


def beside(*, state=State.HEALTHY, well=True, **changes):
    """One that has just evaluated."""
    found = Beside(**changes)
    statuses = {"playlist/availability": a_burning_status(state=state)}
    health = Health(AT, last_tick_at=AT, backfilled=True, problem=None if well else "no database")
    found.board.show(Snapshot(CATALOG, statuses, AT), health)
    return found


def labels(server):
    return [dict(one.labels) for one in server.pushed]


def test_on_watch_it_says_so_for_alerts_and_for_every_service_it_measures():
    world = beside()

    assert world.tell(hears=True)

    assert labels(world.servers[0]) == [WATCHES_ALERTS, WATCHES_PLAYLIST]
    assert {one.ends_at for one in world.servers[0].pushed} == {AT + LASTS}


@pytest.mark.parametrize(
    ("world", "hears", "watches"),
    [
        pytest.param({}, False, [WATCHES_PLAYLIST], id="it hears nothing of other alerts"),
        pytest.param({"state": State.QUERY_FAILED}, True, [WATCHES_ALERTS], id="it is blind for the service"),
        pytest.param({"state": State.STALE}, True, [WATCHES_ALERTS], id="its numbers are old"),
        pytest.param({"well": False}, True, [WATCHES_ALERTS], id="it does not evaluate"),
    ],
)
def test_it_is_on_watch_for_what_it_sees_and_no_more(world, hears, watches):
    told = beside(**world)
    told.tell(hears=hears)

    assert labels(told.servers[0]) == watches


def test_what_does_not_reach_people_is_left_to_alertmanager_at_once():
    world = beside()
    world.tell(hears=True)
    late = a_delivery(NotificationKind.ROOT, not_before=AT, deadline=AT)
    world.alerts.record([], [late])
    world.later(1)
    world.servers[0].pushed.clear()

    world.tell(hears=True)

    assert labels(world.servers[0]) == [WATCHES_ALERTS, WATCHES_PLAYLIST]
    assert {one.ends_at for one in world.servers[0].pushed} == {AT + timedelta(minutes=1)}


def test_a_burning_slo_is_told_again_and_again_and_its_end_for_a_quarter_of_an_hour():
    world = beside()
    burning = an_incident(opened_at=AT, updated_at=AT)
    world.alerts.record([burning], [])
    world.tell(hears=False)
    told = world.servers[0].pushed[-1]
    assert (dict(told.labels), told.starts_at, told.ends_at) == (BURNS, AT, AT + LASTS)
    assert "of the error budget is left" in told.annotations["description"]

    over = replace(burning, state=IncidentState.RESOLVED, resolved_at=AT, revision=2)
    world.alerts.record([over], [])
    world.later(10)
    world.tell(hears=False)
    assert (dict(world.servers[0].pushed[-1].labels), world.servers[0].pushed[-1].ends_at) == (BURNS, AT)

    world.later(10)
    world.servers[0].pushed.clear()
    world.tell(hears=False)
    assert BURNS not in labels(world.servers[0])


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"origin": Origin.ALERT}, id="it came from there"),
        pytest.param({"origin": Origin.DRILL}, id="a drill"),
        pytest.param({"inhibited": True}, id="a page speaks for it"),
        pytest.param({"state": IncidentState.SILENCED}, id="somebody silenced it"),
    ],
)
def test_what_is_no_news_of_an_slo_is_not_told(changes):
    world = beside()
    world.alerts.record([an_incident(updated_at=AT, **changes)], [])
    world.tell(hears=False)

    assert labels(world.servers[0]) == [WATCHES_PLAYLIST]


def test_one_alert_that_is_refused_costs_nothing_but_itself():
    refusing = MemoryAlertmanager(refuses=lambda alert: alert.labels.get("service") == "bad")
    world = beside(servers=[refusing])
    incidents = [
        an_incident(f"i{number}", service=name, slo=f"{name}/availability", updated_at=AT)
        for number, name in enumerate(["a", "b", "bad", "c", "d", "e", "f"])
    ]
    world.alerts.record(incidents, [])

    assert world.tell(hears=True)

    told = {one.labels["service"] for one in refusing.pushed if one.labels["alertname"] == "ErrorBudgetBurn"}
    assert told == {"a", "b", "c", "d", "e", "f"}


def test_every_replica_is_told_and_one_is_enough():
    world = beside(servers=[MemoryAlertmanager("one", down=True), MemoryAlertmanager("two")])

    assert world.tell(hears=True)
    assert world.servers[1].pushed

    world.servers[1].down = True
    assert not world.tell(hears=True)
