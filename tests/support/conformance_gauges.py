"""Random services whose SLI is a gauge: what its value was at each scrape, and what can be known of a minute."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from support.conformance_oracle import DAY, HOUR, MINUTE, Observed
from support.conformance_worlds import LOOKBACK, Promise, definition, some_promises
from support.prometheus import Series


@dataclass(frozen=True)
class Kind:
    """An SLI over a gauge."""

    metric: str
    sli: str
    """As YAML; `$job` is the service."""
    bad: Callable[[Sequence[float], int], bool]
    """Whether a minute is, by the values of all pods and its end (Unix seconds)."""
    usual: tuple[float, float]
    trouble: tuple[float, float]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


KINDS: Mapping[str, Kind] = {
    "probe-any": Kind("up", "{probe: up}", lambda values, _: any(v < 1 for v in values), (1, 1), (0, 1)),
    "probe-all": Kind(
        "up",
        "{probe: {gauge: up, bad_when: all}}",
        lambda values, _: all(v < 1 for v in values),
        (1, 1),
        (0, 1),
    ),
    "probe-avg": Kind(
        "up", "{probe: {gauge: up, bad_when: avg}}", lambda values, _: _mean(values) < 0.5, (0, 1), (0, 0)
    ),
    "threshold": Kind(
        "free_bytes",
        "{threshold: {metric: free_bytes, op: '>=', value: 100, bad_when: any}}",
        lambda values, _: any(v < 100 for v in values),
        (100, 400),
        (50, 150),
    ),
    "threshold-sum": Kind(
        "depth",
        "{threshold: {metric: depth, op: '<', value: 100, bad_when: sum}}",
        lambda values, _: sum(values) >= 100,
        (0, 33),
        (40, 200),
    ),
    "age": Kind(
        "age_seconds",
        "{freshness: {age: age_seconds, below: 5m, bad_when: all}}",
        lambda values, _: all(v > 300 for v in values),
        (0, 320),
        (200, 900),
    ),
    "queue": Kind(
        "lag",
        "{queue: {lag: lag, below: 50, bad_when: avg}}",
        lambda values, _: _mean(values) > 50,
        (0, 49),
        (0, 150),
    ),
    "oldest": Kind(
        "oldest_seconds",
        "{queue: {oldest_age: oldest_seconds, below: 1m}}",
        lambda values, _: any(v > 60 for v in values),
        (0, 60),
        (30, 120),
    ),
    "promql": Kind(
        "broken",
        "{promql: {ratio: 'max(broken{job=\"$job\"})', of: bad}}",
        lambda values, _: max(values) > 0,
        (0, 0),
        (0, 1),
    ),
}


@dataclass(frozen=True)
class GaugeService:
    """A service, and the promises it makes about one gauge."""

    name: str
    kind: Kind
    promises: Sequence[Promise]
    scrapes: Sequence[int]
    """Unix seconds, ascending; those that failed are left out."""
    values: Mapping[str, Sequence[float]]
    """By pod, at each scrape."""

    @property
    def slos(self) -> Sequence[str]:
        """The ids of its promises."""
        return [f"{self.name}/promise-{number}" for number in range(len(self.promises))]

    def definition(self) -> str:
        """Its catalog file."""
        return definition(self.name, self.kind.sli.replace("$job", self.name), self.promises)

    def series(self) -> Iterator[Series]:
        """As Prometheus stores them."""
        for pod, values in self.values.items():
            yield Series(self.kind.metric, f'job="{self.name}",pod="{pod}"', self.scrapes, values)

    def observed(self, *, tick: int, at: int) -> Observed:
        """Minutes, each judged by the newest values at its end."""
        assert tick == MINUTE
        latest = {end: self._latest(end) for end in range(at - at % tick, self.scrapes[0] - 1, -tick)}
        ends = sorted(end for end, place in latest.items() if place is not None)
        bad = [
            end
            for end in ends
            if self.kind.bad([of_pod[latest[end]] for of_pod in self.values.values()], end)
        ]
        return Observed(ends, bad, lambda moment: latest.get(moment) is not None)

    def _latest(self, end: int) -> int | None:
        place = bisect_left(self.scrapes, end + 1) - 1
        return place if place >= 0 and self.scrapes[place] > end - LOOKBACK else None


def a_gauge_service(number: int, *, at: int) -> GaugeService:
    """The random service of this number, evaluated at `at`."""
    random = np.random.default_rng([21, number])
    name = tuple(KINDS)[number % len(KINDS)]
    kind = KINDS[name]
    days = int(random.choice([1, 2, 7]))
    begin = at - (int(days * DAY * 0.6) if number % 4 == 3 else days * DAY + 2 * HOUR)
    interval = int(random.choice([15, 60, 120] if days <= 2 else [60, 120]))
    every = np.arange(at - 17 - (at - 17 - begin) // interval * interval, at + 1, interval)
    away = _some(random, every, spans=2, longest=HOUR)
    scrapes = every[~away] if number % 2 else every
    trouble = _some(random, scrapes, spans=6, longest=2 * HOUR) | (scrapes > at - random.uniform(0, 2) * HOUR)
    values = {}
    for pod in "ab":
        usual, troubled = (
            random.integers(*of, len(scrapes), endpoint=True) for of in (kind.usual, kind.trouble)
        )
        values[pod] = np.where(trouble, troubled, usual).astype(float).tolist()
    return GaugeService(
        f"gauge-{number:02}-{name}", kind, some_promises(random, days), scrapes.tolist(), values
    )


def _some(random: np.random.Generator, times: np.ndarray, *, spans: int, longest: float) -> np.ndarray:
    """Which times lie in one of some random spans."""
    inside = np.zeros(len(times), dtype=bool)
    for start in random.choice(times, spans):
        inside |= (times > start) & (times < start + random.uniform(0.05, 1) * longest)
    return inside
