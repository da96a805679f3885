"""What lies ahead of an error budget: when it is back, and how long it lasts at the present burn.

The first is a fact but for what is yet to happen: when a bad hour leaves a rolling window is known. The second is a guess,
so it has an interval and the usual burn beside it, and nobody is paged by it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from scipy.special import chdtri

from observatory.evaluation.model import BudgetPoint, SloStatus
from observatory.evaluation.states import LITTLE

PRESENT = "1h"
"""The alert window whose burn is taken for the present one."""
_HOUR = 3600
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
    """None: the budget is unknown, or how it was spent."""
    runway: Runway | None
    """None: it is unknown, gone, or not burning faster than it comes back."""


def forecast(status: SloStatus, hours: Sequence[BudgetPoint]) -> Forecast:
    """Look ahead.

    Args:
        status: the SLO's numbers.
        hours: how the budget went over its window, hour by hour; none where that is not known.
    """
    return Forecast(status.affordable, _recovery(status, hours), runway(status))


def _recovery(status: SloStatus, hours: Sequence[BudgetPoint]) -> Recovery | None:
    if status.remaining is None or status.budget is None:
        return None
    if status.resets is not None:
        solvent, comfortable = (
            status.at if status.remaining >= left else status.resets for left in (0, LITTLE)
        )
        return Recovery(solvent, comfortable)
    if status.remaining >= LITTLE:
        return Recovery(status.at, status.at)
    if not hours:
        return None
    still = list(_roll_off(status, hours))
    return Recovery(*(_first(still, status, left=left) for left in (0, LITTLE)))


def _roll_off(status: SloStatus, hours: Sequence[BudgetPoint]) -> Iterator[tuple[datetime, float]]:
    """When each hour has left a rolling window, now first, and the bad events that are in it from then on.

    The window begins on an hour, so that the hour (e - 1 h, e] has left it at e + its length. As many events as now are
    taken for granted: then the budget stays what it is.
    """
    begins = (status.at - status.window).timestamp() // _HOUR * _HOUR
    inside = [hour for hour in hours if hour.at.timestamp() > begins]
    # Summed from the newest, so that what is left at last is 0 and no remainder of a difference.
    sums = [*accumulate((hour.bad for hour in reversed(inside)), initial=0.0)]
    yield status.at, sums.pop()
    for hour in inside:
        end = -(-hour.at.timestamp() // _HOUR) * _HOUR
        yield datetime.fromtimestamp(end, UTC) + status.window, sums.pop()


def _first(still: Sequence[tuple[datetime, float]], status: SloStatus, *, left: float) -> datetime:
    """The first moment at which so much of the budget is left; with no bad event in the window all of it is."""
    bearable = (status.budget or 0.0) * (1 - left)
    return next((moment for moment, bad in still if bad <= bearable), still[-1][0])


def runway(status: SloStatus) -> Runway | None:
    """What is left · window / burn, with the interval of a Poisson count (Garwood 1936), thinned by its dispersion."""
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
