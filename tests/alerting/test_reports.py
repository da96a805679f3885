"""What is told of an alert, in whatever order it comes."""

from datetime import UTC, datetime, timedelta

import pytest
from support.catalogs import a_catalog, a_service, an_slo

from observatory.alerting.reports import Alert, Report, merged
from observatory.evaluation import Severity

AT = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)


def minutes(count):
    return AT + timedelta(minutes=count)


def alert(starts=0, **labels):
    return Alert("c0ffee", minutes(starts), {"alertname": "NodeDown"} | labels)


def fires(starts=0):
    return Report(alert(starts), firing=True)


def ends(starts=0, at=5, *, unsaid=False):
    return Report(alert(starts), firing=False, ended_at=minutes(at), unsaid=unsaid)


@pytest.mark.parametrize(
    ("known", "told", "result"),
    [
        pytest.param(None, fires(), fires(), id="first word"),
        pytest.param(fires(), fires(), fires(), id="said again"),
        pytest.param(fires(), ends(), ends(), id="its end"),
        pytest.param(ends(), ends(), ends(), id="its end, said again"),
        pytest.param(ends(), fires(), ends(), id="an old message overtaken by the end"),
        pytest.param(ends(0, 5), fires(6), fires(6), id="fires anew"),
        pytest.param(fires(6), ends(0, 5), fires(6), id="the end of an earlier firing"),
        pytest.param(fires(6), ends(5, 9), ends(5, 9), id="another Prometheus thinks that it began earlier"),
        pytest.param(fires(6), fires(5), fires(5), id="the earliest beginning stands"),
        pytest.param(ends(0, 5, unsaid=True), fires(), fires(), id="forgotten by Alertmanager, and back"),
        pytest.param(None, ends(), ends(), id="the end of what was never heard of"),
    ],
)
def test_what_is_known_after_hearing_it(known, told, result):
    assert merged(known, told) == result


@pytest.mark.parametrize(
    ("severity", "asks"),
    [
        ("page", Severity.PAGE),
        ("Critical", Severity.PAGE),
        ("warning", Severity.TICKET),
        ("", Severity.TICKET),
    ],
)
def test_what_an_alert_asks_of_people(severity, asks):
    assert alert(severity=severity).severity is asks


def test_a_watchdog_is_no_word_to_people():
    assert not alert(severity="none").is_for_people
    assert alert(severity="info").is_for_people


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        pytest.param({}, True, id="all of it"),
        pytest.param({"squad": "somebody-else"}, True, id="whatever it says of its owner"),
        pytest.param({"service": "other"}, False, id="no such service"),
        pytest.param({"slo": "other"}, False, id="no such SLO"),
        pytest.param({"severity": "critical"}, False, id="a severity that no SLO has"),
    ],
)
def test_an_alert_that_speaks_of_an_slo_is_known_by_service_slo_and_severity(labels, found):
    catalog = a_catalog(a_service(slos=(an_slo(),)))
    of = {"service": "playlist", "slo": "availability", "severity": "page"} | labels

    promise = alert(**of).promise(catalog)

    assert (promise is not None and promise.id == "playlist/availability") is found
