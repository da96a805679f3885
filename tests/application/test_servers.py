"""Several Prometheus servers: each is asked for its own services, and none waits for another."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from support.catalogs import a_service, a_squad

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.metrics import MemoryMetrics
from observatory.application.measure import Measure
from observatory.application.rounds import Limits
from observatory.catalog import ServiceSlo
from observatory.errors import Unavailable
from observatory.planning import plan

NOON = 1_780_000_000 // 3600 * 3600
TOTAL = "http_requests_total"


def serving(*names):
    metrics = MemoryMetrics()
    for name in names:
        metrics.count(TOTAL, {"job": name, "code": "200"}, {NOON - 600: 0, NOON - 30: 10, NOON: 0})
    return metrics


def planned(**server_of):
    services = [a_service(name, prometheus=server) for name, server in server_of.items()]
    return plan([ServiceSlo(a_squad(), service, service.slos[0]) for service in services], tick=60)


def measured(the_plan, usual, *, limits=None, **servers):
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    return Measure(usual, clock, limits=limits, servers=servers)(the_plan, after=NOON - 60, until=NOON)


def totals(measurement):
    buckets = measurement.buckets
    return {slo.partition("/")[0]: total for slo, total in zip(buckets.slos, buckets.total[0], strict=True)}


def test_a_service_is_measured_by_the_server_it_names_and_otherwise_by_the_usual_one():
    here, there = serving("album", "artist"), serving("artist", "search")
    measurement = measured(planned(album=None, search="eu"), here, eu=there)
    assert totals(measurement) == {"album": 10, "search": 10}
    assert not any("search" in promql for promql in here.asked)
    assert not any("album" in promql for promql in there.asked)


def test_the_same_name_on_two_servers_is_two_services():
    here, there = serving("album"), MemoryMetrics()
    there.count(TOTAL, {"job": "album", "code": "200"}, {NOON - 600: 0, NOON - 30: 7, NOON: 0})
    service = a_service("album-eu", selector={"job": "album"}, prometheus="eu")
    both = [ServiceSlo(a_squad(), service, service.slos[0]) for service in (a_service("album"), service)]
    measurement = measured(plan(both, tick=60), here, eu=there)
    assert totals(measurement) == {"album": 10, "album-eu": 7}


def test_a_server_that_nobody_knows_fails_its_services_alone_and_names_those_there_are():
    measurement = measured(planned(album=None, search="ue"), serving("album"), eu=serving("search"))
    assert totals(measurement)["album"] == 10
    (message,) = {failure.message for failure in measurement.failures}
    assert "no Prometheus server is called ue: there are eu" in message
    assert {slo for failure in measurement.failures for slo in failure.slos} == {"search/availability"}


class Hanging(MemoryMetrics):
    """Answers nobody until somebody else was answered."""

    def __init__(self, freed):
        super().__init__()
        self.freed = freed

    def query_range(self, promql, **_):
        self.asked.append(promql)
        assert self.freed.wait(timeout=60), "the other server had to wait for this one"
        raise Unavailable("no answer within 1 s")


class Freeing(MemoryMetrics):
    """Says when it was asked."""

    def query_range(self, promql, **span):
        answer = super().query_range(promql, **span)
        self.freed.set()
        return answer


@pytest.mark.parametrize("usual_hangs", [True, False], ids=["the usual one", "a named one"])
def test_a_server_that_hangs_holds_up_its_own_services_alone(usual_hangs):
    freed = Event()
    answering = Freeing()
    answering.freed = freed
    for name in ("album", "search"):
        answering.count(TOTAL, {"job": name, "code": "200"}, {NOON - 600: 0, NOON - 30: 10, NOON: 0})
    hanging = Hanging(freed)
    usual, eu = (hanging, answering) if usual_hangs else (answering, hanging)
    measurement = measured(planned(album=None, search="eu"), usual, eu=eu)
    healthy = "search" if usual_hangs else "album"
    assert totals(measurement)[healthy] == 10
    assert {slo for failure in measurement.failures for slo in failure.slos}.isdisjoint(
        {f"{healthy}/availability"}
    )
    assert measurement.failures


def test_a_server_that_answers_nothing_is_not_asked_everything():
    metrics = serving("album")
    metrics.failure = lambda _: Unavailable("no answer within 10 s")
    services = [a_service(f"service-{n}", selector={f"label_{n}": "x"}) for n in range(20)]
    many = plan([ServiceSlo(a_squad(), service, service.slos[0]) for service in services], tick=60)
    assert len(many.queries) > 20
    limits = Limits(query=timedelta(seconds=10), at_once=1)
    measurement = measured(many, metrics, limits=limits)
    assert len(metrics.asked) == 1
    assert {slo for failure in measurement.failures for slo in failure.slos} == set(many.slos)
    assert any("had no answer" in failure.message for failure in measurement.failures)
