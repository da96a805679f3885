"""The one shape of measurements: counted events of many SLOs in consecutive buckets of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FIELDS = ("bad", "total", "measured", "idle", "bad_ticks", "clumping")
"""What a bucket holds of an SLO; every field adds up over time, so a coarser bucket is the sum of finer ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """T buckets of N SLOs. Every field of `FIELDS` is a (T, N) array of float64.

    bad, total:   events counted
    measured:     seconds in which the series existed and total grew
    idle:         seconds in which the series existed and total stood still
                  (measured + idle < the bucket's length: the rest is missing)
    bad_ticks:    ticks with at least one bad event
    clumping:     sum over ticks of bad²/total, from which Pearson's chi-squared of any span can be had
    """

    seconds: int
    """Length of each bucket."""
    ends: NDArray[np.int64]
    """(T,) end of each bucket, Unix seconds, ascending; a bucket is the half-open span (end - seconds, end]."""
    slos: tuple[str, ...]
    """(N,) ids, `service/slo`."""
    bad: NDArray[np.float64]
    total: NDArray[np.float64]
    measured: NDArray[np.float64]
    idle: NDArray[np.float64]
    bad_ticks: NDArray[np.float64]
    clumping: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QueryFailure:
    """A query that could not be answered, the SLOs it leaves unmeasured, and Prometheus's own words."""

    slos: tuple[str, ...]
    promql: str
    message: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one round of queries found."""

    buckets: Buckets
    failures: Sequence[QueryFailure] = ()
    warnings: Sequence[str] = ()
