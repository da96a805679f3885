"""How fast an SLO's budget has burned lately, over five minutes at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from observatory.application.recorder import Recorder
from observatory.application.steps import FIVE_MINUTES
from observatory.catalog import ServiceSlo
from observatory.outputs.burn_chart import BurnPoint

_APART = 60
"""Seconds between points, where ticks are no further apart."""


@dataclass(frozen=True, slots=True)
class Burn:
    """Reads it from the history."""

    recorder: Recorder

    def __call__(self, entry: ServiceSlo, *, since: datetime, until: datetime) -> Sequence[BurnPoint]:
        """From the first that was counted on, oldest first; empty when nothing is known of this SLO."""
        history, tick = self.recorder.history, self.recorder.tick
        if entry.column not in history.slos:
            return ()
        after, end = int(since.timestamp()) - FIVE_MINUTES, int(until.timestamp())
        ticks = history.series(entry.column, seconds=tick, after=after, until=end)
        width = FIVE_MINUTES // tick
        bad, total = (_over(counts[:, 0], width) for counts in (ticks.bad, ticks.total))
        counted = np.flatnonzero(total > 0)
        if not len(counted):
            return ()
        rows = range(len(total) - 1, int(counted[0]) - 1, -max(1, _APART // tick))
        allowed = float(entry.slo.budget)
        return [
            BurnPoint(
                at=datetime.fromtimestamp(int(ticks.ends[row]), UTC),
                rate=float(bad[row] / total[row]) / allowed if total[row] > 0 else None,
            )
            for row in reversed(rows)
        ]


def _over(counts: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Sums of the last `width` ticks, at each."""
    sums = np.concatenate([np.zeros(width), counts]).cumsum()
    over: NDArray[np.float64] = np.round(sums[width:] - sums[:-width], 6)  # differences leave crumbs of 1e-12
    return over
