"""The error budget of one SLO over its window, hour by hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from observatory.application.recorder import Recorder
from observatory.application.snapshot import Board
from observatory.application.steps import HOUR
from observatory.evaluation import BudgetPoint


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
        spent = accumulate(float(bad) for bad in hours.bad[:, 0])
        seen = (hours.measured + hours.idle)[:, 0] > 0
        return [
            BudgetPoint(
                at=datetime.fromtimestamp(min(int(end), until), UTC),
                remaining=1 - bad_so_far / status.budget if known and status.budget else None,
                bad=float(bad),
                total=float(total),
            )
            for end, bad, total, bad_so_far, known in zip(
                hours.ends, hours.bad[:, 0], hours.total[:, 0], spent, seen, strict=True
            )
        ]
