"""Random services, evaluated by us and by a second implementation that knows only lists of events."""

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conformance_oracle import DAY, TIERS, Observed, expected, of_status
from support.conformance_worlds import OBJECTIVES, SLIS, Event, Life, Promise, Service, a_service
from support.prometheus import prometheus, write_past

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.metrics import MemoryMetrics
from observatory.bootstrap import build_status
from observatory.settings import Settings

AT = 1_780_000_000 // DAY * DAY + 7 * 3600 + 23 * 60
MOMENT = datetime.fromtimestamp(AT, UTC)
TICK = 60
SERVICES = [a_service(number, at=AT) for number in range(36)]
SQUAD = "apiVersion: observatory/v1\nkind: Squad\nname: playback\nslack: {channel: C0PLAYBACK0}\n"


def evaluated(services, *, prometheus_url="http://127.0.0.1:9", tick=TICK, **replacements):
    """What `observatory status` evaluates, from files to numbers."""
    with TemporaryDirectory() as folder:
        for name, text in {"squad": SQUAD, **{one.name: one.definition() for one in services}}.items():
            (Path(folder) / f"{name}.yml").write_text(text)
        settings = Settings(catalog=folder, prometheus_url=prometheus_url, tick=tick)
        return build_status(settings, **replacements)(MOMENT)


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prometheus")
    write_past(folder / "data", (series for service in SERVICES for series in service.series()))
    with prometheus(folder) as url:
        yield evaluated(SERVICES, prometheus_url=url)


def assert_same(said, true):
    """Counts, times and tiers equal, ratios to the precision of a float."""
    for name, value in said.items():
        assert approximately(getattr(true, name)) == value, name


def approximately(value):
    match value:
        case Fraction():
            return pytest.approx(float(value), rel=1e-9, abs=1e-12)
        case dict():
            return {key: approximately(each) for key, each in value.items()}
        case tuple():
            return tuple(approximately(each) for each in value)
    return value


def assert_evaluated(evaluation, service, observed, *, tick):
    for slo in service.slos:
        status = evaluation.status(slo)
        promise = evaluation.entry(slo).slo
        true = expected(promise, observed, at=AT, tick=tick, clumps=status.dispersion)
        assert_same(of_status(status), true)


@pytest.mark.slow
@pytest.mark.parametrize("service", [pytest.param(one, id=one.name) for one in SERVICES])
def test_prometheus_gives_what_counting_event_by_event_gives(evaluation, service):
    assert_evaluated(evaluation, service, service.observed(tick=TICK, at=AT), tick=TICK)


def test_the_random_services_are_of_every_sort(evaluation):
    """Otherwise agreeing would prove little."""
    statuses = evaluation.statuses().values()
    assert {tier.name for one in statuses for tier in one.tiers if tier.firing} == set(TIERS)
    assert {one.since is None for one in statuses} == {True, False}
    assert {one.remaining < 0 for one in statuses if one.remaining is not None} == {True, False}
    assert sum(one.coverage < 1 for one in statuses if one.coverage is not None) > len(statuses) // 10


COARSE = 300
moments = st.sampled_from([600, 7200, 4 * DAY]).flatmap(lambda ago: st.integers(AT - ago, AT + COARSE))
a_life = st.builds(
    lambda start, events: Life("a", start, AT + DAY, [one for one in events if one.at > start]),
    st.one_of(st.just(AT - 9 * DAY), moments),
    st.lists(st.builds(Event, moments, st.booleans(), st.sampled_from([0.1, 0.3, 0.5])), max_size=40),
)
promises = st.builds(
    Promise, st.sampled_from(OBJECTIVES), st.integers(1, 7), st.sampled_from(["exact", "classic"])
)
services = st.lists(
    st.tuples(st.sampled_from(sorted(SLIS)), st.lists(promises, min_size=1, max_size=3), a_life),
    min_size=1,
    max_size=5,
).map(
    lambda rows: [
        Service(f"service-{number}", kind, made, [life]) for number, (kind, made, life) in enumerate(rows)
    ]
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(services)
def test_any_catalog_gives_what_counting_event_by_event_gives(services):
    metrics = MemoryMetrics()
    for service in services:
        (life,) = service.lives
        for metric, labels, counted, _ in service.counters(life):
            metrics.count(metric, labels, {int(life.start): 0, int(life.end): 0} | Counter(counted))
    evaluation = evaluated(services, source=metrics, clock=ManualClock(MOMENT), tick=COARSE)
    for service in services:
        (life,) = service.lives
        total = [event.at for event in life.events]
        bad = [event.at for event in life.events if service.is_bad(event)]
        observed = Observed(total, bad, lambda moment, life=life: moment >= life.start)
        assert_evaluated(evaluation, service, observed, tick=COARSE)
