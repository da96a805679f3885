"""The error budget of one SLO over its window, hour by hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from observatory.application.events.counting import Counting
from observatory.application.recorder import Recorder
from observatory.application.snapshot import Board
from observatory.application.steps import HOUR
from observatory.evaluation import BudgetPoint, SloStatus
from observatory.evaluation.exclusions import Adjustment
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
        return spent(self.recorder, status, self.board.snapshot.adjustments.get(slo))


def spent(
    recorder: Recorder, status: SloStatus, adjustment: Adjustment | None = None
) -> Sequence[BudgetPoint]:
    """How the budget of a status was spent, without what events leave out: it is drawn as it is judged."""
    until, column = int(status.at.timestamp()), status.column or status.slo
    after = int(((status.resets or status.at) - status.window).timestamp())
    first = after // HOUR * HOUR
    hours = recorder.history.series(column, seconds=HOUR, after=first, until=until + HOUR)
    # A rolling window begins with its first hour, a calendar's wherever midnight is.
    before = [(first, after)] if status.resets and first < after else []
    refused = adjustment is None or adjustment.exclusion.refused
    excluded = () if adjustment is None or refused else adjustment.exclusion.spans
    bad, total = _without(recorder, column, hours, [*before, *excluded])
    return points(status, hours, bad, total)


def _without(
    recorder: Recorder, column: str, hours: Buckets, spans: Sequence[tuple[int, int]]
) -> tuple[Floats, Floats]:
    """(T,) bad and all events of each hour, less those of these spans."""
    bad, total = hours.bad[:, 0].copy(), hours.total[:, 0].copy()
    counting = Counting(recorder)
    for after, until in spans:
        for row in np.flatnonzero((hours.ends > after) & (hours.ends - HOUR < until)):
            end = int(hours.ends[row])
            fields = counting.between([column], max(after, end - HOUR), min(until, end))[:, 0]
            counted = dict(zip(FIELDS, fields.tolist(), strict=True))
            bad[row] -= counted["bad"]
            total[row] -= counted["total"]
    return bad, total


def points(status: SloStatus, hours: Buckets, bad: Floats, total: Floats) -> Sequence[BudgetPoint]:
    """How the budget of a status went.

    Args:
        status: of the SLO.
        hours: of its window, one column.
        bad: (T,) of each hour, as it is judged.
        total: (T,) likewise.
    """
    ends = np.minimum(hours.ends, int(status.at.timestamp())).tolist()
    seen = ((hours.measured + hours.idle)[:, 0] > 0).tolist()
    left: Sequence[float | None] = (
        (1 - bad.cumsum() / status.budget).tolist() if status.budget else [None] * len(ends)
    )
    rows = zip(ends, left, bad.tolist(), total.tolist(), seen, strict=True)
    return [
        BudgetPoint(datetime.fromtimestamp(end, UTC), remaining if known else None, failed, counted)
        for end, remaining, failed, counted, known in rows
    ]
