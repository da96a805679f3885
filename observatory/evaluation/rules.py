"""When a tier fires: the rules `exact` and `classic`, for all SLOs at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from observatory.evaluation.significance import binomial_tail

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST_BAD = 2
"""One bad event is never a pattern: at 10 requests an hour it would page although it is 14 % of a 99.9 % budget."""
SPENT_BY_CHANCE = 0.001
"""A share of the budget is gone: as unlikely as this while the objective is kept, or it was chance."""
BURNT_BY_CHANCE = 0.025
"""The burn rate is reached: as unlikely as this at exactly that burn rate, or it was chance."""
BEYOND_DOUBT = 1e-9
"""A tail below this needs no second minute: a real outage is not made to wait."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one tier looks at; (N,) arrays of events, zero where nothing was seen."""

    bad_long: Floats
    total_long: Floats
    bad_ticks: Floats
    """Ticks of the long window with at least one bad event."""
    bad_short: Floats
    total_short: Floats
    expected: Floats
    """Events of the whole budget window, projected where the history is shorter."""
    dispersion: Floats
    """φ ≥ 1: counts are divided by it before chance is asked."""
    busy_tick: Floats
    """Events that usually come in a tick in which any come; NaN where that is unknown."""

    def independent(self, budget: Floats) -> tuple[Floats, Floats]:
        """How many bad and how many of all events of the long window say something new, where the ratio `budget` may be bad.

        Divided by φ; and of a tick no more bad ones than a busy tick usually holds events, since with one request a minute
        nobody can learn φ from a month: a retried one is then most of what there is in its minute, and of the month. What is
        more than the budget of the whole window counts in any case: it breaks the promise, whatever it came from.
        """
        bad = self.bad_long / self.dispersion
        held = self.bad_ticks * np.fmax(self.busy_tick, 1)
        new = np.where(self.bad_long > budget * self.expected, bad, np.fmin(bad, held))
        return new, self.total_long / self.dispersion - (bad - new)


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What the evidence is held against; (N,) arrays of ratios, correctly rounded from decimals.

    Counts are compared as ratios (bad / events ≥ limit) and not as products (bad ≥ limit · events): a quotient of whole
    numbers that equals the limit rounds to the same float, so that "exactly at the limit" is decided right.
    """

    budget: Floats
    """b = 1 - objective."""
    rate: Floats
    """burn · b."""
    spent_long: Floats
    """share · b: of all events of the budget window."""
    spent_short: Floats
    """share · b · short / long."""


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a rule says of one tier; (N,) arrays."""

    firing: Flags
    burning: Flags
    """The short window alone burns: while it does, an open alert is not clear."""
    tail: Floats
    """The smaller of the tails that were asked for; NaN where none was."""


def classic(evidence: Evidence, limits: Limits) -> Verdict:
    """The error ratio is at least burn · b over the long and the short window (SRE Workbook, chapter 5)."""
    burning = _at_least(evidence.bad_short, evidence.total_short, limits.rate)
    firing = burning & _at_least(evidence.bad_long, evidence.total_long, limits.rate)
    return Verdict(firing, burning, np.full(firing.shape, np.nan))


def exact(evidence: Evidence, limits: Limits) -> Verdict:
    """The budget's share is spent, or the burn rate is reached; and neither by chance.

    Fires when
        bad_long ≥ share·budget and bad_short ≥ share·budget·short/long and P[X ≥ bad_long | n_long, b] < 0.001
        or rate_long ≥ burn·b and rate_short ≥ burn·b and P[X ≥ bad_long | n_long, burn·b] < 0.025,
    both with bad_long ≥ 2, bad_short > 0, and bad events in two distinct ticks unless the tail is below 1e-9; of the events
    in a tail only those count that say something new (`Evidence.independent`). It never
    asks for a least number of requests: that would silence a total outage of a quiet service.
    """
    spending = _at_least(evidence.bad_short, evidence.expected, limits.spent_short)
    rate_short = _at_least(evidence.bad_short, evidence.total_short, limits.rate)
    enough = evidence.bad_long >= FEWEST_BAD
    spent = enough & spending & _at_least(evidence.bad_long, evidence.expected, limits.spent_long)
    burnt = enough & rate_short & _at_least(evidence.bad_long, evidence.total_long, limits.rate)
    bad, total = evidence.independent(limits.budget)
    spent_tail = _tail(bad, total, limits.budget, where=spent)
    burnt_tail = _tail(bad, total, limits.rate, where=burnt)
    firing = _significant(evidence, spent_tail, SPENT_BY_CHANCE) | _significant(
        evidence, burnt_tail, BURNT_BY_CHANCE
    )
    return Verdict(firing, spending | rate_short, np.fmin(spent_tail, burnt_tail))


def judge(evidence: Evidence, limits: Limits, *, by_exact: Flags, applies: Flags) -> Verdict:
    """Each SLO by its own rule.

    Args:
        evidence: what was counted.
        limits: what it is held against.
        by_exact: (N,) the SLO chose `exact`, not `classic`.
        applies: (N,) the SLO has this tier.
    """
    significant, plain = exact(evidence, limits), classic(evidence, limits)
    return Verdict(
        firing=applies & np.where(by_exact, significant.firing, plain.firing),
        burning=applies & np.where(by_exact, significant.burning, plain.burning),
        tail=np.where(applies & by_exact, significant.tail, np.nan),
    )


def _at_least(bad: Floats, events: Floats, limit: Floats) -> Flags:
    """Some bad events, and at least `limit` of all events; never where there were no events."""
    ratio = np.divide(bad, events, out=np.zeros_like(bad), where=events > 0)
    return (bad > 0) & (events > 0) & (ratio >= limit)


def _tail(bad: Floats, total: Floats, ratio: Floats, *, where: Flags) -> Floats:
    """Tails of the few rows that can fire; NaN for the rest."""
    tails = np.full(where.shape, np.nan)
    tails[where] = binomial_tail(bad[where], total[where], ratio[where])
    return tails


def _significant(evidence: Evidence, tail: Floats, chance: float) -> Flags:
    """False where no tail was asked for: NaN compares false."""
    return (tail < chance) & ((evidence.bad_ticks >= FEWEST_BAD) | (tail < BEYOND_DOUBT))
