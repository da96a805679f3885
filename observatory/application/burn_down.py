"""The error budget of one SLO over its window, hour by hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from observatory.application.events.counting import Counting
from observatory.application.recorder import Recorder
from observatory.application.snapshot import Board
from observatory.application.steps import HOUR
from observatory.evaluation import BudgetPoint
from observatory.measurement import FIELDS, Buckets

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BurnDown:
    """How the budget of the window that ends now was spent."""

    recorder: Recorder
    board: Board

    def __call__(self, slo: str) -> Sequence[BudgetPoint]:
        """Hourly, oldest first; the last point is what is left now. Empty when nothing is known of this SLO."""
        status = self.board.snapshot.statuses.get(slo)
        if status is None or slo not in self.recorder.history.slos:
            return ()
        until = int(status.at.timestamp())
        after = until - int(status.window.total_seconds())
        hours = self.recorder.history.series(
            slo, seconds=HOUR, after=after // HOUR * HOUR, until=until + HOUR
        )
        bad, total = self._without_exclusions(slo, hours)
        spent = accumulate(map(float, bad))
        seen = (hours.measured + hours.idle)[:, 0] > 0
        return [
            BudgetPoint(
                at=datetime.fromtimestamp(min(int(end), until), UTC),
                remaining=1 - bad_so_far / status.budget if known and status.budget else None,
                bad=float(failed),
                total=float(counted),
            )
            for end, failed, counted, bad_so_far, known in zip(
                hours.ends, bad, total, spent, seen, strict=True
            )
        ]

    def _without_exclusions(self, slo: str, hours: Buckets) -> tuple[Floats, Floats]:
        """(T,) bad and all events of each hour, less what events leave out: the budget is drawn as it is judged."""
        bad, total = hours.bad[:, 0].copy(), hours.total[:, 0].copy()
        adjustment = self.board.snapshot.adjustments.get(slo)
        if adjustment is None or adjustment.exclusion.refused:
            return bad, total
        counting = Counting(self.recorder)
        for after, until in adjustment.exclusion.spans:
            for row in np.flatnonzero((hours.ends > after) & (hours.ends - HOUR < until)):
                end = int(hours.ends[row])
                fields = counting.between([slo], max(after, end - HOUR), min(until, end))[:, 0]
                counted = dict(zip(FIELDS, fields.tolist(), strict=True))
                bad[row] -= counted["bad"]
                total[row] -= counted["total"]
        return bad, total
