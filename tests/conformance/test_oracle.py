"""Random services, evaluated by us and by a second implementation that knows only lists of events."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.conformance_gauges import a_gauge_service
from support.conformance_oracle import DAY, TIERS, Observed, expected, of_status
from support.conformance_worlds import (
    METHODS,
    OBJECTIVES,
    SLIS,
    ZONES,
    Event,
    Life,
    Promise,
    Service,
    a_service,
)
from support.servers import PROMETHEUS, SERVERS, serving

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.metrics import MemoryMetrics
from observatory.bootstrap import build_status
from observatory.settings import Settings

AT = 1_780_000_000 // DAY * DAY + 7 * 3600 + 23 * 60
MOMENT = datetime.fromtimestamp(AT, UTC)
TICK = 60
SERVICES = [
    *(a_service(number, at=AT) for number in range(36)),
    *(a_gauge_service(number, at=AT) for number in range(18)),
]
SQUAD = "apiVersion: observatory/v1\nkind: Squad\nname: playback\nslack: {channel: C0PLAYBACK0}\n"


def judged(
    services, *, prometheus_url="http://127.0.0.1:9", tick=TICK, moment=MOMENT, more=None, **replacements
):
    """What `observatory status` finds, from files to numbers; `more` files, by name."""
    with TemporaryDirectory() as folder:
        files = {"squad": SQUAD, **{one.name: one.definition() for one in services}, **(more or {})}
        for name, text in files.items():
            (Path(folder) / f"{name}.yml").write_text(text)
        settings = Settings(catalog=folder, prometheus_url=prometheus_url, tick=tick)
        return build_status(settings, **replacements)(moment)


def evaluated(services, **more):
    """The numbers alone."""
    return judged(services, **more).evaluation


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    return request.param


@pytest.fixture(scope="module")
def evaluation(server, tmp_path_factory):
    past = (series for service in SERVICES for series in service.series())
    with serving(server, tmp_path_factory.mktemp("server"), past) as url:
        yield evaluated(SERVICES, prometheus_url=url)


def is_written(service):
    """Whether its SLI is an expression of its own."""
    return service.name.endswith("-promql")


def assert_same(said, true, path=""):
    """Counts, times and tiers equal, ratios to the precision of a float."""
    match true:
        case dict():
            assert said.keys() == true.keys(), path
            for key, each in true.items():
                assert_same(said[key], each, f"{path}.{key}")
        case list() | tuple():
            assert len(said) == len(true), path
            for place, each in enumerate(true):
                assert_same(said[place], each, f"{path}[{place}]")
        case Fraction():
            assert said == pytest.approx(float(true), rel=1e-9, abs=1e-12), path
        case _:
            assert said == true, path


def assert_evaluated(evaluation, service, observe, *, tick):
    """`observe` says what can be known of the service at a moment."""
    observed = observe(int(evaluation.at.timestamp()))
    for slo in service.slos:
        assert_slo(evaluation, slo, observed, tick=tick)


def assert_slo(evaluation, slo, observed, *, tick):
    """All numbers of one SLO."""
    assert_status(evaluation.status(slo), evaluation.entry(slo).slo, observed, tick=tick)


def assert_status(status, promise, observed, *, tick, left_out=()):
    """All numbers, without the spans that are left out."""
    at = int(status.at.timestamp())
    true = expected(promise, observed, at=at, tick=tick, clumps=status.dispersion, left_out=left_out)
    assert_same(of_status(promise, status), asdict(true), status.slo)


@pytest.mark.slow
@pytest.mark.parametrize(
    "service", [pytest.param(one, id=one.name) for one in SERVICES if not is_written(one)]
)
def test_the_server_gives_what_counting_event_by_event_gives(evaluation, service):
    assert_evaluated(evaluation, service, lambda at: service.observed(tick=TICK, at=at), tick=TICK)


@pytest.mark.slow
@pytest.mark.parametrize("server", [PROMETHEUS], indirect=True)
@pytest.mark.parametrize("service", [pytest.param(one, id=one.name) for one in SERVICES if is_written(one)])
def test_what_a_squad_wrote_gives_what_counting_event_by_event_gives(evaluation, service):
    """Asked as it is; and how old a sample of a plain selector may be, VictoriaMetrics has its own idea of."""
    assert_evaluated(evaluation, service, lambda at: service.observed(tick=TICK, at=at), tick=TICK)


def test_the_random_services_are_of_every_sort(evaluation):
    """Otherwise agreeing would prove little."""
    statuses = evaluation.statuses().values()
    assert {tier.name for one in statuses for tier in one.tiers if tier.firing} == set(TIERS)
    assert {one.since is None for one in statuses} == {True, False}
    assert {one.remaining < 0 for one in statuses if one.remaining is not None} == {True, False}
    assert sum(one.coverage < 1 for one in statuses if one.coverage is not None) > len(statuses) // 10


COARSE = 300
BEGINNINGS = [
    datetime(2026, 6, 1, tzinfo=ZoneInfo("Asia/Kolkata")),
    datetime(2026, 3, 29, 23, tzinfo=ZoneInfo("Europe/Stockholm")),
    datetime(2026, 11, 1, tzinfo=ZoneInfo("America/St_Johns")),
]
"""Of months and weeks, and days of 23 and 25 hours."""
ats = st.one_of(
    st.just(AT),
    st.builds(
        lambda begin, later: int(begin.timestamp()) + later * COARSE,
        st.sampled_from(BEGINNINGS),
        st.integers(0, 2 * DAY // COARSE),
    ),
)
ago = st.sampled_from([600, 7200, 4 * DAY]).flatmap(lambda longest: st.integers(-COARSE, longest))
an_event = st.tuples(ago, st.booleans(), st.sampled_from([0.1, 0.3, 0.5]))
windows = st.one_of(
    st.integers(1, 7).map(lambda days: f"{days}d"),
    st.builds(
        lambda calendar, zone: f"{{calendar: {calendar}, timezone: {zone}}}",
        st.sampled_from(["week", "week", "week", "month"]),
        st.sampled_from(ZONES),
    ),
)
coarse_methods = [method for method in METHODS if "1m" not in method]
promises = st.builds(
    Promise,
    st.sampled_from(OBJECTIVES),
    windows,
    st.sampled_from(["exact", "classic"]),
    st.sampled_from(coarse_methods),
    windows.map(lambda window: f"[8d, {window}]"),
).filter(lambda promise: promise.window not in promise.more)
catalogs = st.lists(
    st.tuples(
        st.sampled_from(sorted(SLIS)),
        st.lists(promises, min_size=1, max_size=2),
        st.one_of(st.just(9 * DAY), ago),
        st.lists(an_event, max_size=40),
    ),
    min_size=1,
    max_size=4,
)


def services_of(rows, at):
    """Services with one process each, and the moments of their events."""
    services = []
    for number, (kind, made, age, drawn) in enumerate(rows):
        start = at - age
        events = [Event(at - before, bad, seconds) for before, bad, seconds in drawn if at - before > start]
        services.append(Service(f"service-{number}", kind, made, [Life("a", start, at + DAY, events)]))
    return services


def in_memory(services):
    metrics = MemoryMetrics()
    for service in services:
        (life,) = service.lives
        for metric, labels, counted, _ in service.counters(life):
            metrics.count(metric, labels, {int(life.start): 0, int(life.end): 0} | Counter(counted))
    return metrics


def as_known(service):
    (life,) = service.lives
    total = [event.at for event in life.events]
    bad = [event.at for event in life.events if service.is_bad(event)]
    return lambda _: Observed(total, bad, lambda moment: moment >= life.start)


@settings(max_examples=20, deadline=None, derandomize=True, phases=(Phase.generate, Phase.shrink))
@given(catalogs, ats)
def test_any_catalog_gives_what_counting_event_by_event_gives(rows, at):
    services = services_of(rows, at)
    moment = datetime.fromtimestamp(at, UTC)
    evaluation = evaluated(
        services, moment=moment, source=in_memory(services), clock=ManualClock(moment), tick=COARSE
    )
    for service in services:
        assert_evaluated(evaluation, service, as_known(service), tick=COARSE)
