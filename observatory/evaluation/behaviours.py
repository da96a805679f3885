"""Fewer than expected: what users did in the last hour against the same hour of past weeks.

Counts of an hour scatter around what is usual more than by chance alone: a day has its weather. They are taken as
negative binomial with variance μ + a·μ², and a is learnt from the same day of the weeks before. All is vectorised over N
behaviours and W weeks, the newest week first; NaN is unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from observatory.catalog import ServiceSlo
from observatory.catalog.behaviours import LEAST_SHARE, WEEKS, behaviour_name
from observatory.evaluation.evaluate import Provenance
from observatory.evaluation.model import Severity, Shortfall, SloStatus, State, TierStatus

Floats = NDArray[np.float64]
FEWER = "fewer than expected"
"""What its alert is called as a tier."""
SEEN = 0.9
"""Share of an hour that has to be seen, now and in past weeks."""
FEWEST_WEEKS = 2
UNLIKELY = 1e-4
"""So few come by chance less often than this: the alert fires. Asked twice, five minutes apart."""
USUAL = 1e-2
"""So few come by chance more often than this: the alert is over."""
LEAST = float(LEAST_SHARE / 100)
"""Of what is expected; also what makes a trend alone never fire, since it is bounded by `_TREND`."""
_ENOUGH = 0.8
"""Of what is expected; from here it is over, however unlikely."""
_TREND = 1.25
"""Last week against all weeks: at most so much more or, one through it, less."""
_DOUBT, _PRIOR = 3.0, 0.02
"""a before anything is learnt (14 % of scatter), and how many weeks' word it takes to outweigh it: the hours of a day are
not independent, so a day of a week is one witness, not 24."""
_MEDIAN = np.pi / 2
"""By how much a median scatters more than a mean, in variance, of many normal values: an upper bound for a few."""
_RANGE = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an hour should bring, for N behaviours; NaN where fewer than two weeks are known."""

    mean: Floats
    alpha: Floats
    """Of the negative binomial that the hour is drawn from, what is not known of the mean in it."""
    weeks: NDArray[np.int64]
    """Of how many weeks the same hour is known."""

    def tail(self, events: Floats) -> Floats:
        """P[X ≤ events]: I_p(r, events + 1) with r = 1/a and p = 1/(1 + a·μ) (DLMF 8.17), smooth between whole numbers."""
        return np.asarray(betainc(1 / self.alpha, events + 1, 1 / (1 + self.alpha * self.mean)))

    def fires(self, events: Floats) -> NDArray[np.bool_]:
        """Too few, and not by chance."""
        return (self.tail(events) < UNLIKELY) & (events < LEAST * self.mean)

    def can_fire(self) -> NDArray[np.bool_]:
        """Whether so many are usual that none at all would be too few."""
        return self.fires(np.zeros_like(self.mean))

    def clear(self, events: Floats) -> NDArray[np.bool_]:
        """About as many as usual again."""
        return (self.tail(events) > USUAL) | (events >= _ENOUGH * self.mean)

    def between(self) -> Floats:
        """(2, N) where nine of ten such hours lie."""
        r, p = 1 / self.alpha, 1 / (1 + self.alpha * self.mean)
        from scipy.stats import nbinom  # noqa: PLC0415 - half a second of every command's start otherwise

        return np.array([nbinom.ppf(share, r, p) for share in _RANGE], dtype=np.float64)


def expect(hour: Floats, day: Floats) -> Expected:
    """What to expect of an hour.

    Args:
        hour: (W, N) events of the same hour in each past week.
        day: (W, D, N) events of the hours of the day that ended with it.
    """
    weeks = (~np.isnan(hour)).sum(axis=0)
    few = weeks < FEWEST_WEEKS
    known = np.where(few, 0.0, hour)
    mean = np.nanmedian(known, axis=0) * _trend(day)
    alpha = _scatter(day)
    with np.errstate(divide="ignore", invalid="ignore"):
        unsure = _MEDIAN / weeks
        widened = alpha * (1 + unsure) + unsure / mean
    nothing = few | ~(mean > 0)
    return Expected(np.where(few, np.nan, mean), np.where(nothing, np.nan, widened), weeks)


def _trend(day: Floats) -> Floats:
    """Last week against all, by the hours that are known of both; 1 where it is not known."""
    known = ~np.isnan(day)
    shared = known[0] & (known.sum(axis=0) >= FEWEST_WEEKS)
    usual = np.where(shared, _mean(day), 0.0).sum(axis=0)
    newest = np.where(shared, day[0], 0.0).sum(axis=0)
    ratio = np.divide(newest, usual, out=np.ones_like(usual), where=usual > 0)
    return np.asarray(np.clip(ratio, 1 / _TREND, _TREND))


