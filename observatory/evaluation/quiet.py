"""What is usual for each SLO: how its errors come while nothing burns, learnt from the hours of the last weeks."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.catalog import ServiceSlo
from observatory.evaluation.promises import Promises
from observatory.evaluation.significance import dispersion
from observatory.evaluation.tiers import TIERS
from observatory.measurement import Buckets

LEARNT_FROM = 28 * 24
"""Hours: of rare clumps a single week often holds none, and then the first one pages. At 300 requests an hour and clumps
of ten, a week leaves four times as many false pages."""
LEFT_OUT = 6
"""Hours before now: what a page is decided on must not be what it is measured by."""
_LASTING = 300
"""Seconds with bad events in an hour that are no clump any more: the shortest alert window."""
_PAGES = TIERS[1]
"""The slowest burn that pages."""

Dispersions = pd.Series
"""φ by SLO id."""


def usual_dispersion(entries: Sequence[ServiceSlo], parts: Iterable[Buckets], *, tick: int) -> Dispersions:
    """φ of each SLO from its quiet hours (`dispersion`).

    An hour is not quiet when it burned at a rate that pages and did so for five minutes. Rate alone would not do: at
    300 requests an hour a single clump of ten errors exceeds it, and is what is to be learnt. Nor would the hours of
    incidents: where the clump has paged, it would never be learnt, and page for ever. What an outage adds
    nevertheless is bounded, since Σb²/n ≤ Σb makes φ at most the mean events of a tick: a full outage then counts one
    independent error a tick, and is beyond chance after a few.

    Args:
        entries: the SLOs.
        parts: the span in pieces, so that it needn't be held at once: buckets of an hour of exactly these SLOs, in
            their order; what was never seen is 0.
        tick: seconds between the counts that `clumping` was summed over.
    """
    rate = Promises.read(entries).limits(_PAGES).rate
    return dispersion(reduce(add, (_quiet(hours, rate, tick=tick) for hours in parts)), tick=tick)


def dispersion_over_time(
    entry: ServiceSlo, hours: Buckets, untils: NDArray[np.int64], *, tick: int
) -> NDArray[np.float64]:
    """(U,) φ of one SLO as `usual_dispersion` would have learnt it at each of these moments.

    Args:
        entry: the SLO.
        hours: consecutive buckets of an hour of this SLO alone.
        untils: (U,) boundaries of hours, Unix seconds; what lies `LEFT_OUT` hours before them is learnt from.
        tick: seconds between the counts that `clumping` was summed over.
    """
    rate = Promises.read([entry]).limits(_PAGES).rate
    quiet = ~_burnt(hours, rate, tick=tick)
    last = (untils - hours.ends[0]) // hours.seconds - LEFT_OUT + 1
    ends = np.clip(last, 0, len(hours.ends))
    starts = np.clip(last - LEARNT_FROM, 0, len(hours.ends))
    counted = {}
    for name in _LEARNT:
        sums = np.concatenate([[0.0], (getattr(hours, name) * quiet)[:, 0].cumsum()])
        counted[name] = sums[ends] - sums[starts]
    return dispersion(pd.DataFrame(counted), tick=tick).to_numpy(dtype=np.float64)


def _quiet(hours: Buckets, rate: NDArray[np.float64], *, tick: int) -> pd.DataFrame:
    """What was counted in the hours that did not burn."""
    quiet = ~_burnt(hours, rate, tick=tick)
    counted = {name: getattr(hours, name).sum(axis=0, where=quiet) for name in _LEARNT}
    return pd.DataFrame(counted, index=pd.Index(hours.slos))


def _burnt(hours: Buckets, rate: NDArray[np.float64], *, tick: int) -> NDArray[np.bool_]:
    """(T, N) the hours that burned; a product and no ratio, since hours without events don't."""
    lasting = hours.bad_ticks >= max(2, _LASTING // tick)
    return np.asarray(lasting & (hours.bad >= rate * hours.total))


_LEARNT = ("bad", "total", "measured", "clumping")
