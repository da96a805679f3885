"""Which objective a history supports: the highest usual one that it kept, and that its traffic can carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

LADDER = tuple(
    map(
        Decimal,
        ("90", "95", "98", "99", "99.5", "99.8", "99.9", "99.95", "99.98", "99.99", "99.995", "99.999"),
    )
)
"""Objectives that people promise, per cent."""
FEWEST = 5
"""A budget of fewer events is spent by a handful of mishaps."""
KEPT = 0.95
"""Share of the windows of the past in which an objective should have been kept to be promised."""
PERCENTILES = (5, 25, 50, 75)


@dataclass(frozen=True, slots=True)
class Achieved:
    """What a history did over windows of one length, each of which ends an hour after the one before."""

    window: timedelta
    slis: NDArray[np.float64]
    """(W,) ratio of good events of each window that was measured; windows overlap."""
    events: float
    """Of a window, on the mean."""
    span: timedelta
    """From the beginning of the first to the end of the last."""

    @property
    def independent(self) -> int:
        """Windows that fit into the span without overlapping: so much evidence there is."""
        return int(self.span / self.window)

    def percentile(self, share: int) -> float:
        """The ratio of good events that so many per cent of the windows fell short of."""
        return float(np.percentile(self.slis, share))

    def kept(self, objective: Decimal) -> float:
        """Share of the windows in which an objective was kept."""
        return float(np.mean(self.slis >= float(objective / 100)))


@dataclass(frozen=True, slots=True)
class Rung:
    """One objective, and what the past says of it."""

    objective: Decimal
    kept: float
    """Share of the windows."""
    budget: float
    """Events that may be bad in a window."""

    @property
    def is_carried(self) -> bool:
        """The traffic is enough for a budget that says something."""
        return self.budget >= FEWEST


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to promise."""

    achieved: Achieved
    ladder: Sequence[Rung]
    """Lowest objective first."""
    objective: Decimal | None
    """None: no objective was kept that the traffic carries."""

    @property
    def needed(self) -> float:
        """Events that a window would need to carry the lowest objective of the ladder."""
        return FEWEST / (1 - float(LADDER[0]) / 100)


@dataclass(frozen=True, slots=True)
class Outlier:
    """One day that decides alone."""

    hour: int
    """Which hour of the history it ends with."""
    share: float
    """Of all bad events."""
    objective: Decimal
    """What would be proposed without it."""


_DAY = 24
_MOST = 0.5
"""A day with so much of all that was bad is looked at by itself."""


def outlier(
    bad: NDArray[np.float64], total: NDArray[np.float64], *, window: timedelta, proposal: Proposal
) -> Outlier | None:
    """The day without which a higher objective would be proposed, where it has most of the bad events."""
    if len(bad) <= _DAY or not bad.sum():
        return None
    days = np.convolve(bad, np.ones(_DAY), mode="valid")
    first = int(days.argmax())
    share = float(days[first] / bad.sum())
    inside = np.zeros(len(bad), dtype=np.bool_)
    inside[first : first + _DAY] = True
    without = achieved(np.where(inside, 0.0, bad), np.where(inside, 0.0, total), window=window)
    if share < _MOST or without is None:
        return None
    better = propose(without).objective
    if better is None or (proposal.objective is not None and better <= proposal.objective):
        return None
    return Outlier(first + _DAY - 1, share, better)


def achieved(bad: NDArray[np.float64], total: NDArray[np.float64], *, window: timedelta) -> Achieved | None:
    """Windows over hours of history; None when no whole window with events fits.

    Args:
        bad: (H,) events of consecutive hours, from the first that was seen.
        total: (H,) likewise.
        window: whole hours.
    """
    length = int(window / timedelta(hours=1))
    if len(total) < length:
        return None
    bads, totals = (np.convolve(of, np.ones(length), mode="valid") for of in (bad, total))
    some = totals > 0
    if not some.any():
        return None
    slis = 1 - bads[some] / totals[some]
    return Achieved(window, slis, float(totals.mean()), timedelta(hours=len(total)))


def propose(found: Achieved) -> Proposal:
    """The highest objective that was kept often enough and whose budget says something."""
    ladder = [
        Rung(objective, found.kept(objective), found.events * (1 - float(objective) / 100))
        for objective in LADDER
    ]
    fit = [rung.objective for rung in ladder if rung.kept >= KEPT and rung.is_carried]
    return Proposal(found, ladder, max(fit, default=None))