def _scatter(day: Floats) -> Floats:
    """The dispersion a by moments, Σ(s² - m) / Σm² over the hours of the day, s² the variance between weeks; never drawn down to the prior."""
    known = ~np.isnan(day)
    weeks = known.sum(axis=0)
    usable = weeks >= FEWEST_WEEKS
    mean = _mean(day)
    squares = np.where(known, (day - mean) ** 2, 0.0).sum(axis=0) / np.maximum(weeks - 1, 1)
    beyond = np.where(usable, squares - mean, 0.0).sum(axis=0)
    scale = np.where(usable, mean**2, 0.0).sum(axis=0)
    learnt = np.divide(np.maximum(beyond, 0.0), scale, out=np.full_like(scale, _PRIOR), where=scale > 0)
    witnesses = np.maximum(weeks.max(axis=0) - 1, 0)
    drawn = (learnt * witnesses + _PRIOR * _DOUBT) / (witnesses + _DOUBT)
    return np.asarray(np.maximum(learnt, drawn))


def _mean(day: Floats) -> Floats:
    known = ~np.isnan(day)
    return np.asarray(np.where(known, day, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of N behaviours, and what was expected of it."""

    events: Floats
    covered: Floats
    """Share of the hour in which the counters were seen."""
    usual: Expected

    @property
    def short(self) -> NDArray[np.bool_]:
        """Seen, and too few."""
        return self.usual.fires(self.events) & (self.covered >= SEEN)


def statuses(
    entries: Sequence[ServiceSlo],
    now: Hour,
    before: Hour,
    provenance: Provenance,
    *,
    events: Sequence[str | None] = (),
) -> Iterator[SloStatus]:
    """How behaviours stand: at risk when fewer than expected came in two hours, one a little earlier than the other.

    Args:
        entries: the behaviours.
        now: the hour that ended last.
        before: the hour that was evaluated before it.
        provenance: where the counts are from.
        events: of each, what goes on that makes past weeks no measure; none at all unless given.
    """
    fires, clear = now.short & before.short, now.usual.clear(now.events)
    can_fire = now.usual.can_fire()
    for n, (entry, shortfall) in enumerate(zip(entries, _shortfalls(entries, now), strict=True)):
        event = events[n] if events else None
        unknown = _unknown(entry, n, now, provenance, event, can_fire=bool(can_fire[n]))
        state, why = unknown or (State.AT_RISK if fires[n] else State.HEALTHY, None)
        tier = _tier(
            firing=unknown is None and bool(fires[n]),
            clear=bool(clear[n]) if unknown is None else None,
            tail=shortfall.tail,
        )
        yield SloStatus(
            slo=entry.id,
            at=provenance.at,
            state=state,
            objective=LEAST,
            window=timedelta(hours=1),
            coverage=float(now.covered[n]),
            sli=None,
            total=shortfall.events,
            bad=None,
            budget=None,
            consumed=None,
            remaining=_share(shortfall),
            affordable=None,
            failure=provenance.failures.get(entry.id),
            tiers=(tier,),
            shortfall=replace(shortfall, unknown=why),
        )


def _shortfalls(entries: Sequence[ServiceSlo], now: Hour) -> Iterator[Shortfall]:
    tail, (low, high) = now.usual.tail(now.events), now.usual.between()
    for n, entry in enumerate(entries):
        seen = now.covered[n] > 0
        yield Shortfall(
            name=behaviour_name(entry),
            events=float(now.events[n]) if seen else None,
            expected=_known(now.usual.mean[n]),
            low=_known(low[n]),
            high=_known(high[n]),
            weeks=int(now.usual.weeks[n]),
            tail=_known(tail[n]) if seen else None,
        )


def _unknown(
    entry: ServiceSlo, n: int, now: Hour, provenance: Provenance, event: str | None, *, can_fire: bool
) -> tuple[State, str] | None:
    """The first reason why it can't be judged."""
    weeks, covered = int(now.usual.weeks[n]), float(now.covered[n])
    conditions = (
        (entry.id in provenance.failures, State.QUERY_FAILED, "the query failed"),
        (provenance.stale, State.STALE, "nothing was measured lately"),
        (not covered, State.NO_DATA, "its counter was not seen in the last hour"),
        (covered < SEEN, State.PARTIAL, f"its counter was seen in {covered:.0%} of the last hour"),
        (event is not None, State.PARTIAL, f"past weeks are no measure of the event {event}"),
        (weeks < FEWEST_WEEKS, State.NEW, f"this hour is known of {weeks} of the last {WEEKS} weeks"),
        (not can_fire, State.IDLE, "so few are usual that none at all would be no surprise"),
    )
    return next(((state, why) for holds, state, why in conditions if holds), None)


def _share(shortfall: Shortfall) -> float | None:
    if shortfall.events is None or not shortfall.expected:
        return None
    return min(1.0, shortfall.events / shortfall.expected)


def _tier(*, firing: bool, clear: bool | None, tail: float | None) -> TierStatus:
    return TierStatus(
        name=FEWER,
        severity=Severity.TICKET,
        long="1h",
        short="1h",
        threshold=LEAST_SHARE / 100,
        firing=firing,
        clear=clear,
        tail=tail,
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
