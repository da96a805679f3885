"""What a journey counted, put together tick by tick from what its components counted."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from observatory.measurement.buckets import FIELDS, Buckets, Measurement, QueryFailure
from observatory.measurement.selecting import covered
from observatory.planning import Blend, Plan

Floats = NDArray[np.float64]


def blended(plan: Plan, measurement: Measurement) -> Measurement:
    """The measurement with the plan's journeys, and without what was measured for them alone.

    A journey is covered while all of its components are: what one of them counted while another was not seen still
    counts, since bad news needs no complete data. One that a failed query leaves unmeasured is a part of that failure.
    """
    if not plan.blends:
        return measurement
    tables = {name: getattr(measurement.buckets, name).copy() for name in FIELDS}
    buckets = replace(measurement.buckets, **tables)
    for blend in plan.blends:
        _fill(buckets, blend)
    kept = len(plan.slos) - plan.extra
    wanted = {name: getattr(buckets, name)[:, :kept] for name in FIELDS}
    failures = [_spread(plan, failure) for failure in measurement.failures]
    return replace(
        measurement,
        buckets=replace(buckets, slos=plan.slos[:kept], **wanted),
        failures=[failure for failure in failures if failure.slos],
    )


def _fill(buckets: Buckets, blend: Blend) -> None:
    """Write a journey's column."""
    parts = list(blend.parts)
    bad, total = buckets.bad[:, parts], buckets.total[:, parts]
    if blend.most_bad is None:
        weights = np.array(blend.weights)
        bad, total = np.asarray(bad @ weights), np.asarray(total @ weights)
    else:
        bad, total = _worst(bad, total, np.array(blend.most_bad))
    seen = (covered(buckets)[:, parts] > 0).all(axis=1)
    grew = total > 0
    seconds = float(buckets.seconds)
    buckets.bad[:, blend.slo] = bad
    buckets.total[:, blend.slo] = total
    buckets.measured[:, blend.slo] = np.where(seen & grew, seconds, 0)
    buckets.idle[:, blend.slo] = np.where(seen & ~grew, seconds, 0)
    buckets.bad_ticks[:, blend.slo] = bad > 0
    buckets.clumping[:, blend.slo] = np.divide(bad**2, total, out=np.zeros_like(bad), where=grew)


def _worst(bad: Floats, total: Floats, most_bad: Floats) -> tuple[Floats, Floats]:
    """(T,) bad and all ticks: one with events is bad when the bad ones of any component were more than they may be."""
    failed = (bad > 0) & (bad > total * most_bad)
    return np.asarray(failed.any(axis=1), np.float64), np.asarray((total > 0).any(axis=1), np.float64)


def _spread(plan: Plan, failure: QueryFailure) -> QueryFailure:
    """The failure with the journeys that it leaves unmeasured, and only of SLOs that were planned for."""
    lost = set(failure.slos)
    for blend in plan.blends:
        if any(plan.slos[part] in lost for part in blend.parts):
            lost.add(plan.slos[blend.slo])
    return replace(failure, slos=_in_order(lost, plan.slos[: len(plan.slos) - plan.extra]))


def _in_order(some: set[str], slos: Sequence[str]) -> tuple[str, ...]:
    return tuple(slo for slo in slos if slo in some)
