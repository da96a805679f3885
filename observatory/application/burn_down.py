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
        after = int(((status.resets or status.at) - status.window).timestamp())
        column, first = status.column or slo, after // HOUR * HOUR
        hours = self.recorder.history.series(column, seconds=HOUR, after=first, until=until + HOUR)
        # A rolling window begins with its first hour, a calendar's wherever midnight is.
        before = [(first, after)] if status.resets and first < after else []
        bad, total = self._without(column, hours, [*before, *self._excluded(slo)])
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

    def _excluded(self, slo: str) -> Sequence[tuple[int, int]]:
        """What events leave out: the budget is drawn as it is judged."""
        adjustment = self.board.snapshot.adjustments.get(slo)
        return () if adjustment is None or adjustment.exclusion.refused else adjustment.exclusion.spans

    def _without(
        self, column: str, hours: Buckets, spans: Sequence[tuple[int, int]]
    ) -> tuple[Floats, Floats]:
        """(T,) bad and all events of each hour, less those of these spans."""
        bad, total = hours.bad[:, 0].copy(), hours.total[:, 0].copy()
        counting = Counting(self.recorder)
        for after, until in spans:
            for row in np.flatnonzero((hours.ends > after) & (hours.ends - HOUR < until)):
                end = int(hours.ends[row])
                fields = counting.between([column], max(after, end - HOUR), min(until, end))[:, 0]
                counted = dict(zip(FIELDS, fields.tolist(), strict=True))
                bad[row] -= counted["bad"]
                total[row] -= counted["total"]
        return bad, total
