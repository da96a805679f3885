"""Slices of time as ticks make them: at once, tick by tick, or after a gap."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.buckets import some_buckets
from support.evaluations import entry

from observatory.catalog import RatioTimeslices, Timeslices
from observatory.measurement import FIELDS, History, Slices, rows_after

NOON = 1_780_000_000 // 3600 * 3600
SLO = "playlist/availability"


def timeslices(seconds, target="95"):
    return Timeslices(slice=timedelta(seconds=seconds), target=Decimal(target))


def ratios(seconds):
    return RatioTimeslices(slice=timedelta(seconds=seconds))


def ticks_of(bad, total, *, tick, seen=None, end=None):
    covered = np.ones(len(bad)) if seen is None else np.array(seen, dtype=float)
    grew = np.array(total) > 0
    return some_buckets(
        seconds=tick,
        slos=(SLO,),
        end=NOON + tick * len(bad) if end is None else end,
        bad=bad,
        total=total,
        measured=tick * covered * grew,
        idle=tick * covered * ~grew,
    )


def column_of(parts, one):
    """(T, F) of the slices, by the end of the tick."""
    cells = {}
    for part in parts:
        if one.column in part.slos:
            at = part.slos.index(one.column)
            cells |= {
                int(end): [getattr(part, name)[row, at] for name in FIELDS]
                for row, end in enumerate(part.ends)
            }
    return cells


def by_definition(ticks, method):
    """Bad and total slices by their ends."""
    seconds = int(method.slice.total_seconds())
    slices = {}
    for row, end in enumerate(ticks.ends.tolist()):
        inside = slices.setdefault(-(-end // seconds) * seconds, [0, 0, False])
        inside[0] += ticks.bad[row, 0]
        inside[1] += ticks.total[row, 0]
        inside[2] |= bool(ticks.measured[row, 0] + ticks.idle[row, 0])
    judged = {}
    for end, (bad, total, seen) in slices.items():
        loss = bad / total if total else 0
        spent = loss if isinstance(method, RatioTimeslices) else float(loss > float(method.allowed))
        if end <= ticks.ends[-1] and (seen or total):
            judged[end] = (spent, 1)
    return judged


@st.composite
def some_ticks(draw):
    tick, seconds = draw(
        st.sampled_from([(15, 60), (15, 15), (60, 60), (60, 300), (30, 300), (300, 300), (20, 100)])
    )
    number = draw(st.integers(1, 40))
    total = draw(st.lists(st.sampled_from([0, 0, 1, 20, 100]), min_size=number, max_size=number))
    bad = [draw(st.integers(0, count)) if draw(st.booleans()) else 0 for count in total]
    seen = [bool(count) or draw(st.booleans()) for count in total]
    end = NOON + tick * draw(st.integers(number, 100))
    return ticks_of(bad, total, tick=tick, seen=seen, end=end), seconds


@settings(max_examples=40, deadline=None, phases=(Phase.generate, Phase.shrink))
@given(
    some_ticks(), st.sampled_from([ratios, timeslices, lambda seconds: timeslices(seconds, "100")]), st.data()
)
def test_slices_are_the_same_at_once_tick_by_tick_and_after_a_restart(drawn, method, data):
    ticks, seconds = drawn
    one = entry(method=method(seconds))
    slices, true = Slices([one], tick=ticks.seconds), by_definition(ticks, one.slo.method)
    at_once = column_of(slices.with_slices(ticks, History(tick=ticks.seconds)), one)
    judged = {end: row[0] for end, row in at_once.items() if row[1] == 1}
    assert judged == pytest.approx({end: spent for end, (spent, _) in true.items()})
    history, lived = History(tick=ticks.seconds), {}
    stop = data.draw(st.integers(0, len(ticks.ends)))
    for row in range(len(ticks.ends)):
        if row == stop:  # a new process takes up the ticks that were stored
            again = History(tick=ticks.seconds)
            if row:
                again.append(history.held((SLO,), seconds=ticks.seconds, ends=ticks.ends[:row]))
            history = again
        for part in slices.with_slices(only(ticks, row), history):
            lived |= column_of([part], one)
            history.append(part)
    assert lived == at_once


def only(ticks, row):
    fields = {name: getattr(ticks, name)[row : row + 1] for name in FIELDS}
    return type(ticks)(ticks.seconds, ticks.ends[row : row + 1], ticks.slos, **fields)


def test_what_is_learnt_later_of_a_slice_judges_it_anew():
    one = entry(method=timeslices(300))
    slices, history = Slices([one], tick=60), History(tick=60)
    ticks = ticks_of([9, 9, 0, 0, 0], [10, 10, 10, 10, 10], tick=60)
    for part in slices.with_slices(rows_after(ticks, NOON + 120), history):
        history.append(part)
    good = history.series(one.column, seconds=60, after=NOON, until=NOON + 300)
    assert (good.bad.sum(), good.total.sum()) == (0, 1)
    gap = only_until(ticks, NOON + 120)
    parts = list(slices.with_slices(gap, history))
    assert [part.ends.tolist() for part in parts] == [
        [NOON + 60, NOON + 120],
        [NOON + 180, NOON + 240, NOON + 300],
    ]
    for part in parts:
        history.append(part)
    bad = history.series(one.column, seconds=60, after=NOON, until=NOON + 300)
    assert (bad.bad.sum(), bad.total.sum()) == (1, 1)


def only_until(ticks, end):
    rows = ticks.ends <= end
    fields = {name: getattr(ticks, name)[rows] for name in FIELDS}
    return type(ticks)(ticks.seconds, ticks.ends[rows], ticks.slos, **fields)


JUDGED = [
    pytest.param([5], [100], 0, id="exactly at the target"),
    pytest.param([6], [100], 1, id="below it"),
    pytest.param([0], [0], 0, id="idle"),
    pytest.param([1], [1], 1, id="one request, and it failed"),
    pytest.param([50], [1000], 0, id="the same share of more"),
]


@pytest.mark.parametrize(("bad", "total", "spent"), JUDGED)
def test_a_slice_is_good_from_its_target_on(bad, total, spent):
    one = entry(method=timeslices(60))
    ((row),) = column_of(
        Slices([one], tick=60).with_slices(ticks_of(bad, total, tick=60), History(tick=60)), one
    ).values()
    assert dict(zip(FIELDS, row, strict=True))["bad"] == spent
    assert dict(zip(FIELDS, row, strict=True))["total"] == 1


def test_nothing_seen_is_no_slice_and_a_part_seen_is_judged():
    one = entry(method=ratios(100))
    ticks = ticks_of([0, 0, 0, 5], [0, 0, 0, 10], tick=50, seen=[False, False, False, True])
    cells = column_of(Slices([one], tick=50).with_slices(ticks, History(tick=50)), one)
    assert [row[:4] for row in cells.values()] == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0.5, 1, 50, 0]]


def test_a_third_of_a_minute_three_times_is_a_minute():
    """A gauge's ticks of 20 s are thirds of an event."""
    one = entry(method=timeslices(60, "66.666667"))
    third = 20 / 60
    parts = Slices([one], tick=20).with_slices(
        ticks_of([third, 0, 0], [third] * 3, tick=20), History(tick=20)
    )
    assert max(row[0] for row in column_of(parts, one).values()) == 1
    exactly = entry(method=timeslices(60, "70"))
    parts = Slices([exactly], tick=6).with_slices(
        ticks_of([0.1] * 3 + [0] * 7, [0.1] * 10, tick=6), History(tick=6)
    )
    assert max(row[0] for row in column_of(parts, exactly).values()) == 0


def test_slices_that_are_no_whole_number_of_ticks_are_refused_one_by_one():
    minute, five = entry("a", method=timeslices(60)), entry("b", method=ratios(300))
    slices = Slices([minute, five, entry("c")], tick=300)
    assert slices.columns == [five.column]
    assert slices.failures == {minute.id: "its slices of 1m are no whole number of ticks, which are 300 s"}
