from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatory.catalog import Calendar, Rolling

PERIODS = [
    pytest.param("month", "UTC", "2026-02-14T10:00", "2026-02-01T00:00", "2026-03-01T00:00", id="february"),
    pytest.param("month", "UTC", "2024-12-31T23:59", "2024-12-01T00:00", "2025-01-01T00:00", id="december"),
    pytest.param("quarter", "UTC", "2026-05-31T10:00", "2026-04-01T00:00", "2026-07-01T00:00", id="quarter"),
    pytest.param("year", "UTC", "2024-02-29T10:00", "2024-01-01T00:00", "2025-01-01T00:00", id="leap year"),
    pytest.param("week", "UTC", "2026-01-01T10:00", "2025-12-29T00:00", "2026-01-05T00:00", id="week"),
    pytest.param("week", "UTC", "2026-01-05T00:01", "2026-01-05T00:00", "2026-01-12T00:00", id="monday"),
    pytest.param(
        "month", "Europe/Stockholm", "2026-03-31T21:59", "2026-02-28T23:00", "2026-03-31T22:00", id="spring"
    ),
    pytest.param(
        "month", "Europe/Stockholm", "2026-03-31T22:01", "2026-03-31T22:00", "2026-04-30T22:00", id="summer"
    ),
    pytest.param(
        "month", "Asia/Kolkata", "2026-03-10T00:00", "2026-02-28T18:30", "2026-03-31T18:30", id="half an hour"
    ),
    pytest.param(
        "month", "Asia/Kathmandu", "2026-03-10T00:00", "2026-02-28T18:15", "2026-03-31T18:15", id="quarters"
    ),
    pytest.param(
        "week",
        "Pacific/Kiritimati",
        "2026-03-08T11:00",
        "2026-03-08T10:00",
        "2026-03-15T10:00",
        id="far east",
    ),
    pytest.param(
        "month",
        "Africa/Cairo",
        "2009-10-10T00:00",
        "2009-09-30T22:00",
        "2009-10-31T22:00",
        id="standard time",
    ),
    pytest.param(
        "week",
        "Asia/Beirut",
        "2024-03-31T12:00",
        "2024-03-24T22:00",
        "2024-03-31T21:00",
        id="spring at midnight",
    ),
    pytest.param(
        "month",
        "America/Havana",
        "2026-11-01T04:30",
        "2026-11-01T04:00",
        "2026-12-01T05:00",
        id="midnight twice",
    ),
    pytest.param(
        "week", "Pacific/Apia", "2011-12-31T12:00", "2011-12-26T10:00", "2012-01-01T10:00", id="a lost day"
    ),
]


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("calendar", "zone", "at", "starts", "ends"), PERIODS)
def test_a_calendar_window_is_the_one_under_way_in_its_zone(calendar, zone, at, starts, ends):
    period = Calendar(calendar=calendar, timezone=zone).period(utc(at))
    assert (period.starts, period.ends) == (utc(starts), utc(ends))


def test_a_day_on_which_clocks_change_has_an_hour_more_or_less():
    week = Calendar(calendar="week", timezone="Europe/Stockholm")
    assert week.period(utc("2026-03-29T12:00")).length == timedelta(days=7, hours=-1)
    assert week.period(utc("2026-10-25T12:00")).length == timedelta(days=7, hours=1)


def test_at_the_moment_at_which_one_ends_it_is_whole():
    month = Calendar(calendar="month", timezone="Europe/Stockholm")
    ends = utc("2026-03-31T22:00")
    assert month.period(ends).ends == ends
    assert month.period(ends + timedelta(seconds=1)).starts == ends


def test_the_mean_length_is_that_of_four_hundred_years():
    years = utc("2400-01-01T00:00") - utc("2000-01-01T00:00")
    assert Calendar(calendar="year", timezone="UTC").length == years / 400
    assert Calendar(calendar="month", timezone="UTC").length == years / 4800


def test_windows_are_called_as_they_are_written():
    assert Rolling(timedelta(days=28)).label == "28d"
    assert Calendar(calendar="month", timezone="Europe/Stockholm").label == "month Europe/Stockholm"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(["week", "month", "quarter", "year"]),
    st.sampled_from(sorted(available_timezones())),
    st.integers(1_325_376_000, 2_114_380_800).map(lambda second: datetime.fromtimestamp(second, UTC)),
)
def test_calendar_windows_follow_one_another_without_gap(calendar, zone, at):
    window = Calendar(calendar=calendar, timezone=zone)
    period = window.period(at)
    assert period.starts < at <= period.ends
    assert window.period(period.starts).ends == period.starts
    assert window.period(period.ends + timedelta(microseconds=1)).starts == period.ends
    assert period.length <= window.longest
    local = period.starts.astimezone(ZoneInfo(zone))
    assert local.date() != (local - timedelta(hours=12)).date()
    assert local.weekday() == 0 if calendar == "week" else local.day == 1
