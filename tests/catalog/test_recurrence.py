from datetime import UTC, date, datetime, timedelta

import pytest

from observatory.catalog import Schedule
from observatory.catalog.recurrence import read_day, read_local_time, read_rule
from observatory.catalog.written import Ambiguous, BadValue

HOUR = timedelta(hours=1)
STOCKHOLM = "Europe/Stockholm"


def spans(schedule, first="2026-01-01", last="2027-01-01"):
    found = schedule.spans(*(datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, last)))
    return [(f"{span.start:%m-%d %H:%M}", f"{span.end:%m-%d %H:%M}") for span in found]


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "zone", "repeat", "expected"),
    [
        pytest.param(
            "2026-12-04 00:00", STOCKHOLM, None, [("12-03 23:00", "12-04 00:00")], id="local midnight, once"
        ),
        pytest.param(
            "2026-03-22 02:00",
            STOCKHOLM,
            "FREQ=WEEKLY;COUNT=3",
            [("03-22 01:00", "03-22 02:00"), ("03-29 01:00", "03-29 02:00"), ("04-05 00:00", "04-05 01:00")],
            id="stays on the clock when it is put forward",
        ),
        pytest.param(
            "2026-03-29 02:30", STOCKHOLM, None, [("03-29 01:30", "03-29 02:30")], id="a time that is skipped"
        ),
        pytest.param(
            "2026-10-25 02:30",
            STOCKHOLM,
            None,
            [("10-25 00:30", "10-25 01:30")],
            id="a time that comes twice",
        ),
        pytest.param(
            "2026-04-05 02:30",
            "Australia/Lord_Howe",
            None,
            [("04-04 16:00", "04-04 17:00")],
            id="half an hour",
        ),
        pytest.param(
            "2026-01-31 12:00",
            "UTC",
            "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20260401T000000",
            [("01-31 12:00", "01-31 13:00"), ("02-28 12:00", "02-28 13:00"), ("03-31 12:00", "03-31 13:00")],
            id="the last day of the month, until a local time",
        ),
        pytest.param(
            "2026-01-01 12:00",
            "UTC",
            "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4FR",
            [("11-27 12:00", "11-27 13:00")],
            id="the fourth Friday of November",
        ),
    ],
)
def test_an_event_takes_place_on_the_clock_of_its_zone(start, zone, repeat, expected):
    assert spans(Schedule(at(start), HOUR, zone, repeat)) == expected


def test_it_lasts_as_long_as_it_lasts_whatever_the_clocks_do():
    night = Schedule(at("2026-10-25 00:00"), 6 * HOUR, STOCKHOLM)
    assert spans(night) == [("10-24 22:00", "10-25 04:00")]


def test_days_that_are_skipped_are_local_days():
    weekly = Schedule(
        at("2026-12-06 00:30"), HOUR, STOCKHOLM, "FREQ=WEEKLY;COUNT=3", frozenset({date(2026, 12, 13)})
    )
    assert spans(weekly) == [("12-05 23:30", "12-06 00:30"), ("12-19 23:30", "12-20 00:30")]


def test_what_began_before_is_found_while_it_lasts():
    once = Schedule(at("2026-05-01 00:00"), 48 * HOUR, "UTC")
    assert spans(once, "2026-05-02", "2026-05-03") == [("05-01 00:00", "05-03 00:00")]
    assert spans(once, "2026-05-03", "2026-05-04") == []


def test_a_rule_that_never_comes_true_comes_to_an_end():
    assert not Schedule(at("2026-01-01 00:00"), HOUR, "UTC", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30").ever()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("weekly", "RRULE of RFC 5545", id="no rule"),
        pytest.param("FREQ=SECONDLY", "one of YEARLY, MONTHLY, WEEKLY, DAILY", id="too often"),
        pytest.param("FREQ=WEEKLY;BYDAY=XX", "not an RRULE", id="no such day"),
        pytest.param("FREQ=DAILY;UNTIL=20260101T000000Z", "ends without Z", id="until in UTC"),
        pytest.param("FREQ=DAILY;INTERVAL=0", "at least 1", id="no interval"),
        pytest.param("FREQ=DAILY;COUNT=many", "not an RRULE", id="no number"),
        pytest.param("FREQ=DAILY;DTSTART=20260101", "said by start", id="a second beginning"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(text, says):
    with pytest.raises(BadValue, match=says):
        read_rule(text)


@pytest.mark.parametrize("text", ["2026-02-30 00:00", "00:00", "2026-12-04T00:00:00Z", "2026-12-04 24:00"])
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(BadValue):
        read_local_time(text)


def test_quotes_are_not_asked_for():
    assert read_local_time(Ambiguous("2026-12-04 00:00", "a date")) == at("2026-12-04 00:00")
    assert read_day(Ambiguous("2026-12-25", "a date")) == date(2026, 12, 25)
