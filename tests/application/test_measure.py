import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support.catalogs import a_service, a_squad, an_slo, latency
from support.prometheus import Series
from support.servers import PROMETHEUS, VICTORIA_METRICS, serving

from observatory.adapters.clock import SystemClock
from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.metrics import MemoryMetrics
from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.application.rounds import MOST_POINTS, Limits
from observatory.catalog import ServiceSlo
from observatory.errors import Refused, Unavailable
from observatory.measurement import FIELDS, Answer
from observatory.planning import plan

NOON = 1_780_000_000 // 3600 * 3600
NAMES = ("album", "artist", "playlist", "search", "stream")
TOTAL = "http_requests_total"


def the_plan(*names, tick=60, **overrides):
    services = [a_service(name, **overrides) for name in names or NAMES]
    return plan([ServiceSlo(a_squad(), service, service.slos[0]) for service in services], tick=tick)


@pytest.fixture
def metrics():
    """Every service answers 10 requests a minute until noon, and fails one of them at 11:59:30."""
    metrics = MemoryMetrics()
    for name in NAMES:
        minutes = {NOON - 60 * minute: 10 for minute in range(600)}
        metrics.count(TOTAL, {"job": name, "code": "200"}, minutes)
        metrics.count(TOTAL, {"job": name, "code": "500"}, {NOON - 36000: 0, NOON - 30: 1, NOON: 0})
    return metrics


def measured(source, planned=None, *, after=NOON - 120, until=NOON, limits=None):
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    return Measure(source, clock, limits=limits)(planned or the_plan(), after=after, until=until)


def test_bad_and_total_events_of_every_slo_and_tick(metrics):
    buckets = measured(metrics).buckets
    assert buckets.slos == tuple(f"{name}/availability" for name in NAMES)
    assert buckets.ends.tolist() == [NOON - 60, NOON]
    assert buckets.total.tolist() == [[10] * 5, [11] * 5]
    assert buckets.bad.tolist() == [[0] * 5, [1] * 5]
    assert buckets.measured.tolist() == [[60] * 5] * 2
    assert buckets.bad_ticks.tolist() == [[0] * 5, [1] * 5]
    np.testing.assert_allclose(buckets.clumping, [[0] * 5, [1 / 11] * 5])


def test_five_services_take_two_queries(metrics):
    measured(metrics)
    assert len(metrics.asked) == 2


def test_the_query_that_is_refused_is_halved_until_the_culprit_stands_alone(metrics):
    metrics.failure = lambda promql: Refused("artist is broken", code="422") if "artist" in promql else None
    measurement = measured(metrics)
    assert {(failure.slos, failure.message) for failure in measurement.failures} == {
        (("artist/availability",), "artist is broken")
    }
    assert measurement.buckets.total[1].tolist() == [11, 0, 11, 11, 11]
    assert measurement.buckets.measured[1].tolist() == [60, 0, 60, 60, 60]


class Thousands(MemoryMetrics):
    """Every service answers ten requests in each tick; whatever asks about one of them is refused."""

    culprit = "service-4711"

    def query_range(self, promql, *, end, **_):
        self.asked.append(promql)
        (named,) = set(re.findall(r'job=~"([^"]+)"', promql))
        if self.culprit in named.split("|"):
            raise Refused("many-to-many matching not allowed", code="422")
        events = 0 if "5.." in promql else 10
        return Answer.of([({"job": name}, [(end, float(events))]) for name in named.split("|")])


def test_one_culprit_of_ten_thousand_is_found_in_a_few_questions_and_all_others_are_measured():
    source, names = Thousands(), [f"service-{number}" for number in range(10_000)]
    planned = the_plan(*names)
    measurement = measured(source, planned, after=NOON - 60)
    assert {failure.slos for failure in measurement.failures} == {("service-4711/availability",)}
    assert {failure.message for failure in measurement.failures} == {"many-to-many matching not allowed"}
    (totals,) = measurement.buckets.total.tolist()
    assert [name for name, total in zip(names, totals, strict=True) if total != 10] == ["service-4711"]
    # Two queries name it, of at most a thousand services each: each halving asks twice.
    assert len(source.asked) - len(planned.queries) <= 2 * 2 * 10


def test_an_slo_is_missing_when_one_of_its_queries_failed(metrics):
    metrics.failure = lambda promql: (
        Refused("no", code="400") if "5.." in promql and "album" in promql else None
    )
    measurement = measured(metrics)
    assert [failure.slos for failure in measurement.failures] == [("album/availability",)]
    assert measurement.buckets.total[1].tolist() == [0, 11, 11, 11, 11]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Unavailable("connection refused"), id="unavailable"),
        pytest.param(Refused("who are you?", code="401"), id="not-the-query's-fault"),
    ],
)
def test_what_is_not_the_querys_fault_is_not_asked_again(metrics, error):
    metrics.failure = lambda _: error
    measurement = measured(metrics)
    assert len(metrics.asked) == 2
    assert {failure.slos for failure in measurement.failures} == {measurement.buckets.slos}
    assert all(str(error) == failure.message for failure in measurement.failures)
    assert all(getattr(measurement.buckets, name).sum() == 0 for name in FIELDS)


