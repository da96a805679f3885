"""How an SLO stands: the states as conditions over columns, in their order of precedence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from observatory.evaluation.model import State

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

COMPLETE = 0.9
"""Less coverage than this says too little."""
LITTLE = 0.25
"""With less of the budget left than this, an SLO is at risk even while nothing burns."""
WHOLE = 0.99
"""A history of at least this share of its window counts as whole: windows start on the boundary of a coarse bucket."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What states are made of; (N,) arrays."""

    failed: Flags
    """The query failed in this tick."""
    stale: Flags
    """The source has not been reached for a while."""
    lost: Flags
    """Nothing was seen in the window, or nothing any more in the shortest alert window."""
    firing: Flags
    """An alert tier fires."""
    remaining: Floats
    """1 - consumed; NaN without events."""
    coverage: Floats
    """The lower of the budget window's and the fastest tier's long window's."""
    total: Floats
    """Events in the window; of slices, which are there without events, seconds in which there were any."""
    history: Floats
    """Length of the history as a share of the window, or of the part of a calendar's that is over."""

    @property
    def unknown(self) -> Flags:
        """The numbers do not speak of the present."""
        return self.failed | self.stale | self.lost


def states(facts: Facts) -> NDArray[np.object_]:
    """The first state that holds, in this order.

    query_failed, stale, no_data  the numbers do not speak of the present
    breached                      more than the budget is spent
    at_risk                       an alert tier fires, or less than 25 % of the budget is left
    partial                       coverage below 90 %, over the window or the last hour
    idle                          no event in the whole window
    new                           the history is shorter than the window, so the budget is a projection
    healthy                       none of these

    Bad news needs no complete data, good news does: what was counted as bad stays bad however much is missing, so
    `breached` and `at_risk` come before `partial` and `new`; unknown is never healthy.
    """
    conditions = {
        State.QUERY_FAILED: facts.failed,
        State.STALE: facts.stale,
        State.NO_DATA: facts.lost,
        State.BREACHED: facts.remaining < 0,
        State.AT_RISK: facts.firing | (facts.remaining < LITTLE),
        State.PARTIAL: ~(facts.coverage >= COMPLETE),
        State.IDLE: facts.total == 0,
        State.NEW: facts.history < WHOLE,
        State.HEALTHY: np.ones_like(facts.failed),
    }
    first = np.argmax(np.array(list(conditions.values())), axis=0)
    return np.asarray(np.array(list(conditions), dtype=object)[first])
