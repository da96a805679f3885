"""What an evaluation should say, computed from the definitions: lists of events, whole numbers and fractions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import exp, floor, lgamma, log, log1p

from scipy.stats import beta

from observatory.catalog import Slo
from observatory.evaluation import SloStatus

MINUTE, HOUR, DAY = 60, 3600, 86_400
ALERT_WINDOWS = {"5m": 300, "30m": 1800, "1h": HOUR, "2h": 2 * HOUR, "6h": 6 * HOUR, "1d": DAY, "3d": 3 * DAY}
TIERS = {
    "fast": (Fraction(2, 100), "1h", "5m"),
    "slow": (Fraction(5, 100), "6h", "30m"),
    "drain": (Fraction(10, 100), "1d", "2h"),
    "creep": (Fraction(10, 100), "3d", "6h"),
}
"""Share of the budget, long and short window."""


@dataclass(frozen=True)
class Observed:
    """What can be known of an SLO: the moments at which its events showed."""

    total: Sequence[float]
    bad: Sequence[float]
    present: Callable[[int], bool]
    """Whether the series of its total were there at a moment."""


@dataclass(frozen=True)
class Expected:
    """The numbers of an SLO at one moment; None where one is undefined."""

    bad: int
    total: int
    sli: Fraction | None
    budget: Fraction | None
    consumed: Fraction | None
    affordable: int | None
    coverage: Fraction | None
    since: datetime | None
    windows: Mapping[str, tuple[int, int, Fraction | None]]
    """By alert window, as far as they are no longer than the SLO's own: bad, total, coverage."""
    burn: Mapping[str, Fraction | None]
    firing: frozenset[str]


def expected(slo: Slo, observed: Observed, *, at: int, tick: int, clumps: float) -> Expected:
    """Everything from the definitions, window by window; `clumps` is the dispersion that counts are divided by."""
    window = int(slo.window.length.total_seconds())
    allowed = 1 - Fraction(slo.objective) / 100
    asked = max(window, *ALERT_WINDOWS.values())
    seen = [end for end in range(at - asked + tick, at + 1, tick) if observed.present(end)]
    history = min(at - (seen[0] - tick), window) if seen else 0
    labels = {label: length for label, length in ALERT_WINDOWS.items() if length <= window}

    def counted(moments: Iterable[float], length: int) -> list[float]:
        return [moment for moment in moments if at - length < moment <= at]

    def coverage(length: int) -> Fraction | None:
        there = [end for end in seen if end > at - length]
        return _ratio(len(there) * tick, min(length, history))

    bad, total = len(counted(observed.bad, window)), len(counted(observed.total, window))
    budget = allowed * total * window / history if history else None
    windows = {
        label: (len(counted(observed.bad, length)), len(counted(observed.total, length)), coverage(length))
        for label, length in labels.items()
    }
    error = _ratio(bad, total)
    consumed = None if error is None or budget is None else bad / budget
    ticks = {
        label: len({-((at - moment) // tick) for moment in counted(observed.bad, length)})
        for label, length in labels.items()
    }
    fires = [
        name
        for name in TIERS
        if budget is not None
        and _fires(name, slo, windows=windows, ticks=ticks, budget=budget, clumps=clumps)
    ]
    return Expected(
        bad=bad,
        total=total,
        sli=None if error is None else 1 - error,
        budget=budget,
        consumed=consumed,
        affordable=None if budget is None else floor(max(budget - bad, 0)),
        coverage=coverage(window),
        since=None if history == window or not seen else datetime.fromtimestamp(at - history, UTC),
        windows=windows,
        burn={
            label: None if (rate := _ratio(bad, total)) is None else rate / allowed
            for label, (bad, total, _) in windows.items()
        },
        firing=frozenset(fires),
    )


def of_status(status: SloStatus) -> Mapping[str, object]:
    """What a status says, under the names of `Expected`."""
    labels = [label for label, length in ALERT_WINDOWS.items() if length <= status.window.total_seconds()]
    return {
        "bad": status.bad,
        "total": status.total,
        "sli": status.sli,
        "budget": status.budget,
        "consumed": status.consumed,
        "affordable": status.affordable,
        "coverage": status.coverage,
        "since": status.since,
        "windows": {
            label: (status.windows[label].bad, status.windows[label].total, status.windows[label].coverage)
            for label in labels
        },
        "burn": {label: status.burn[label] for label in labels},
        "firing": frozenset(tier.name for tier in status.tiers if tier.firing),
    }


def _fires(
    name: str,
    slo: Slo,
    *,
    windows: Mapping[str, tuple[int, int, Fraction | None]],
    ticks: Mapping[str, int],
    budget: Fraction,
    clumps: float,
) -> bool:
    share, long, short = TIERS[name]
    window = Fraction(slo.window.length // timedelta(seconds=1))
    long_seconds, short_seconds = ALERT_WINDOWS[long], ALERT_WINDOWS[short]
    if long_seconds > window:
        return False
    allowed = 1 - Fraction(slo.objective) / 100
    burn = max(share * window / long_seconds, Fraction(1))
    share = max(share, long_seconds / window)
    (bad_long, total_long, _), (bad_short, total_short, _) = windows[long], windows[short]
    if bad_short == 0:
        return False
    burnt = all(
        Fraction(bad, total) >= burn * allowed
        for bad, total in ((bad_long, total_long), (bad_short, total_short))
    )
    if slo.rule == "classic":
        return burnt
    spent = bad_long >= share * budget and bad_short >= share * budget * short_seconds / long_seconds
    tails = [
        (_tail(bad_long, total_long, float(chance), clumps), limit)
        for holds, chance, limit in ((spent, allowed, 0.001), (burnt, burn * allowed, 0.025))
        if holds
    ]
    return bad_long >= 2 and any(tail < limit and (ticks[long] >= 2 or tail < 1e-9) for tail, limit in tails)


def _tail(least: int, of: int, chance: float, clumps: float) -> float:
    """P[X >= least] of `of` independent events, each with this chance: the terms, one by one.

    Counts divided by a dispersion are no whole numbers: between those the beta distribution leads.
    """
    if chance >= 1:
        return 1.0
    if clumps > 1:
        return float(beta.cdf(chance, least / clumps, (of - least) / clumps + 1))
    whole = 0.0
    for hits in range(least, of + 1):
        ways = lgamma(of + 1) - lgamma(hits + 1) - lgamma(of - hits + 1)
        whole += exp(ways + hits * log(chance) + (of - hits) * log1p(-chance))
    return whole


def _ratio(one: int, other: int) -> Fraction | None:
    return Fraction(one, other) if other else None
