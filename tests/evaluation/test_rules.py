from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.evaluations import entry

from observatory.evaluation import TIERS, detection_time
from observatory.evaluation.promises import Promises
from observatory.evaluation.rules import Evidence, Limits, classic, exact

FAST, SLOW, DRAIN, CREEP = TIERS
MONTH = timedelta(days=30)


@cache
def limits(tier=FAST, *, rows=1, objective="99.9"):
    of_one = Promises.read([entry(objective=objective)]).limits(tier)
    return Limits(**{field.name: np.repeat(getattr(of_one, field.name), rows) for field in fields(Limits)})


def evidence(*, bad, total, ticks=None, short=None, expected=None, phi=1.0, busy=1e9):
    """One row; `short` is (bad, total) of the short window and by default all of the long one."""
    bad_short, total_short = short or (bad, total)
    columns = {
        "bad_long": bad,
        "total_long": total,
        "bad_ticks": bad if ticks is None else ticks,
        "bad_short": bad_short,
        "total_short": total_short,
        "expected": total * 720 if expected is None else expected,
        "dispersion": phi,
        "busy_tick": busy,
    }
    return Evidence(**{name: np.array([float(value)]) for name, value in columns.items()})


@pytest.mark.parametrize(
    ("facts", "fires"),
    [
        pytest.param({"bad": 1, "total": 10, "expected": 7200}, False, id="one-failure-at-10-an-hour"),
        pytest.param({"bad": 2, "total": 10, "expected": 7200}, True, id="two-of-ten-are-no-chance"),
        pytest.param({"bad": 2, "total": 2, "expected": 1440}, True, id="two-of-two-at-2-an-hour"),
        pytest.param({"bad": 2, "total": 10, "ticks": 1}, False, id="both-in-one-minute"),
        pytest.param({"bad": 60, "total": 60, "ticks": 1}, True, id="an-outage-is-not-made-to-wait"),
        pytest.param({"bad": 5, "total": 10, "short": (0, 3)}, False, id="over-by-now"),
        pytest.param({"bad": 5, "total": 10, "short": (0, 0)}, False, id="no-traffic-by-now"),
        pytest.param({"bad": 0, "total": 0}, False, id="nothing-happens"),
        pytest.param({"bad": 20, "total": 1000, "expected": 10**6}, True, id="a-share-of-the-budget"),
        pytest.param({"bad": 20, "total": 1000, "expected": 10**8}, False, id="20-of-1000-may-be-chance"),
        pytest.param({"bad": 30, "total": 1000, "expected": 10**8}, True, id="30-of-1000-are-not"),
        pytest.param(
            {"bad": 30, "total": 1000, "expected": 10**8, "phi": 10}, False, id="three-clumps-of-ten"
        ),
        pytest.param(
            {"bad": 10, "total": 70, "ticks": 1, "expected": 43_200}, True, id="ten-at-once-where-many-come"
        ),
        pytest.param(
            {"bad": 10, "total": 70, "ticks": 1, "expected": 43_200, "busy": 1.6},
            False,
            id="one-request-tried-ten-times-where-one-comes-a-minute",
        ),
        pytest.param(
            {"bad": 20, "total": 80, "ticks": 2, "expected": 43_200, "busy": 1.6},
            True,
            id="two-such-within-the-hour",
        ),
        pytest.param(
            {"bad": 50, "total": 110, "ticks": 1, "expected": 43_200, "busy": 1.6},
            True,
            id="a-burst-that-breaks-the-whole-promise",
        ),
        pytest.param(
            {"bad": 2400, "total": 300_000, "expected": 10**8}, True, id="launch-at-0.8%-spends-the-share"
        ),
    ],
)
def test_exact_fires_on_what_is_neither_small_nor_chance(facts, fires):
    assert exact(evidence(**facts), limits()).firing[0] == fires


@pytest.mark.parametrize(
    ("facts", "fires"),
    [
        pytest.param({"bad": 144, "total": 10_000}, True, id="exactly-at-the-rate"),
        pytest.param({"bad": 143, "total": 10_000}, False, id="one-event-below"),
        pytest.param({"bad": 144, "total": 10_000, "short": (1, 1000)}, False, id="over-by-now"),
        pytest.param({"bad": 1, "total": 10}, True, id="one-failure-at-10-an-hour-pages"),
        pytest.param({"bad": 0, "total": 0}, False, id="nothing-happens"),
        pytest.param({"bad": 2400, "total": 300_000}, False, id="launch-at-0.8%-is-below-the-rate"),
    ],
)
def test_classic_compares_rates_alone(facts, fires):
    assert classic(evidence(**facts), limits()).firing[0] == fires


@pytest.mark.parametrize(
    ("bad", "expected", "fires"),
    [
        pytest.param(20, 10**6, True, id="exactly-the-share"),
        pytest.param(20, 10**6 + 1, False, id="a-hair-less"),
    ],
)
def test_exactly_the_share_of_the_budget_counts_as_spent(bad, expected, fires):
    facts = evidence(bad=bad, total=2000, short=(bad, 10**5), expected=expected)
    assert exact(facts, limits()).firing[0] == fires


def test_no_chance_is_asked_for_where_nothing_burns():
    assert np.isnan(exact(evidence(bad=1, total=1000), limits()).tail[0])


