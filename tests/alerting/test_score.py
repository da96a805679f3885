from datetime import UTC, datetime, timedelta

import pytest
from support.catalogs import PLACE
from support.evaluations import entry

from observatory.alerting import GRACE, Alarm, Replayed, score
from observatory.catalog import Remembered
from observatory.evaluation import Severity

DAY = datetime(2026, 3, 1, tzinfo=UTC)
PAGES, ALL = (Severity.PAGE,), tuple(Severity)


def at(hours):
    return DAY + timedelta(hours=hours)


def alarm(told, resolved, severity=Severity.PAGE):
    return Alarm(
        severity=severity,
        tiers=("fast",),
        burning_since=at(told),
        told_at=at(told),
        resolved_at=None if resolved is None else at(resolved),
        reopened=0,
        consumed=0.1,
        bad=10,
    )


def replayed(*alarms, name="playlist", since=None):
    return Replayed(entry(name), DAY, at(24), alarms, (), since)


def incident(start, end, *, service="playlist", slo=None):
    return Remembered(
        place=PLACE, service=service, slo=slo, start=at(start), end=at(end), title="a bad deploy"
    )


@pytest.mark.parametrize(
    ("one", "meets"),
    [
        pytest.param(alarm(5.1, 5.4), True, id="told-while-it-lasted"),
        pytest.param(alarm(3, 5.5), True, id="told-before-and-still-open"),
        pytest.param(alarm(6.4, 7), True, id="told-soon-after-its-end"),
        pytest.param(alarm(6.6, 7), False, id="told-long-after-its-end"),
        pytest.param(alarm(3, 4.9), False, id="over-before-it-began"),
        pytest.param(alarm(3, None), True, id="open-for-ever"),
    ],
)
def test_an_alarm_speaks_of_an_incident_that_it_was_open_in(one, meets):
    found = score([replayed(one)], [incident(5, 6)], severities=ALL)

    assert timedelta(hours=0.5) == GRACE
    assert found.precision == (1 if meets else 0)
    assert found.recall == (1 if meets else 0)


def test_precision_counts_alarms_and_recall_counts_incidents():
    found = score(
        [replayed(alarm(5.1, 5.2), alarm(5.5, 5.7), alarm(12, 13)), replayed(name="search")],
        [incident(5, 6), incident(20, 21), incident(7, 8, service="search")],
        severities=ALL,
    )

    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(1 / 3)
    assert found.delay == timedelta(hours=0.1)
    assert [one.slo for one in found.met] == ["playlist/availability", None, None]


def test_a_ticket_is_no_page():
    ticket = alarm(5.1, 5.2, Severity.TICKET)

    assert score([replayed(ticket)], [incident(5, 6)], severities=PAGES).recall == 0
    assert score([replayed(ticket)], [incident(5, 6)], severities=ALL).recall == 1


def test_an_incident_of_one_slo_is_not_met_by_another_s_alarm():
    found = score([replayed(alarm(5.1, 5.2))], [incident(5, 6, slo="latency")], severities=ALL)

    assert (found.precision, found.met) == (0, ())


@pytest.mark.parametrize(
    ("start", "end", "since"),
    [
        pytest.param(-1, 6, None, id="began-before-the-span"),
        pytest.param(23, 25, None, id="ended-after-it"),
        pytest.param(5, 6, at(5.5), id="before-anything-was-known"),
    ],
)
def test_what_could_not_be_judged_as_a_whole_lowers_nothing(start, end, since):
    found = score([replayed(alarm(5.6, 23.5), since=since)], [incident(start, end)], severities=ALL)

    assert found.recall is None
    assert found.precision == 1


def test_who_knew_already_was_told_at_once():
    assert score([replayed(alarm(3, 9))], [incident(5, 6)], severities=ALL).delay == timedelta(0)


def test_without_alarms_there_is_no_precision_and_without_incidents_no_recall():
    assert score([replayed()], [incident(5, 6)], severities=ALL).precision is None
    assert score([replayed(alarm(1, 2))], [], severities=ALL).recall is None
