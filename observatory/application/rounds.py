"""One round of queries to one server: what it refuses is halved, what it does not answer fails, nothing waits for ever."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from observatory.application.ports import MetricsSource
from observatory.errors import Refused, Unavailable
from observatory.measurement import (
    Answer,
    Growth,
    Measurement,
    QueryFailure,
    Reading,
    read_bounds,
    read_growth,
    with_breaks,
)
from observatory.planning import CounterQuery, Plan, Query

MOST_POINTS = 11_000
"""Points of one series that Prometheus gives in one answer."""
MOST_CELLS = 500_000
"""Points of all groups in one answer, so that neither side holds gigabytes."""
MOST_NATIVE = 120
"""Ticks of native histograms in one answer: each of them costs as much as dozens of a counter."""
NEAR = 60
"""Ticks to be looked at closer that are no further apart are asked together: a query costs as much as so many ticks."""
_BAD_QUERIES = frozenset({"400", "422"})
"""Codes that speak of the query and not of us: a part of it may still be answered."""
_TOO_MUCH = (
    "too many samples",
    "-search.maxSamplesPer",
    "-search.maxPointsPer",
    "not enough memory for processing",
)
"""What servers say of a query that a shorter span would make bearable: Prometheus of more than --query.max-samples, the
others are VictoriaMetrics's limits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient a round of queries is."""

    query: timedelta = timedelta(seconds=10)
    """For one query."""
    round: timedelta = timedelta(seconds=45)
    """For all of them: what was not asked by then is unavailable."""
    at_once: int = 4
    """Queries under way together; when that many had no answer and none had one, the rest is not asked."""
    refusals: int = 1000
    """Queries refused, before the rest is no longer halved: by then it is not a few SLOs' fault."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of queries, with its deadline."""

    plan: Plan
    source: MetricsSource
    limits: Limits
    now: Callable[[], datetime]
    deadline: datetime
    refused: list[str] = field(default_factory=list, init=False)
    """The queries that were refused."""
    answers: Counter[bool] = field(default_factory=Counter, init=False)
    """How many questions were answered (True, a refusal too), and how many were not."""

    def ask(self, queries: Sequence[Query], ends: NDArray[np.int64]) -> Sequence[Reading | QueryFailure]:
        """Ask them all at these ticks; what of one is refused is asked again in halves."""
        try:
            dialect = self.source.dialect(timeout=self.limits.query)
        except (Refused, Unavailable) as error:
            return [self._failure(query, str(error)) for query in queries]
        spoken = [query if query.dialect is dialect else replace(query, dialect=dialect) for query in queries]
        with ThreadPoolExecutor(self.limits.at_once, thread_name_prefix="measure") as pool:
            outcomes = pool.map(lambda query: list(self._ask(query, ends)), spoken)
            return [outcome for of_query in outcomes for outcome in of_query]

    def without_bucket(self, reading: Reading, measurement: Measurement) -> Iterator[QueryFailure]:
        """Latency SLOs that counted events, and none in their bucket, because there is no such bucket."""
        query = reading.query
        if not isinstance(query, CounterQuery) or query.bound is None:
            return
        grew = measurement.buckets.total > 0
        last = defaultdict(list)
        for group in np.flatnonzero(~reading.growth.seen.any(axis=0)):
            slos = query.feeds.of([int(group)]).slo
            ticks = np.flatnonzero(grew[:, slos].any(axis=1))
            if len(ticks):
                last[int(measurement.buckets.ends[ticks[-1]])].append(int(group))
        for end, groups in last.items():
            yield from self._check_bounds(query.part(groups), end)

    def _ask(self, query: Query, ends: NDArray[np.int64]) -> Iterator[Reading | QueryFailure]:
        try:
            yield self._read(query, ends)
        except Refused as refusal:
            self.refused.append(query.promql)
            patient = refusal.code in _BAD_QUERIES and len(self.refused) < self.limits.refusals
            if not patient or len(query.groups) == 1:
                yield self._failure(query, str(refusal))
                return
            for half in query.halves():
                yield from self._ask(half, ends)
        except Unavailable as error:
            yield self._failure(query, str(error))

    def _check_bounds(self, query: CounterQuery, end: int) -> Iterator[QueryFailure]:
        try:
            answer = self._query(query.bounds, np.array([end]), query.tick)
        except (Refused, Unavailable) as error:
            yield self._failure(query, str(error))
            return
        there = read_bounds(query, answer)
        for group in range(len(query.groups)):
            bounds = there.get(group, ())
            if query.bound is not None and float(query.bound) not in map(float, bounds):
                metric = query.family.metric
                message = (
                    f'{metric} has no bucket le="{query.bound}"; its bounds are {", ".join(bounds)}'
                    if bounds
                    else f"{metric} has no series: not a classic histogram, or a summary"
                )
                yield self._failure(query.part([group]), message)

    def _read(self, query: Query, ends: NDArray[np.int64]) -> Reading:
        native = isinstance(query, CounterQuery) and query.native is not None
        size = min(MOST_NATIVE if native else MOST_POINTS, max(1, MOST_CELLS // len(query.groups)))
        parts = [self._read_span(query, ends[at : at + size]) for at in range(0, len(ends), size)]
        return _joined(parts) if len(parts) > 1 else parts[0]

    def _read_span(self, query: Query, ends: NDArray[np.int64]) -> Reading:
        try:
            answer = self._query(query.promql, ends, query.tick)
            reading = Reading(query, read_growth(query, answer, ends=ends), answer.warnings)
            groups = np.flatnonzero(reading.growth.fresh.any(axis=0))
            if not isinstance(query, CounterQuery) or not len(groups):
                return reading
            return self._with_breaks(query, reading, groups, ends)
        except Refused as refusal:
            if len(ends) == 1 or not any(words in str(refusal) for words in _TOO_MUCH):
                raise
            middle = len(ends) // 2
            return _joined([self._read_span(query, ends[:middle]), self._read_span(query, ends[middle:])])

    def _with_breaks(
        self, query: CounterQuery, reading: Reading, groups: NDArray[np.intp], ends: NDArray[np.int64]
    ) -> Reading:
        """Look closer at the series that were reset or are new, where and when there are any."""
        growth, warnings = reading.growth, list(reading.warnings)
        for some in query.split(groups.tolist()):
            part = query.part(some)
            for ticks in _runs(np.flatnonzero(reading.growth.fresh[:, some].any(axis=1))):
                answer = self._query(part.breaks, ends[ticks], part.tick)
                growth = with_breaks(growth, part, answer, groups=some, ends=ends[ticks], at=ticks.start)
                warnings += answer.warnings
        return Reading(query, growth, warnings)

    def _query(self, promql: str, ends: NDArray[np.int64], step: int) -> Answer:
        left = self.deadline - self.now()
        if left <= timedelta(0):
            raise Unavailable(f"not asked: this round's {self.limits.round.total_seconds():g} s were over")
        if self.answers[False] >= self.limits.at_once and not self.answers[True]:
            raise Unavailable(f"not asked: {self.answers[False]} queries before this one had no answer")
        answered = True
        try:
            return self.source.query_range(
                promql, start=int(ends[0]), end=int(ends[-1]), step=step, timeout=min(left, self.limits.query)
            )
        except Unavailable:
            answered = False
            raise
        finally:
            self.answers[answered] += 1

    def _failure(self, query: Query, message: str) -> QueryFailure:
        return QueryFailure(self.plan.ids(query), query.promql, message)


def _runs(ticks: NDArray[np.intp]) -> Iterator[slice]:
    """Spans that hold all of these ticks (ascending): asking for a few more in between is cheaper than asking twice."""
    for run in np.split(ticks, np.flatnonzero(np.diff(ticks) > NEAR) + 1):
        if len(run):
            yield slice(int(run[0]), int(run[-1]) + 1)


def _joined(readings: Sequence[Reading]) -> Reading:
    """Consecutive readings of one query as one."""
    tables = {
        name: np.concatenate([getattr(reading.growth, name) for reading in readings])
        for name in Growth.__slots__
    }
    warnings = [warning for reading in readings for warning in reading.warnings]
    return replace(readings[0], growth=Growth(**tables), warnings=warnings)
