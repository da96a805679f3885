"""What users do and what they get back: the same arithmetic for a month of history and for the next quarter of a second."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from observatory.sandbox.demo.organisation import BUCKETS, SERVICES, DemoService, Route

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SPREAD = 0.5
"""Sigma of the log-normal durations: one request in a hundred takes more than 3.2 times the median."""

_HOUR = 3600
_DAY = 24 * _HOUR
_BUSIEST = 18 * _HOUR
_SWING = 0.6
_WEEKEND = 1.15
_NOT_FOUND = 0.004

# A caller has caches and fallbacks: of a dependency's failures only these shares reach its own users. At an
# objective of 99.9 % a dependency that is gone burns the caller's budget at 2, far from any page.
_FAILURES_PASSED_ON = 0.002
_SLOWNESS_PASSED_ON = 0.02


@dataclass(frozen=True, slots=True)
class Condition:
    """How a service is doing, at every moment of the same array of moments."""

    failing: Floats
    """Share of requests that fail, beyond the background."""
    slowdown: Floats
    """Factor on every duration."""
    demand: Floats
    """Factor on the number of requests that arrive."""
    up: NDArray[np.bool_]

    @classmethod
    def calm(cls, moments: int) -> "Condition":
        """Nothing is wrong at any of so many moments."""
        return cls(np.zeros(moments), np.ones(moments), np.ones(moments), np.ones(moments, dtype=np.bool_))


@dataclass(frozen=True, slots=True)
class RouteTraffic:
    """Requests of one route at every moment, by the status code of their answers."""

    route: Route
    by_code: Mapping[str, Counts]

    @property
    def requests(self) -> Counts:
        """All of them."""
        total: Counts = np.stack(list(self.by_code.values())).sum(axis=0)
        return total

    @property
    def succeeded(self) -> Counts:
        """Those with a 2xx answer."""
        return self.by_code["200"]


def passed_on(own: Mapping[str, Condition]) -> dict[str, Condition]:
    """Each service's own condition plus the little that its dependencies' trouble adds to it."""
    felt: dict[str, Condition] = {}
    for service in SERVICES:
        condition = own[service.name]
        failing, slowdown = condition.failing, condition.slowdown
        for dependency in (felt[name] for name in service.depends_on):
            lost = np.where(dependency.up, dependency.failing, 1.0)
            failing = 1 - (1 - failing) * (1 - _FAILURES_PASSED_ON * lost)
            slowdown = slowdown * (1 + _SLOWNESS_PASSED_ON * (dependency.slowdown - 1))
        felt[service.name] = Condition(failing, slowdown, condition.demand, condition.up)
    return felt


def expected_rate(service: DemoService, moments: Floats) -> Floats:
    """Requests per second at `moments` (Unix seconds, UTC): busiest at 18:00, a quarter of that at 06:00."""
    of_day = 1 + _SWING * np.cos(2 * np.pi * (moments % _DAY - _BUSIEST) / _DAY)
    weekday = (moments // _DAY + 3) % 7  # the epoch was a Thursday; Monday is 0
    return service.rate * of_day * np.where(weekday >= 5, _WEEKEND, 1.0)  # noqa: PLR2004 - Saturday


def draw(
    service: DemoService, expected: Floats, condition: Condition, rng: np.random.Generator
) -> Iterator[RouteTraffic]:
    """Random traffic of each route, given the `expected` number of requests at every moment."""
    arriving = expected * condition.demand * condition.up
    for route in service.routes:
        requests = rng.poisson(arriving * route.share)
        unavailable = rng.binomial(requests, condition.failing)
        failed = rng.binomial(requests - unavailable, service.background)
        missing = rng.binomial(requests - unavailable - failed, _NOT_FOUND)
        fine = requests - unavailable - failed - missing
        yield RouteTraffic(route, {"200": fine, "404": missing, "500": failed, "503": unavailable})


def bucket_shares(route: Route, slowdown: Floats) -> Floats:
    """Probability of each histogram bucket (moments x buckets, the last is +Inf): log-normal durations."""
    median = (route.median * slowdown)[:, np.newaxis]
    cumulative = ndtr(np.log(np.array(BUCKETS) / median) / SPREAD)
    edges = np.concatenate([np.zeros_like(median), cumulative, np.ones_like(median)], axis=1)
    return np.diff(edges, axis=1)


def mean_duration(route: Route, slowdown: Floats) -> Floats:
    """Mean of the log-normal durations, seconds."""
    return route.median * math.exp(SPREAD**2 / 2) * slowdown
