"""Targets that a real Prometheus scrapes: they die, go away for a while, come back, and fail for the first time."""

from contextlib import ExitStack
from itertools import count

import numpy as np
import pytest
import requests
from support.catalogs import a_service, a_squad, an_slo, parse_sli
from support.prometheus import Target
from support.servers import SERVERS, serving

from observatory.adapters.clock import SystemClock
from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.catalog import ServiceSlo
from observatory.planning import plan

JOBS = ("dies", "goes-away", "fails-at-last", "rests")


def exposition(ok, failed=None):
    lines = [f'http_requests_total{{code="200"}} {ok}']
    if failed is not None:
        lines.append(f'http_requests_total{{code="500"}} {failed}')
    return "\n".join(lines) + "\n"


def seconds():
    return int(SystemClock().now().timestamp())


def wait_until_marked_down(url, job):
    for _ in count():
        answer = requests.get(f"{url}/api/v1/query", params={"query": f'up{{job="{job}"}} == 0'}, timeout=5)
        if answer.json()["data"]["result"]:
            return


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    return request.param


@pytest.fixture(scope="module")
def measured(server, tmp_path_factory):
    """Job to its (bad, total, seconds measured, seconds idle) by second."""
    with ExitStack() as stack:
        targets = {job: stack.enter_context(Target(exposition(100, 100))) for job in JOBS}
        targets["fails-at-last"].text = exposition(100)
        addresses = {job: target.address for job, target in targets.items()}
        folder = tmp_path_factory.mktemp("server")
        url = stack.enter_context(serving(server, folder, targets=addresses, interval="500ms"))
        start = seconds()
        for target in targets.values():
            target.show(target.text)
        targets["goes-away"].show(None, scrapes=4)
        targets["fails-at-last"].show(exposition(110, 4))
        targets["goes-away"].show(exposition(130, 100))
        targets["rests"].show(exposition(101, 100), scrapes=3)
        targets["dies"].show(exposition(104, 103), scrapes=1)
        targets["dies"].stop()
        wait_until_marked_down(url, "dies")
        targets["rests"].show(exposition(101, 100), scrapes=6)
        services = [a_service(job) for job in JOBS]
        the_plan = plan([ServiceSlo(a_squad(), service, service.slos[0]) for service in services], tick=1)
        buckets = Measure(PrometheusSource(url), SystemClock())(
            the_plan, after=start, until=seconds() - 1
        ).buckets
    return {
        slo.partition("/")[0]: [
            getattr(buckets, name)[:, i].tolist() for name in ("bad", "total", "measured", "idle")
        ]
        for i, slo in enumerate(buckets.slos)
    }


@pytest.mark.slow
def test_what_a_target_counted_just_before_it_died_is_counted(measured):
    bad, total, _, _ = measured["dies"]
    assert (sum(bad), sum(total)) == (3, 7)


@pytest.mark.slow
def test_a_target_that_died_is_missing_and_not_idle(measured):
    _, _, seen, idle = measured["dies"]
    assert seen[-1] + idle[-1] == 0


@pytest.mark.slow
def test_a_failing_scrape_is_missing_and_what_it_hid_is_counted_on_return(measured):
    bad, total, seen, idle = measured["goes-away"]
    assert (sum(bad), sum(total)) == (0, 30)
    covered = [measured or idle for measured, idle in zip(seen, idle, strict=True)]
    returned = total.index(30)
    assert 0 in covered[covered.index(1) : returned]
    assert all(covered[returned:])


@pytest.mark.slow
def test_the_first_errors_of_a_living_service_count_from_zero(measured):
    bad, total, _, _ = measured["fails-at-last"]
    assert (sum(bad), sum(total)) == (4, 14)


@pytest.mark.slow
def test_what_a_service_had_counted_before_it_was_first_seen_is_its_starting_point(measured):
    bad, total, seen, idle = measured["rests"]
    assert (sum(bad), sum(total)) == (0, 1)
    assert idle[-1] == 1
    assert sum(seen) == 1


@pytest.mark.slow
def test_a_gauge_is_missing_from_the_first_failed_scrape_on_while_up_says_bad(server, tmp_path):
    slos = (
        an_slo("up", sli=parse_sli("{probe: up}")),
        an_slo("depth", sli=parse_sli("{threshold: {metric: depth, op: '<', value: 5}}")),
    )
    service = a_service("queue", slos=slos)
    the_plan = plan([ServiceSlo(a_squad(), service, slo) for slo in slos], tick=1)
    with (
        Target("depth 1\n") as target,
        serving(server, tmp_path, targets={"queue": target.address}, interval="500ms") as url,
    ):
        start = seconds()
        target.show("depth 1\n", scrapes=4)
        target.show("depth 9\n", scrapes=4)
        target.show(None, scrapes=8)
        buckets = Measure(PrometheusSource(url), SystemClock())(
            the_plan, after=start, until=seconds() - 1
        ).buckets
    bad = (buckets.bad * 60).round().astype(int)
    covered = (buckets.measured + buckets.idle).astype(int)
    assert (bad[-1].tolist(), covered[-1].tolist()) == ([1, 0], [1, 0])
    good, too_deep = covered[:, 1] - bad[:, 1], bad[:, 1]
    assert good.sum() > 0
    assert too_deep.sum() > 0
    assert not bad[: np.flatnonzero(too_deep)[0], 0].any()
