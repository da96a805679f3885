"""What is to be asked, and which answer belongs to which SLO."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from observatory.catalog import Condition, Matcher, Selector
from observatory.planning import counters, promql
from observatory.planning.series import Counter, Dialect, NativeEvents, Series
from observatory.planning.sharing import Template

Group = tuple[str, ...]
"""Values of the labels that tell the groups of a query apart."""
LONGEST = 16_000
"""Bytes of a query; VictoriaMetrics takes 16 KiB unless told otherwise, and longer ones are hardly faster."""
MOST_GROUPS = 1000


def portions(groups: Sequence[Group], *, mentions: int) -> Iterator[Sequence[Group]]:
    """Groups for as many queries as it takes, none overlong; each query names its groups so many times."""
    portion: list[Group] = []
    length = 0
    for group in groups:
        own = mentions * sum(len(value.encode()) + 1 for value in group)
        if portion and (length + own > LONGEST or len(portion) == MOST_GROUPS):
            yield portion
            portion, length = [], 0
        portion.append(group)
        length += own
    yield portion


class Feed(NamedTuple):
    """A group's events go to this SLO; see `Feeds`."""

    slo: int
    total: float
    bad: float


@dataclass(frozen=True, slots=True, eq=False)
class Feeds:
    """Which group of a query's series feeds which SLO: F rows."""

    group: NDArray[np.intp]
    """(F,) index into the query's groups."""
    slo: NDArray[np.intp]
    """(F,) index into the plan's SLOs."""
    total: NDArray[np.float64]
    """(F,) 1 where the events count as total events (of time: the slices of a tick), else 0."""
    bad: NDArray[np.float64]
    """(F,) 1 where they count as bad ones, -1 where as good ones (bad = total - good), else 0."""

    @classmethod
    def table(cls, members: Sequence[Sequence[Feed]]) -> Self:
        """The feeds of each group, in the groups' order."""
        rows = [(group, *feed) for group, feeds in enumerate(members) for feed in feeds]
        group, slo, total, bad = zip(*rows, strict=True)
        return cls(
            np.array(group, np.intp), np.array(slo, np.intp), np.array(total, float), np.array(bad, float)
        )

    def of(self, groups: Sequence[int]) -> Self:
        """The rows of these groups (ascending), which are counted from 0 again."""
        rows = np.flatnonzero(np.isin(self.group, groups))
        group = np.searchsorted(groups, self.group[rows])
        return type(self)(group, self.slo[rows], self.total[rows], self.bad[rows])


@dataclass(frozen=True, eq=False, kw_only=True)
class Query(ABC):
    """One question about G groups of series, asked at the end of every tick."""

    by: tuple[str, ...]
    """The labels that tell the groups apart."""
    groups: tuple[tuple[str, ...], ...]
    """(G,) values of the labels in `by`; one empty tuple when there is a single group."""
    feeds: Feeds
    tick: int
    """Seconds."""
    server: str = ""
    """The name of the server that has the series; empty for the usual one."""
    dialect: Dialect = Dialect.PROMQL
    """What that server speaks."""

    @property
    @abstractmethod
    def promql(self) -> str:
        """The question."""

    @cached_property
    def places(self) -> Mapping[Group, int]:
        """The index of each group."""
        return {values: place for place, values in enumerate(self.groups)}

    @property
    def slices(self) -> bool:
        """Whether the events are time, and the answer says which share of it was bad; else the answer counts events."""
        return False

    def part(self, groups: Sequence[int]) -> Self:
        """The same question about some of the groups, given by their indices, ascending."""
        return replace(self, groups=tuple(self.groups[g] for g in groups), feeds=self.feeds.of(groups))

    def halves(self) -> tuple[Self, Self]:
        """Two queries that ask the same. Only for a query about more than one group."""
        middle = len(self.groups) // 2
        return self.part(range(middle)), self.part(range(middle, len(self.groups)))


@dataclass(frozen=True, eq=False, kw_only=True)
class SeriesQuery(Query):
    """About series that differ only in the values of `by`."""

    family: Selector
    """All that the groups have in common."""

    @cached_property
    def selector(self) -> Selector:
        """The family, narrowed to the groups."""
        return promql.narrow(self.family, self.by, self.groups)


