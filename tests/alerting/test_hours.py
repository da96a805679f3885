from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatory.alerting import WorkingHours, morning
from observatory.errors import DefinitionError

STOCKHOLM = "Europe/Stockholm"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "zone", "now", "opens"),
    [
        pytest.param("Mon-Fri 09:00-18:00", "UTC", "2026-03-18T12:00", "2026-03-18T12:00", id="open"),
        pytest.param("Mon-Fri 09:00-18:00", "UTC", "2026-03-18T09:00", "2026-03-18T09:00", id="just-opened"),
        pytest.param("Mon-Fri 09:00-18:00", "UTC", "2026-03-18T18:00", "2026-03-19T09:00", id="just-closed"),
        pytest.param("Mon-Fri 09:00-18:00", "UTC", "2026-03-18T03:00", "2026-03-18T09:00", id="at-night"),
        pytest.param("Mon-Fri 09:00-18:00", "UTC", "2026-03-20T19:00", "2026-03-23T09:00", id="weekend"),
        pytest.param("Wed 09:00-10:00", "UTC", "2026-03-18T10:00", "2026-03-25T09:00", id="once-a-week"),
        pytest.param("Fri-Mon 09:00-18:00", "UTC", "2026-03-17T09:00", "2026-03-20T09:00", id="over-sunday"),
        pytest.param("Mon-Sun 00:00-24:00", "UTC", "2026-03-18T23:59", "2026-03-18T23:59", id="always"),
        pytest.param("Mon-Fri 22:00-06:00", "UTC", "2026-03-21T05:00", "2026-03-21T05:00", id="friday-night"),
        pytest.param("Mon-Fri 22:00-06:00", "UTC", "2026-03-21T06:00", "2026-03-23T22:00", id="night-over"),
        pytest.param("Mon-Fri 09:00-18:00", STOCKHOLM, "2026-03-27T17:00", "2026-03-30T07:00", id="spring"),
        pytest.param("Mon-Fri 09:00-18:00", STOCKHOLM, "2026-10-23T16:00", "2026-10-26T08:00", id="autumn"),
        pytest.param(
            "Mon-Fri 09:00-18:00", STOCKHOLM, "2026-03-29T23:30", "2026-03-30T07:00", id="is-monday"
        ),
        pytest.param("Sun 02:30-08:00", STOCKHOLM, "2026-03-29T00:00", "2026-03-29T01:30", id="no-02:30"),
        pytest.param("Sun 00:00-02:30", STOCKHOLM, "2026-10-25T01:15", "2026-10-25T01:15", id="02:15-twice"),
        pytest.param("Sun 00:00-02:30", STOCKHOLM, "2026-10-25T01:30", "2026-10-31T23:00", id="closed-once"),
        pytest.param(
            "Mon-Fri 09:00-18:00",
            "Asia/Kathmandu",
            "2026-03-18T03:14",
            "2026-03-18T03:15",
            id="quarter-hours",
        ),
    ],
)
def test_tickets_wait_until_the_squad_works(hours, zone, now, opens):
    assert WorkingHours.read(hours, zone).next_open(utc(now)) == utc(opens)


@given(st.integers(0, 365 * 1440), st.sampled_from([STOCKHOLM, "America/New_York"]))
def test_it_is_open_when_it_opens_and_never_before_now(minute, zone):
    hours, now = WorkingHours.read("Mon-Fri 09:00-18:00", zone), utc("2026-01-01") + timedelta(minutes=minute)
    opens = hours.next_open(now)
    local = opens.astimezone(ZoneInfo(zone))
    assert local.weekday() < 5
    assert 9 <= local.hour < 18
    assert timedelta(0) <= opens - now <= timedelta(days=4)
    assert hours.next_open(opens) == opens


@pytest.mark.parametrize("text", ["", "Mon-Fri", "Mon-Fri 9-18", "Montag 09:00-18:00", "Mon 09:00", "a b c"])
def test_hours_that_are_not_understood_say_how_they_are_written(text):
    with pytest.raises(DefinitionError, match="write Mon-Fri 09:00-18:00"):
        WorkingHours.read(text, "UTC")


@pytest.mark.parametrize(
    ("now", "hours", "zone", "begins"),
    [
        pytest.param("2026-03-18T22:30", None, "Europe/Stockholm", "2026-03-19T08:00", id="nine-by-default"),
        pytest.param(
            "2026-03-18T22:30", "Mon-Fri 07:30-16:00", "Europe/Stockholm", "2026-03-19T06:30", id="own-hours"
        ),
        pytest.param("2026-03-18T02:00", None, "Europe/Stockholm", "2026-03-18T08:00", id="the-same-day"),
        pytest.param("2026-03-18T08:00", None, "Europe/Stockholm", "2026-03-19T08:00", id="it-is-morning"),
        pytest.param("2026-03-20T22:30", None, "Europe/Stockholm", "2026-03-21T08:00", id="saturday-too"),
        pytest.param("2026-03-28T22:30", None, "Europe/Stockholm", "2026-03-29T07:00", id="clocks-forward"),
        pytest.param("2026-10-24T22:30", None, "Europe/Stockholm", "2026-10-25T08:00", id="clocks-back"),
        pytest.param(
            "2026-03-29T00:30", "Mon-Sun 02:30-10:00", "Europe/Stockholm", "2026-03-29T01:30", id="in-the-gap"
        ),
        pytest.param(
            "2026-10-25T00:00",
            "Mon-Sun 02:30-10:00",
            "Europe/Stockholm",
            "2026-10-25T00:30",
            id="comes-twice",
        ),
        pytest.param(
            "2026-10-25T01:00",
            "Mon-Sun 02:30-10:00",
            "Europe/Stockholm",
            "2026-10-26T01:30",
            id="the-first-of-two",
        ),
        pytest.param("2026-03-18T22:30", None, "Pacific/Kiritimati", "2026-03-19T19:00", id="far-ahead"),
    ],
)
def test_until_morning(now, hours, zone, begins):
    assert morning(utc(now), hours=hours, timezone=zone) == utc(begins)
