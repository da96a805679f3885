"""From what groups of series counted to what SLOs counted: one table for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from observatory.measurement.buckets import Buckets, Measurement, QueryFailure
from observatory.measurement.growth import Growth
from observatory.planning import Plan, Query


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What was read in answer to one query."""

    query: Query
    growth: Growth
    warnings: Sequence[str] = ()


def assemble(
    plan: Plan, readings: Sequence[Reading], failures: Sequence[QueryFailure] = (), *, ends: NDArray[np.int64]
) -> Measurement:
    """Bad and total events of every SLO of the plan, in the ticks that end at `ends` (T,).

    An SLO of a failure is missing throughout. One of a reading with warnings keeps its counts but is not covered,
    since the answer may be a part of the truth.
    """
    shape = (len(plan.slos), len(ends))
    seen = _any(shape, readings, "seen")
    first = _any(shape, readings, "first")
    total, bad = np.zeros(shape), np.zeros(shape)
    for reading in readings:
        feeds = reading.query.feeds
        counted = reading.growth.counted.T[feeds.group]
        if reading.growth.born.any():
            # What a service counted before anything was known of it is where counting starts.
            counted = counted - reading.growth.born.T[feeds.group] * first[feeds.slo]
        events = reading.growth.seen.T[feeds.group] if reading.query.slices else counted
        np.add.at(total, feeds.slo, events * feeds.total[:, None])
        np.add.at(bad, feeds.slo, counted * feeds.bad[:, None])
    capped = sorted(plan.capped)
    bad[capped] = np.minimum(bad[capped], total[capped])
    lost = {slo for failure in failures for slo in failure.slos}
    seen &= ~np.array([slo in lost for slo in plan.slos], dtype=bool)[:, None]
    total, bad = np.where(seen, total, 0).T, np.where(seen, bad, 0).T
    covered = (seen & ~_warned(plan, readings)[:, None]).T
    buckets = _buckets(plan, ends, bad=bad, total=total, covered=covered)
    warnings = sorted({warning for reading in readings for warning in reading.warnings})
    return Measurement(buckets, tuple(failures), tuple(warnings))


def _any(shape: tuple[int, int], readings: Sequence[Reading], field: str) -> NDArray[np.bool_]:
    """(N, T) whether a flag is set in any group that feeds an SLO's total."""
    found = np.zeros(shape, dtype=bool)
    for reading in readings:
        feeds = reading.query.feeds
        rows = np.flatnonzero(feeds.total)
        flags: NDArray[np.bool_] = getattr(reading.growth, field)
        np.logical_or.at(found, feeds.slo[rows], flags.T[feeds.group[rows]])
    return found


def _warned(plan: Plan, readings: Sequence[Reading]) -> NDArray[np.bool_]:
    warned = np.zeros(len(plan.slos), dtype=bool)
    for reading in readings:
        if reading.warnings:
            warned[reading.query.feeds.slo] = True
    return warned


def _buckets(
    plan: Plan,
    ends: NDArray[np.int64],
    *,
    bad: NDArray[np.float64],
    total: NDArray[np.float64],
    covered: NDArray[np.bool_],
) -> Buckets:
    grew = total > 0
    return Buckets(
        seconds=plan.tick,
        ends=ends,
        slos=plan.slos,
        bad=bad,
        total=total,
        measured=np.where(covered & grew, float(plan.tick), 0),
        idle=np.where(covered & ~grew, float(plan.tick), 0),
        bad_ticks=(bad > 0).astype(np.float64),
        clumping=np.divide(bad**2, total, out=np.zeros_like(bad), where=grew),
    )
