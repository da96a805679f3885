from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.buckets import assert_same, buckets, some_buckets

from observatory.errors import DefinitionError
from observatory.measurement import FIELDS, Buckets, History, without
from observatory.measurement.rollup import rows

NOON = 1_780_000_000 // 3600 * 3600
SLOS = ("album/availability", "playlist/availability", "playlist/latency")
WINDOWS = {
    label: timedelta(minutes=minutes)
    for label, minutes in (("5m", 5), ("30m", 30), ("1h", 60), ("2h", 120), ("6h", 360), ("1d", 1440))
}
COUNTS = ["bad", "total", "measured", "idle", "bad_ticks"]


def direct(given_buckets, after, until):
    """(N, fields) what a window holds, by the definition."""
    inside = (given_buckets.ends > after) & (given_buckets.ends <= until)
    return np.array([getattr(given_buckets, name)[inside].sum(axis=0) for name in FIELDS]).T


def cut(given_buckets, *positions):
    """The buckets in several pieces."""
    for part in np.split(np.arange(len(given_buckets.ends)), positions):
        tables = {name: getattr(given_buckets, name)[part] for name in FIELDS}
        yield Buckets(given_buckets.seconds, given_buckets.ends[part], given_buckets.slos, **tables)


def filled(given_buckets, *, tick=60, **options):
    history = History(tick=tick, **options)
    history.append(given_buckets)
    return history


