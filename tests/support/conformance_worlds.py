"""Random services as lists of events: what scrapes show of them, and what can be known."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from support.conformance_oracle import DAY, HOUR, MINUTE, Observed
from support.prometheus import Series

LOOKBACK = 300
"""A sample counts as present for so long: Prometheus's default."""
MEMORY = 2 * HOUR
"""What a series counted while it was away for longer is no news."""
SHORT_OF_THE_TICK = 17
"""Scrapes land so many seconds before a tick ends."""
BELOW = 0.3
"""Seconds."""
OBJECTIVES = ("90", "99", "99.5", "99.9")
SLIS = {
    "bad": "{events: {total: requests_total, bad: 'requests_total{code=~\"5..\"}'}}",
    "good": "{events: {total: jobs_total, good: jobs_done_total}}",
    "latency": "{latency: {histogram: duration_seconds, below: 300ms}}",
    "error_or_slow": "{error_or_slow: {total: calls_total, histogram: 'call_seconds{ok=\"1\"}', below: 300ms}}",
}
NATIVE = {
    "native": "{latency: {native_histogram: duration_seconds, below: 250ms}}",
    "native_error_or_slow": "{error_or_slow: {total: calls_total, native_histogram: 'call_seconds{ok=\"1\"}', below: 250ms}}",
}
"""Their bound is one of their buckets'."""
ZONES = ("UTC", "Europe/Stockholm", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham")
METHODS = (
    "occurrences",
    "{timeslices: {slice: 1m, target: 95}}",
    "{timeslices: {slice: 5m, target: 99.5}}",
    "{timeslices: {slice: 5m, target: 100}}",
    "{ratio_timeslices: {slice: 1m}}",
    "{ratio_timeslices: {slice: 5m}}",
)


@dataclass(frozen=True)
class Event:
    """A request that ended at `at` (Unix seconds) after `seconds`, well or badly."""

    at: float
    bad: bool
    seconds: float


@dataclass(frozen=True)
class Life:
    """A process from start to end: its counters begin at 0, and it serves its events in their order."""

    pod: str
    start: float
    end: float
    events: Sequence[Event]


@dataclass(frozen=True)
class Promise:
    """An objective over windows, as YAML."""

    objective: str
    window: str
    rule: str
    method: str = "occurrences"
    more: str = "[]"


def definition(name: str, sli: str, promises: Sequence[Promise]) -> str:
    """A service's catalog file: its promises about one SLI."""
    head = (
        f"apiVersion: observatory/v1\nkind: Service\nname: {name}\nsquad: playback\n"
        f"runbook: https://runbooks.example/{name}\nselector: {{job: {name}}}\nslos:\n"
    )
    return head + "".join(
        f"  - {{name: promise-{number}, objective: {promise.objective}, window: {promise.window},"
        f" more_windows: {promise.more}, method: {promise.method}, rule: {promise.rule}, sli: {sli}}}\n"
        for number, promise in enumerate(promises)
    )


@dataclass(frozen=True)
class Service:
    """A service, and the promises it makes about one SLI."""

    name: str
    kind: str
    """A key of `SLIS` or `NATIVE`."""
    promises: Sequence[Promise]
    lives: Sequence[Life]
    scrapes: Sequence[int] = ()
    """Unix seconds, ascending."""
    unseen: Sequence[tuple[float, float]] = ()
    """Scrapes fail in these spans."""
    lazy: bool = False
    """Series are not there before their first error, or good event."""

    @property
    def slos(self) -> Sequence[str]:
        """The ids of its promises."""
        return [f"{self.name}/promise-{number}" for number in range(len(self.promises))]

    def observed(self, *, tick: int, at: int) -> Observed:
        """What scrapes show: an event with the first that its process answers, if there is one."""
        of_life = [self.answered(life) for life in self.lives]
        sightings = sorted({moment for scrapes in of_life for moment in scrapes})
        # What a service counted before anything was known of it is where counting starts.
        known = _tick_of(sightings[0], tick=tick, at=at)
        returned = self._returned(tick=tick, at=at)
        total: list[int] = []
        bad: list[int] = []
        for life, scrapes in zip(self.lives, of_life, strict=True):
            for event in life.events:
                first = bisect_left(scrapes, event.at)
                if first < len(scrapes) and scrapes[first] > known and scrapes[first] not in returned:
                    total.append(scrapes[first])
                    if self.is_bad(event):
                        bad.append(scrapes[first])

        def present(moment: int) -> bool:
            latest = bisect_left(sightings, moment + 1) - 1
            return latest >= 0 and sightings[latest] > moment - LOOKBACK

        return Observed(total, bad, present)

    def is_bad(self, event: Event) -> bool:
        """Whether the event breaks the promise."""
        slow = event.seconds > (0.25 if self.kind in NATIVE else BELOW)
        match self.kind:
            case "latency" | "native":
                return slow
            case "error_or_slow" | "native_error_or_slow":
                return slow or event.bad
            case _:
                return event.bad

    def series(self) -> Iterator[Series]:
        """As Prometheus stores them."""
        for life in self.lives:
            times = self.answered(life)
            for metric, labels, moments, hides in self.counters(life):
                text = ",".join(f'{label}="{value}"' for label, value in labels.items())
                values = [bisect_left(moments, time + 1e-9) for time in times]
                shown = [None if hides and value == 0 else float(value) for value in values]
                yield Series(metric, text, times, shown)

    def definition(self) -> str:
        """Its catalog file."""
        return definition(self.name, (SLIS | NATIVE)[self.kind], self.promises)

    def _returned(self, *, tick: int, at: int) -> set[int]:
        """The scrapes of the ticks in which the service was seen again after long."""
        away = [until for start, until in self.unseen if until - start > MEMORY and until <= self.scrapes[-1]]
        back = [self.scrapes[bisect_left(self.scrapes, until)] for until in away]
        ends = {_tick_of(time, tick=tick, at=at) for time in back}
        return {time for time in self.scrapes if _tick_of(time, tick=tick, at=at) in ends}

    def answered(self, life: Life) -> Sequence[int]:
        """The scrapes that see it."""
        inside = self.scrapes[bisect_left(self.scrapes, life.start) : bisect_left(self.scrapes, life.end)]
        return [time for time in inside if not any(start <= time < end for start, end in self.unseen)]

    def counters(self, life: Life) -> Iterator[tuple[str, Mapping[str, str], Sequence[float], bool]]:
        """Metric, labels, the moments it counts, and whether it hides while it is 0."""
        own = {"job": self.name, "pod": life.pod}
        every = [event.at for event in life.events]
        good = [event.at for event in life.events if not event.bad]
        match self.kind:
            case "bad":
                bad = [event.at for event in life.events if event.bad]
                yield "requests_total", {**own, "code": "200"}, good, False
                yield "requests_total", {**own, "code": "503"}, bad, self.lazy
            case "good":
                yield "jobs_total", own, every, False
                yield "jobs_done_total", own, good, self.lazy
            case "error_or_slow":
                yield "calls_total", own, every, False
                for ok in ("0", "1"):
                    of_code = [event for event in life.events if event.bad is (ok == "0")]
                    yield "call_seconds_count", {**own, "ok": ok}, [event.at for event in of_code], False
                    for bound in ("0.1", "0.3", "1.0", "+Inf"):
                        within = [event.at for event in of_code if event.seconds <= float(bound)]
                        yield "call_seconds_bucket", {**own, "ok": ok, "le": bound}, within, False
            case _:
                yield "duration_seconds_count", own, every, False
                for bound in ("0.1", "0.3", "1.0", "+Inf"):
                    within = [event.at for event in life.events if event.seconds <= float(bound)]
                    yield "duration_seconds_bucket", {**own, "le": bound}, within, False


def a_service(
    number: int, *, at: int, kinds: Sequence[str] = tuple(SLIS), longest: int = 31 * DAY
) -> Service:
    """The random service of this number and of one of these kinds, at most so old, evaluated at `at`."""
    random = np.random.default_rng([20, number])
    kind = kinds[number % len(kinds)]
    days = int(random.choice([1, 2, 3, 7, 30], p=[0.3, 0.2, 0.2, 0.15, 0.15]))
    young = number % 5 == 4
    begin = at - min(longest, int(days * DAY * random.uniform(0.2, 0.9)) if young else days * DAY + 2 * HOUR)
    interval = int(random.choice([15, 30, 60, 120] if days <= 3 else [120, 240]))
    first = at - SHORT_OF_THE_TICK - (at - SHORT_OF_THE_TICK - begin) // interval * interval
    trouble = ("restarts", "pods", "gaps", "nothing")[number // len(kinds) % 4]
    rate = float(random.choice([0.05, 0.5, 3.0] if days <= 3 else [0.05, 0.5]))
    incidents = _incidents(random, begin, at)
    lives = [
        Life(pod, start, end, _events(random, *serves, rate=rate, incidents=incidents))
        for pod, start, end, serves in _lives(random, trouble, begin, at + HOUR)
    ]
    lazy = trouble != "restarts" and bool(random.integers(2))
    shortest, longest = (2, 110) if lazy else (130, 300)
    gaps = [
        (start, start + random.integers(shortest, longest) * MINUTE)
        for start in _moments(random, begin, at, 3)
    ]
    return Service(
        name=f"service-{number:02}-{trouble}",
        kind=kind,
        promises=some_promises(random, days),
        lives=lives,
        unseen=gaps if trouble == "gaps" else (),
        lazy=lazy,
        scrapes=range(first, at + 1, interval),
    )


def some_promises(random: np.random.Generator, days: int) -> Sequence[Promise]:
    """Of a service that is as many days old: the method and the windows of each are drawn anew."""

    def window(length: int) -> str:
        zone = str(random.choice(ZONES))
        unit = "month" if length > 7 else "week"
        return (
            f"{{calendar: {unit}, timezone: {zone}}}" if random.random() < (length > 3) / 2 else f"{length}d"
        )

    def promise(length: int, rule: str) -> Promise:
        decides, week = window(length), f"{{calendar: week, timezone: {random.choice(ZONES)}}}"
        others = [one for one in (week, "6d") if one != decides]
        return Promise(
            str(random.choice(OBJECTIVES)),
            decides,
            rule,
            str(random.choice(METHODS, p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1])),
            f"[{', '.join(others)}]" if random.integers(2) else "[]",
        )

    return [promise(days, "exact"), promise(max(1, days // 2), "classic")]


def _tick_of(time: int, *, tick: int, at: int) -> int:
    """The end of the tick in which a time lies."""
    return at - (at - time) // tick * tick


def _lives(
    random: np.random.Generator, trouble: str, begin: float, end: float
) -> Iterator[tuple[str, float, float, tuple[float, float]]]:
    """Pod, start, end, and the span in which it serves.

    One that restarts rests for two minutes before and after, so that nothing is lost that nobody can know: what it
    counts after its last scrape, or that it was reset at all.
    """
    if trouble not in ("restarts", "pods"):
        yield "a", begin, end, (begin, end)
        return
    moments = [begin, *_moments(random, begin, end, 6), end]
    for number, (start, stop) in enumerate(pairwise(moments)):
        if trouble == "pods":
            yield f"p{number}", start, stop, (start, stop)
        else:
            yield "a", start, stop, (start + 2 * MINUTE, stop - 2 * MINUTE)


def _moments(random: np.random.Generator, begin: float, end: float, number: int) -> list[float]:
    """One in each of so many equal parts, in the middle of it."""
    part = (end - begin) / number
    return [begin + part * (each + random.uniform(0.3, 0.7)) for each in range(number)]


def _incidents(random: np.random.Generator, begin: float, at: float) -> list[tuple[float, float, float]]:
    """Start, end and error ratio; half of the services have one just now."""
    spans = [(start, start + random.uniform(0.05, 2) * HOUR) for start in _moments(random, begin, at, 2)]
    if random.integers(2):
        spans.append((at - random.uniform(0.1, 7) * HOUR, at))
    return [(start, end, random.choice([0.05, 0.3, 1.0])) for start, end in spans]


def _events(
    random: np.random.Generator,
    start: float,
    end: float,
    *,
    rate: float,
    incidents: Sequence[tuple[float, float, float]],
) -> Sequence[Event]:
    """Poisson traffic of `rate` a minute, asleep for a quarter of each day; errors are slow more often than not."""
    if start >= end:
        return []
    moments = np.sort(random.uniform(start, end, random.poisson(rate * (end - start) / MINUTE)))
    events = []
    for moment in moments[moments % DAY > DAY / 4].tolist():
        ratio = max([0.002, *(ratio for begin, until, ratio in incidents if begin <= moment < until)])
        bad = bool(random.random() < ratio)
        events.append(
            Event(moment, bad, float(random.choice([0.05, 0.2, 0.3, 0.5, 2.0] if bad else [0.05, 0.3])))
        )
    return events
