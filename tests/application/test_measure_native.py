"""Native histograms in a real Prometheus, whose every event is known: ticks and recorded rules count them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
import requests
from support.catalogs import a_service, a_squad, an_slo, parse_sli
from support.native_histograms import FLAGS, STALE, Histogram, bound, write
from support.prometheus import prometheus
from support.servers import VICTORIA_METRICS, serving
from support.truth import Counter

from observatory.adapters.clock import SystemClock
from observatory.adapters.prometheus import PrometheusSource
from observatory.application import rounds
from observatory.application.measure import Measure
from observatory.catalog import ServiceSlo
from observatory.outputs.dashboards.traffic import RATE, bad_rate, quantile, total_rate
from observatory.outputs.rules.counting import bad_events, narrowed, total_events
from observatory.planning import plan

START = 1_780_000_000 // 3600 * 3600
INTERVAL, TICK, TICKS = 15, 60, 40
SCRAPES = TICKS * TICK // INTERVAL + 1
FAST, NEARLY, NEAR, SLOW = 0.1, 0.28, 0.33, 0.9
"""Seconds; `NEAR` lies in the bucket that 300 ms lie in, and `NEARLY` in the one below."""
WIDENED = 82
ON_A_BOUND = "{latency: {native_histogram: took_seconds, below: 250ms}}"
IN_A_BUCKET = "{latency: {native_histogram: took_seconds, below: 300ms}}"


@dataclass
class Process:
    """What one process observes before each scrape, by duration, and what becomes of it."""

    job: str
    events: Mapping[float, np.ndarray]
    pod: str = "a"
    since: int = 0
    until: int = SCRAPES
    restarts: tuple[int, ...] = ()
    unseen: tuple[int, int] = (0, 0)
    """From this scrape on, and up to that one, scrapes fail while the process goes on."""
    widens: int | None = None
    """The scrape before which its buckets get wider."""

    def samples(self):
        """(scrape, histogram) of each scrape; stale when there is none any more."""
        for scrape, histogram in self._histograms():
            if not self.unseen[0] <= scrape < self.unseen[1]:
                yield scrape, replace(histogram, counts=dict(histogram.counts))
            elif scrape == self.unseen[0]:
                yield scrape, Histogram({}, STALE)
        if self.until < SCRAPES:
            yield self.until, Histogram({}, STALE)

    def _histograms(self):
        histogram = Histogram({})
        for scrape in range(self.since, self.until):
            if scrape in self.restarts:
                histogram = Histogram({})
            for seconds, counts in self.events.items():
                for _ in range(counts[scrape]):
                    histogram.observe(seconds)
            if scrape == self.widens:
                histogram.widen()
            yield scrape, histogram

    def counted(self, *, above=0.0):
        """(TICKS,) events that took longer."""
        events = sum(counts for seconds, counts in self.events.items() if seconds > above)
        life = {"since": self.since, "until": self.until, "restarts": self.restarts, "unseen": self.unseen}
        return Counter("", "", events, **life).counted(interval=INTERVAL, tick=TICK, ticks=TICKS)


def traffic(seed, *durations):
    random = np.random.default_rng(seed)
    return {seconds: random.poisson(4 / (number + 1), SCRAPES) for number, seconds in enumerate(durations)}


def born_with_errors():
    """A new pod every ten minutes, some scrapes off the ticks; most of what fails does so before its first scrape."""
    for number, since in enumerate(range(0, SCRAPES - 1, 43)):
        events = traffic(number, FAST, SLOW)
        events[SLOW][since] = 9
        yield Process(
            "born",
            events,
            pod=f"pod-{number}",
            since=since + 2 * bool(number),
            until=min(since + 43, SCRAPES),
        )


def late():
    """Nothing happens for ten minutes: a histogram that is empty."""
    events = traffic(3, FAST, SLOW)
    for counts in events.values():
        counts[:40] = 0
    return Process("late", events)


def recovered():
    """Slow until it restarts within a tick; then it has soon been fast more often than ever, though it did less in all."""
    scrapes = np.arange(SCRAPES)
    return Process(
        "recovered",
        {FAST: np.where(scrapes < 50, 0, 20), SLOW: np.where(scrapes < 50, 30, 0)},
        restarts=(50,),
    )


PROCESSES = (
    Process("steady", traffic(1, FAST, SLOW)),
    Process("steady", traffic(2, FAST, SLOW), pod="b"),
    Process("restarted", traffic(4, FAST, SLOW), restarts=(50, 94, 121)),
    *born_with_errors(),
    late(),
    recovered(),
    Process("away", traffic(6, FAST, SLOW), unseen=(58, 90)),
    Process("near", traffic(5, FAST, NEAR, SLOW)),
    Process("widened-to-slower", traffic(7, NEARLY, NEAR, FAST), widens=WIDENED),
    Process("widened-to-faster", traffic(8, NEAR), widens=WIDENED),
)
EXACT = ("steady", "restarted", "born", "late", "recovered", "away")
JOBS = {process.job: ON_A_BOUND if process.job in EXACT else IN_A_BUCKET for process in PROCESSES}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    samples = [
        (scrape, process, histogram) for process in PROCESSES for scrape, histogram in process.samples()
    ]
    with prometheus(tmp_path_factory.mktemp("native"), flags=FLAGS) as url:
        for scrape, process, histogram in sorted(samples, key=lambda sample: sample[0]):
            labels = {"__name__": "took_seconds", "job": process.job, "pod": process.pod}
            write(url, labels, START + INTERVAL * scrape, histogram)
        yield url


def entries():
    services = [
        a_service(job, selector={"job": job}, slos=(an_slo("slo", sli=parse_sli(sli)),))
        for job, sli in JOBS.items()
    ]
    return [ServiceSlo(a_squad(), service, service.slos[0]) for service in services]


def rows(url, expr):
    """(TICKS,) what a recording rule that runs at the end of each tick records; 0 where it records nothing."""
    asked = {"query": expr, "start": START + TICK, "end": START + TICK * TICKS, "step": TICK}
    answer = requests.post(f"{url}/api/v1/query_range", asked, timeout=30).json()
    assert answer["status"] == "success", answer
    recorded = np.zeros(TICKS)
    for series in answer["data"]["result"]:
        for at, value in series["values"]:
            recorded[(at - START) // TICK - 1] += float(value)
    return recorded.tolist()


@pytest.fixture(scope="module")
def measurement(url):
    ask = Measure(PrometheusSource(url), SystemClock())
    return ask(plan(entries(), tick=TICK), after=START, until=START + TICK * TICKS)


def measured(measurement, job):
    column = measurement.buckets.slos.index(f"{job}/slo")
    return measurement.buckets.bad[:, column].tolist(), measurement.buckets.total[:, column].tolist()


def truth(job, *, above):
    processes = [process for process in PROCESSES if process.job == job]
    return sum(process.counted(above=above) for process in processes).tolist()


@pytest.mark.parametrize("job", EXACT)
def test_every_event_is_counted_once_in_its_tick(measurement, job):
    assert not measurement.failures
    assert measured(measurement, job) == (truth(job, above=0.25), truth(job, above=0))


def test_a_long_past_is_asked_in_pieces_and_is_the_same(url, measurement, monkeypatch):
    monkeypatch.setattr(rounds, "MOST_NATIVE", 7)
    ask = Measure(PrometheusSource(url), SystemClock())
    pieces = ask(plan(entries(), tick=TICK), after=START, until=START + TICK * TICKS)
    assert pieces.buckets.bad.tolist() == measurement.buckets.bad.tolist()
    assert pieces.buckets.total.tolist() == measurement.buckets.total.tolist()


def test_a_bound_within_a_bucket_is_wrong_by_no_more_than_what_lies_in_that_bucket(measurement):
    bad, total = measured(measurement, "near")
    assert total == truth("near", above=0)
    assert all(count == round(count) for count in bad)
    assert np.all(np.array(bad) <= np.array(truth("near", above=0.25)) + 1)
    assert np.all(np.array(bad) >= np.array(truth("near", above=0.35)) - 1)


@pytest.mark.parametrize(("job", "all_bad"), [("widened-to-slower", 1), ("widened-to-faster", 0)])
def test_wider_buckets_make_no_event_that_there_was_not(measurement, job, all_bad):
    """300 ms lie in another bucket then, which moves all that the process ever counted within them."""
    bad, total = measured(measurement, job)
    assert total == truth(job, above=0)
    assert all(0 <= count <= of for count, of in zip(bad, total, strict=True))
    moved = WIDENED * INTERVAL // TICK
    assert bad[moved] == all_bad * total[moved]
    slow = truth(job, above=0.3)
    assert sum(bad[:moved]) == pytest.approx(sum(slow[:moved]), rel=0.1)


@pytest.mark.parametrize("job", ["steady", "born", "late", "away"])
def test_recorded_rules_count_what_the_ticks_count(url, job):
    sli = narrowed(parse_sli(JOBS[job]), {"job": job})
    total = total_events(sli)
    assert rows(url, total) == truth(job, above=0)
    assert rows(url, bad_events(sli, total=f"({total})")) == truth(job, above=0.25)


def test_recorded_rules_take_what_a_restarted_process_counts_anew(url):
    sli = narrowed(parse_sli(ON_A_BOUND), {"job": "restarted"})
    (process,) = [process for process in PROCESSES if process.job == "restarted"]
    unseen = sum(events[[49, 93]].sum() for events in process.events.values())
    """Scrapes of a tick before the process restarted in it."""
    assert sum(rows(url, total_events(sli))) == sum(truth("restarted", above=0)) - unseen


def test_panels_draw_rates_and_quantiles_of_a_native_histogram(url):
    """What is drawn is extrapolated; the rates are those of the events all the same."""
    sli = narrowed(parse_sli(ON_A_BOUND), {"job": "steady"})
    expressions = [total_rate(sli), bad_rate(sli), quantile(sli, "0.5")]
    total, bad, median = (np.array(rows(url, expr.replace(RATE, "10m"))[15:]) for expr in expressions)
    assert total * 600 == pytest.approx(windows("steady", above=0), rel=0.02)
    assert bad * 600 == pytest.approx(windows("steady", above=0.25), rel=0.05)
    assert np.all((bound(-14) < median) & (median < bound(-13)))


def windows(job, *, above, ticks=10):
    """Events of the last ten minutes, at the end of each tick but the first fifteen."""
    return np.convolve(truth(job, above=above), np.ones(ticks), mode="full")[15:TICKS]


def test_a_server_that_has_no_native_histograms_says_so(tmp_path):
    with serving(VICTORIA_METRICS, tmp_path) as url:
        measured = Measure(PrometheusSource(url), SystemClock())(
            plan(entries()[:1], tick=TICK), after=START, until=START + TICK
        )
    assert {slo for failure in measured.failures for slo in failure.slos} == {"steady/slo"}
    assert all("histogram_count" in failure.message for failure in measured.failures)
