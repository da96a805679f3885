"""Events that are known, counted through a real Prometheus: not one may be missing or made up."""

from datetime import timedelta

import numpy as np
import pytest
from support.catalogs import a_service, a_squad, an_slo, events, latency
from support.servers import SERVERS, serving
from support.truth import Counter

from observatory.adapters.clock import SystemClock
from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.catalog import ServiceSlo
from observatory.measurement import History
from observatory.planning import plan

START = 1_780_000_000 // 3600 * 3600
HOURS = 12
TICK = 60
TICKS = HOURS * 3600 // TICK
INTERVALS = (15, 60, 120)
TOTAL, DURATION = "http_requests_total", "http_request_duration_seconds"


def steady(random, job, scrapes):
    return [
        Counter(TOTAL, f'job="{job}",code="200"', random.poisson(20, scrapes)),
        Counter(TOTAL, f'job="{job}",code="500"', random.poisson(0.2, scrapes)),
        Counter(TOTAL, f'job="{job}",code="503"', random.poisson(0.1, scrapes)),
    ]


def restarted(random, job, scrapes):
    # At irregular moments, but never so soon after one another that a counter passes what it had been before.
    restarts = (np.arange(1, HOURS) * (scrapes // HOURS) + random.integers(-9, 9, HOURS - 1)).tolist()
    return [
        Counter(TOTAL, f'job="{job}",code="200"', random.poisson(20, scrapes), restarts=restarts),
        Counter(TOTAL, f'job="{job}",code="500"', random.poisson(2, scrapes), restarts=restarts),
    ]


def pods_born_with_errors(random, job, scrapes):
    """A new pod every hour; what it counts before its first scrape is all it ever fails."""
    lives = list(range(0, scrapes, scrapes // HOURS))
    counters = []
    for number, (since, until) in enumerate(zip(lives, [*lives[1:], scrapes], strict=True)):
        labels = f'job="{job}",pod="{job}-{number}"'
        failed = np.zeros(scrapes)
        failed[since] = 6
        counters += [
            Counter(TOTAL, labels + ',code="200"', random.poisson(20, scrapes), since=since, until=until),
            Counter(TOTAL, labels + ',code="500"', failed, since=since, until=until),
        ]
    return counters


def first_error_late(random, job, scrapes):
    return [
        Counter(TOTAL, f'job="{job}",code="200"', random.poisson(20, scrapes)),
        Counter(TOTAL, f'job="{job}",code="500"', random.poisson(3, scrapes) + 1, since=scrapes // 2),
    ]


def idle_for_a_while(random, job, scrapes):
    counts = random.poisson(20, scrapes)
    counts[scrapes // 4 : scrapes // 3] = 0
    return [
        Counter(TOTAL, f'job="{job}",code="200"', counts),
        Counter(TOTAL, f'job="{job}",code="500"', counts // 19),
    ]


def unreachable_for_an_hour(random, job, scrapes):
    unseen = (scrapes // 2, scrapes // 2 + scrapes // HOURS)
    return [
        Counter(TOTAL, f'job="{job}",code="200"', random.poisson(20, scrapes), unseen=unseen),
        Counter(TOTAL, f'job="{job}",code="500"', random.poisson(2, scrapes), unseen=unseen),
    ]


SERVICES = (
    steady,
    restarted,
    pods_born_with_errors,
    first_error_late,
    idle_for_a_while,
    unreachable_for_an_hour,
)
CASES = [
    pytest.param(scenario, interval, id=f"{scenario.__name__}-{interval}s")
    for scenario in SERVICES
    for interval in INTERVALS
]


def name(scenario, interval):
    return f"{scenario.__name__}-{interval}".replace("_", "-")


def counters(scenario, interval):
    random = np.random.default_rng([SERVICES.index(scenario), interval])
    return scenario(random, name(scenario, interval), HOURS * 3600 // interval + 1)


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    return request.param


@pytest.fixture(scope="module")
def source(server, tmp_path_factory):
    past = (
        counter.series(start=START, interval=interval)
        for scenario in SERVICES
        for interval in INTERVALS
        for counter in counters(scenario, interval)
    )
    with serving(server, tmp_path_factory.mktemp("server"), past) as url:
        yield PrometheusSource(url)


def planned(tick):
    services = [a_service(name(scenario, interval)) for scenario in SERVICES for interval in INTERVALS]
    return plan([ServiceSlo(a_squad(), service, service.slos[0]) for service in services], tick=tick)


@pytest.fixture(scope="module")
def the_plan():
    return planned(TICK)


@pytest.fixture(scope="module")
def measured(source, the_plan):
    measurement = Measure(source, SystemClock())(the_plan, after=START, until=START + HOURS * 3600)
    assert not measurement.failures
    assert not measurement.warnings
    return measurement.buckets


@pytest.fixture(scope="module")
def in_steps(source):
    """The same span in ticks of five minutes, as a backfill may ask for it."""
    return Measure(source, SystemClock())(planned(300), after=START, until=START + HOURS * 3600).buckets


def truth(scenario, interval):
    """(TICKS,) bad and total."""
    by_code = {True: np.zeros(TICKS), False: np.zeros(TICKS)}
    for counter in counters(scenario, interval):
        counted = counter.counted(interval=interval, tick=TICK, ticks=TICKS)
        by_code['code="5' in counter.labels] += counted
    return by_code[True], by_code[True] + by_code[False]


def of(buckets, scenario, interval, field):
    column = buckets.slos.index(f"{name(scenario, interval)}/availability")
    return getattr(buckets, field)[:, column]


@pytest.mark.parametrize(("scenario", "interval"), CASES)
def test_every_event_is_counted_in_the_tick_that_shows_it(measured, scenario, interval):
    bad, total = truth(scenario, interval)
    np.testing.assert_array_equal(of(measured, scenario, interval, "total"), total)
    np.testing.assert_array_equal(of(measured, scenario, interval, "bad"), bad)
    assert bad.sum() > 20


def test_all_services_share_two_queries(the_plan):
    assert len(the_plan.queries) == 2


def test_a_quiet_service_is_idle_and_an_unreachable_one_is_missing(measured):
    quiet = slice(TICKS // 4 + 1, TICKS // 3 - 1)
    assert of(measured, idle_for_a_while, 60, "idle")[quiet].min() == TICK
    assert of(measured, idle_for_a_while, 60, "measured")[quiet].max() == 0
    # Without a marker that it is stale, a series counts as present for five minutes more.
    away = slice(TICKS // 2 + 5, TICKS // 2 + TICKS // HOURS - 2)
    seen = of(measured, unreachable_for_an_hour, 60, "idle") + of(
        measured, unreachable_for_an_hour, 60, "measured"
    )
    assert seen[away].max() == 0
    assert seen[: TICKS // 2 - 1].min() == TICK


def test_asking_tick_by_tick_gives_what_asking_for_a_span_gives(source, the_plan, measured):
    measure = Measure(source, SystemClock())
    for number in (0, 59, 60, 61, TICKS // 2, TICKS // 2 + 60, TICKS - 1):
        end = START + TICK * (number + 1)
        one = measure(the_plan, after=end - TICK, until=end).buckets
        for field in ("bad", "total", "measured", "idle", "clumping"):
            np.testing.assert_array_equal(
                getattr(one, field)[0], getattr(measured, field)[number], err_msg=field
            )


@pytest.mark.parametrize(("scenario", "interval"), CASES)
def test_steps_of_five_minutes_count_the_same_events(in_steps, scenario, interval):
    bad, total = truth(scenario, interval)
    np.testing.assert_array_equal(of(in_steps, scenario, interval, "total"), total.reshape(-1, 5).sum(axis=1))
    np.testing.assert_array_equal(of(in_steps, scenario, interval, "bad"), bad.reshape(-1, 5).sum(axis=1))


def test_the_windows_of_the_history_hold_every_event(measured):
    history = History(tick=TICK)
    history.append(measured)
    sums = history.sums({"6h": timedelta(hours=6)}, now=START + HOURS * 3600)["6h"]
    for scenario in SERVICES:
        bad, total = truth(scenario, 60)
        row = sums.loc[f"{name(scenario, 60)}/availability"]
        assert (row["bad"], row["total"]) == (bad[-360:].sum(), total[-360:].sum())


def test_a_series_away_for_hours_takes_up_counting_where_it_comes_back(server, tmp_path):
    counts = np.full(HOURS * 60 + 1, 10)
    back = 500
    past = [
        Counter(TOTAL, 'job="playlist",pod="a",code="200"', counts).series(start=START, interval=60),
        Counter(TOTAL, 'job="playlist",pod="b",code="500"', counts, unseen=(200, back)).series(
            start=START, interval=60
        ),
    ]
    service = a_service("playlist")
    with serving(server, tmp_path, past) as url:
        measurement = Measure(PrometheusSource(url), SystemClock())(
            plan([ServiceSlo(a_squad(), service, service.slos[0])], tick=TICK),
            after=START,
            until=START + HOURS * 3600,
        )
    bad = measurement.buckets.bad[:, 0]
    assert bad[:199].tolist() == [10] * 199
    # Five hours unseen are no outage now: 3000 events on its return would be.
    assert bad[199:back].tolist() == [0] * (back - 199)
    assert bad[back:].tolist() == [10] * (TICKS - back)


def test_of_a_tick_in_which_a_counter_is_reset_to_nothing_its_events_before_are_lost_and_no_more(
    server, tmp_path
):
    """A reset is noticed by what is counted anew, and here that is nothing for two minutes."""
    reset = 4 * 30 + 3
    counts = np.full(4 * 60 + 1, 10)
    counts[reset : reset + 9] = 0
    lost = counts[4 * 30 + 1 : reset].sum()
    one = Counter(TOTAL, 'job="playlist",pod="a",code="200"', counts, restarts=(reset,))
    service = a_service("playlist")
    with serving(server, tmp_path, [one.series(start=START, interval=15)]) as url:
        measurement = Measure(PrometheusSource(url), SystemClock())(
            plan([ServiceSlo(a_squad(), service, service.slos[0])], tick=TICK),
            after=START,
            until=START + 3600,
        )
    total = measurement.buckets.total[:, 0]
    truth = one.counted(interval=15, tick=TICK, ticks=60)
    assert (truth - total).nonzero()[0].tolist() == [30]
    assert (truth - total).sum() == lost


def test_slow_requests_are_those_outside_the_bucket(server, tmp_path):
    past = []
    for job, le in (("old", "1"), ("new", "1.0")):
        for metric, extra, each in ((f"{DURATION}_count", "", 10), (f"{DURATION}_bucket", f',le="{le}"', 7)):
            labels = f'job="{job}"{extra}'
            past.append(Counter(metric, labels, np.full(61, each)).series(start=START, interval=60))
    for le in ("0.25", "0.5", "+Inf"):
        labels = f'job="other",le="{le}"'
        past.append(Counter(f"{DURATION}_bucket", labels, np.full(61, 3)).series(start=START, interval=60))
    past += [
        Counter(f"{DURATION}_count", f'job="{job}"', np.full(61, 3)).series(start=START, interval=60)
        for job in ("other", "summary")
    ]
    slos = (an_slo("latency", sli=latency(below=timedelta(seconds=1))),)
    services = [a_service(job, slos=slos) for job in ("old", "new", "other", "summary", "nothing")]
    with serving(server, tmp_path, past) as url:
        measurement = Measure(PrometheusSource(url), SystemClock())(
            plan([ServiceSlo(a_squad(), service, service.slos[0]) for service in services], tick=TICK),
            after=START,
            until=START + 3600,
        )
    assert measurement.buckets.total.sum(axis=0).tolist() == [600, 600, 0, 0, 0]
    assert measurement.buckets.bad.sum(axis=0).tolist() == [180, 180, 0, 0, 0]
    assert {failure.slos: failure.message for failure in measurement.failures} == {
        ("other/latency",): f'{DURATION}_bucket has no bucket le="1"; its bounds are 0.25, 0.5, +Inf',
        ("summary/latency",): f"{DURATION}_bucket has no series: not a classic histogram, or a summary",
    }


def test_good_and_total_from_several_counters_add_up(server, tmp_path):
    past = [
        Counter(metric, 'job="playlist"', np.full(61, each)).series(start=START, interval=60)
        for metric, each in (("ok_total", 5), ("cached_total", 3), ("asked_total", 9))
    ]
    sli = events("asked_total", good="ok_total").model_copy(
        update={"good": (*events("x", good="ok_total").good, *events("x", good="cached_total").good)}
    )
    service = a_service("playlist", slos=(an_slo(sli=sli),))
    with serving(server, tmp_path, past) as url:
        measurement = Measure(PrometheusSource(url), SystemClock())(
            plan([ServiceSlo(a_squad(), service, service.slos[0])], tick=TICK),
            after=START,
            until=START + 3600,
        )
    assert measurement.buckets.bad.sum() == 60