class Native(NamedTuple):
    """Which events of native histograms are counted."""

    within: str | None = None
    """Those of at most this long, in the histogram's unit; None: all."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CounterQuery(SeriesQuery):
    """How much counters, or the counts of native histograms, grew."""

    presence: bool
    """Whether the answer tells a group that is idle from one that is missing: so for total events."""
    bound: str | None = None
    """The upper bound (`le`) that the series are the histogram bucket of."""
    apart: tuple[Matcher, ...] = ()
    """Matchers that may select nothing although the histogram is there: those of events that succeeded."""
    native: Native | None = None
    """What of the series is counted when they are native histograms; None: they are counters."""

    @property
    def series(self) -> Series:
        """What is counted."""
        if self.native is None:
            return Counter(self.selector, self.dialect)
        return NativeEvents.in_ticks(self.selector, self.native.within, tick=self.tick)

    @property
    def promql(self) -> str:
        """See `growth`."""
        return self.growth

    @cached_property
    def growth(self) -> str:
        """PromQL: what each group counted in a tick."""
        return counters.growth(self.series, self.by, tick=self.tick, presence=self.presence)

    @property
    def breaks(self) -> str:
        """PromQL: how the growth of series that were reset or are new is to be corrected."""
        return counters.breaks(self.series, self.by, tick=self.tick)

    @property
    def bounds(self) -> str:
        """PromQL: the buckets that there are."""
        return counters.bounds(self.selector, self.by, apart=self.apart)

    def split(self, groups: Sequence[int]) -> Iterator[Sequence[int]]:
        """These groups (ascending indices) in portions for which `breaks` is not overlong."""
        share = max(1, len(self.groups) * LONGEST // len(self.breaks))
        for start in range(0, len(groups), share):
            yield groups[start : start + share]


@dataclass(frozen=True, eq=False, kw_only=True)
class GaugeQuery(SeriesQuery):
    """How much of a tick was bad, by the gauges' values."""

    condition: Condition

    @cached_property
    def promql(self) -> str:
        """1 where the tick was bad, 0 where it was good; see `promql.badness`."""
        return promql.badness(self.selector, self.by, self.condition, tick=self.tick, dialect=self.dialect)

    @property
    def slices(self) -> bool:
        """A slice of time is an event."""
        return True


@dataclass(frozen=True, eq=False, kw_only=True)
class WrittenQuery(Query):
    """An expression that a squad wrote; it feeds one SLO, and is fused with nothing."""

    text: str

    @property
    def promql(self) -> str:
        """The expression."""
        return self.text


@dataclass(frozen=True, eq=False, kw_only=True)
class SharedQuery(Query):
    """Expressions that squads wrote, each about one value of the label in `by`."""

    template: Template

    @cached_property
    def promql(self) -> str:
        """All of them in one."""
        return self.template.about("|".join(promql.literal(value) for (value,) in self.groups))


@dataclass(frozen=True, slots=True)
class Blend:
    """A journey's SLO: nothing is asked for it, it is made of what others counted."""

    slo: int
    """Index into the plan's SLOs."""
    parts: tuple[int, ...]
    """Those of its components."""
    weights: tuple[float, ...]
    """How often each event of a component counts."""
    most_bad: tuple[float, ...] | None = None
    """Where a tick is what counts: the share of a component's events above which it makes the tick bad."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All that is to be asked in a tick: Q queries for N SLOs."""

    slos: tuple[str, ...]
    """(N,) ids, `service/slo`: first the SLOs that were planned for, then what only journeys need."""
    tick: int
    """Seconds."""
    queries: tuple[Query, ...]
    capped: frozenset[int] = frozenset()
    """Indices of the SLOs whose bad events may have been counted twice, and are at most as many as all."""

    blends: tuple[Blend, ...] = ()
    """Journeys, each after those that it is made of."""
    extra: int = 0
    """How many SLOs at the end are measured for journeys alone."""

    def servers(self) -> Mapping[str, Sequence[Query]]:
        """The queries by the name of the server that is to be asked."""
        found: dict[str, list[Query]] = defaultdict(list)
        for query in self.queries:
            found[query.server].append(query)
        return found

    def ids(self, query: Query) -> tuple[str, ...]:
        """The SLOs that a query feeds."""
        return tuple(self.slos[index] for index in np.unique(query.feeds.slo))
