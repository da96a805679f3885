"""Figures of the SRE Workbook, chapter 5 (its tables derived again), and of Sloth's published window catalogs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.evaluations import entry

from observatory.evaluation import (
    TIERS,
    alert_windows,
    detection_time,
    tiers_for,
    unreachable,
    windows_for,
)

MONTH = timedelta(days=30)


@pytest.mark.parametrize(
    ("days", "burns"),
    [
        pytest.param(30, ["14.4", "6", "3", "1"], id="30d"),
        pytest.param(28, ["13.44", "5.6", "2.8", "1"], id="28d-the-last-would-be-0.93"),
        pytest.param(7, ["3.36", "1.4", "1", "1"], id="7d"),
        pytest.param(90, ["43.2", "18", "9", "3"], id="90d"),
        pytest.param(1, ["1", "1", "1"], id="1d-has-no-tier-over-3-days"),
    ],
)
def test_burn_rates_keep_the_share_of_the_budget_and_never_fall_below_one(days, burns):
    window = timedelta(days=days)
    assert [str(tier.burn(window)) for tier in tiers_for(window)] == burns


@given(st.integers(3, 365))
def test_the_share_at_detection_is_burn_times_long_over_window(days):
    window = timedelta(days=days)
    for tier in tiers_for(window):
        spent = float(tier.burn(window)) * (tier.long / window)
        assert spent == pytest.approx(float(tier.share_of(window)))
        assert tier.share_of(window) >= tier.share


_DETECTION = [
    ("99.9", "1", "51.8s", "129.6s", "259s", "259s"),
    ("99.9", "0.1", "8.64m", "21.6m", "43.2m", "43.2m"),
    ("99.9", "0.02", "43.2m", "108m", "3.6h", "3.6h"),
    ("99.9", "0.01", None, "3.6h", "7.2h", "7.2h"),
    ("99.9", "0.005", None, None, "14.4h", "14.4h"),
    ("99.9", "0.002", None, None, None, "36h"),
    ("99.9", "0.0011", None, None, None, "65.45h"),
    ("99", "1", "8.64m", "21.6m", "43.2m", "43.2m"),
    ("99", "0.1", None, "3.6h", "7.2h", "7.2h"),
    ("99.99", "1", "5.2s", "13.0s", "25.9s", "25.9s"),
    ("99.99", "0.01", "8.64m", "21.6m", "43.2m", "43.2m"),
]
_UNIT = {"s": 1, "m": 60, "h": 3600}


def seconds(text: str | None) -> float | None:
    return None if text is None else float(text[:-1]) * _UNIT[text[-1]]


@pytest.mark.parametrize(
    ("objective", "errors", "times"),
    [pytest.param(o, e, times, id=f"{o}-at-{float(e):.2%}-errors") for o, e, *times in _DETECTION],
)
def test_detection_takes_as_long_as_the_workbook_says(objective, errors, times):
    budget = 1 - Decimal(objective) / 100
    for tier, time in zip(TIERS, times, strict=True):
        found = detection_time(tier, budget=budget, error_ratio=Decimal(errors), window=MONTH)
        assert (found and found.total_seconds()) == (time and pytest.approx(seconds(time), rel=0.005)), tier


@pytest.mark.parametrize(
    ("objective", "names"),
    [
        pytest.param("99", [], id="99"),
        pytest.param("93.06", [], id="just-above-93.05"),
        pytest.param("93.05", ["fast"], id="14.4-can-not-be-reached"),
        pytest.param("83.34", ["fast"], id="just-above-83.33"),
        pytest.param("83.33", ["fast", "slow"], id="6-can-not-be-reached"),
        pytest.param("66.66", ["fast", "slow", "drain"], id="3-can-not-be-reached"),
        pytest.param("10", ["fast", "slow", "drain"], id="sloth-341"),
    ],
)
def test_tiers_that_no_outage_can_reach_are_known(objective, names):
    budget = 1 - Decimal(objective) / 100
    assert [tier.name for tier in unreachable(budget, MONTH)] == names


def test_an_unreachable_tier_is_never_detected():
    for tier in unreachable(Decimal("0.5"), MONTH):
        assert detection_time(tier, budget=Decimal("0.5"), error_ratio=Decimal(1), window=MONTH) is None


def test_all_windows_to_be_summed_are_named_once_shortest_first():
    assert list(alert_windows()) == ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
    entries = [entry("a", days=30), entry("b", days=7), entry("c", days=30), entry("d", days=3)]
    assert list(windows_for(entries)) == [*alert_windows(), "7d", "30d"]
    assert windows_for(entries)["7d"] == timedelta(days=7)
