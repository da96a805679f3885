"""The generated rules' alerts beside our own numbers: one incident, whoever sees the burn first."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.evaluations import AT, Sums, entry, sums_of, windows_of

from observatory.alerting import IncidentState, decide_all
from observatory.alerting.reports import Alert, Report
from observatory.alerting.witness import witnessed
from observatory.catalog import Catalog
from observatory.evaluation import Provenance, Severity, evaluate

ONE = entry()
CATALOG = Catalog({ONE.squad.name: ONE.squad}, {ONE.service.name: ONE.service})
MINUTE = timedelta(minutes=1)
BURNING = {"5m": Sums(50, 500), "1h": Sums(600, 6000)}


def evaluation(windows=(), *, at=AT, failure=None):
    failures = {} if failure is None else {ONE.id: failure}
    sums = sums_of([ONE], {ONE.id: windows_of(ONE) | dict(windows)})
    return evaluate([ONE], sums, Provenance(at, at, failures))


def says(*, firing=True, tier="fast", severity="page", ended=None):
    labels = {
        "alertname": "ErrorBudgetBurnFast",
        "service": ONE.service.name,
        "slo": ONE.slo.name,
        "severity": severity,
        "tier": tier,
    }
    return Report(Alert("f00d", AT, labels), firing, ended)


def decided(incidents, numbers, *reports, now=AT):
    seen = witnessed(numbers, reports, CATALOG, now=now)
    return decide_all(incidents, seen, now=now, complete=True)


def test_when_both_see_it_there_is_one_incident():
    (step,) = decided([], evaluation(BURNING), says())
    assert step.incident.tiers == ("fast",)

    assert [
        one for one in decided([step.incident], evaluation(BURNING), says()) if one.previous is None
    ] == []


def test_what_the_rules_see_first_is_the_incident_that_our_numbers_join():
    (step,) = decided([], evaluation(), says())
    later = decided([step.incident], evaluation(BURNING), says(), now=AT + MINUTE)

    assert step.incident.severity is Severity.PAGE
    assert all(one.incident.id == step.incident.id for one in later)


def test_where_we_are_blind_the_rules_speak_for_us_and_the_message_says_so():
    (step,) = decided([], evaluation(failure="timeout"), says())

    assert (step.incident.tiers, step.status.told_by) == (("fast",), ("ErrorBudgetBurnFast",))


def test_where_we_are_blind_their_end_is_the_end_after_the_usual_patience():
    (opened,) = decided([], evaluation(failure="timeout"), says())
    over = says(firing=False, ended=AT + MINUTE)
    (cooling,) = decided([opened.incident], evaluation(failure="timeout"), over, now=AT + MINUTE)
    (closed,) = decided([cooling.incident], evaluation(failure="timeout"), over, now=AT + 4 * MINUTE)

    assert cooling.incident.state is IncidentState.FIRING
    assert closed.incident.state is IncidentState.RESOLVED


def test_where_we_are_blind_the_end_of_a_ticket_is_not_the_end_of_a_page():
    (opened,) = decided([], evaluation(BURNING))
    over = says(firing=False, tier="drain", severity="ticket", ended=AT + MINUTE)
    for minutes in range(1, 8):
        steps = decided([opened.incident], evaluation(failure="timeout"), over, now=AT + minutes * MINUTE)

    assert all(step.incident.is_open for step in steps)


def test_while_the_rules_still_say_so_it_is_not_over():
    (opened,) = decided([], evaluation(BURNING), says())
    steps = decided([opened.incident], evaluation(), says(), now=AT + 10 * MINUTE)

    assert all(step.incident.is_open for step in steps)


@pytest.mark.parametrize("tier", ["unheard-of", "", "drain"])
def test_an_alert_without_a_tier_of_its_severity_is_taken_for_the_quickest(tier):
    (step,) = decided([], evaluation(), says(tier=tier))

    assert step.incident.tiers == ("fast",)
    assert step.incident.severity is Severity.PAGE


def test_an_alert_of_no_slo_of_ours_changes_nothing():
    report = says()
    other = replace(report, alert=replace(report.alert, labels=report.alert.labels | {"slo": "other"}))

    assert not decided([], evaluation(), other)
