"""What an evaluation should say, computed from the definitions: lists of events, whole numbers and fractions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from math import exp, floor, lgamma, log, log1p
from zoneinfo import ZoneInfo

from scipy.stats import beta

from observatory.catalog import Calendar, Occurrences, Promise, RatioTimeslices, Timeslices, Window
from observatory.evaluation import SloStatus, WindowBudget

MINUTE, HOUR, DAY = 60, 3600, 86_400
ALERT_WINDOWS = {"5m": 300, "30m": 1800, "1h": HOUR, "2h": 2 * HOUR, "6h": 6 * HOUR, "1d": DAY, "3d": 3 * DAY}
TIERS = {
    "fast": (Fraction(2, 100), "1h", "5m"),
    "slow": (Fraction(5, 100), "6h", "30m"),
    "drain": (Fraction(10, 100), "1d", "2h"),
    "creep": (Fraction(10, 100), "3d", "6h"),
}
"""Share of the budget, long and short window."""
_CENTURIES = 146_097 * DAY
"""Four hundred years."""
MEAN = {
    "week": 7 * DAY,
    "month": _CENTURIES // 4800,
    "quarter": _CENTURIES // 1600,
    "year": _CENTURIES // 400,
}
"""Seconds."""
QUARTER = 900
"""All offsets of time zones are whole quarters of an hour nowadays."""


@dataclass(frozen=True)
class Observed:
    """What can be known of an SLO: the moments at which its events showed."""

    total: Sequence[float]
    bad: Sequence[float]
    present: Callable[[int], bool]
    """Whether the series of its total were there at a moment."""


Spans = Sequence[tuple[int, int]]
"""Half-open, (after, until]: what is left out of the numbers."""
Bad = Sequence[tuple[float, Fraction]]
"""Moments, and how much of an event was bad then."""


@dataclass(frozen=True)
class Counted:
    """What is judged, events or slices, and the ticks in which it could be seen."""

    total: Sequence[float]
    bad: Bad
    seen: Sequence[int]
    """Those that are left out among them."""
    busy: Sequence[float]
    """Events, whatever is judged."""
    first: int | None
    """The first tick that was seen; None: none was."""
    slice: int | None


@dataclass(frozen=True)
class Expected:
    """The numbers of an SLO at one moment; None where one is undefined."""

    budget: Mapping[str, object]
    """Over the window that decides."""
    further: Sequence[Mapping[str, object]]
    """Over the others."""
    windows: Mapping[str, tuple[Fraction, int, Fraction | None]]
    """By alert window, as far as they are no longer than the SLO's own: bad, total, coverage."""
    burn: Mapping[str, Fraction | None]
    firing: frozenset[str]


