"""Calendar windows that begin within an hour are as exact as others, however long ago they began."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.buckets import buckets, some_buckets

from observatory.catalog import Calendar
from observatory.measurement import FIELDS, History, coarser, rows_after

HOUR, DAY = 3600, 86_400
SLOS = ("album/availability", "playlist/availability")
ZONES = ("UTC", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe")
NOON = 1_780_000_000 // DAY * DAY + 12 * HOUR


def week(zone):
    return Calendar(calendar="week", timezone=zone)


def start_of(window, end):
    return int(window.period(datetime.fromtimestamp(end, UTC)).starts.timestamp())


def truth(ticks, start, end):
    inside = (ticks.ends > start) & (ticks.ends <= end)
    return np.array([getattr(ticks, name)[inside].sum(axis=0) for name in FIELDS]).T


@st.composite
def days_of_ticks(draw, tick=300):
    days = draw(st.integers(4, 6))
    end = NOON + draw(st.integers(0, 4 * DAY // tick)) * tick
    return draw(buckets(seconds=tick, rows=(days * DAY + end % HOUR) // tick, slos=SLOS, end=end))


@settings(max_examples=12, deadline=None, phases=(Phase.generate, Phase.shrink))
@given(days_of_ticks(), st.sampled_from(ZONES), st.booleans())
def test_a_calendar_window_is_the_sum_of_its_ticks_whether_it_was_lived_or_filled_in(ticks, zone, lived):
    window, end = week(zone), int(ticks.ends[-1])
    start = start_of(window, end)
    history = History(tick=300, longest=timedelta(days=9))
    if lived:
        history.begin_at([start])
        for part in np.array_split(np.arange(len(ticks.ends)), 7):
            history.append(part_of(ticks, part))
    else:
        hours = whole_hours(ticks)
        history.append(hours)
        history.append(ticks)
        assert history.begin_at([start]) == (
            [] if held(history, start) else [(start, -(-start // HOUR) * HOUR)]
        )
        history.recall(ticks)
    sums = history.sums({"week": window}, now=end)["week"].to_numpy()
    expected = truth(ticks, start, end)
    np.testing.assert_allclose(sums[:, :5], expected[:, :5], rtol=0)
    np.testing.assert_allclose(sums[:, 5], expected[:, 5], rtol=1e-9)


def held(history, start):
    return (
        start % HOUR == 0
        or start >= (history.newest // HOUR + (history.newest % HOUR > 0)) * HOUR - 73 * HOUR
    )


def part_of(ticks, part):
    fields = {name: getattr(ticks, name)[part] for name in FIELDS}
    return type(ticks)(ticks.seconds, ticks.ends[part], ticks.slos, **fields)


def whole_hours(ticks):
    first, last = -(-int(ticks.ends[0] - 300) // HOUR) * HOUR, int(ticks.ends[-1]) // HOUR * HOUR
    return coarser(part_of(ticks, (ticks.ends > first) & (ticks.ends <= last)), HOUR)


def test_what_was_forgotten_is_left_out_until_it_is_recalled():
    window = week("Asia/Kolkata")
    ends = np.arange(NOON - 6 * DAY + 300, NOON + 1, 300)
    ticks = steady(ends)
    start = start_of(window, NOON)
    history = History(tick=300, longest=timedelta(days=9))
    history.append(whole_hours(ticks))
    history.append(rows_after(ticks, NOON - DAY))
    (piece,) = history.begin_at([start])
    assert piece == (start, start + HOUR // 2)
    without = history.sums({"week": window}, now=NOON)["week"]
    history.recall(ticks)
    whole = history.sums({"week": window}, now=NOON)["week"]
    assert (whole["total"] - without["total"]).tolist() == [6.0, 6.0]
    assert whole["measured"].tolist() == [NOON - start, NOON - start]


def steady(ends):
    return some_buckets(seconds=300, slos=SLOS, end=int(ends[-1]), total=[1.0] * len(ends))


def test_pieces_of_windows_that_are_over_are_let_go():
    history = History(tick=300, longest=timedelta(days=9))
    history.track(SLOS)
    before = history.nbytes
    history.begin_at([NOON + 1800])
    assert history.nbytes > before
    history.begin_at([])
    assert history.nbytes == before


@pytest.mark.parametrize("zone", ZONES)
def test_new_slos_and_others_order_do_not_disturb_what_is_held(zone):
    window = week(zone)
    ticks = steady(np.arange(NOON - 5 * DAY + 300, NOON + 1, 300))
    history = History(tick=300, longest=timedelta(days=9))
    history.begin_at([start_of(window, NOON)])
    history.append(ticks)
    before = history.sums({"week": window}, now=NOON).loc[SLOS[0]]
    history.track([*reversed(SLOS), "search/latency"])
    after = history.sums({"week": window}, now=NOON)
    assert after.loc[SLOS[0]].equals(before)
    assert (after.loc["search/latency"] == 0).all()
