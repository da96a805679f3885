from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatory.outputs.slack import numbers

NOW = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)


def spaced(text):
    return text.replace(numbers.NBSP, " ")


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (0.42, "42 %"),
        (1.0, "100 %"),
        (0.0312, "3.1 %"),
        (0.00042, "0.042 %"),
        (0.0, "0 %"),
        (-0.12, "−12 %"),
        (0.0999, "10 %"),
        (12.5, "1250 %"),
    ],
)
def test_shares(ratio, shown):
    assert spaced(numbers.percent(ratio)) == shown


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(0.999, "99.9 %"), (0.999996, "99.999 %"), (1.0, "100 %"), (0.99941, "99.941 %"), (0.0, "0 %")],
)
def test_a_sli_is_never_rounded_up(ratio, shown):
    assert spaced(numbers.sli(ratio)) == shown


@pytest.mark.parametrize(
    ("burn", "shown"), [(14.44, "14.4×"), (1.0, "1×"), (249.7, "250×"), (0.3, "0.3×"), (99.96, "100×")]
)
def test_burn_rates(burn, shown):
    assert numbers.factor(burn) == shown


@pytest.mark.parametrize(
    ("events", "shown"), [(24_036.0, "24 036"), (2.5, "2.5"), (3.0, "3"), (13_400_000, "13.4 M"), (0, "0")]
)
def test_counts(events, shown):
    assert spaced(numbers.count(events)) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(hours=2, minutes=5, seconds=9), "2 h 5 min"),
        (timedelta(days=3), "3 d"),
        (timedelta(days=1, minutes=3), "1 d"),
        (timedelta(seconds=-3), "0 s"),
    ],
)
def test_measured_lengths_have_two_units_at_most(length, shown):
    assert spaced(numbers.span(length)) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(hours=2, minutes=50), "about 3 h"),
        (timedelta(hours=20.7), "about 21 h"),
        (timedelta(hours=40), "about 2 d"),
        (timedelta(minutes=80), "about 80 min"),
        (timedelta(seconds=8), "about 1 min"),
    ],
)
def test_estimates_have_one_unit(length, shown):
    assert spaced(numbers.about(length)) == shown


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4000)))
def test_an_estimate_is_within_a_third_of_the_truth(length):
    _, amount, unit = spaced(numbers.about(length)).split()
    told = timedelta(seconds=int(amount) * {"min": 60, "h": 3_600, "d": 86_400}[unit])
    assert told == timedelta(minutes=1) or abs(told - length) <= length / 3


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        pytest.param("Europe/Stockholm", "14:15 CET", id="winter"),
        pytest.param("America/New_York", "08:15 EST", id="west"),
        pytest.param("Asia/Kolkata", "18:45 IST", id="half-an-hour"),
        pytest.param("Mars/Olympus", "13:15 UTC", id="unknown-zone"),
    ],
)
def test_times_are_the_squads(zone, shown):
    assert numbers.clock_time(NOW, zone, now=NOW) == shown


def test_another_day_is_named_and_summer_time_is_the_zones_own():
    july = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert numbers.clock_time(july, "Europe/Stockholm", now=NOW) == "Thu 2 Jul 01:30 CEST"
