"""Budgets part of the way through a calendar window, over several windows, and in slices."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from support.evaluations import AT, Sums, entry, evaluation_of, steady, windows_of

from observatory.catalog import Calendar, RatioTimeslices, Rolling, Timeslices
from observatory.evaluation import State, tiers_for, windows_for

DAY = timedelta(days=1)
MONTH = Calendar(calendar="month", timezone="UTC")
MARCH = 31
MINUTES = Timeslices(slice=timedelta(minutes=1), target=Decimal(95))
PER_DAY = 144_000


def status_of(one, windows=None, **more):
    return evaluation_of(one, windows, **more).status(one.id)


def test_the_budget_of_a_month_under_way_is_that_of_the_whole_month():
    """17.5 days of March are over, with 100 requests a minute now and in the 30 days before."""
    status = status_of(entry(window=MONTH))
    assert status.total == 17.5 * PER_DAY
    assert status.budget == pytest.approx(0.001 * MARCH * PER_DAY)
    assert status.budget_minutes == pytest.approx(0.001 * MARCH * 1440)
    assert (status.window, status.resets) == (MARCH * DAY, datetime(2026, 4, 1, tzinfo=UTC))
    assert (status.since, status.coverage, status.state) == (None, 1, State.HEALTHY)


def test_what_is_still_to_come_comes_as_fast_as_in_the_last_thirty_days():
    one = entry(window=MONTH)
    status = status_of(
        one, {"30d": Sums(total=30 * 2 * PER_DAY), MONTH.label: Sums(total=17.5 * PER_DAY, bad=100)}
    )
    assert status.budget == pytest.approx(0.001 * (17.5 + 13.5 * 2) * PER_DAY)
    assert status.remaining == pytest.approx(1 - 100 / status.budget)
    assert status.affordable == int(status.budget - 100)


def test_the_first_minute_of_a_month_has_nearly_the_whole_budget_and_alerts_as_the_minute_before():
    one, begin = entry(window=MONTH), datetime(2026, 3, 1, tzinfo=UTC)
    burning = windows_of(one, bad=0.02) | {"30d": steady(30 * DAY, per_minute=100, bad=0.0007)}
    before, after = (
        status_of(one, burning | {MONTH.label: steady(over, per_minute=100, bad=0.02)}, at=at)
        for at, over in (
            (begin, timedelta(minutes=1440)),
            (begin + timedelta(minutes=1), timedelta(minutes=1)),
        )
    )
    assert before.resets == begin
    assert after.resets == datetime(2026, 4, 1, tzinfo=UTC)
    assert before.remaining < after.remaining
    assert after.remaining > 0.999
    assert [tier.firing for tier in before.tiers] == [tier.firing for tier in after.tiers]
    assert after.tiers[0].firing


def test_at_its_end_a_months_numbers_are_exact():
    one = entry(window=MONTH)
    counted = {MONTH.label: Sums(total=1_000_000, bad=1_000), "30d": Sums(total=5)}
    status = status_of(one, counted, at=datetime(2026, 4, 1, tzinfo=UTC))
    assert (status.budget, status.consumed, status.affordable) == (1_000, 1, 0)


def test_alert_tiers_refer_to_the_mean_month_in_february_and_in_march():
    february, march = (
        status_of(entry(window=MONTH), at=datetime(2026, month, 9, tzinfo=UTC)) for month in (2, 3)
    )
    assert (february.window, march.window) == (28 * DAY, 31 * DAY)
    thresholds = [tier.threshold for tier in february.tiers]
    assert thresholds == [tier.threshold for tier in march.tiers]
    assert thresholds == [tier.burn(MONTH.length) for tier in tiers_for(MONTH.length)]
    assert thresholds[0] == Decimal("14.6097")


def test_a_service_is_young_only_when_it_began_after_the_month_did():
    since = int(datetime(2026, 2, 20, tzinfo=UTC).timestamp())
    old = status_of(entry(window=MONTH), history_since={"playlist/availability": since})
    assert (old.since, old.state) == (None, State.HEALTHY)
    began = datetime(2026, 3, 10, tzinfo=UTC)
    young = status_of(
        entry(window=MONTH),
        {label: steady(AT - began, per_minute=100) for label in ("30d", MONTH.label)},
        history_since={"playlist/availability": int(began.timestamp())},
    )
    assert (young.since, young.state) == (began, State.NEW)
    assert young.budget == pytest.approx(0.001 * MARCH * PER_DAY)


def test_every_window_has_a_budget_and_the_first_decides():
    one = entry(window=Rolling(7 * DAY), more_windows=(MONTH, Rolling(28 * DAY)))
    status = status_of(one, {"28d": Sums(total=1e6, bad=5_000), MONTH.label: Sums(total=1e5, bad=10)})
    month, four_weeks = status.further
    assert [budget.label for budget in status.further] == ["month UTC", "28d"]
    assert (four_weeks.remaining, four_weeks.starts, four_weeks.ends) == (-4, AT - 28 * DAY, AT)
    assert (month.starts, month.ends) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert (month.bad, month.coverage) == (10, 1)
    assert status.state is State.HEALTHY


def test_what_has_to_be_summed_for_a_calendar_window():
    windows = windows_for([entry(window=MONTH, more_windows=(Calendar(calendar="year", timezone="UTC"),))])
    assert {"month UTC", "year UTC", "30d", "365d"} <= set(windows)


SLICED = [
    pytest.param(14, "95", 1008, 20_160, id="two weeks of 95 % bear 16 h 48 m"),
    pytest.param(7, "99.95", 5.04, 10_080, id="a week of 99.95 % bears 5 m 2.4 s"),
]
"""OpenSLO's examples `budgeting-method` and `treat-low-traffic-as-equally-important`."""


@pytest.mark.parametrize(("days", "objective", "budget", "slices"), SLICED)
def test_a_budget_in_slices_is_a_time(days, objective, budget, slices):
    one = entry(objective=objective, days=days, method=MINUTES)
    counted = {f"{days}d": Sums(total=slices, bad=1)}
    status = status_of(one, counted)
    assert status.budget == pytest.approx(budget)
    assert status.remaining == pytest.approx(1 - 1 / budget)
    assert timedelta(minutes=status.budget_minutes) == timedelta(minutes=budget)
    gone = status_of(one, {f"{days}d": Sums(total=slices, bad=budget)})
    assert gone.remaining == pytest.approx(0, abs=1e-12)


def test_the_budget_in_slices_of_a_young_service_or_a_month_under_way_needs_no_estimate():
    one = entry(window=MONTH, method=RatioTimeslices(slice=timedelta(minutes=5)), objective="99")
    status = status_of(one, {MONTH.label: Sums(total=10, bad=2.5, measured=3_000), "30d": Sums(total=10)})
    assert status.budget == pytest.approx(0.01 * MARCH * 288)
    assert status.sli == 0.75
    assert status.affordable == int(0.01 * MARCH * 288 - 2.5)


def test_slices_that_nobody_saw_have_no_budget_and_idle_ones_are_good():
    one = entry(days=1, method=MINUTES)
    unseen = {label: Sums(measured=0) for label in windows_for([one])}
    assert (status_of(one, unseen).remaining, status_of(one, unseen).state) == (None, State.NO_DATA)
    idle = {
        label: replace(sums, measured=0, idle=sums.total * 60)
        for label, sums in windows_of(one, per_minute=1).items()
    }
    status = status_of(one, idle)
    assert (status.sli, status.remaining, status.state) == (1, 1, State.IDLE)
