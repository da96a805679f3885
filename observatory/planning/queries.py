"""What is to be asked, and which answer belongs to which SLO."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from observatory.catalog import Selector
from observatory.planning import promql

LONGEST = 16_000
"""Bytes of a query; VictoriaMetrics takes 16 KiB unless told otherwise, and longer ones are hardly faster."""


@dataclass(frozen=True, slots=True, eq=False)
class Feeds:
    """Which group of a query's series feeds which SLO: F rows."""

    group: NDArray[np.intp]
    """(F,) index into the query's groups."""
    slo: NDArray[np.intp]
    """(F,) index into the plan's SLOs."""
    total: NDArray[np.float64]
    """(F,) 1 where the events count as total events, else 0."""
    bad: NDArray[np.float64]
    """(F,) 1 where they count as bad ones, -1 where as good ones (bad = total - good), else 0."""

    def of(self, groups: Sequence[int]) -> Self:
        """The rows of these groups (ascending), which are counted from 0 again."""
        rows = np.flatnonzero(np.isin(self.group, groups))
        group = np.searchsorted(groups, self.group[rows])
        return type(self)(group, self.slo[rows], self.total[rows], self.bad[rows])


@dataclass(frozen=True, eq=False)
class Query:
    """One question about G groups of series that differ only in the values of `by`."""

    family: Selector
    """All that the groups have in common."""
    by: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    """(G,) values of the labels in `by`; one empty tuple when the family is a single group."""
    feeds: Feeds
    tick: int
    """Seconds over which growth is asked."""
    presence: bool
    """Whether the answer tells a group that is idle from one that is missing: so for total events."""
    bound: str | None = None
    """The upper bound (`le`) that the series are the histogram bucket of."""

    @cached_property
    def selector(self) -> Selector:
        """The family, narrowed to the groups."""
        return promql.narrow(self.family, self.by, self.groups)

    @cached_property
    def growth(self) -> str:
        """PromQL: what each group counted in a tick."""
        return promql.growth(self.selector, self.by, tick=self.tick, presence=self.presence)

    @property
    def breaks(self) -> str:
        """PromQL: how the growth of series that were reset or are new is to be corrected."""
        return promql.breaks(self.selector, self.by, tick=self.tick)

    @property
    def bounds(self) -> str:
        """PromQL: the buckets that there are."""
        return promql.bounds(self.selector, self.by)

    def part(self, groups: Sequence[int]) -> Self:
        """The same question about some of the groups, given by their indices, ascending."""
        return replace(self, groups=tuple(self.groups[g] for g in groups), feeds=self.feeds.of(groups))

    def halves(self) -> tuple[Self, Self]:
        """Two queries that ask the same. Only for a query about more than one group."""
        middle = len(self.groups) // 2
        return self.part(range(middle)), self.part(range(middle, len(self.groups)))

    def split(self, groups: Sequence[int]) -> Iterator[Sequence[int]]:
        """These groups (ascending indices) in portions for which `breaks` is not overlong."""
        share = max(1, len(self.groups) * LONGEST // len(self.breaks))
        for start in range(0, len(groups), share):
            yield groups[start : start + share]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All that is to be asked in a tick: Q queries for N SLOs."""

    slos: tuple[str, ...]
    """(N,) ids, `service/slo`."""
    tick: int
    """Seconds."""
    queries: tuple[Query, ...]

    def ids(self, query: Query) -> tuple[str, ...]:
        """The SLOs that a query feeds."""
        return tuple(self.slos[index] for index in np.unique(query.feeds.slo))