def expected(
    slo: Promise, observed: Observed, *, at: int, tick: int, clumps: float, left_out: Spans = ()
) -> Expected:
    """Everything from the definitions, window by window; `clumps` is the dispersion that counts are divided by."""
    allowed = 1 - Fraction(slo.objective) / 100
    mean = mean_length(slo.window)
    lengths = [length for one in slo.windows for length in (mean_length(one), at - span_of(one, at)[0])]
    asked = max(*ALERT_WINDOWS.values(), *lengths)
    seen = [end for end in range(at - asked // tick * tick, at + 1, tick) if observed.present(end)]
    counted = _counted(slo, observed, seen, at=at, tick=tick, left_out=left_out)
    labels = {label: length for label, length in ALERT_WINDOWS.items() if length <= mean}
    windows = {
        label: (
            _bad(counted, at - length, at),
            _count(counted.total, at - length, at),
            _ratio(
                _count(seen, at - length, at) * tick,
                min(length, _known(counted, slo.window, at=at, tick=tick)),
            ),
        )
        for label, length in labels.items()
    }
    ticks = {
        label: len({-((at - moment) // tick) for moment, _ in counted.bad if at - length < moment <= at})
        for label, length in labels.items()
    }
    usual = _usual(counted, slo.window, at=at, tick=tick)
    busy = _busy(counted, slo.window, at=at, tick=tick)
    fires = [
        name
        for name in TIERS
        if usual is not None
        and _fires(name, slo, windows=windows, ticks=ticks, budget=allowed * usual, clumps=clumps, busy=busy)
    ]
    return Expected(
        budget=_budget(slo, slo.window, counted, at=at, tick=tick),
        further=[_budget(slo, window, counted, at=at, tick=tick) for window in slo.more_windows],
        windows=windows,
        burn={
            label: None if (rate := _ratio(bad, total)) is None else rate / allowed
            for label, (bad, total, _) in windows.items()
        },
        firing=frozenset(fires),
    )


def of_status(slo: Promise, status: SloStatus) -> Mapping[str, object]:
    """What a status says, under the names of `Expected`."""
    labels = [label for label, length in ALERT_WINDOWS.items() if length <= mean_length(slo.window)]
    return {
        "budget": _said(status),
        "further": [_said(one) for one in status.further],
        "windows": {
            label: (status.windows[label].bad, status.windows[label].total, status.windows[label].coverage)
            for label in labels
        },
        "burn": {label: status.burn[label] for label in labels},
        "firing": frozenset(tier.name for tier in status.tiers if tier.firing),
    }


def span_of(window: Window, at: int) -> tuple[int, int]:
    """Where a window begins and ends: a calendar's boundaries are found by looking at every quarter of an hour."""
    if not isinstance(window, Calendar):
        return at - int(window.length.total_seconds()), at
    zone = ZoneInfo(window.timezone)
    starts = (at - 1) // QUARTER * QUARTER
    while not _begins(window.calendar, starts, zone):
        starts -= QUARTER
    ends = starts + QUARTER
    while not _begins(window.calendar, ends, zone):
        ends += QUARTER
    return starts, ends


def mean_length(window: Window) -> int:
    """Seconds."""
    return MEAN[window.calendar] if isinstance(window, Calendar) else int(window.length.total_seconds())


def _begins(calendar: str, second: int, zone: ZoneInfo) -> bool:
    """Whether a week, month, quarter or year begins: it is another one than a quarter of an hour before."""
    days = [datetime.fromtimestamp(moment, zone).date() for moment in (second - QUARTER, second)]
    before, now = (_which(calendar, day) for day in days)
    return before != now


def _which(calendar: str, day: date) -> tuple[int, ...]:
    match calendar:
        case "week":
            return tuple(day.isocalendar())[:2]
        case "month":
            return day.year, day.month
        case "quarter":
            return day.year, (day.month + 2) // 3
        case _:
            return (day.year,)


def _counted(
    slo: Promise, observed: Observed, seen: Sequence[int], *, at: int, tick: int, left_out: Spans
) -> Counted:
    """Events as they are; or slices, each at its end, that are over and of which something was seen.

    What is left out counts as idle: seen, and nothing happened.
    """

    def kept(moment: float) -> bool:
        return not any(after < moment <= until for after, until in left_out)

    busy = [moment for moment in observed.total if kept(moment)]
    idle = {end for after, until in left_out for end in range(after + tick, min(until, at) + 1, tick)}
    first = seen[0] if seen else None
    covered = sorted({*seen, *idle})
    if isinstance(slo.method, Occurrences):
        bad = [(moment, Fraction(1)) for moment in observed.bad if kept(moment)]
        return Counted(busy, bad, covered, busy, first, None)
    length = int(slo.method.slice.total_seconds())

    def by_slice(moments: Iterable[float]) -> dict[int, int]:
        found: dict[int, int] = {}
        for moment in moments:
            end = -int(-moment // length) * length
            found[end] = found.get(end, 0) + 1
        return found

    total, bad_events = by_slice(observed.total), by_slice(observed.bad)
    slices = [end for end in sorted({*by_slice(seen), *total}) if end <= at and kept(end)]
    losses = {end: Fraction(bad_events.get(end, 0), total[end]) for end in slices if total.get(end)}
    match slo.method:
        case Timeslices(target=target):
            spent = [
                (end, Fraction(1)) for end, loss in losses.items() if (1 - loss) * 100 < Fraction(target)
            ]
        case RatioTimeslices():
            spent = [(end, loss) for end, loss in losses.items() if loss]
    return Counted(slices, spent, covered, busy, first, length)


def _budget(slo: Promise, window: Window, counted: Counted, *, at: int, tick: int) -> Mapping[str, object]:
    allowed = 1 - Fraction(slo.objective) / 100
    starts, ends = span_of(window, at)
    history = min(_age(counted, at=at, tick=tick), at - starts)
    bad, total = _bad(counted, starts, at), _count(counted.total, starts, at)
    covered = _count(counted.seen, starts, at) * tick
    error = _ratio(bad, total)
    usual = _usual(counted, window, at=at, tick=tick)
    if counted.slice is not None:
        events = Fraction(ends - starts, counted.slice) if covered else None
    else:
        to_come = ends - starts - history
        events = None if usual is None else total + usual * to_come / mean_length(window)
    budget = None if events is None else allowed * events
    return {
        "bad": bad,
        "total": total,
        "sli": None if error is None else 1 - error,
        "budget": budget,
        "consumed": bad / budget if budget else None,
        "affordable": None if budget is None else floor(max(budget - bad, 0)),
        "coverage": _ratio(covered, history),
        "budget_minutes": allowed * (ends - starts) / MINUTE,
        "since": None if history == at - starts or counted.first is None else _moment(at - history),
    }


def _said(one: SloStatus | WindowBudget) -> Mapping[str, object]:
    names = ("bad", "total", "sli", "budget", "consumed", "affordable", "coverage", "budget_minutes", "since")
    return {name: getattr(one, name) for name in names}


def _usual(counted: Counted, window: Window, *, at: int, tick: int) -> Fraction | None:
    """Events of a window of the mean length, as fast as they came in that many whole days; slices that fit."""
    if counted.slice is not None:
        return Fraction(mean_length(window), counted.slice)
    known = _known(counted, window, at=at, tick=tick)
    return Fraction(_count(counted.total, at - known, at) * mean_length(window), known) if known else None


def _busy(counted: Counted, window: Window, *, at: int, tick: int) -> Fraction:
    """Events (slices) for each tick with events in those whole days."""
    after = at - mean_length(window) // DAY * DAY
    ticks = {-((at - moment) // tick) for moment in counted.busy if after < moment <= at}
    return Fraction(_count(counted.total, after, at), len(ticks)) if ticks else Fraction(0)


def _known(counted: Counted, window: Window, *, at: int, tick: int) -> int:
    """Seconds of those whole days that lie after the history's beginning."""
    return min(_age(counted, at=at, tick=tick), mean_length(window) // DAY * DAY)


def _age(counted: Counted, *, at: int, tick: int) -> int:
    return at - (counted.first - tick) if counted.first is not None else 0


def _count(moments: Iterable[float], after: int, until: int) -> int:
    return sum(after < moment <= until for moment in moments)


def _bad(counted: Counted, after: int, until: int) -> Fraction:
    return sum((part for moment, part in counted.bad if after < moment <= until), Fraction(0))


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _fires(
    name: str,
    slo: Promise,
    *,
    windows: Mapping[str, tuple[Fraction, int, Fraction | None]],
    ticks: Mapping[str, int],
    budget: Fraction,
    clumps: float,
    busy: Fraction,
) -> bool:
    share, long, short = TIERS[name]
    window = Fraction(mean_length(slo.window))
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
        total and bad / total >= burn * allowed
        for bad, total in ((bad_long, total_long), (bad_short, total_short))
    )
    if slo.rule == "classic":
        return burnt
    spent = bad_long >= share * budget and bad_short >= share * budget * short_seconds / long_seconds
    held = ticks[long] * max(busy, Fraction(1))
    beyond = 0.0 if bad_long > budget else max(float(bad_long) / clumps - float(held), 0.0)
    tails = [
        (_tail(bad_long, total_long, float(chance), clumps, beyond), limit)
        for holds, chance, limit in ((spent, allowed, 0.001), (burnt, burn * allowed, 0.025))
        if holds
    ]
    return bad_long >= 2 and any(tail < limit and (ticks[long] >= 2 or tail < 1e-9) for tail, limit in tails)


def _tail(least: Fraction, of: int, chance: float, clumps: float, beyond: float) -> float:
    """P[X >= least] of `of` independent events, each with this chance: the terms, one by one.

    Counts divided by a dispersion, less those `beyond` what their ticks hold, and parts of slices, are no whole numbers:
    between those the beta distribution leads.
    """
    if chance >= 1:
        return 1.0
    if clumps > 1 or beyond or least.denominator > 1:
        return float(beta.cdf(chance, float(least) / clumps - beyond, float(of - least) / clumps + 1))
    whole = 0.0
    for hits in range(int(least), of + 1):
        ways = lgamma(of + 1) - lgamma(hits + 1) - lgamma(of - hits + 1)
        whole += exp(ways + hits * log(chance) + (of - hits) * log1p(-chance))
    return whole


def _ratio(one: Fraction | int, other: int) -> Fraction | None:
    return Fraction(one, other) if other else None
