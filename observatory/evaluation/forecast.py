"""What lies ahead of an error budget: when it is back, and how long it lasts at the present burn.

The first is a fact but for what is yet to happen: when a bad hour leaves a rolling window is known. The second is a guess,
so it has an interval and the usual burn beside it, and nobody is paged by it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from observatory.evaluation.model import SloStatus
from observatory.evaluation.states import LITTLE
from observatory.measurement import Buckets

PRESENT = "1h"
"""The alert window whose burn is taken for the present one."""
_DOUBT = 0.025
"""On either side of an interval: it holds in 95 of 100 cases."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """When the budget is back if nothing new goes wrong; a moment that is over or now: it is there already."""

    solvent: datetime
    """No longer overspent."""
    comfortable: datetime
    """A quarter of it is left: no longer at risk."""


@dataclass(frozen=True, slots=True)
class Runway:
    """How long what is left of the budget lasts at the present burn."""

    burn: float
    """Over `PRESENT`."""
    usual: float
    """Over the budget's whole window: what a guess has to be held against."""
    lasts: timedelta
    soonest: timedelta
    latest: timedelta | None
    """None: such a burn may as well be one that the budget bears."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is known and guessed of one SLO's budget."""

    affordable: float | None
    """Bad events left before the budget is gone."""
    recovery: Recovery | None
    """None: the budget is unknown."""
    runway: Runway | None
    """None: it is unknown, gone, or not burning faster than it comes back."""


def forecast(status: SloStatus, hours: Buckets) -> Forecast:
    """Look ahead.

    Args:
        status: the SLO's numbers.
        hours: buckets of an hour of its column alone, over its window.
    """
    return Forecast(status.affordable, _recovery(status, hours), runway(status))


def _recovery(status: SloStatus, hours: Buckets) -> Recovery | None:
    if status.remaining is None or status.budget is None:
        return None
    if status.resets is not None:
        solvent, comfortable = (
            status.at if status.remaining >= left else status.resets for left in (0, LITTLE)
        )
        return Recovery(solvent, comfortable)
    ends, still = _roll_off(status, hours)
    moments = (_first(ends, still <= status.budget * (1 - left), status.at) for left in (0, LITTLE))
    return Recovery(*moments)


def _roll_off(status: SloStatus, hours: Buckets) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """When each hour has left a rolling window, now first, and the bad events that are in it from then on.

    The window begins on an hour, so that the hour (e - 1 h, e] has left it at e + its length. As many events as now are
    taken for granted: then the budget stays what it is.
    """
    inside = hours.ends > int((status.at - status.window).timestamp()) // hours.seconds * hours.seconds
    bad = hours.bad[inside, 0]
    left = int(status.window.total_seconds()) + hours.ends[inside]
    now = np.array([int(status.at.timestamp())], dtype=np.int64)
    # Summed from the newest, so that what is left at last is 0 and no remainder of a difference.
    still = np.concatenate([bad[::-1].cumsum()[::-1], [0.0]])
    return np.concatenate([now, left]), still


def _first(ends: NDArray[np.int64], enough: NDArray[np.bool_], now: datetime) -> datetime:
    """The first moment at which there is enough; the newest bucket may not have ended yet, so never before now."""
    return max(datetime.fromtimestamp(int(ends[int(enough.argmax())]), UTC), now)


def runway(status: SloStatus) -> Runway | None:
    """Remaining · window / burn, with the interval of a Poisson count (Garwood 1936), thinned by its dispersion."""
    burn, seen = status.burn.get(PRESENT), status.windows.get(PRESENT)
    if burn is None or seen is None or not seen.bad:
        return None
    if status.remaining is None or status.remaining <= 0 or status.consumed is None:
        return None
    bearable = _bearable(status, status.window * status.remaining)
    if burn <= bearable:
        return None
    low, high = _interval(seen.bad / status.dispersion)
    slowest, fastest = (burn * bound * status.dispersion / seen.bad for bound in (low, high))
    left = status.window * status.remaining
    return Runway(
        burn=burn,
        usual=status.consumed,
        lasts=left / burn,
        soonest=left / fastest,
        latest=left / slowest if slowest > bearable else None,
    )


def _bearable(status: SloStatus, left: timedelta) -> float:
    """The burn that the budget bears: in a rolling window it comes back at 1, in a calendar's it has to last to the end."""
    if status.resets is None:
        return 1
    return left / max(status.resets - status.at, timedelta(seconds=1))


def _interval(count: float) -> tuple[float, float]:
    """95 % for the mean of a Poisson variable of which `count` > 0 were seen: half of χ²'s quantiles."""
    low = chdtri(2 * count, 1 - _DOUBT) / 2
    high = chdtri(2 * count + 2, _DOUBT) / 2
    return float(low), float(high)
