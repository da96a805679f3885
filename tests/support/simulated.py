"""Simulated services, minute by minute, judged by the product's own evaluation and decisions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from support.evaluations import entry

from observatory.alerting.replay import Alarm, replay
from observatory.application.past import Span, at_every_tick
from observatory.catalog import ServiceSlo
from observatory.evaluation import Severity
from observatory.evaluation.rules import Evidence
from observatory.measurement import FIELDS, RunningSums

Counts = NDArray[np.float64]
START = 1_767_225_600
"""A midnight in UTC."""
DAY, HOUR = 1440, 60
"""Minutes."""
MONTH = 30 * DAY
LEAD = 31 * DAY
"""Minutes that are known before any are judged: the window, what dispersion is learnt from, and up to a midnight."""
HEALTHY = 0.3
"""Share of the budget that a healthy service spends."""
LAG = timedelta(seconds=30)
EXACT, CLASSIC = entry(), entry(rule="classic")
BUDGET = float(EXACT.slo.budget)


@contextmanager
def clumps_not_held() -> Iterator[None]:
    """The rule `exact` with dispersion alone: of one minute all bad events count, however many a busy one holds."""

    def independent(facts: Evidence, _: Counts) -> tuple[Counts, Counts]:
        return facts.bad_long / facts.dispersion, facts.total_long / facts.dispersion

    with patch.object(Evidence, "independent", independent):
        yield


@dataclass(frozen=True)
class World:
    """Users who come by day and night, and errors that come one by one or in clumps."""

    per_hour: float
    """Requests, on the mean; the peak is nineteen times the trough."""
    clump: int = 1
    """Failures at once: a request that fails and is tried again until there have been so many."""

    def minutes(self, count: int, rng: np.random.Generator) -> tuple[Counts, Counts]:
        """Bad and total events of so many minutes."""
        swing = 1 + 0.9 * np.sin(2 * np.pi * np.arange(count) / DAY)
        users = rng.poisson(self.per_hour / HOUR * swing).astype(float)
        failures = rng.poisson(HEALTHY * BUDGET * users / self.clump) * float(self.clump)
        bad = np.minimum(failures, users) if self.clump == 1 else failures
        return bad, users if self.clump == 1 else users + failures


def counted(bad: Counts, total: Counts) -> RunningSums:
    """Minutes from `START` on, as a history holds them."""
    grew = total > 0
    cells = {
        "bad": bad,
        "total": total,
        "measured": np.where(grew, 60.0, 0.0),
        "idle": np.where(grew, 0.0, 60.0),
        "bad_ticks": (bad > 0).astype(float),
        "clumping": np.divide(bad**2, total, out=np.zeros_like(bad), where=grew),
    }
    assert tuple(cells) == FIELDS
    sums = {name: np.concatenate([[0.0], cell.cumsum()]) for name, cell in cells.items()}
    return RunningSums(EXACT.id, START, 60, sums)


def alarms(one: ServiceSlo, sums: RunningSums, *, first: int, last: int) -> Sequence[Alarm]:
    """What would have been told between two minutes, both on whole hours."""
    span = Span(START + first * 60, START + last * 60)
    return replay(at_every_tick(one, sums, span), lag=LAG).alarms


def pages(one: ServiceSlo, sums: RunningSums, *, first: int, last: int) -> Sequence[Alarm]:
    """The pages among them."""
    return [alarm for alarm in alarms(one, sums, first=first, last=last) if alarm.severity is Severity.PAGE]


def false_pages(world: World, rule: ServiceSlo, *, months: int, seed: int) -> list[int]:
    """Pages of a service that keeps its promise, month by month of one long life."""
    rng = np.random.default_rng([seed, int(world.per_hour), world.clump])
    sums = counted(*world.minutes(LEAD + months * MONTH, rng))
    starts = range(LEAD, LEAD + months * MONTH, MONTH)
    return [len(pages(rule, sums, first=start, last=start + MONTH)) for start in starts]


@dataclass(frozen=True)
class Outage:
    """Everything fails for an hour."""

    at: int
    """Minute of the life."""
    minutes: int = HOUR


def outages(count: int, rng: np.random.Generator, *, trough: bool = False) -> Iterator[Outage]:
    """At random minutes of a day, or at the quietest."""
    for _ in range(count):
        minute = 17 * HOUR + 30 if trough else int(rng.integers(DAY))
        yield Outage(LEAD + int(rng.integers(5)) * DAY + minute)


def detection(world: World, rules: Sequence[ServiceSlo], outage: Outage, *, seed: int) -> list[float]:
    """Minutes until each rule paged; infinite where it never did while the outage lasted."""
    rng = np.random.default_rng([seed, int(world.per_hour), world.clump, outage.at])
    last = outage.at // HOUR * HOUR + 2 * HOUR
    bad, total = world.minutes(last, rng)
    during = slice(outage.at, outage.at + outage.minutes)
    bad[during] = total[during]
    sums = counted(bad, total)
    return [_minutes_to_page(rule, sums, outage, last=last) for rule in rules]


def _minutes_to_page(rule: ServiceSlo, sums: RunningSums, outage: Outage, *, last: int) -> float:
    """A page that was open before the outage is no detection of it."""
    found = pages(rule, sums, first=outage.at // HOUR * HOUR, last=last)
    ends = [int((alarm.told_at - LAG).timestamp() - START) // 60 for alarm in found]
    heard = [end - outage.at for end in ends if outage.at < end <= outage.at + outage.minutes]
    return min(heard, default=np.inf)


def launch(world: World, rule: ServiceSlo, *, seed: int) -> tuple[float, float]:
    """An album comes out as the day's traffic rises to its peak: ten times the traffic for six hours, 0.8 % errors after the first.

    Returns:
        Minutes from the first errors to the page, and the share of the budget that was gone then.
    """
    rng = np.random.default_rng([seed, int(world.per_hour)])
    release, last = LEAD, LEAD + 8 * HOUR
    bad, total = world.minutes(last, rng)
    onset, end = release + HOUR, release + 6 * HOUR
    total[release:end] = rng.poisson(10 * total[release:end])
    bad[onset:end] = rng.binomial(total[onset:end].astype(int), 0.008)
    found = pages(rule, counted(bad, total), first=release, last=last)
    minute = int((found[0].told_at - LAG).timestamp() - START) // 60 if found else end
    window = slice(minute - MONTH, minute)
    return minute - onset, bad[onset:minute].sum() / (BUDGET * total[window].sum())
