"""Error budgets over each SLO's own window, and what was counted in the alert windows: arithmetic on columns."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from observatory.evaluation.counts import Counts
from observatory.evaluation.promises import Promises

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Budgets:
    """(N,) arrays over each SLO's own window; NaN where a number is undefined."""

    ratio: Floats
    """b = 1 - objective: the share of events that may be bad."""
    seconds: Floats
    """Length of the window."""
    bad: Floats
    total: Floats
    covered: Floats
    """Seconds measured or idle."""
    history: Floats
    """Seconds of the window that lie after the history's beginning."""

    @property
    def expected(self) -> Floats:
        """Events of the whole window: those so far, projected to the window where the history is shorter."""
        return self.total * divide(self.seconds, self.history)

    @property
    def events(self) -> Floats:
        """The error budget: how many of `expected` may be bad."""
        return self.ratio * self.expected

    @property
    def sli(self) -> Floats:
        """1 - bad / total."""
        return 1 - divide(self.bad, self.total)

    @property
    def consumed(self) -> Floats:
        """Bad events over the budget; exactly 1 when exactly the budget is spent, as ratios are divided, not products."""
        return divide(self.bad, self.total) / self.ratio * divide(self.history, self.seconds)

    @property
    def affordable(self) -> Floats:
        """Whole bad events left before the budget is gone."""
        return np.floor(np.maximum(self.events - self.bad, 0).round(6))

    @property
    def coverage(self) -> Floats:
        """Share of the window, since the history began, in which the series were seen."""
        return coverage(self.covered, self.seconds, self.history)


def budgets(promises: Promises, counts: Counts, *, at: datetime, since: Floats) -> Budgets:
    """The budgets at `at`.

    Args:
        promises: the SLOs.
        counts: their sums.
        at: the end of the windows.
        since: (N,) Unix seconds from which the history is complete; NaN: it is no longer than what was seen.
    """
    covered = counts.over_own("measured") + counts.over_own("idle")
    age = np.where(np.isnan(since), covered, at.timestamp() - since)
    return Budgets(
        ratio=promises.budget,
        seconds=promises.seconds,
        bad=counts.over_own("bad"),
        total=counts.over_own("total"),
        covered=covered,
        history=np.clip(age, 0, promises.seconds),
    )


def coverage(covered: Floats, seconds: Floats | float, history: Floats) -> Floats:
    """Seconds seen over seconds there were: a window cannot reach back to before the history."""
    return np.minimum(divide(covered, np.minimum(seconds, history)), 1)


def divide(one: Floats, other: Floats) -> Floats:
    """The ratio one / other; NaN where `other` is 0."""
    undefined = np.full(one.shape, np.nan)
    return np.asarray(np.divide(one, other, out=undefined, where=other > 0))
