"""Measurements out of tables: what each service counted in each minute, with no Prometheus in between."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from observatory.measurement import Buckets, Measurement
from observatory.planning import Plan

MINUTE = 60


@dataclass
class Minutes:
    """Stands in for `Measure`: bad and total events by SLO id, minute by minute from `start`."""

    start: datetime
    bad: Mapping[str, NDArray[np.float64]]
    total: Mapping[str, NDArray[np.float64]]

    def __call__(self, plan: Plan, *, after: int, until: int) -> Measurement:
        """Minutes before the first are idle."""
        ends = np.arange(after + MINUTE, until + 1, MINUTE, dtype=np.int64)
        row = (ends - int(self.start.timestamp())) // MINUTE - 1
        known = row >= 0
        bad, total = (
            np.stack([np.where(known, of[slo][row], 0.0) for slo in plan.slos], axis=1)
            for of in (self.bad, self.total)
        )
        grew = total > 0
        return Measurement(
            Buckets(
                seconds=MINUTE,
                ends=ends,
                slos=plan.slos,
                bad=bad,
                total=total,
                measured=np.where(grew, 60.0, 0),
                idle=np.where(grew, 0, 60.0),
                bad_ticks=(bad > 0).astype(float),
                clumping=np.divide(bad**2, total, out=np.zeros_like(bad), where=grew),
            )
        )
