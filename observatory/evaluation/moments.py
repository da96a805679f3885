"""One SLO at many moments of its past, evaluated in one table by the very code that a tick runs for many SLOs at one."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.catalog import ServiceSlo
from observatory.evaluation.evaluate import Provenance, evaluate
from observatory.evaluation.evaluation import Evaluation
from observatory.evaluation.exclusions import held_open
from observatory.evaluation.left_out import LeftOut
from observatory.evaluation.model import SloStatus
from observatory.evaluation.tiers import TIERS, windows_for
from observatory.measurement import RunningSums


@dataclass(frozen=True)
class _Moment(ServiceSlo):
    """The SLO at one moment: to an evaluation, a row like any other."""

    end: int = 0

    @property
    def id(self) -> str:
        return str(self.end)

    @property
    def column(self) -> str:
        return str(self.end)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """What an SLO's numbers were as time went by."""

    entry: ServiceSlo
    ends: NDArray[np.int64]
    """(T,) ticks, Unix seconds, ascending."""
    evaluation: Evaluation
    """Its rows are these moments."""

    def firing(self) -> NDArray[np.bool_]:
        """(T,) whether any tier fires."""
        fires = self.evaluation.table.loc[:, [(tier.name, "firing") for tier in TIERS]]
        return fires.any(axis=1).to_numpy(dtype=np.bool_)

    def known(self) -> NDArray[np.bool_]:
        """(T,) whether there was anything to go by."""
        return self.column("slo", "total") > 0

    def remaining(self) -> NDArray[np.float64]:
        """(T,) share of the budget that was left; NaN where it is unknown."""
        return self.column("slo", "remaining")

    def burning(self, window: str) -> NDArray[np.bool_]:
        """(T,) whether it burned faster than the budget lasts, over a window of the tiers."""
        return self.column(window, "burn") >= 1

    def column(self, first: str, second: str) -> NDArray[np.float64]:
        """(T,) one column of `Evaluation.table`."""
        return self.evaluation.table[first, second].to_numpy(dtype=np.float64)

    def status(self, row: int) -> SloStatus:
        """What a tick would have said at this moment."""
        end = int(self.ends[row])
        return replace(
            self.evaluation.status(str(end)), slo=self.entry.id, at=datetime.fromtimestamp(end, UTC)
        )


def evaluate_moments(
    entry: ServiceSlo,
    counted: RunningSums,
    ends: NDArray[np.int64],
    *,
    since: int | None,
    dispersion: NDArray[np.float64],
    left_out: LeftOut | None = None,
) -> Moments:
    """Evaluate one SLO at every one of these moments.

    Args:
        entry: the SLO.
        counted: what was counted; it should begin a window before the first moment.
        ends: (T,) ticks, Unix seconds, ascending.
        since: from when its history is complete; None: nothing was ever seen.
        dispersion: (T,) φ as it was known at each moment.
        left_out: what events leave out of it.
    """
    slo = entry.slo.model_copy(update={"more_windows": ()})
    rows = [_Moment(entry.squad, entry.service, slo, entry.parts, end) for end in ends.tolist()]
    index = pd.Index([row.id for row in rows])
    at = datetime.fromtimestamp(int(ends[-1]), UTC)
    known = {} if since is None else {row.id: since for row in rows if row.end > since}
    windows = windows_for([ServiceSlo(entry.squad, entry.service, slo)])
    sums = counted.windows(windows, ends)
    granted = None if left_out is None else left_out.at(ends)
    if left_out is not None and granted is not None:
        sums = left_out.taken_from(sums, windows, ends, granted)
    evaluation = evaluate(
        rows,
        sums.set_axis(index),
        Provenance(at, at, history_since=known, tick=timedelta(seconds=counted.tick)),
        dispersion=pd.Series(dispersion, index=index),
        moments=ends.astype(np.float64),
    )
    if granted is not None:
        table = held_open(evaluation.table, index[granted.under_way])
        evaluation = replace(evaluation, table=table)
    return Moments(entry, ends, evaluation)