def test_when_all_are_refused_patience_ends(metrics):
    metrics.failure = lambda _: Refused("no", code="422")
    measurement = measured(metrics, limits=Limits(refusals=2, at_once=1))
    assert len(metrics.asked) < 6
    assert {slo for failure in measurement.failures for slo in failure.slos} == set(measurement.buckets.slos)


def test_warnings_lower_coverage_and_keep_the_counts(metrics):
    metrics.warnings = ["one store did not answer"]
    measurement = measured(metrics)
    assert measurement.warnings == ("one store did not answer",)
    assert measurement.buckets.total[1].tolist() == [11] * 5
    assert (measurement.buckets.measured + measurement.buckets.idle).sum() == 0


def test_after_the_deadline_nothing_is_asked(metrics):
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    metrics.failure = lambda _: clock.advance(timedelta(minutes=2))
    measurement = Measure(metrics, clock, limits=Limits(at_once=1))(the_plan(), after=NOON - 60, until=NOON)
    assert len(metrics.asked) == 1
    assert [failure.message for failure in measurement.failures] == ["not asked: this round's 45 s were over"]


def test_a_span_of_more_points_than_prometheus_gives_is_asked_in_pieces(metrics):
    planned = the_plan("album", tick=1)
    span = MOST_POINTS + 50
    measurement = measured(metrics, planned, after=NOON - span, until=NOON)
    assert len(metrics.asked) == 4
    assert measurement.buckets.total.sum() == 10 * (span // 60 + 1) + 1
    assert len(measurement.buckets.ends) == span


def test_a_span_without_a_whole_tick_is_no_buckets(metrics):
    assert measured(metrics, after=NOON, until=NOON + 59).buckets.total.shape == (0, 5)
    assert metrics.asked == []


def test_no_slos_are_no_buckets(metrics):
    assert measured(metrics, plan([], tick=60)).buckets.total.shape == (2, 0)


def test_a_latency_slo_with_a_bound_that_is_no_bucket_lists_those_there_are(metrics):
    for le in ("0.1", "0.5", "+Inf"):
        metrics.count("h_bucket", {"job": "album", "le": le}, {NOON - 60: 3, NOON: 3})
    metrics.count("h_count", {"job": "album"}, {NOON - 60: 3, NOON: 3})
    slo = an_slo("latency", sli=latency("h", below=timedelta(milliseconds=300)))
    measurement = measured(metrics, the_plan("album", slos=(slo,)), after=NOON - 60)
    assert [failure.message for failure in measurement.failures] == [
        'h_bucket has no bucket le="0.3"; its bounds are 0.1, 0.5, +Inf'
    ]


MOST_SAMPLES = {PROMETHEUS: "--query.max-samples", VICTORIA_METRICS: "-search.maxSamplesPerQuery"}


@pytest.mark.parametrize(
    ("server", "words"),
    [
        pytest.param(PROMETHEUS, "too many samples", id=PROMETHEUS),
        pytest.param(VICTORIA_METRICS, "cannot select more than", id=VICTORIA_METRICS),
    ],
)
def test_the_slo_that_a_real_server_refuses_does_not_stop_the_others(server, words, tmp_path):
    times = range(NOON - 600, NOON + 1, 60)
    counters = [
        Series(TOTAL, f'job="{name}",code="200",pod="{pod}"', times, range(0, 110, 10))
        for name in NAMES
        for pod in range(300 if name == "search" else 1)
    ]
    with serving(server, tmp_path, counters, flags=[f"{MOST_SAMPLES[server]}=800"]) as url:
        measurement = Measure(PrometheusSource(url), SystemClock())(the_plan(), after=NOON - 60, until=NOON)
    assert [failure.slos for failure in measurement.failures] == [("search/availability",)]
    assert words in measurement.failures[0].message
    assert measurement.buckets.total[0].tolist() == [10, 10, 10, 0, 10]


@pytest.mark.parametrize(
    ("server", "limit"),
    [
        pytest.param(PROMETHEUS, 800, id=PROMETHEUS),
        # Whole blocks of 8192 samples are what it counts.
        pytest.param(VICTORIA_METRICS, 20_000, id=VICTORIA_METRICS),
    ],
)
def test_a_span_that_is_too_much_for_a_server_is_asked_in_shorter_ones(server, limit, tmp_path):
    times = range(NOON - 36000, NOON + 1)
    past = [Series(TOTAL, 'job="album",code="200"', times, [float(second // 60) for second in range(36001)])]
    with serving(server, tmp_path, past, flags=[f"{MOST_SAMPLES[server]}={limit}"]) as url:
        measurement = Measure(PrometheusSource(url), SystemClock())(
            the_plan("album"), after=NOON - 36000, until=NOON
        )
    assert measurement.failures == ()
    assert measurement.buckets.total.sum() == 600
