"""The alert tiers as data, scaled to an SLO's window; which windows have to be summed for them.

Multi-window, multi-burn-rate alerts as in the SRE Workbook, chapter 5. A tier stands for the share of the error budget
that is gone when it fires, whatever the error rate: share = burn · long / window.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from observatory.catalog import Calendar, ServiceSlo
from observatory.catalog.durations import duration_text
from observatory.evaluation.model import Severity, plain


@dataclass(frozen=True, slots=True)
class Tier:
    """One pair of windows, and the share of the error budget that may go before people are told."""

    name: str
    share: Decimal
    """Of the budget, 0 to 1."""
    long: timedelta
    short: timedelta
    severity: Severity

    def burn(self, window: timedelta) -> Decimal:
        """The burn rate that spends `share` of a budget over `window` within `long`; never below 1.

        A rate of 1 ends exactly at the objective: who burns slower keeps the promise, and nobody is told.
        """
        return max(Decimal(1), plain(self.share * _ratio(window, self.long)))

    def share_of(self, window: timedelta) -> Decimal:
        """The share of a budget over `window` that is gone at detection: `share`, or more where `burn` had to be 1."""
        return max(self.share, _ratio(self.long, window))


TIERS = (
    Tier("fast", Decimal("0.02"), timedelta(hours=1), timedelta(minutes=5), Severity.PAGE),
    Tier("slow", Decimal("0.05"), timedelta(hours=6), timedelta(minutes=30), Severity.PAGE),
    Tier("drain", Decimal("0.10"), timedelta(days=1), timedelta(hours=2), Severity.TICKET),
    Tier("creep", Decimal("0.10"), timedelta(days=3), timedelta(hours=6), Severity.TICKET),
)
"""Fastest first. Over 30 days they burn at 14.4, 6, 3 and 1."""


def tiers_for(window: timedelta) -> Sequence[Tier]:
    """The tiers that an SLO over `window` can have: those whose long window is no longer than its own."""
    return tuple(tier for tier in TIERS if tier.long <= window)


def unreachable(budget: Decimal, window: timedelta) -> Sequence[Tier]:
    """The tiers whose rate no outage can reach: burn · budget ≥ 1, so that even 100 % errors burn too slowly.

    Args:
        budget: 1 - objective, as a ratio.
        window: of the SLO.
    """
    return tuple(tier for tier in tiers_for(window) if tier.burn(window) * budget >= 1)


def detection_time(
    tier: Tier, *, budget: Decimal, error_ratio: Decimal, window: timedelta
) -> timedelta | None:
    """How long errors at this ratio burn until the rates of `tier` are reached, even traffic and none before.

    t = budget / error_ratio · long · burn (SRE Workbook, chapter 5). None: never.
    """
    burn = tier.burn(window)
    if error_ratio <= burn * budget:
        return None
    return tier.long * float(burn * budget / error_ratio)


def alert_windows() -> Mapping[str, timedelta]:
    """The windows of all tiers under their labels, shortest first: 5m, 30m, 1h, 2h, 6h, 1d, 3d."""
    return _labelled({length for tier in TIERS for length in (tier.long, tier.short)})


def windows_for(entries: Iterable[ServiceSlo]) -> Mapping[str, timedelta | Calendar]:
    """Every window that has to be summed to evaluate these SLOs: the alert windows, and all of each SLO's own.

    Beside a calendar window there is a rolling one of about its length (a month: 30 days), which says what usually comes.
    """
    own = {window for entry in entries for window in entry.slo.windows}
    calendars = [window for window in own if isinstance(window, Calendar)]
    rolling = _labelled({*alert_windows().values(), *(timedelta(days=window.length.days) for window in own)})
    return {**rolling, **{window.label: window for window in sorted(calendars, key=lambda one: one.label)}}


def _labelled(lengths: Iterable[timedelta]) -> Mapping[str, timedelta]:
    return {duration_text(length): length for length in sorted(lengths)}


def _ratio(one: timedelta, other: timedelta) -> Decimal:
    return Decimal(one // _TICK) / Decimal(other // _TICK)


_TICK = timedelta(microseconds=1)
