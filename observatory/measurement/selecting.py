"""Parts of tables of buckets: cut, coarsened, put in each other's place."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from observatory.measurement.buckets import FIELDS, Buckets


def covered(buckets: Buckets) -> NDArray[np.float64]:
    """(T, N) seconds in which the series were there."""
    return buckets.measured + buckets.idle


def rows_after(buckets: Buckets, after: int) -> Buckets:
    """The buckets that end later."""
    rows = buckets.ends > after
    return replace(
        buckets, ends=buckets.ends[rows], **{name: getattr(buckets, name)[rows] for name in FIELDS}
    )


def without(buckets: Buckets, slos: Iterable[str]) -> Buckets:
    """The buckets of all other SLOs."""
    unwanted = set(slos)
    if not unwanted:
        return buckets
    columns = np.array([slo not in unwanted for slo in buckets.slos], dtype=bool)
    kept = tuple(slo for slo in buckets.slos if slo not in unwanted)
    return replace(buckets, slos=kept, **{name: getattr(buckets, name)[:, columns] for name in FIELDS})


def coarser(buckets: Buckets, seconds: int) -> Buckets:
    """Summed to longer buckets, each of which is here in whole."""
    each = seconds // buckets.seconds
    shape = (len(buckets.ends) // each, each, len(buckets.slos))
    sums = {name: getattr(buckets, name).reshape(shape).sum(axis=1) for name in FIELDS}
    return replace(buckets, seconds=seconds, ends=buckets.ends[each - 1 :: each], **sums)


def aligned(buckets: Buckets, like: Buckets) -> Buckets:
    """What these buckets know of the ends and SLOs of others; 0 where they know nothing."""
    rows = {int(end): row for row, end in enumerate(buckets.ends)}
    columns = {slo: column for column, slo in enumerate(buckets.slos)}
    there = [(row, rows[int(end)]) for row, end in enumerate(like.ends) if int(end) in rows]
    known = [(column, columns[slo]) for column, slo in enumerate(like.slos) if slo in columns]
    cells = {}
    for name in FIELDS:
        table = np.zeros_like(getattr(like, name))
        if there and known:
            to = np.ix_([row for row, _ in there], [column for column, _ in known])
            of = np.ix_([row for _, row in there], [column for _, column in known])
            table[to] = getattr(buckets, name)[of]
        cells[name] = table
    return replace(like, **cells)


def better(one: Buckets, other: Buckets) -> Buckets:
    """Of two tables of the same buckets, each cell from the one that saw more of it; from `other` when both did."""
    keep = covered(one) > covered(other)
    cells = {name: np.where(keep, getattr(one, name), getattr(other, name)) for name in FIELDS}
    return replace(other, **cells)
