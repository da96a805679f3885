"""Each kind of SLI measured through a real Prometheus: what is bad, what is idle, and what is missing."""

import re

import numpy as np
import pytest
from support.catalogs import a_service, a_squad, an_slo, parse_sli
from support.prometheus import Series
from support.servers import PROMETHEUS, SERVERS, serving
from support.truth import Counter

from observatory.adapters.clock import SystemClock
from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.catalog import ServiceSlo
from observatory.planning import plan

START = 1_780_000_000 // 3600 * 3600
TICK, TICKS = 60, 60
ENDS = START + TICK * np.arange(1, TICKS + 1)
REQUESTS, DURATION = "http_requests_total", "http_request_duration_seconds"
TOLD_APART = (
    f"{{error_or_slow: {{total: {REQUESTS}, histogram: '{DURATION}{{code!~\"5..\"}}', below: 300ms}}}}"
)


def counter(metric, labels, events):
    return Counter(metric, labels, events).series(start=START, interval=60)


def gauge(metric, labels, values, *, interval=60):
    """`values` from START on; None: no sample."""
    return Series(metric, labels, range(START, START + interval * len(values), interval), values)


@pytest.fixture(params=SERVERS)
def measured(request, tmp_path):
    """The buckets of one service per SLI, whose series carry the SLI's name as their job."""

    def measure(past, *, tick=TICK, **slis):
        services = [a_service(name.replace("_", "-"), selector={"job": name}, slos=(an_slo("slo", sli=parse_sli(text)),))
                    for name, text in slis.items()]  # fmt: skip
        entries = [ServiceSlo(a_squad(), service, service.slos[0]) for service in services]
        with serving(request.param, tmp_path, past) as url:
            ask = Measure(PrometheusSource(url), SystemClock())
            return ask(plan(entries, tick=tick), after=START, until=START + TICK * TICKS)

    return measure


ON_PROMETHEUS = pytest.mark.parametrize("measured", [PROMETHEUS], indirect=True)
"""VictoriaMetrics knows no value that is not a number."""


def row(measurement, name, field):
    return getattr(measurement.buckets, field)[:, measurement.buckets.slos.index(f"{name}/slo")].tolist()


def test_an_event_that_fails_and_is_slow_is_bad_once(measured):
    random = np.random.default_rng(7)
    events = {
        (code, fast): random.poisson(5, TICKS + 1)
        for code in ("200", "404", "500", "503")
        for fast in (True, False)
    }
    past = []
    for code in ("200", "404", "500", "503"):
        labels = f'job="told",code="{code}"'
        both = events[code, True] + events[code, False]
        past += [
            counter(REQUESTS, labels, both),
            counter(f"{DURATION}_count", labels, both),
            counter(f"{DURATION}_bucket", f'{labels},le="0.3"', events[code, True]),
            counter(f"{DURATION}_bucket", f'{labels},le="+Inf"', both),
        ]
    measurement = measured(past, told=TOLD_APART)
    assert not measurement.failures
    good = events["200", True] + events["404", True]
    total = sum(events.values())
    assert row(measurement, "told", "total") == total[1:].tolist()
    assert row(measurement, "told", "bad") == (total - good)[1:].tolist()


def test_an_outage_from_the_first_request_on_is_measured_although_nothing_ever_succeeded(measured):
    failing = np.full(TICKS + 1, 4)
    labels = 'job="born",code="500"'
    past = [
        counter(REQUESTS, labels, failing),
        counter(f"{DURATION}_bucket", f'{labels},le="0.3"', failing),
        counter(f"{DURATION}_bucket", f'{labels},le="+Inf"', failing),
        counter(f"{REQUESTS}", 'job="unbucketed",code="200"', failing),
        counter(f"{DURATION}_bucket", 'job="unbucketed",code="200",le="0.25"', failing),
    ]
    measurement = measured(past, born=TOLD_APART, unbucketed=TOLD_APART, untimed=TOLD_APART)
    assert row(measurement, "born", "bad") == row(measurement, "born", "total") == [4.0] * TICKS
    assert {failure.slos: failure.message for failure in measurement.failures} == {
        ("unbucketed/slo",): f'{DURATION}_bucket has no bucket le="0.3"; its bounds are 0.25'
    }