def onset(tier, ratio, *, per_second=1000, tick=1, until=None):
    """One row a tick after errors at `ratio` began, on even traffic without any before."""
    seconds = np.arange(tick, (until or tier.long.total_seconds()) + 1, tick, dtype=float)
    long, short = tier.long.total_seconds(), tier.short.total_seconds()
    return seconds, Evidence(
        bad_long=np.minimum(seconds, long) * per_second * ratio,
        total_long=np.full(seconds.shape, long * per_second),
        bad_ticks=np.ceil(seconds / 60),
        bad_short=np.minimum(seconds, short) * per_second * ratio,
        total_short=np.full(seconds.shape, short * per_second),
        expected=np.full(seconds.shape, MONTH.total_seconds() * per_second),
        dispersion=np.ones(seconds.shape),
        busy_tick=np.full(seconds.shape, 60.0 * per_second),
    )


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.name)
@pytest.mark.parametrize("objective", ["99", "99.9", "99.99"])
@pytest.mark.parametrize("ratio", ["1", "0.1", "0.02"])
@pytest.mark.parametrize("rule", [classic, exact], ids=lambda rule: rule.__name__)
def test_detection_comes_when_the_formula_says_and_spends_the_share(rule, ratio, objective, tier):
    budget = 1 - Decimal(objective) / 100
    expected = detection_time(tier, budget=budget, error_ratio=Decimal(ratio), window=MONTH)
    tick = 1 if tier in (FAST, SLOW) else 10
    seconds, facts = onset(tier, float(ratio), tick=tick)
    firing = rule(facts, limits(tier, rows=len(seconds), objective=objective)).firing
    if expected is None:
        assert not firing.any()
        return
    first = seconds[firing.argmax()]
    assert firing.any()
    doubt = (
        1.02 if rule is exact and tier is CREEP else 1
    )  # at a burn of 1 the objective is still kept by chance
    assert expected.total_seconds() - 1e-6 <= first <= expected.total_seconds() * doubt + tick
    spent = facts.bad_long[firing.argmax()] / (float(budget) * facts.expected[0])
    assert spent == pytest.approx(float(tier.share), rel=2 * tick / first + doubt - 1)


@pytest.mark.parametrize(
    ("window", "minutes"),
    [
        pytest.param("long", 59.1, id="the-long-window-alone"),
        pytest.param("short", 4.93, id="with-the-short-window"),
    ],
)
def test_after_a_full_outage_the_alert_resets_as_fast_as_the_workbook_says(window, minutes):
    after = np.arange(0, 3601, dtype=float)
    long, short = np.maximum(3600 - after, 0), np.maximum(300 - after, 0)
    whole = np.full(after.shape, 3600.0)
    facts = Evidence(
        bad_long=long,
        total_long=whole,
        bad_ticks=long,
        bad_short=long if window == "long" else short,
        total_short=whole if window == "long" else whole / 12,
        expected=whole * 720,
        dispersion=np.ones(after.shape),
        busy_tick=np.full(after.shape, 60.0),
    )
    firing = classic(facts, limits(rows=len(after))).firing
    assert after[firing].max() / 60 == pytest.approx(minutes, abs=0.05)


counts = st.integers(0, 5000)
rules = pytest.mark.parametrize("rule", [classic, exact], ids=lambda rule: rule.__name__)


@rules
@given(
    bad=counts,
    good=counts,
    short=st.floats(0, 1),
    more=st.integers(1, 500),
    phi=st.floats(1, 20),
    ticks=st.integers(1, 60),
    busy=st.floats(1, 100),
)
def test_more_bad_events_never_silence_a_tier(rule, bad, good, short, more, phi, ticks, busy):  # noqa: PLR0917 - what hypothesis draws
    def facts(extra):
        bad_short, good_short = int(bad * short) + extra, int(good * short)
        return evidence(
            ticks=min(ticks, bad + extra),
            busy=busy,
            bad=bad + extra,
            total=bad + good + extra,
            short=(bad_short, bad_short + good_short),
            expected=100 * (bad + good) + extra,
            phi=phi,
        )

    if rule(facts(0), limits()).firing[0]:
        assert rule(facts(more), limits()).firing[0]


@rules
@given(bad=counts, good=counts, more=st.integers(1, 10**5))
def test_more_good_events_never_make_a_tier_fire(rule, bad, good, more):
    quiet = rule(evidence(bad=bad, total=bad + good, expected=10**6), limits()).firing[0]
    quieter = rule(evidence(bad=bad, total=bad + good + more, expected=10**6 + more), limits()).firing[0]
    assert quieter <= quiet


@given(bad=counts, good=counts, factor=st.integers(2, 50))
def test_ten_times_the_traffic_at_the_same_ratio_changes_nothing_for_classic(bad, good, factor):
    once = classic(evidence(bad=bad, total=bad + good), limits()).firing[0]
    often = classic(evidence(bad=factor * bad, total=factor * (bad + good)), limits()).firing[0]
    assert once == often


@given(bad=counts, good=counts, phi=st.floats(1, 50))
def test_clumps_never_make_a_tier_fire_that_single_errors_do_not(bad, good, phi):
    single = exact(evidence(bad=bad, total=bad + good), limits()).firing[0]
    clumped = exact(evidence(bad=bad, total=bad + good, phi=phi), limits()).firing[0]
    assert clumped <= single