@st.composite
def hours_of_ticks(draw, tick=60):
    rows = draw(st.integers(1, 9 * 3600 // tick))
    end = NOON + tick * draw(st.integers(0, 3600 // tick))
    return draw(buckets(seconds=tick, rows=rows, slos=SLOS, end=end))


@settings(max_examples=40)
@given(hours_of_ticks())
def test_window_sums_are_the_sums_of_the_ticks_in_the_window(ticks):
    now = int(ticks.ends[-1])
    sums = filled(ticks).sums(WINDOWS, now=now)
    assert tuple(sums.index) == SLOS
    assert list(sums.columns) == [(window, name) for window in WINDOWS for name in FIELDS]
    for window, length in WINDOWS.items():
        if length > timedelta(hours=6):
            continue
        expected = direct(ticks, now - length.total_seconds(), now)
        np.testing.assert_allclose(sums[window].to_numpy(), expected, rtol=1e-12)
        np.testing.assert_array_equal(sums[window][COUNTS].to_numpy(), expected[:, :5])


@settings(max_examples=20)
@given(hours_of_ticks(tick=100))
def test_a_tick_may_be_any_divisor_of_five_minutes(ticks):
    now = int(ticks.ends[-1])
    sums = filled(ticks, tick=100).sums({"6h": timedelta(hours=6)}, now=now)
    np.testing.assert_array_equal(sums["6h"][COUNTS].to_numpy(), direct(ticks, now - 6 * 3600, now)[:, :5])


@settings(max_examples=30)
@given(hours_of_ticks(), st.lists(st.integers(0, 540), max_size=4).map(sorted))
def test_it_does_not_matter_in_how_many_pieces_ticks_arrive(ticks, positions):
    whole, pieces = filled(ticks), History(tick=60)
    for piece in cut(ticks, *positions):
        pieces.append(piece)
    now = int(ticks.ends[-1])
    np.testing.assert_array_equal(whole.sums(WINDOWS, now=now), _in_order(pieces.sums(WINDOWS, now=now)))


@settings(max_examples=30)
@given(hours_of_ticks(), st.data())
def test_windows_split_anywhere_add_up(ticks, data):
    history, now = filled(ticks), int(ticks.ends[-1])
    first = timedelta(minutes=data.draw(st.integers(1, 359)))
    late = history.sums({"late": first}, now=now)["late"]
    rest = history.sums({"early": timedelta(hours=6) - first}, now=now - int(first.total_seconds()))["early"]
    # The early part must still be held as ticks: it ends up to 6 hours ago, and 7 are held.
    whole = history.sums({"whole": timedelta(hours=6)}, now=now)["whole"]
    np.testing.assert_array_equal((late + rest)[COUNTS], whole[COUNTS])


@settings(max_examples=30)
@given(hours_of_ticks(), st.data())
def test_a_bucket_that_comes_again_replaces_itself(ticks, data):
    history, now = filled(ticks), int(ticks.ends[-1])
    before = history.sums(WINDOWS, now=now)
    row = data.draw(st.integers(0, len(ticks.ends) - 1))
    (again,) = [
        piece for piece in cut(ticks, row, row + 1) if row in np.flatnonzero(np.isin(ticks.ends, piece.ends))
    ]
    history.append(again)
    np.testing.assert_array_equal(history.sums(WINDOWS, now=now), before)


@settings(max_examples=30)
@given(hours_of_ticks(), st.lists(st.integers(0, 540), max_size=4).map(sorted), st.integers(1, 300))
def test_having_asked_before_changes_nothing(ticks, positions, corrected):
    now, asked, unasked = int(ticks.ends[-1]), History(tick=60), filled(ticks)
    again = rows(ticks, ticks.ends == ticks.ends[-min(corrected, len(ticks.ends))])
    correction = without(replace(again, total=again.total + 5), SLOS[:1])
    for piece in (*cut(ticks, *positions), correction):
        asked.append(piece)
        for moment in (now, int(piece.ends[-1]) if len(piece.ends) else now):
            asked.sums(WINDOWS, now=moment)
    unasked.append(correction)
    pd.testing.assert_frame_equal(asked.sums(WINDOWS, now=now), unasked.sums(WINDOWS, now=now))


def test_a_correction_changes_every_level_it_is_part_of():
    ticks = some_buckets(end=NOON, slos=SLOS, total=np.full(120, 10), bad=np.zeros(120))
    history = filled(ticks)
    corrected = history.append(some_buckets(end=NOON - 1800, slos=SLOS[1:2], total=[40], bad=[7]))
    sums = history.sums(WINDOWS, now=NOON)
    assert sums.loc[SLOS[1], ("2h", "bad")] == 7
    assert sums.loc[SLOS[1], ("2h", "total")] == 1230
    assert sums.loc[SLOS[0], ("2h", "total")] == 1200
    assert [(part.seconds, part.bad.tolist()) for part in corrected] == [
        (60, [[7]]),
        (300, [[7]]),
        (3600, [[7]]),
    ]


@settings(max_examples=20)
@given(hours_of_ticks(), st.permutations(range(3)))
def test_the_order_of_slos_changes_nothing(ticks, order):
    shuffled = Buckets(
        60,
        ticks.ends,
        tuple(SLOS[column] for column in order),
        **{name: getattr(ticks, name)[:, order] for name in FIELDS},
    )
    now = int(ticks.ends[-1])
    straight, other = filled(ticks).sums(WINDOWS, now=now), filled(shuffled).sums(WINDOWS, now=now)
    np.testing.assert_array_equal(straight, other.loc[list(SLOS)])


def test_what_is_to_be_kept_are_the_ticks_and_the_buckets_they_complete():
    history = History(tick=60)
    first = history.append(some_buckets(end=NOON + 240, total=[1, 2, 3, 4]))
    assert [part.seconds for part in first] == [60]
    fifth = history.append(some_buckets(end=NOON + 300, total=[5]))
    assert [(part.seconds, part.ends.tolist(), part.total.tolist()) for part in fifth] == [
        (60, [NOON + 300], [[5]]),
        (300, [NOON + 300], [[15]]),
    ]
    rest = history.append(some_buckets(end=NOON + 3600, total=np.ones(55)))
    assert [(part.seconds, len(part.ends)) for part in rest] == [(60, 55), (300, 11), (3600, 1)]
    assert rest[-1].total.tolist() == [[70]]


def test_a_backfill_older_than_what_is_held_is_rolled_up():
    history = filled(some_buckets(end=NOON + 1200, total=np.ones(20)))
    for day in range(1, 31):
        history.append(some_buckets(end=NOON + 86400 - day * 86400, total=np.ones(1440)))
    sums = history.sums({"30d": timedelta(days=30), "3d": timedelta(days=3)}, now=NOON + 1200)
    # The 30 days begin at the hour before, the 3 days at the five minutes before.
    assert sums.loc[:, ("30d", "total")].tolist() == [30 * 1440 + 20]
    assert sums.loc[:, ("3d", "total")].tolist() == [3 * 1440]


def test_an_origin_at_the_moment_of_interest_makes_every_window_exact():
    moment = NOON + 1234
    ticks = some_buckets(end=moment, total=np.arange(2 * 1440))
    history = History(tick=60, origin=moment)
    history.append(ticks)
    sums = history.sums(WINDOWS, now=moment)
    for window, length in WINDOWS.items():
        assert sums[window]["total"].tolist() == [ticks.total[-int(length.total_seconds() // 60) :].sum()]


def test_a_gap_is_filled_later_and_counts_from_then_on():
    history = filled(some_buckets(end=NOON - 7200, total=np.ones(30)))
    history.append(some_buckets(end=NOON, total=[1]))
    assert history.sums(WINDOWS, now=NOON)["6h"]["measured"].tolist() == [31 * 60]
    history.append(some_buckets(end=NOON - 60, total=np.ones(119)))
    assert history.sums(WINDOWS, now=NOON)["6h"]["measured"].tolist() == [150 * 60]


def test_an_outage_longer_than_the_ticks_held_is_caught_up_in_one_piece():
    history = filled(some_buckets(end=NOON + 34 * 60, total=np.ones(34)))
    history.append(some_buckets(end=NOON + 10 * 3600 + 50 * 60, total=np.ones(10 * 60 + 16)))
    sums = history.sums({"1d": timedelta(days=1)}, now=NOON + 10 * 3600 + 50 * 60)
    assert sums["1d"]["total"].tolist() == [34 + 10 * 60 + 16]


@pytest.mark.parametrize("hours", [7, 8, 14, 24, 80])
def test_what_was_before_a_long_gap_does_not_come_round_again(hours):
    history = filled(some_buckets(end=NOON, total=np.ones(10 * 60)))
    history.append(some_buckets(end=NOON + hours * 3600, total=[1]))
    sums = history.sums(WINDOWS, now=NOON + hours * 3600)
    assert sums["6h"]["total"].tolist() == [1]
    assert sums["1d"]["total"].tolist() == [1 + 60 * min(max(24 - hours, 0), 10)]


def test_slos_come_and_go_while_the_others_stay():
    history = filled(some_buckets(end=NOON, slos=SLOS[:2], total=[[3, 4]]))
    history.append(some_buckets(end=NOON + 60, slos=SLOS[2:], total=[9]))
    assert history.slos == SLOS
    history.track(["new/slo", SLOS[1]])
    sums = history.sums({"5m": timedelta(minutes=5)}, now=NOON + 60)
    assert sums["5m"]["total"].to_dict() == {"new/slo": 0, SLOS[1]: 4}


def restarted(kept, *, until):
    """A history that took up what was kept."""
    history = History(tick=60)
    for span in history.spans(until=until):
        parts = [
            rows(part, (part.ends > span.after) & (part.ends <= span.until))
            for part in kept
            if part.seconds == span.seconds and part.ends[0] <= span.until and part.ends[-1] > span.after
        ]
        slos = tuple(sorted({slo for part in parts for slo in part.slos}))
        history.restore(iter(parts), seconds=span.seconds, slos=slos)
    return history


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 59), st.integers(5760 - 360, 5760 - 90), st.booleans())
def test_a_restart_from_what_was_kept_goes_on_as_if_nothing_had_been(minute, at, joins_late):
    random = np.random.default_rng(5)
    now = NOON + minute * 60
    ticks = some_buckets(end=now, slos=SLOS, total=random.poisson(9, (4 * 1440, 3)))
    history, kept = History(tick=60), []
    for number, piece in enumerate(cut(ticks, *range(7, 5760, 61))):
        late = joins_late and number < 40
        kept += history.append(without(piece, SLOS[1:2]) if late else piece)
    corrected = history.held(SLOS[:1], seconds=60, ends=ticks.ends[at : at + 90])
    kept += history.append(replace(corrected, total=corrected.total + 1))
    again = restarted(kept, until=now)
    windows = WINDOWS | {"3d": timedelta(days=3), "30d": timedelta(days=30)}
    np.testing.assert_array_equal(
        again.sums(windows, now=now).loc[list(SLOS)], history.sums(windows, now=now).loc[list(SLOS)]
    )
    assert again.newest == history.newest


def test_a_restart_sums_anew_what_a_crash_kept_from_being_kept():
    ticks = some_buckets(end=NOON + 300, slos=SLOS, total=np.arange(3 * 300).reshape(300, 3))
    again, whole = restarted([ticks], until=NOON + 300), filled(ticks)
    for seconds in (300, 3600):
        for slo in SLOS:
            spans = {"seconds": seconds, "after": NOON - 5 * 3600, "until": NOON + 3600}
            assert_same(again.series(slo, **spans), whole.series(slo, **spans))


def test_a_restart_knows_what_was_seen_of_each_length():
    hours = some_buckets(seconds=3600, end=NOON, total=[1, 0, 1], measured=[3600, 0, 1800])
    seen = History(tick=60).restore([hours], seconds=3600, slos=hours.slos)
    assert (seen.seconds, seen.slos, seen.ends.tolist()) == (3600, hours.slos, hours.ends.tolist())
    assert seen.covered[:, 0].tolist() == [3600, 0, 1800]


def test_a_restart_with_nothing_knows_nothing():
    history = History(tick=60)
    seen = history.restore([], seconds=60, slos=())
    assert history.newest is None
    assert (dict(seen.first_seen()), list(seen.gaps())) == ({}, [])


def test_the_series_of_an_slo_is_what_went_in():
    ticks = some_buckets(end=NOON, slos=SLOS, total=np.arange(360).reshape(120, 3))
    series = filled(ticks).series(SLOS[1], seconds=60, after=NOON - 600, until=NOON)
    assert series.total[:, 0].tolist() == ticks.total[-10:, 1].tolist()
    assert series.ends.tolist() == ticks.ends[-10:].tolist()
    hours = filled(ticks).series(SLOS[1], seconds=3600, after=NOON - 7200, until=NOON)
    assert hours.total[:, 0].tolist() == [ticks.total[:60, 1].sum(), ticks.total[60:, 1].sum()]


def test_thirty_days_of_an_slo_take_less_than_100_kilobytes():
    history = History(tick=60)
    history.track([f"service-{number}/availability" for number in range(100)])
    assert history.nbytes / 100 < 100_000


def test_the_sum_over_windows_does_not_change_the_buckets_it_was_given():
    ticks = some_buckets(end=NOON, slos=SLOS, total=np.full(120, 10))
    same = some_buckets(end=NOON, slos=SLOS, total=np.full(120, 10))
    filled(ticks).sums(WINDOWS, now=NOON)
    assert_same(ticks, same)


def test_what_does_not_fit_is_refused_with_what_would():
    history = filled(some_buckets(end=NOON))
    with pytest.raises(DefinitionError, match="buckets of 30 s: there are those of 60, 300, 3600 s"):
        history.append(some_buckets(seconds=30, end=NOON))
    with pytest.raises(DefinitionError, match="which is no boundary"):
        history.append(some_buckets(end=NOON + 1))
    with pytest.raises(DefinitionError, match="only 30 days"):
        history.sums({"90d": timedelta(days=90)}, now=NOON)
    with pytest.raises(DefinitionError, match="no history of a/b"):
        history.series("a/b", seconds=60, after=0, until=NOON)
    with pytest.raises(DefinitionError, match="must divide 300"):
        History(tick=7)


def _in_order(sums):
    return sums.loc[list(SLOS)]
