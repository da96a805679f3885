from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest
from support.evaluations import AT, Sums, entry, sums_of, windows_of

from observatory.alerting import IncidentState, Reason, decide_all
from observatory.alerting.model import Origin
from observatory.evaluation import Evaluation, Provenance, evaluate
from observatory.evaluation.statuses import Statuses

NOW = AT + timedelta(seconds=30)
NAMES = ("playlist", "search", "lyrics")
BURNING = {"5m": Sums(50, 500), "1h": Sums(600, 6000)}


def evaluation(*burning: str, names=NAMES, minute=0) -> Evaluation:
    entries = [entry(name) for name in names]
    counted = {one.id: windows_of(one) | (BURNING if one.service.name in burning else {}) for one in entries}
    at = AT + timedelta(minutes=minute)
    return evaluate(entries, sums_of(entries, counted), Provenance(at, at))


def test_every_slo_that_fires_gets_its_incident_in_order_of_ids():
    made = decide_all([], evaluation("search", "lyrics"), now=NOW, complete=True)
    assert [one.incident.slo for one in made] == ["lyrics/availability", "search/availability"]
    assert {one.reason for one in made} == {Reason.TIER_FIRED}


def test_before_the_first_full_evaluation_nothing_happens():
    assert decide_all([], evaluation("search"), now=NOW, complete=False) == ()


def test_an_slo_that_left_the_catalog_is_resolved_and_says_why():
    (opened,) = decide_all([], evaluation("search"), now=NOW, complete=True)
    later = NOW + timedelta(minutes=1)
    without = evaluation(names=("playlist", "lyrics"))
    assert decide_all([opened.incident], without, now=later, complete=False) == ()
    (gone,) = decide_all([opened.incident], without, now=later, complete=True)
    assert (gone.reason, gone.status, gone.previous) == (Reason.REMOVED_FROM_CATALOG, None, opened.incident)
    assert (gone.incident.state, gone.incident.resolved_at) == (IncidentState.RESOLVED, later)
    assert decide_all([gone.incident], without, now=later, complete=True) == []


def test_only_slos_that_fire_or_have_open_incidents_are_looked_at(monkeypatch):
    asked = []
    original = Statuses.__getitem__
    monkeypatch.setattr(Statuses, "__getitem__", lambda self, slo: asked.append(slo) or original(self, slo))
    (opened,) = decide_all([], evaluation("search"), now=NOW, complete=True)
    decide_all([opened.incident], evaluation("lyrics", minute=1), now=NOW, complete=True)
    assert asked == ["search/availability", "lyrics/availability", "search/availability"]


def test_deciding_the_same_tick_twice_decides_nothing_new():
    once = decide_all([], evaluation("search"), now=NOW, complete=True)
    assert decide_all([one.incident for one in once], evaluation("search"), now=NOW, complete=True) == []
    assert decide_all([], evaluation("search"), now=NOW, complete=True) == once


@pytest.mark.parametrize("rows", [["search/availability"], []], ids=["two-lost", "all-lost"])
def test_an_empty_answer_resolves_nothing(rows):
    opened = decide_all([], evaluation(*NAMES), now=NOW, complete=True)
    entries = [entry(name) for name in NAMES]
    counted = {one.id: windows_of(one) | BURNING for one in entries}
    sums: pd.DataFrame = sums_of(entries, counted).loc[rows]
    incidents = {one.incident.id: one.incident for one in opened}
    for minute in range(1, 10):
        at = AT + timedelta(minutes=minute)
        made = decide_all(
            tuple(incidents.values()), evaluate(entries, sums, Provenance(at, at)), now=at, complete=True
        )
        incidents |= {one.incident.id: one.incident for one in made}
    assert all(incident.is_open for incident in incidents.values())
    assert sum(incident.unknown_since is not None for incident in incidents.values()) == 3 - len(rows)


def test_incidents_of_other_origins_are_left_to_whoever_opened_them():
    (opened,) = decide_all([], evaluation("search"), now=NOW, complete=True)
    for origin in set(Origin) - {Origin.SLO}:
        foreign = replace(opened.incident, origin=origin)
        gone = replace(foreign, slo=f"{origin}/somebody")
        made = decide_all([foreign, gone], evaluation(), now=NOW + timedelta(minutes=9), complete=True)
        assert made == []
