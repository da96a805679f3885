"""The evaluation of all SLOs at one moment: a table, and the statuses that are read from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd

from observatory.catalog import ServiceSlo
from observatory.evaluation.model import SloStatus
from observatory.evaluation.promises import Promises
from observatory.evaluation.statuses import Statuses, WindowBudgets
from observatory.evaluation.tiers import TIERS


@dataclass(frozen=True, slots=True, eq=False)
class Further:
    """The budgets over further windows."""

    promises: Promises
    """One row for each window of an SLO that has several."""
    table: pd.DataFrame
    """Those rows; the columns ("slo", …) of `Evaluation.table` that speak of a budget."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Every SLO's numbers at one moment."""

    at: datetime
    """The end of the newest bucket that went into the numbers."""
    table: pd.DataFrame
    """One row an SLO (index: id); columns of two levels, float64 with NaN for undefined unless said otherwise.

    ("slo", …)   state (a `State`), sli, bad, total, budget (events), consumed, remaining, affordable,
                 coverage, budget_minutes, since (Unix seconds; NaN: the history is whole), dispersion,
                 starts, ends (Unix seconds, of the window)
    ("5m", …)    bad, total, coverage, burn; and so for every alert window
    ("fast", …)  firing (bool), clear (1 or 0; NaN: unknown), tail; and so for every tier
    """
    promises: Promises
    failures: Mapping[str, str]
    """By SLO id: why its query failed."""
    further: Further

    def __contains__(self, slo: str) -> bool:
        """Whether this SLO was evaluated."""
        return slo in self.promises.entries

    def entry(self, slo: str) -> ServiceSlo:
        """The definition that was evaluated."""
        return self.promises.entries[slo]

    def firing(self) -> Sequence[str]:
        """The SLOs with at least one tier that fires, in the table's order."""
        fires = np.logical_or.reduce([self.table[tier.name, "firing"].to_numpy(bool) for tier in TIERS])
        return tuple(self.table.index[fires])

    def status(self, slo: str) -> SloStatus:
        """One SLO's numbers; None for what is undefined.

        Raises:
            KeyError: it was not evaluated.
        """
        return self._statuses[slo]

    def statuses(self) -> Mapping[str, SloStatus]:
        """The numbers of all SLOs by id, in the table's order; each status is made when it is asked for."""
        return self._statuses

    @cached_property
    def _statuses(self) -> Statuses:
        further = WindowBudgets(self.further.table, self.further.promises)
        return Statuses(self.table, self.promises, at=self.at, failures=self.failures, further=further)
