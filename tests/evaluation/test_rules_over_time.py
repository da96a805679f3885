"""Both rules over simulated months, minute by minute: false pages, outages and an album launch."""

from datetime import timedelta

import numpy as np
import pytest
from support.evaluations import entry

from observatory.evaluation import TIERS
from observatory.evaluation.promises import Promises
from observatory.evaluation.rules import Evidence, Limits, classic, exact

PAGES = TIERS[:2]
MONTH = 30 * 1440
BUDGET = 0.001


def window_sums(counts, length: timedelta):
    minutes = int(length.total_seconds() // 60)
    sums = np.concatenate([[0.0], np.cumsum(counts, dtype=float)])
    ends = np.arange(1, len(sums))
    return sums[ends] - sums[np.maximum(ends - minutes, 0)]


def pages(rule, bad, total, phi=1.0):
    """(minutes,) whether a page is open, from the counts of every minute."""
    firing = np.zeros(len(bad), dtype=bool)
    for tier in PAGES:
        one = Promises.read([entry()]).limits(tier)
        limits = Limits(
            **{name: np.repeat(getattr(one, name), len(bad)) for name in Limits.__dataclass_fields__}
        )
        evidence = Evidence(
            bad_long=window_sums(bad, tier.long),
            total_long=window_sums(total, tier.long),
            bad_ticks=window_sums(bad > 0, tier.long),
            bad_short=window_sums(bad, tier.short),
            total_short=window_sums(total, tier.short),
            expected=window_sums(total, timedelta(days=30)),
            dispersion=np.full(len(bad), phi),
            busy_tick=np.full(len(bad), total.sum() / np.count_nonzero(total)),
        )
        firing |= rule(evidence, limits).firing
    return firing


def traffic(rng, per_hour, *, months):
    """Minutes of day and night traffic, the peak about nineteen times the trough."""
    minutes = np.arange(months * MONTH)
    swing = 1 + 0.9 * np.sin(2 * np.pi * minutes / 1440)
    return rng.poisson(per_hour / 60 * swing)


def false_pages_a_month(rule, per_hour, *, clump=1, phi=1.0, months=5):
    """At 0.3 of the budget, in the last months of many: the first one only fills the windows."""
    rng = np.random.default_rng(20)
    total = traffic(rng, per_hour, months=months + 1)
    clumps = rng.poisson(0.3 * BUDGET * total / clump)
    bad = np.minimum(clumps * clump, total)
    firing = pages(rule, bad, total, phi)[MONTH:]
    return np.count_nonzero(firing[1:] & ~firing[:-1]) / months


@pytest.mark.parametrize("per_hour", [10, 60, 300])
def test_at_low_traffic_classic_pages_for_nothing_and_exact_does_not(per_hour):
    assert false_pages_a_month(classic, per_hour) >= 1
    assert false_pages_a_month(exact, per_hour) == 0


def test_errors_that_come_in_clumps_page_nobody_once_their_dispersion_is_known():
    assert false_pages_a_month(exact, 300, clump=10, phi=10.0) <= 0.2
    assert false_pages_a_month(classic, 300, clump=10) >= 1


def median_minutes_to_page(rule, per_hour):
    """After a total outage at sixty hours spread over a week."""
    rng = np.random.default_rng(4)
    total = traffic(rng, per_hour, months=1)
    delays = []
    for start in MONTH - 7 * 1440 + np.arange(60) * 167:
        bad = rng.binomial(total, 0.3 * BUDGET)
        bad[start : start + 60] = total[start : start + 60]
        fired = pages(rule, bad[: start + 60], total[: start + 60])[start:]
        delays.append(fired.argmax() + 1 if fired.any() else np.inf)
    return np.median(delays)


@pytest.mark.parametrize(("per_hour", "at_most"), [(60, 10), (300, 3), (3000, 2)])
def test_a_total_outage_pages_within_minutes_also_at_low_traffic(per_hour, at_most):
    assert median_minutes_to_page(exact, per_hour) <= at_most


def launch(rule):
    """Ten times the traffic for six hours, 0.8 % errors after the first: minutes until the page, and the budget gone."""
    total = np.full(MONTH + 360, 100)
    total[MONTH:] *= 10
    onset = MONTH + 60
    bad = np.zeros(len(total))
    bad[onset:] = 8
    fired = pages(rule, bad, total)[onset:]
    minute = int(fired.argmax()) + 1
    return minute, bad[: onset + minute].sum() / (BUDGET * total[: onset + minute][-MONTH:].sum())


def test_at_a_launch_exact_pages_while_classic_still_watches_the_budget_burn():
    (soon, little), (late, much) = launch(exact), launch(classic)
    assert soon <= 15
    assert little <= 0.03
    assert late >= 150
    assert much >= 0.25
