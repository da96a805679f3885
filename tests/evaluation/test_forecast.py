from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import chi2
from support.evaluations import AT, Sums, entry, evaluation_of, steady
from support.simulated import START, counted

from observatory.evaluation import BudgetPoint, evaluate_moments
from observatory.evaluation.forecast import forecast, runway

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH = 30 * DAY
PER_HOUR = 1000.0


def status(**windows):
    one = entry()
    return evaluation_of(one, windows).status(one.id)


def hours(bad_by_age, *, at=AT):
    """Hourly points of a month, with so many bad events so many hours ago."""
    return [
        BudgetPoint(at=at - age * HOUR, remaining=None, bad=bad_by_age.get(age, 0.0), total=PER_HOUR)
        for age in range(719, -1, -1)
    ]


def of_month(bad_by_age):
    bad = sum(bad_by_age.values())
    month = {"30d": Sums(bad=bad, total=720 * PER_HOUR)}
    return forecast(status(**month), hours(bad_by_age)).recovery


@pytest.mark.parametrize(
    ("bad_by_age", "solvent", "comfortable"),
    [
        pytest.param({5: 100}, AT, AT, id="nothing-to-recover-from"),
        pytest.param({5: 700}, AT, AT + 715 * HOUR, id="at-risk-until-the-one-bad-hour-leaves"),
        pytest.param({100: 500, 20: 400}, AT + 620 * HOUR, AT + 620 * HOUR, id="the-older-half-is-enough"),
        pytest.param(
            {700: 300, 300: 400, 10: 300}, AT + 20 * HOUR, AT + 420 * HOUR, id="one-after-the-other"
        ),
        pytest.param({0: 5000}, AT + 720 * HOUR, AT + 720 * HOUR, id="all-of-it-just-now"),
    ],
)
def test_a_rolling_budget_is_back_when_enough_bad_hours_have_left(bad_by_age, solvent, comfortable):
    found = of_month(bad_by_age)

    assert (found.solvent, found.comfortable) == (solvent, comfortable)


def test_it_is_the_moment_at_which_an_evaluation_says_so():
    """Live on with good events alone, and look at every tick."""
    minutes = 61 * 1440
    rng = np.random.default_rng(8)
    total = np.full(minutes, 10.0)
    bad = np.zeros(minutes)
    bad[31 * 1440 - 20_000 :: 997] = rng.integers(1, 60, len(bad[31 * 1440 - 20_000 :: 997]))
    bad[31 * 1440 :] = 0
    sums, now = counted(bad, total), START + 31 * 86_400
    ends = np.arange(now, START + minutes * 60 + 1, 60)
    moments = evaluate_moments(entry(), sums, ends, since=START, dispersion=np.ones(len(ends)))
    remaining = moments.column("slo", "remaining")
    points = [
        BudgetPoint(
            at=moments.status(0).at - age * HOUR,
            remaining=None,
            bad=float(
                sums.between("bad", np.array([now - (age + 1) * 3600]), np.array([now - age * 3600]))[0]
            ),
            total=600,
        )
        for age in range(719, -1, -1)
    ]

    found = forecast(moments.status(0), points).recovery

    assert remaining[0] < 0
    for moment, left in ((found.solvent, 0), (found.comfortable, 0.25)):
        assert moment.timestamp() == ends[np.flatnonzero(remaining >= left)[0]]


def test_a_calendar_s_budget_is_back_with_the_next():
    spent = status(**{"30d": Sums(bad=900, total=720 * PER_HOUR)})
    monthly = replace(spent, resets=AT + 9 * DAY)

    assert forecast(monthly, hours({5: 900})).recovery.solvent == AT + 9 * DAY
    assert forecast(replace(monthly, remaining=0.1), ()).recovery.solvent == AT
    assert forecast(replace(monthly, remaining=0.1), ()).recovery.comfortable == AT + 9 * DAY


def test_what_is_unknown_is_not_forecast():
    unknown = replace(status(), remaining=None, budget=None, affordable=None)

    found = forecast(unknown, ())

    assert (found.affordable, found.recovery, found.runway) == (None, None, None)


def burning(bad, *, phi=1.0, month=0.0):
    whole = steady(MONTH, per_minute=PER_HOUR / 60)
    one = entry()
    windows = {"1h": Sums(bad=bad, total=PER_HOUR), "30d": Sums(bad=month, total=whole.total)}
    return evaluation_of(one, windows, dispersion=phi).status(one.id)


def test_the_runway_is_what_is_left_at_the_present_burn_with_a_poisson_interval():
    found = runway(burning(20, month=360))

    assert found.burn == pytest.approx(20)
    assert found.usual == pytest.approx(0.5)
    assert found.lasts / MONTH == pytest.approx(0.5 / 20)
    low, high = chi2.ppf(0.025, 40) / 2, chi2.ppf(0.975, 42) / 2
    assert found.soonest / found.lasts == pytest.approx(20 / high)
    assert found.latest / found.lasts == pytest.approx(20 / low)


@pytest.mark.parametrize(
    ("bad", "lasts"),
    [
        pytest.param(2, 15 * DAY, id="2x-15-days"),
        pytest.param(10, 3 * DAY, id="10x-3-days"),
        pytest.param(1000, timedelta(minutes=43.2), id="1000x-43-minutes"),
    ],
)
def test_a_whole_budget_lasts_as_long_as_the_workbook_says(bad, lasts):
    """SRE Workbook, chapter 5: a window over the burn rate."""
    assert runway(burning(bad)).lasts / lasts == pytest.approx(1)


def test_clumps_widen_the_interval():
    single, clumped = runway(burning(20, month=360)), runway(burning(20, phi=10, month=360))

    assert clumped.lasts / single.lasts == pytest.approx(1)
    assert clumped.soonest < single.soonest
    assert clumped.latest is None or clumped.latest > single.latest


@pytest.mark.parametrize(
    "standing",
    [
        pytest.param(burning(0), id="nothing-burns"),
        pytest.param(burning(1, month=300), id="a-burn-that-the-budget-bears"),
        pytest.param(burning(20, month=900), id="nothing-left"),
        pytest.param(replace(burning(20), burn={}), id="nothing-seen-of-the-last-hour"),
    ],
)
def test_there_is_no_runway_where_nothing_runs_out(standing):
    assert runway(standing) is None


def test_a_calendar_s_budget_only_has_to_last_to_its_end():
    slow = burning(20, month=360)

    assert runway(replace(slow, resets=AT + 2 * DAY)) is not None
    assert runway(replace(slow, resets=AT + 12 * HOUR)) is None
