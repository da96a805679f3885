from datetime import UTC, datetime, timedelta

import httpx2
import numpy as np
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from support.prometheus import prometheus

from observatory.sandbox.demo import history
from observatory.sandbox.demo.organisation import SERVICES
from observatory.sandbox.demo.remote_write import STALE
from observatory.sandbox.demo.services import Simulation
from observatory.sandbox.demo.trouble import Mode, Trouble

NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
MONTH = history.moments(NOW, timedelta(days=30))


@pytest.fixture(scope="module")
def series():
    return list(history.all_series(MONTH, seed=7))


def pick(series, name, **labels):
    wanted = {"__name__": name, **labels}.items()
    return [one for one in series if wanted <= one.labels.items()]


def increase(values):
    """What was counted, resets seen, gaps left out, and nothing before the first sample."""
    present = values[~np.isnan(values)]
    steps = np.diff(present, prepend=0.0)
    return np.where(steps < 0, present, steps).sum()


def error_ratio(series, service):
    requests = pick(series, "http_requests_total", job=service)
    bad = sum(increase(one.values) for one in requests if one.labels["code"] in {"500", "503"})
    return bad / sum(increase(one.values) for one in requests)


def slow_ratio(series, service, bound):
    part = "http_request_duration_seconds"
    fast = sum(increase(one.values) for one in pick(series, f"{part}_bucket", job=service, le=bound))
    return 1 - fast / sum(increase(one.values) for one in pick(series, f"{part}_count", job=service))


# Objectives and bounds are those of the example's catalog.
@pytest.mark.parametrize(
    ("service", "objective", "least", "most"),
    [
        pytest.param("discover", 99, 1.1, 2.5, id="breached"),
        pytest.param("search", 99.9, 0.75, 0.99, id="at risk"),
        pytest.param("playlist", 99.9, 0.1, 0.5, id="healthy"),
        pytest.param("collaboration", 99.5, 0.02, 0.3, id="healthy, with one incident"),
        pytest.param("playback", 99.95, 0.1, 0.4, id="healthy for availability"),
        pytest.param("lyrics", 99.5, 0.02, 0.3, id="healthy with few events"),
    ],
)
def test_availability_budgets_look_like_life(series, service, objective, least, most):
    assert least < error_ratio(series, service) / (1 - objective / 100) < most


@pytest.mark.parametrize(
    ("service", "objective", "bound", "least", "most"),
    [
        pytest.param("discover", 99, "1.0", 0, 0.1, id="discover"),
        pytest.param("search", 99, "0.2", 0.1, 0.5, id="search"),
        pytest.param("playlist", 99, "0.3", 0, 0.1, id="playlist"),
        pytest.param("collaboration", 99, "0.5", 0, 0.1, id="collaboration"),
        pytest.param("playback", 99.5, "0.2", 0.3, 0.8, id="a slow evening"),
        pytest.param("lyrics", 99, "0.5", 0, 0.1, id="lyrics"),
    ],
)
def test_latency_budgets_look_like_life(series, service, objective, bound, least, most):
    assert least <= slow_ratio(series, service, bound) / (1 - objective / 100) < most


def test_history_and_the_live_services_expose_the_same_series(series):
    simulation = Simulation(started=NOW, seed=1)
    simulation.break_service("playlist", Trouble(Mode.ERRORS, 0.5))
    for _ in range(2):
        simulation.step(now=NOW, elapsed=100_000 / 50)
    live = {
        (service.spec.name, sample.name, *sorted(sample.labels.items()))
        for service in simulation.services.values()
        for family in text_string_to_metric_families(generate_latest(service.registry).decode())
        for sample in family.samples
    }
    past = {
        (
            one.labels["job"],
            one.labels["__name__"],
            *sorted((k, v) for k, v in one.labels.items() if k not in target),
        )
        for one in series
        for target in [{"__name__", "job", "instance"}]
        if one.labels["__name__"] != "up"
    }

    assert live <= past
    rare = {"500", "503"}
    assert all(dict(labels)["code"] in rare for _, name, *labels in past - live)


def test_counters_fall_only_when_a_process_starts(series):
    for service in SERVICES:
        (starts,) = pick(series, "process_start_time_seconds", job=service.name)
        for one in pick(series, "http_requests_total", job=service.name, code="200"):
            values = np.where(
                np.isnan(one.values), np.nan, one.values
            )  # a staleness marker is a signalling NaN
            fell = np.flatnonzero(np.diff(values) < 0) + 1
            assert len(fell) > 40
            assert np.all(starts.values[fell] == MONTH[fell])


def test_a_histogram_is_cumulative_and_ends_in_its_count(series):
    buckets = pick(series, "http_request_duration_seconds_bucket", job="playback", route="/plays")
    values = np.stack([one.values for one in buckets])
    (count,) = pick(series, "http_request_duration_seconds_count", job="playback", route="/plays")

    assert [one.labels["le"] for one in buckets] == [
        "0.025",
        "0.05",
        "0.1",
        "0.2",
        "0.3",
        "0.5",
        "1.0",
        "2.5",
        "+Inf",
    ]
    assert np.all(np.diff(values, axis=0) >= 0)
    np.testing.assert_array_equal(values[-1], count.values)


def test_an_error_series_is_born_late(series):
    (late,) = pick(series, "http_requests_total", job="lyrics", code="503")
    born = np.flatnonzero(~np.isnan(late.values))[0]

    assert 2.5 < (NOW.timestamp() - MONTH[born]) / 86_400 < 3.5


def test_a_service_that_was_gone_leaves_a_gap_that_begins_with_a_staleness_marker(series):
    (up,) = pick(series, "up", job="lyrics")
    gap = np.flatnonzero(up.values == 0)
    (requests,) = pick(series, "http_requests_total", job="lyrics", code="200")

    assert len(gap) == 12
    assert np.all(np.isnan(requests.values[gap]))
    assert requests.values[gap[:1]].tobytes() == STALE.tobytes()
    assert requests.values[gap[1:2]].tobytes() != STALE.tobytes()


def test_the_same_seed_gives_the_same_month_and_another_seed_another(series):
    again = list(history.all_series(MONTH, seed=7))
    other = list(history.all_series(MONTH, seed=8))

    assert all(np.array_equal(a.values, b.values, equal_nan=True) for a, b in zip(series, again, strict=True))
    assert not np.array_equal(series[2].values, other[2].values)


def samples_of(url, name):
    query = {"query": f"sum(count_over_time({name}[3d]))", "time": NOW.timestamp()}
    answer = httpx2.get(f"{url}/api/v1/query", params=query).json()
    return int(answer["data"]["result"][0]["value"][1])


@pytest.mark.slow
def test_two_days_land_in_a_prometheus_store_and_no_sample_is_lost(tmp_path):
    length = timedelta(days=2)
    written = history.seed_store(tmp_path / "data", until=NOW, length=length, seed=7)
    expected = list(history.all_series(history.moments(NOW, length), seed=7))

    with prometheus(tmp_path, config="global: {}") as url:
        counted = sum(samples_of(url, name) for name in {one.labels["__name__"] for one in expected})

    assert counted == written
    assert written == sum(np.count_nonzero(~np.isnan(one.values)) for one in expected)
