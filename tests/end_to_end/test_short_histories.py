"""Services and Prometheus servers that know less than the window: what is shown of them, and that it says so."""

from datetime import timedelta

import pytest
from support.prometheus import Series
from support.servers import SERVERS, serving
from support.wiring import DAY, HOUR, LAG, START, Life, seconds, service_yaml

from observatory.adapters.prometheus import PrometheusSource
from observatory.evaluation import State
from observatory.settings import Settings

pytestmark = pytest.mark.slow

TICK = timedelta(minutes=5)
EACH, BAD_EACH = 1000, 100
"""Requests a scrape; every so many scrapes have one that fails."""


def counters(name, age, *, gap=None):
    """A service since `age` before START; in the gap (from, to: ages as well) nobody scrapes it."""
    times = range(seconds(START - age), seconds(START + HOUR), int(TICK.total_seconds()))
    hidden = range(0) if gap is None else range(seconds(START - gap[0]) + 1, seconds(START - gap[1]))
    requests = [EACH * (number + 1) for number in range(len(times))]
    failed = [number // BAD_EACH for number in range(len(times))]
    for code, counts in (("200", [a - b for a, b in zip(requests, failed, strict=True)]), ("500", failed)):
        values = [None if time in hidden else count for time, count in zip(times, counts, strict=True)]
        yield Series("http_requests_total", f'job="{name}",code="{code}"', times, values)


@pytest.fixture(scope="module", params=SERVERS)
def shown(request, tmp_path_factory):
    """Every service's status once all there is was measured."""
    folder = tmp_path_factory.mktemp("short")
    # A gap that ends at midnight would be missed: VictoriaMetrics looks a series up by the day, and at a day's very first
    # millisecond it does not know those that begin there.
    services = [
        *counters("whole", 33 * DAY),
        *counters("young", 2 * DAY),
        *counters("short-gap", 33 * DAY, gap=(16 * DAY, 14 * DAY - TICK)),
        *counters("long-gap", 33 * DAY, gap=(16 * DAY, 12 * DAY)),
        *counters("young-with-gap", 10 * DAY, gap=(6 * DAY, 4 * DAY)),
        *counters("back", 33 * DAY, gap=(3 * DAY, timedelta(minutes=20))),
    ]
    statuses = _shown(request.param, folder / "server", services)
    return statuses | _shown(request.param, folder / "young-server", [*counters("known-for-5-days", 5 * DAY)])


def _shown(server, here, services):
    here.mkdir()
    life = Life(here)
    (life.folder / "playlist.yml").unlink()
    for job in sorted({one.labels.split('"')[1] for one in services}):
        life.write(job, service_yaml(job, window="30d"))
    life.settings = Settings(catalog=life.folder, tick=TICK)
    with serving(server, here, services) as url:
        life.metrics = PrometheusSource(url)
        life.begin()
        life.observatory.tick()
        life.observatory.catch_up()
        life.clock.advance(TICK)
        life.observatory.tick()
        life.metrics.close()
    assert life.clock.now() - LAG == START + TICK
    return {slo.partition("/")[0]: one for slo, one in life.observatory.views.board.snapshot.statuses.items()}


@pytest.mark.parametrize(
    ("service", "state", "age", "coverage"),
    [
        pytest.param("whole", State.HEALTHY, 30, 1, id="whole history"),
        pytest.param("young", State.NEW, 2, 1, id="service born 2 days ago"),
        pytest.param("known-for-5-days", State.NEW, 5, 1, id="Prometheus that knows 5 days"),
        pytest.param("short-gap", State.HEALTHY, 30, 28 / 30, id="2 days unscraped"),
        pytest.param("long-gap", State.PARTIAL, 30, 26 / 30, id="4 days unscraped"),
        pytest.param("young-with-gap", State.PARTIAL, 10, 8 / 10, id="2 days of 10 unscraped"),
        pytest.param("back", State.PARTIAL, 30, 27 / 30, id="back for 20 minutes"),
    ],
)
def test_state_coverage_and_budget_of_what_is_known(shown, service, state, age, coverage):
    one = shown[service]
    assert one.state is state
    assert one.coverage == pytest.approx(coverage, abs=0.005)
    assert (one.since is None) == (age == 30)
    known = one.at - (one.since or one.at - 30 * DAY)
    assert known == pytest.approx(age * DAY, abs=2 * TICK)
    assert one.budget == pytest.approx(0.001 * one.total * (30 * DAY / known))
    assert one.consumed == pytest.approx(one.bad / one.budget)
    assert one.remaining == pytest.approx(1 - one.consumed)


def test_a_young_services_budget_is_projected_from_what_it_had_so_far(shown):
    young, whole = shown["young"], shown["whole"]
    assert young.budget == pytest.approx(whole.budget, rel=0.01)
    assert young.total == pytest.approx(whole.total * 2 / 30, rel=0.01)


def test_a_gap_lowers_coverage_and_none_of_it_bursts_in_at_its_end(shown):
    gap, whole = shown["short-gap"], shown["whole"]
    assert gap.total == pytest.approx(whole.total * 28 / 30, rel=2e-3)
    assert gap.sli == pytest.approx(whole.sli, rel=1e-4)
