"""Answers to planned queries, read into tables of ticks and groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from observatory.measurement.answers import Answer
from observatory.planning import PART, CounterQuery, Query


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """What the G groups of a query counted in T ticks; every array is (T, G)."""

    counted: NDArray[np.float64]
    """Events, those of new series included; of slices of time, 1 where one is bad."""
    fresh: NDArray[np.float64]
    """What of `counted` came from series that were reset or are new."""
    seen: NDArray[np.bool_]
    """Whether the group was there."""
    born: NDArray[np.float64]
    """What of `counted` came from series that are new; 0 until `with_breaks`."""
    first: NDArray[np.bool_]
    """Whether nothing was known of the group before; False until `with_breaks`."""


def read_growth(query: Query, answer: Answer, *, ends: NDArray[np.int64]) -> Growth:
    """The answer to `query.promql` at these ticks, `query.tick` seconds apart."""
    shape = (len(ends), len(query.groups))
    mark = query.series.mark if isinstance(query, CounterQuery) else None
    fresh = np.array([mark in labels for labels in answer.labels], dtype=bool)
    table = _Table(query, answer, ends)
    return Growth(
        counted=table.sums(np.ones_like(fresh)),
        fresh=table.sums(fresh),
        seen=table.present(np.ones_like(fresh)),
        born=np.zeros(shape),
        first=np.zeros(shape, dtype=bool),
    )


def with_breaks(
    growth: Growth,
    part: CounterQuery,
    answer: Answer,
    *,
    groups: Sequence[int],
    ends: NDArray[np.int64],
    at: int,
) -> Growth:
    """The growth, corrected for series that were reset or are new.

    Args:
        growth: what was read so far.
        part: the query about some of the groups.
        answer: to `part.breaks`, at `ends`.
        groups: the indices of the groups of `part` in `growth`.
        ends: consecutive ticks.
        at: the index of the first of them in `growth`.
    """
    table = _Table(part, answer, ends)
    parts = np.array([labels.get(PART, "") for labels in answer.labels], dtype=object)
    returned = table.sums(parts == "returned")
    where = np.ix_(np.arange(at, at + len(ends)), np.asarray(groups))
    counted, born, first = growth.counted.copy(), growth.born.copy(), growth.first.copy()
    counted[where] += table.sums(parts == "lost") - returned
    born[where] = table.sums(parts == "born") - returned
    first[where] = table.present(parts == "first")
    return replace(growth, counted=counted, born=born, first=first)


def read_bounds(query: CounterQuery, answer: Answer) -> Mapping[int, Sequence[str]]:
    """Group to the bounds (`le`) of its buckets in ascending order; a group without buckets is left out."""
    found: dict[int, set[str]] = {}
    for labels, group in zip(answer.labels, groups_of(query, answer.labels), strict=True):
        if group >= 0 and "le" in labels:
            found.setdefault(group, set()).add(labels["le"])
    return {group: sorted(bounds, key=float) for group, bounds in found.items()}


def groups_of(query: Query, rows: Sequence[Mapping[str, str]]) -> NDArray[np.intp]:
    """(S,) index of the group that each row belongs to, -1 for none of the query's."""
    columns = [[labels.get(label, "") for labels in rows] for label in query.by]
    values = zip(*columns, strict=True) if columns else repeat((), len(rows))
    return np.array([query.places.get(one, -1) for one in values], dtype=np.intp)


class _Table:
    """The points of an answer that lie on the ticks and in the groups of a query."""

    def __init__(self, query: Query, answer: Answer, ends: NDArray[np.int64]) -> None:
        self._shape = (len(ends), len(query.groups))
        group = groups_of(query, answer.labels)[answer.series]
        tick = (answer.times - ends[0]) // query.tick
        kept = (group >= 0) & (tick >= 0) & (tick < len(ends)) & np.isfinite(answer.values)
        self._cell = np.ravel_multi_index((tick[kept], group[kept]), self._shape)
        self._series = answer.series[kept]
        self._values = answer.values[kept]

    def sums(self, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(T, G) sum of the points of these rows (S,)."""
        kept = rows[self._series]
        size = self._shape[0] * self._shape[1]
        sums = np.bincount(self._cell[kept], weights=self._values[kept], minlength=size)
        return sums.astype(np.float64, copy=False).reshape(self._shape)

    def present(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(T, G) whether any of these rows (S,) has a point."""
        there = np.zeros(self._shape, dtype=bool)
        there.flat[self._cell[rows[self._series]]] = True
        return there
