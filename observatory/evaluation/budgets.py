"""Error budgets over each SLO's own window, and what was counted in the alert windows: arithmetic on columns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from observatory.catalog import Calendar
from observatory.evaluation.counts import Counts
from observatory.evaluation.promises import Promises

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """(N,) arrays, seconds: what each row's window is at its moment."""

    seconds: Floats
    """Its length; of a calendar window this very one's, the part that is still to come included."""
    elapsed: Floats
    """The part that is over: all of a rolling window."""


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """(N,) arrays: what came in a rolling window that is about as long as each row's own."""

    length: Floats
    """Seconds of the row's own window, a calendar's on the mean."""
    history: Floats
    """Seconds of the rolling one that lie after the history's beginning."""
    total: Floats
    """What was counted in it."""
    slice: Floats
    """Seconds of a slice; NaN where the budget is made of events."""

    @property
    def events(self) -> Floats:
        """Events of a window of this length as fast as these came; slices, as many as fit."""
        projected = self.total * divide(self.length, self.history)
        return np.where(np.isnan(self.slice), projected, divide(self.length, self.slice))


@dataclass(frozen=True, slots=True, eq=False)
class Budgets:
    """(N,) arrays over each row's own window; NaN where a number is undefined."""

    ratio: Floats
    """b = 1 - objective: the share of events that may be bad."""
    period: Periods
    usual: Usual
    history: Floats
    """Seconds of the elapsed part that lie after the history's beginning."""
    bad: Floats
    total: Floats
    measured: Floats
    """Seconds with events."""
    covered: Floats
    """Seconds measured or idle."""

    @property
    def in_slices(self) -> NDArray[np.bool_]:
        """The budget is made of slices, not of events."""
        return ~np.isnan(self.usual.slice)

    @property
    def expected(self) -> Floats:
        """Events of the whole window: those counted, and for the time beyond the history what usually comes.

        That time lies before the history of a young service, and is what is still to come of a calendar window. Slices
        need no estimate: there are as many as fit.
        """
        beyond = self.usual.events * divide(self.period.seconds - self.history, self.usual.length)
        slices = divide(self.period.seconds, self.usual.slice)
        return np.where(self.in_slices, np.where(self.covered > 0, slices, np.nan), self.total + beyond)

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
        return divide(self.bad, self.expected) / self.ratio

    @property
    def affordable(self) -> Floats:
        """Whole bad events left before the budget is gone."""
        return np.floor(np.maximum(self.events - self.bad, 0).round(6))

    @property
    def coverage(self) -> Floats:
        """Share of the elapsed part, since the history began, in which the series were seen."""
        return coverage(self.covered, self.period.elapsed, self.history)


def budgets(promises: Promises, counts: Counts, *, moments: Floats, since: Floats) -> Budgets:
    """The budgets at `moments`.

    Args:
        promises: the rows.
        counts: their sums.
        moments: (N,) Unix seconds, the end of what was summed.
        since: (N,) Unix seconds from which the history is complete; NaN: it is no longer than what was seen.
    """
    period = _periods(promises, moments)

    def history(seen: Callable[[str], Floats], longest: Floats) -> Floats:
        age = np.where(np.isnan(since), seen("measured") + seen("idle"), moments - since)
        return np.clip(age, 0, longest)

    return Budgets(
        ratio=promises.budget,
        period=period,
        usual=Usual(
            length=promises.seconds,
            history=history(counts.over_usual, promises.usual),
            total=counts.over_usual("total"),
            slice=promises.slice,
        ),
        history=history(counts.over_own, period.elapsed),
        bad=counts.over_own("bad"),
        total=counts.over_own("total"),
        measured=counts.over_own("measured"),
        covered=counts.over_own("measured") + counts.over_own("idle"),
    )


def coverage(covered: Floats, seconds: Floats | float, history: Floats) -> Floats:
    """Seconds seen over seconds there were: a window cannot reach back to before the history."""
    return np.minimum(divide(covered, np.minimum(seconds, history)), 1)


def divide(one: Floats, other: Floats) -> Floats:
    """The ratio one / other; NaN where `other` is 0."""
    undefined = np.full(one.shape, np.nan)
    return np.asarray(np.divide(one, other, out=undefined, where=other > 0))


def _periods(promises: Promises, moments: Floats) -> Periods:
    seconds, elapsed = promises.seconds.copy(), promises.seconds.copy()
    for number, promise in enumerate(promises.distinct):
        if isinstance(promise.window, Calendar):
            rows = np.flatnonzero(promises.of == number)
            times, back = np.unique(moments[rows], return_inverse=True)
            found = [promise.window.period(datetime.fromtimestamp(time, UTC)) for time in times.tolist()]
            starts = np.array([period.starts.timestamp() for period in found])
            seconds[rows] = np.array([period.length.total_seconds() for period in found])[back]
            elapsed[rows] = (times - starts)[back]
    return Periods(seconds, elapsed)
