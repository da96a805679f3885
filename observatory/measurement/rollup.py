"""Fine buckets to coarse ones, and tables of buckets cut and joined."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from observatory.measurement.buckets import FIELDS, Buckets
from observatory.measurement.levels import Level


def roll_up(buckets: Buckets, fine: Level, coarse: Level, columns: NDArray[np.intp]) -> Buckets:
    """The coarse buckets that these fine ones are part of, each the sum of all its fine ones.

    They are summed from what `fine` holds, where the new ones are already; where it holds them no more, from the
    buckets themselves, if all of a coarse one's are here. What can't be known is left out.
    """
    ends = np.array([coarse.ceil(int(end)) for end in buckets.ends], dtype=np.int64)
    touched, first, count = np.unique(ends, return_index=True, return_counts=True)
    held = touched - coarse.seconds >= (fine.forgotten or 0)
    whole = count == coarse.seconds // fine.seconds
    tables = {}
    for name in FIELDS:
        table: NDArray[np.float64] = getattr(buckets, name)
        sums = np.add.reduceat(table, first, axis=0) if len(first) else table
        for row in np.flatnonzero(held):
            end = int(touched[row])
            sums[row] = fine.sum(name, end - coarse.seconds, end)[columns]
        tables[name] = sums[held | whole]
    return Buckets(seconds=coarse.seconds, ends=touched[held | whole], slos=buckets.slos, **tables)


def summed(fine: Level, coarse: Level, ends: NDArray[np.int64], slos: tuple[str, ...]) -> Buckets:
    """The coarse buckets with these ends, each the sum of what `fine` holds of it."""
    spans = [(end - coarse.seconds, end) for end in ends.tolist()]
    tables = {name: np.stack([fine.sum(name, *span) for span in spans]) for name in FIELDS}
    return Buckets(seconds=coarse.seconds, ends=ends, slos=slos, **tables)


def rows(buckets: Buckets, which: slice | NDArray[np.bool_]) -> Buckets:
    """Some of the buckets."""
    tables = {name: getattr(buckets, name)[which] for name in FIELDS}
    return Buckets(seconds=buckets.seconds, ends=buckets.ends[which], slos=buckets.slos, **tables)


def joined(parts: Sequence[Buckets]) -> Buckets:
    """Buckets of the same SLOs and length as one; the parts are in order of time."""
    if len(parts) == 1:
        return parts[0]
    tables = {name: np.concatenate([getattr(part, name) for part in parts]) for name in FIELDS}
    ends = np.concatenate([part.ends for part in parts])
    return Buckets(seconds=parts[0].seconds, ends=ends, slos=parts[0].slos, **tables)