def test_failures_and_slow_events_that_cannot_be_told_apart_add_up_to_no_more_than_all(measured):
    each = np.array([0, *[10, 2] * (TICKS // 2)])
    past = [
        counter(REQUESTS, 'job="untold",code="200"', each),
        counter(REQUESTS, 'job="untold",code="500"', np.array([0, *[1, 8] * (TICKS // 2)])),
        counter(f"{DURATION}_count", 'job="untold"', np.full(TICKS + 1, 10)),
        counter(f"{DURATION}_bucket", 'job="untold",le="0.3"', np.full(TICKS + 1, 6)),
    ]
    sli = f"{{error_or_slow: {{total: {REQUESTS}, bad: '{REQUESTS}{{code=\"500\"}}', histogram: {DURATION}, below: 300ms}}}}"
    measurement = measured(past, untold=sli)
    assert row(measurement, "untold", "total") == [11.0, 10.0] * (TICKS // 2)
    assert row(measurement, "untold", "bad") == [1.0 + 4, 10.0] * (TICKS // 2)


def test_the_buckets_of_a_histogram_in_milliseconds_are_found_in_both_spellings(measured):
    past = []
    for job, le in (("whole", "300"), ("point", "300.0")):
        past += [
            counter("took_milliseconds_count", f'job="{job}"', np.full(TICKS + 1, 5)),
            counter("took_milliseconds_bucket", f'job="{job}",le="{le}"', np.full(TICKS + 1, 3)),
        ]
    sli = "{latency: {histogram: took_milliseconds, below: 300ms, unit: ms}}"
    measurement = measured(past, whole=sli, point=sli)
    assert not measurement.failures
    assert row(measurement, "whole", "bad") == row(measurement, "point", "bad") == [2.0] * TICKS


ZIGZAG = [1.0, 0.0, 0.0, 1.0]
"""Repeated: at START, and at the end of each tick."""


def at_ends(pattern, *, missing=()):
    values = [pattern[number % len(pattern)] for number in range(TICKS + 1)]
    return [None if number in missing else value for number, value in enumerate(values)]


def test_a_probe_is_bad_where_it_is_0_and_missing_where_it_is_not_there(measured):
    gone = range(20, 41)
    past = [gauge("probe_success", 'job="probed"', at_ends(ZIGZAG, missing=gone))]
    measurement = measured(past, probed="{probe: probe_success}", nothing="{probe: probe_success}")
    bad, total = row(measurement, "probed", "bad"), row(measurement, "probed", "total")
    # A sample counts for five minutes, unless Prometheus saw the target go; from then on nothing is known.
    away = slice(gone[0] + 5 - 1, gone[-1])
    assert total[away] == [0.0] * len(total[away])
    assert (
        row(measurement, "probed", "measured")[away] == row(measurement, "probed", "idle")[away] == [0.0] * 16
    )
    here = [number for number in range(TICKS) if number + 1 not in gone]
    assert [total[number] for number in here] == [1.0] * len(here)
    assert [bad[number] for number in here] == [1 - ZIGZAG[(number + 1) % 4] for number in here]
    assert sum(row(measurement, "nothing", "total")) == 0
    assert sum(row(measurement, "nothing", "idle")) == 0


@pytest.mark.parametrize("tick", [30, 60, 300])
def test_ticks_of_any_length_count_the_same_minutes(measured, tick):
    past = [gauge("up", 'job="probed"', np.repeat(at_ends(ZIGZAG), 2)[1:].tolist(), interval=30)]
    measurement = measured(past, tick=tick, probed="{probe: up}", rated="{promql: {ratio: up, of: good}}")
    assert sum(row(measurement, "probed", "total")) == TICKS
    assert sum(row(measurement, "probed", "bad")) == pytest.approx(TICKS / 2)
    assert sum(row(measurement, "rated", "total")) == TICKS


@pytest.mark.parametrize("interval", [15, 120])
def test_a_slice_is_judged_by_the_last_value_in_it_whatever_the_scrape_interval(measured, interval):
    values = np.random.default_rng(interval).integers(0, 2, TICK * TICKS // interval + 1).astype(float)
    past = [gauge("up", 'job="probed"', values.tolist(), interval=interval)]
    measurement = measured(past, probed="{probe: up}")
    last = values[(ENDS - START) // interval]
    assert row(measurement, "probed", "bad") == (1 - last).tolist()
    assert row(measurement, "probed", "total") == [1.0] * TICKS


@pytest.mark.parametrize(
    ("bad_when", "bad"),
    [
        pytest.param("any", [1, 1, 1, 0], id="any"),
        pytest.param("all", [1, 0, 0, 0], id="all"),
        pytest.param("avg", [1, 1, 0, 0], id="avg"),
        pytest.param("sum", [1, 1, 1, 1], id="sum"),
    ],
)
def test_several_series_are_one_slice(measured, bad_when, bad):
    columns = [(20, 20, 20), (30, 5, 5), (20, 1, 1), (4, 4, 4)]  # at most 10 each is good
    past = [
        gauge("depth", f'job="queue",shard="{shard}"', at_ends([float(c[shard]) for c in columns]))
        for shard in range(3)
    ]
    sli = f"{{threshold: {{metric: depth, op: '<=', value: 10, bad_when: {bad_when}}}}}"
    measurement = measured(past, queue=sli)
    assert row(measurement, "queue", "bad") == [float(bad[number % 4]) for number in range(1, TICKS + 1)]
    assert row(measurement, "queue", "total") == [1.0] * TICKS


@pytest.mark.parametrize(
    ("op", "good"),
    [("<", [1]), ("<=", [1, 2]), (">", [3]), (">=", [2, 3]), ("==", [2]), ("!=", [1, 3])],
)
def test_a_slice_is_good_while_the_comparison_holds(measured, op, good):
    past = [gauge("depth", 'job="queue"', at_ends([1.5, 2.5, 3.5]))]
    measurement = measured(past, queue=f"{{threshold: {{metric: depth, op: '{op}', value: 2.5}}}}")
    judged = [0.0 if number % 3 + 1 in good else 1.0 for number in range(1, TICKS + 1)]
    assert row(measurement, "queue", "bad") == judged


@ON_PROMETHEUS
def test_a_value_that_is_not_a_number_is_missing_and_an_infinite_one_is_a_value(measured):
    past = [gauge("depth", 'job="queue"', at_ends([float("nan"), float("inf"), -5.0]))]
    measurement = measured(past, queue="{threshold: {metric: depth, op: '<', value: -4.5}}")
    assert row(measurement, "queue", "bad") == [1.0, 0.0, 0.0] * (TICKS // 3)
    assert row(measurement, "queue", "total") == [1.0, 1.0, 0.0] * (TICKS // 3)


def test_data_is_stale_from_its_bound_on_by_time_and_by_age(measured):
    imports = [float(START - 1200)] + [float(START + number // 15 * 900) for number in range(TICKS)]
    ages = [START + 60 * number - imports[number] for number in range(TICKS + 1)]
    past = [
        gauge("last_import_timestamp_seconds", 'job="stamped"', imports),
        gauge("import_age_seconds", 'job="aged"', ages),
    ]
    measurement = measured(
        past,
        stamped="{freshness: {timestamp: last_import_timestamp_seconds, below: 10m}}",
        aged="{freshness: {age: import_age_seconds, below: 10m}}",
    )
    truth = [1.0 if age > 600 else 0.0 for age in ages[1:]]
    assert row(measurement, "stamped", "bad") == row(measurement, "aged", "bad") == truth
    assert 0 < sum(truth) < TICKS


def test_a_queue_is_bad_while_it_is_too_long_too_old_or_too_far_behind(measured):
    lengths, ages = at_ends([99.0, 100.0, 101.0]), at_ends([299.5, 300.0, 300.5])
    past = [
        gauge("backlog", 'job="long"', lengths),
        gauge("oldest_seconds", 'job="old"', ages),
        *(gauge("lag", f'job="behind",partition="{n}"', at_ends([33.0, 33.3, 33.5])) for n in range(3)),
    ]
    measurement = measured(
        past,
        long="{queue: {backlog: backlog, below: 100}}",
        old="{queue: {oldest_age: oldest_seconds, below: 5m}}",
        behind="{queue: {lag: lag, below: 100, bad_when: sum}}",
    )
    for name in ("long", "old", "behind"):
        assert row(measurement, name, "bad") == [0.0, 1.0, 0.0] * (TICKS // 3), name


def test_own_expressions_are_asked_tick_by_tick(measured):
    every, failed = np.full(TICKS + 1, 10), np.full(TICKS + 1, 3)
    failed[:31] = 0
    idle = np.array([10] * 31 + [0] * 30)
    ratios = at_ends([0.25, 0.5, 1.5, -0.5])
    past = [
        counter("jobs_total", 'job="counted"', every),
        counter("jobs_failed_total", 'job="counted"', failed),
        counter("idle_total", 'job="idle"', idle),
        gauge("success_ratio", 'job="rated"', ratios),
    ]
    measurement = measured(
        past,
        counted="{promql: {bad: 'jobs_failed_total - jobs_failed_total offset $window', "
        "total: 'jobs_total - jobs_total offset $window'}}",
        capped="{promql: {bad: '3 * (jobs_total - jobs_total offset $window)', "
        "total: 'jobs_total - jobs_total offset $window'}}",
        unborn="{promql: {bad: 'no_such_total', total: 'jobs_total - jobs_total offset $window'}}",
        nothing="{promql: {bad: 'no_such_total', total: 'no_such_total'}}",
        rated="{promql: {ratio: success_ratio, of: good}}",
        weighted="{promql: {ratio: success_ratio, of: bad, total: 'jobs_total - jobs_total offset $window'}}",
        idle="{promql: {ratio: success_ratio, of: bad, total: 'idle_total - idle_total offset $window'}}",
    )
    assert row(measurement, "counted", "bad") == failed[1:].tolist()
    assert row(measurement, "counted", "total") == row(measurement, "unborn", "total") == [10.0] * TICKS
    assert row(measurement, "capped", "bad") == row(measurement, "capped", "total")
    assert sum(row(measurement, "unborn", "bad")) == 0
    assert sum(row(measurement, "nothing", "measured")) + sum(row(measurement, "nothing", "idle")) == 0
    # Above 1 and below 0 are 1 and 0.
    assert row(measurement, "rated", "bad")[:4] == [0.5, 0.0, 1.0, 0.75]
    assert row(measurement, "rated", "total")[:4] == [1.0, 1.0, 1.0, 1.0]
    assert row(measurement, "weighted", "bad")[:4] == [5.0, 10.0, 0.0, 2.5]
    assert row(measurement, "weighted", "measured")[:4] == [60.0, 60.0, 60.0, 60.0]
    assert row(measurement, "idle", "idle")[30:] == [60.0] * 30


@ON_PROMETHEUS
def test_a_ratio_that_is_not_a_number_says_that_nothing_happened(measured):
    past = [
        counter("jobs_total", 'job="counted"', np.full(TICKS + 1, 10)),
        gauge("success_ratio", 'job="rated"', at_ends([0.25, float("nan")])),
    ]
    measurement = measured(
        past,
        rated="{promql: {ratio: success_ratio, of: good}}",
        weighted="{promql: {ratio: success_ratio, of: bad, total: 'jobs_total - jobs_total offset $window'}}",
    )
    assert row(measurement, "rated", "total")[:2] == [0.0, 1.0]
    assert row(measurement, "rated", "idle")[:2] == [60.0, 0.0]
    assert row(measurement, "weighted", "bad")[:2] == [0.0, 2.5]
    assert row(measurement, "weighted", "measured")[:2] == [0.0, 60.0]


def test_an_expression_that_the_server_refuses_fails_alone(measured):
    past = [
        gauge("up", 'job="fine"', at_ends([1.0])),
        *(gauge("shards", f'shard="{shard}"', at_ends([1.0])) for shard in range(2)),
    ]
    broken = "{promql: {ratio: 'shards * on () shards', of: bad}}"
    measurement = measured(past, fine="{probe: up}", broken=broken)
    assert {failure.slos for failure in measurement.failures} == {("broken/slo",)}
    assert re.search("matching|duplicate time series", measurement.failures[0].message)
    assert row(measurement, "fine", "total") == [1.0] * TICKS
    assert sum(row(measurement, "broken", "measured")) == 0


FORMS = {
    "counted": "{promql: {bad: 'sum(increase(failed_total{job=\"$job\"}[$window]))', total: 'sum(increase(jobs_total{job=\"$job\"}[$window]))'}}",
    "by_pod": "{promql: {bad: 'max by (pod) (failed_total{job=\"$job\"}) > 40', total: 'count(jobs_total{job=\"$job\"})'}}",
    "matched": "{promql: {bad: 'failed_total{job=\"$job\"} / on (pod) group_left (zone) jobs_total{job=\"$job\"}', total: 'sum(jobs_total{job=\"$job\"}) / 10'}}",
    "rated": "{promql: {ratio: 'sum(failed_total{job=\"$job\"}) / sum(jobs_total{job=\"$job\"})', of: bad}}",
    "weighted": "{promql: {ratio: 'avg(failed_total{job=\"$job\"} < bool 40)', of: good, total: 'sum(increase(jobs_total{job=\"$job\"}[$window]))'}}",
}  # fmt: skip
JOBS = {"alpha": 3, "beta.1": 7, "gamma": 0}
"""How many fail a scrape; the last has no such series."""


def test_expressions_that_are_asked_together_count_what_each_counts_alone(measured):
    random = np.random.default_rng(11)
    past = [
        counter(metric, f'job="{job}",pod="{pod}",zone="eu"', random.poisson(rate, TICKS + 1))
        for job, failing in JOBS.items()
        for metric, rate in (("jobs_total", 30), ("failed_total", failing))
        for pod in ("a", "b")
        if rate
    ]
    of_job = {
        job: {f"{form}_{number}": text.replace("$job", job) for form, text in FORMS.items()}
        for number, job in enumerate(JOBS)
    }
    together = measured(past, **{name: text for slis in of_job.values() for name, text in slis.items()})
    for slis in of_job.values():
        alone = measured(past, **slis)
        for name in (each.replace("_", "-") for each in slis):
            for field in ("bad", "total", "measured", "idle"):
                assert row(together, name, field) == pytest.approx(row(alone, name, field)), (name, field)
    for form in FORMS:
        assert sum(row(together, f"{form.replace('_', '-')}-1", "bad")) > 0
        assert sum(row(together, f"{form.replace('_', '-')}-0", "total")) > 0
