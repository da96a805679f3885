"""What is found before a launch, finding by finding."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.catalogs import changed, parse_yaml
from support.events import LAUNCH, at
from support.views import a_status, an_incident

from observatory.alerting import IncidentState
from observatory.application.drill import Proof
from observatory.application.events.readiness import Prepared, items
from observatory.application.snapshot import Snapshot
from observatory.evaluation import Severity, State
from observatory.outputs.events import Busiest

NOW = at(-1)
SEARCH = changed("name: playlist\n", "name: search\n")
SERVICE = changed("depends_on: []", "depends_on: [search]")
CLASH = """\
apiVersion: observatory/v1
kind: Event
name: upkeep
squad: playlists
mode: {mode}
{more}
affects: {{services: [playlist]}}
start: 2026-03-10 03:00
lasts: 1h
timezone: UTC
"""
EXCLUDED = CLASH.format(mode="exclude", more="reason: Moving.")
PROTECTED = CLASH.format(mode="protect", more="budget: 5%")


def prepared(*, launch=LAUNCH, service=SERVICE, events=(), statuses=None, **facts):
    more = {f"event{number}": text for number, text in enumerate(events)}
    catalog = parse_yaml(service, search=SEARCH, launch=launch, **more).valid()
    known = {entry.id: a_status(entry) for entry in catalog.slos()}
    event = catalog.events["launch"]
    known |= {slo: replace(known[slo], **change) for slo, change in (statuses or {}).items()}
    return Prepared(
        event=event,
        span=next(event.schedule.spans(NOW, at(1))),
        affected=catalog.affected(event),
        snapshot=Snapshot(catalog, known),
        **{
            "burning": (),
            "drills": {},
            "expected": 300.0,
            "busiest": Busiest(100, at(-30), 0.999),
            "now": NOW,
        }
        | facts,
    )


def found(one, subject, of):
    """The grade and the words of what was found."""
    item = next(item for item in items(one) if (item.subject, item.of) == (subject, of))
    return item.grade.value, item.says.replace("\N{NO-BREAK SPACE}", " ")


SLO = "playlist/availability"


@pytest.mark.parametrize(
    ("status", "grade", "says"),
    [
        pytest.param({"remaining": 0.8, "budget": 100.0}, "ok", "80 % of the budget left", id="enough"),
        pytest.param(
            {"remaining": 0.1, "budget": 100.0}, "fail", "takes 20 % of it all: 20 bad", id="too little"
        ),
        pytest.param(
            {"remaining": 0.9, "budget": 9.0}, "warn", "1.8 bad events, too few for any alert", id="tiny"
        ),
        pytest.param({"state": State.NO_DATA}, "unknown", "nobody knows how much is left", id="unknown"),
    ],
)
def test_a_budget_is_held_against_the_slice(status, grade, says):
    graded, said = found(prepared(statuses={SLO: status}), "budget", SLO)
    assert graded == grade
    assert says in said


def test_what_is_open_in_a_dependency_is_a_reservation_and_in_the_event_an_obstacle():
    one = prepared()
    entries = {entry.id: entry for entry in one.snapshot.catalog.slos()}
    open_page = {"severity": Severity.PAGE, "state": IncidentState.FIRING, "opened_at": at(-2)}
    burning = [
        an_incident(f"i{n}", entries[slo], **open_page) for n, slo in enumerate((SLO, "search/latency"))
    ]
    one = replace(one, burning=burning)
    assert found(one, "incidents", SLO)[0] == "fail"
    assert found(one, "incidents", "search/latency")[0] == "warn"
    assert found(replace(one, burning=()), "incidents", "all") == ("ok", "nothing is open")


def test_a_dependency_is_told_with_its_least_budget():
    statuses = {"search/latency": {"remaining": 0.31}, "search/availability": {"remaining": 0.9}}
    said = found(prepared(statuses=statuses), "dependencies", "search")
    assert said == ("ok", "2 SLOs kept; least budget left: 31 % of search/latency")
    breached = statuses | {"search/latency": {"state": State.BREACHED, "remaining": -0.1}}
    assert found(prepared(statuses=breached), "dependencies", "search")[0] == "warn"


@pytest.mark.parametrize(
    ("latency", "grade", "says"),
    [
        pytest.param(None, "warn", "no test alert in 30 d: observatory drill --squad playlists", id="never"),
        pytest.param(timedelta(seconds=2), "ok", "arrived within 2.0 s, 20:00 UTC", id="arrived"),
        pytest.param("lost", "fail", "did not arrive", id="lost"),
    ],
)
def test_alerts_were_tested_lately(latency, grade, says):
    one = prepared()
    drill = an_incident("drill", one.affected[0], opened_at=at(-4))
    proof = Proof(drill, (), None, latency if isinstance(latency, timedelta) else None)
    graded, said = found(
        replace(one, drills={} if latency is None else {"playlists": proof}), "test alert", "playlists"
    )
    assert graded == grade
    assert says in said


@pytest.mark.parametrize(
    ("event", "grade", "says"),
    [
        pytest.param(EXCLUDED, "fail", "maintenance, Tue 10 Mar 03:00 UTC", id="maintenance"),
        pytest.param(PROTECTED, "warn", "another event to protect", id="another launch"),
    ],
)
def test_what_falls_into_a_launch_is_told(event, grade, says):
    graded, said = found(prepared(events=[event]), "calendar", "upkeep")
    assert graded == grade
    assert says in said


@pytest.mark.parametrize(
    ("freeze", "says"),
    [
        pytest.param("freeze: {before: 2h, after: 1h}", "frozen now, until Tue 10 Mar 07:00 UTC", id="begun"),
        pytest.param(
            "freeze: true", "frozen from Tue 10 Mar 00:00 UTC to Tue 10 Mar 06:00 UTC", id="to come"
        ),
        pytest.param("", "nothing is frozen", id="none"),
    ],
)
def test_a_freeze_is_told_with_its_window(freeze, says):
    launch = changed("freeze: {before: 2h, after: 1h}", freeze, text=LAUNCH)
    assert says in found(prepared(launch=launch), "calendar", "launch")[1]


def test_how_long_nothing_may_work_at_the_traffic_expected():
    one = prepared(statuses={SLO: {"budget": 1500.0}})
    said = [item.says.replace("\N{NO-BREAK SPACE}", " ") for item in items(one) if item.subject == "traffic"]
    assert said[0].startswith("300 a minute expected; the busiest hour so far had 100, 99.9 % of them good")
    assert said[1] == (
        "at the traffic expected, an outage of 1 min spends the whole slice, before a page has reached anybody"
    )


def test_a_service_without_runbook_or_on_call_is_told():
    without = changed("runbook: https://runbooks.example/playlist\n", "", text=SERVICE)
    assert found(prepared(service=without), "on call", "playlist") == ("warn", "it has no runbook")
    assert (
        found(prepared(), "on call", "playlists")[1]
        == "pages call S0PLAYLIST, and after 15 min squad playlists"
    )
