"""The demo world's last month, as the live services would have exposed it, put into a Prometheus store.

Remote write in the order of time, into a Prometheus that scrapes nothing yet: it needs no out-of-order window.
(Measured with 13 million samples in Prometheus 2.42: writing takes 8 s either way, but out-of-order samples stay
in small chunks, and one query over the month then takes 50 s instead of 0.7 s.)
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import numpy as np
from numpy.typing import NDArray

from observatory.sandbox.demo import traffic
from observatory.sandbox.demo.incidents import conditions
from observatory.sandbox.demo.organisation import BUCKETS, SERVICES, DemoService
from observatory.sandbox.demo.processes import port_for
from observatory.sandbox.demo.prometheus import RECEIVING, running_prometheus
from observatory.sandbox.demo.remote_write import Series, with_ends, write
from observatory.sandbox.demo.traffic import Condition, Counts, Floats

STEP = timedelta(seconds=60)

_DEPLOY_HOURS = (9.2, 13.1, 16.4)  # UTC, on working days
_DAY = 86_400
_MOMENTS_PER_REQUEST = 120


def seed_store(store: Path, *, until: datetime, length: timedelta, seed: int) -> int:
    """Fill an empty Prometheus data folder with the `length` of time that ends at `until`; returns the samples written.

    Raises:
        Unavailable: Prometheus did not start, or went away.
        DefinitionError: Prometheus is not installed.
    """
    at = moments(until, length)
    series = list(all_series(at, seed=seed))
    times = (at * 1000).astype(np.int64)
    with (
        running_prometheus(store, config="", port=port_for(0), flags=RECEIVING) as (_, url),
        httpx2.Client(base_url=url, timeout=60) as client,
    ):
        for start in range(0, len(times), _MOMENTS_PER_REQUEST):
            part = slice(start, start + _MOMENTS_PER_REQUEST)
            write(client, [Series(one.labels, one.values[part]) for one in series], times[part])
    return sum(int(np.count_nonzero(~np.isnan(one.values))) for one in series)


def moments(until: datetime, length: timedelta) -> Floats:
    """The times of the samples, Unix seconds: every whole `STEP` of the `length` of time up to `until`."""
    step = STEP.total_seconds()
    end = until.timestamp() // step * step
    return np.arange(end - length.total_seconds(), end, step) + step


def all_series(at: Floats, *, seed: int) -> Iterator[Series]:
    """Every series of every service `at` these moments (Unix seconds, evenly spaced)."""
    felt = traffic.passed_on(conditions(at, until=float(at[-1])))
    for service in SERVICES:
        # A service's own stream: what happens to one changes nothing of another.
        rng = np.random.default_rng([seed, *service.name.encode()])
        target = {"job": service.name, "instance": service.instance}
        condition = felt[service.name]
        yield Series({"__name__": "up", **target}, condition.up.astype(np.float64))
        for name, labels, values in _exposed(service, at, condition, rng):
            scraped = with_ends(np.where(condition.up, values, np.nan))
            yield Series({"__name__": name, **labels, **target}, scraped)


_Exposed = tuple[str, Mapping[str, str], Floats]


def _exposed(
    service: DemoService, at: Floats, condition: Condition, rng: np.random.Generator
) -> Iterator[_Exposed]:
    """What the service's /metrics would have said: name, labels, value at every moment."""
    deployed = _deploys(at, rng) | _came_back(condition)
    starts = np.maximum.accumulate(np.where(deployed, at, at[0]))
    yield "process_start_time_seconds", {}, starts
    expected = traffic.expected_rate(service, at) * STEP.total_seconds()
    for number, part in enumerate(traffic.draw(service, expected, condition, rng)):
        if number == 0:
            yield service.behaviour, {}, _counter(part.succeeded, deployed)
        for code, counts in part.by_code.items():
            labels = {"method": part.route.method, "route": part.route.path, "code": code}
            yield "http_requests_total", labels, _born_on_first_use(_counter(counts, deployed))
        yield from _histogram(part, condition, deployed, rng)


def _histogram(
    part: traffic.RouteTraffic, condition: Condition, deployed: NDArray[np.bool_], rng: np.random.Generator
) -> Iterator[_Exposed]:
    requests = part.requests
    buckets = rng.multinomial(requests, traffic.bucket_shares(part.route, condition.slowdown))
    counters = _counter(buckets.cumsum(axis=1), deployed)
    route = {"route": part.route.path}
    name = "http_request_duration_seconds"
    for bound, counter in zip((*BUCKETS, np.inf), counters.T, strict=True):
        le = "+Inf" if bound == np.inf else str(bound)
        yield f"{name}_bucket", {**route, "le": le}, np.ascontiguousarray(counter)
    yield f"{name}_count", route, np.ascontiguousarray(counters[:, -1])
    seconds = requests * traffic.mean_duration(part.route, condition.slowdown)
    yield f"{name}_sum", route, _counter(seconds, deployed)


def _deploys(at: Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    """True at the first moment of every new process: a few deploys each working day, never quite on the hour."""
    days = np.unique(at // _DAY)
    working = days[(days + 3) % 7 < 5]  # noqa: PLR2004 - the epoch was a Thursday; Saturday is 5
    planned = working[:, np.newaxis] * _DAY + np.array(_DEPLOY_HOURS) * 3600
    done = planned + rng.uniform(-1800, 1800, planned.shape)
    first = np.searchsorted(at, np.sort(done, axis=None))
    deployed = np.zeros(len(at), dtype=np.bool_)
    deployed[first[(first > 0) & (first < len(at))]] = True
    return deployed


def _came_back(condition: Condition) -> NDArray[np.bool_]:
    """True where a service that was down is up again: that is a new process too."""
    up = condition.up
    return np.concatenate([[False], up[1:] & ~up[:-1]])


def _counter(counts: Counts | Floats, restarted: NDArray[np.bool_]) -> Floats:
    """Running sums along the first axis that begin anew at every restart."""
    running = np.cumsum(counts, axis=0, dtype=np.float64)
    shape = (-1,) + (1,) * (running.ndim - 1)
    before = np.where(restarted.reshape(shape), running - counts, 0.0)
    result: Floats = running - np.maximum.accumulate(before, axis=0)
    return result


def _born_on_first_use(counter: Floats) -> Floats:
    """A labelled counter does not exist before its first event, nor after a restart until the next."""
    return np.where(counter > 0, counter, np.nan)
