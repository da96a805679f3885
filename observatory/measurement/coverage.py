"""What was seen of SLOs, whatever they counted: since when, and where nothing was."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from observatory.measurement.buckets import Buckets


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """For how long the series of N SLOs were there in each of T buckets."""

    seconds: int
    """Length of each bucket."""
    ends: NDArray[np.int64]
    """(T,) end of each bucket, Unix seconds, ascending."""
    slos: tuple[str, ...]
    """(N,) ids."""
    covered: NDArray[Any]
    """(T, N) seconds."""

    @classmethod
    def of(cls, buckets: Buckets) -> Self:
        """What buckets show."""
        return cls(buckets.seconds, buckets.ends, buckets.slos, buckets.measured + buckets.idle)

    def first_seen(self) -> Mapping[str, int]:
        """By SLO id: the moment from which on anything was seen; SLOs never seen are left out.

        Of the first bucket with anything, that is as long before its end as was covered: whoever was born in the middle of
        an hour is no older because the hour is all that is kept of it.
        """
        columns = np.flatnonzero((self.covered > 0).any(axis=0))
        if not len(columns):
            return {}
        rows = (self.covered[:, columns] > 0).argmax(axis=0)
        begins = self.ends[rows] - self.covered[rows, columns].astype(np.int64)
        return {self.slos[column]: begin for column, begin in zip(columns, begins.tolist(), strict=True)}

    def gaps(self) -> Iterator[tuple[str, int, int]]:
        """SLO id, after, until: every run of buckets in which nothing was seen, after something was."""
        missing = self.covered == 0
        missing &= ~np.logical_and.accumulate(missing, axis=0)
        if not missing.any():
            return
        beside = np.zeros((1, len(self.slos)), dtype=bool)
        before, behind = np.concatenate([beside, missing[:-1]]), np.concatenate([missing[1:], beside])
        columns, starts = np.nonzero((missing & ~before).T)
        _, stops = np.nonzero((missing & ~behind).T)
        for column, start, stop in zip(columns, starts, stops, strict=True):
            yield self.slos[column], int(self.ends[start]) - self.seconds, int(self.ends[stop])
